-- One fact that a person must look at, open until somebody or its end resolves it; seen again it is marked.

CREATE TABLE reconciliation_issues (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    kind         text NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
    severity     text NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low')),
    state        text NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved', 'accepted')),
    subject_id   uuid NOT NULL,
    facts        jsonb NOT NULL,
    resolution   text NOT NULL DEFAULT '' CHECK (length(resolution) <= 500),
    times_seen   integer NOT NULL CHECK (times_seen >= 1),
    last_seen_at timestamptz NOT NULL,
    owner_id     uuid,
    acknowledged_at timestamptz,
    closed_at    timestamptz,
    closed_by    uuid,
    told         text NOT NULL CHECK (told IN ('nothing', 'opened', 'escalated', 'ended')),
    due_at       timestamptz,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    CHECK ((state IN ('resolved', 'accepted')) = (closed_at IS NOT NULL)),
    CHECK (state <> 'open' OR acknowledged_at IS NULL),
    CHECK (state NOT IN ('acknowledged', 'accepted') OR acknowledged_at IS NOT NULL)
);
SELECT tenant_table('reconciliation_issues');
CREATE UNIQUE INDEX reconciliation_issues_one_open ON reconciliation_issues (business_id, kind, subject_id)
    WHERE state IN ('open', 'acknowledged');
CREATE INDEX reconciliation_issues_accepted ON reconciliation_issues (business_id, kind, subject_id)
    WHERE state = 'accepted';
-- The outbox of what people are told: an issue is due when something of it was not told yet, or may have to be.
CREATE INDEX reconciliation_issues_due ON reconciliation_issues (business_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX reconciliation_issues_newest_first ON reconciliation_issues (business_id, created_at DESC, id DESC);
GRANT SELECT, INSERT ON reconciliation_issues TO payme_app;
GRANT UPDATE (severity, state, resolution, times_seen, last_seen_at, owner_id, acknowledged_at, closed_at, closed_by,
              told, due_at, updated_at) ON reconciliation_issues TO payme_app;

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
