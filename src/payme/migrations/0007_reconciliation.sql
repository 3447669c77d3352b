-- One fact that a person must look at, open until somebody or its end resolves it; seen again it is marked.

CREATE TABLE reconciliation_issues (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    kind         text NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
    state        text NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved', 'accepted')),
    subject_id   uuid NOT NULL,
    facts        jsonb NOT NULL,
    resolution   text NOT NULL DEFAULT '' CHECK (length(resolution) <= 500),
    times_seen   integer NOT NULL CHECK (times_seen >= 1),
    last_seen_at timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (business_id, id)
);
SELECT tenant_table('reconciliation_issues');
CREATE UNIQUE INDEX reconciliation_issues_one_open ON reconciliation_issues (business_id, kind, subject_id)
    WHERE state IN ('open', 'acknowledged');
CREATE INDEX reconciliation_issues_accepted ON reconciliation_issues (business_id, kind, subject_id)
    WHERE state = 'accepted';
CREATE INDEX reconciliation_issues_newest_first ON reconciliation_issues (business_id, created_at DESC, id DESC);
GRANT SELECT, INSERT ON reconciliation_issues TO payme_app;
GRANT UPDATE (state, resolution, times_seen, last_seen_at, updated_at) ON reconciliation_issues TO payme_app;

-- Which tenant tables a session without a business can read or write; each attempt to write is taken back.
CREATE FUNCTION tenant_tables_open_to_nobody() RETURNS TABLE (tenant text, fault text) LANGUAGE plpgsql AS $$
DECLARE
    found boolean;
BEGIN
    FOR tenant IN
        SELECT oid::regclass::text
          FROM pg_class
         WHERE relnamespace = current_schema()::text::regnamespace AND relkind IN ('r', 'p')
           AND obj_description(oid, 'pg_class') = 'tenant'
         ORDER BY relname
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', tenant) INTO found;
        IF found THEN
            fault := 'reads rows with no business set';
            RETURN NEXT;
        END IF;
        BEGIN
            EXECUTE format('INSERT INTO %s (business_id) VALUES (%L)', tenant, '00000000-0000-0000-0000-000000000000');
            RAISE EXCEPTION 'written';
        EXCEPTION
            WHEN insufficient_privilege THEN
                NULL;
            WHEN lock_not_available OR deadlock_detected THEN
                RAISE;
            WHEN OTHERS THEN
                fault := 'does not refuse writes with no business set';
                RETURN NEXT;
        END;
    END LOOP;
END $$;
