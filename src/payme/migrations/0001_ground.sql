-- The ground: who may do what in PostgreSQL, and the three classes of table.
--   tenant     business_id first, key (business_id, …), row level security forced, distributed by business_id on Citus
--   reference  small and rarely written, the same on every node
--   local      jobs, sign-in, what must be unique in the world; no foreign key to a tenant table

DO $$ BEGIN CREATE ROLE payme_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE payme_read NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN
    IF NOT pg_has_role(current_user, 'payme_app', 'USAGE') THEN EXECUTE 'GRANT payme_app TO CURRENT_USER'; END IF;
    IF NOT pg_has_role(current_user, 'payme_read', 'USAGE') THEN EXECUTE 'GRANT payme_read TO CURRENT_USER'; END IF;
END $$;

CREATE FUNCTION tenant_table(name regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        IF name = 'businesses'::regclass THEN
            EXECUTE format('SELECT create_distributed_table(%L, %L)', name, 'business_id');
        ELSE
            EXECUTE format('SELECT create_distributed_table(%L, %L, colocate_with => %L)', name, 'business_id', 'businesses');
        END IF;
    END IF;
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
        'CREATE POLICY one_business ON %s'
        ' USING (business_id = nullif(current_setting(''payme.business_id'', true), '''')::uuid)'
        ' WITH CHECK (business_id = nullif(current_setting(''payme.business_id'', true), '''')::uuid)',
        name);
    EXECUTE format('COMMENT ON TABLE %s IS ''tenant''', name);
    EXECUTE format('GRANT SELECT ON %s TO payme_read', name);
END $$;

CREATE FUNCTION reference_table(name regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        EXECUTE format('SELECT create_reference_table(%L)', name);
    END IF;
    EXECUTE format('COMMENT ON TABLE %s IS ''reference''', name);
    EXECUTE format('GRANT SELECT ON %s TO payme_app, payme_read', name);
END $$;

CREATE FUNCTION local_table(name regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('COMMENT ON TABLE %s IS ''local''', name);
END $$;

DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO payme_app, payme_read', current_schema()); END $$;

CREATE TABLE businesses (
    business_id  uuid PRIMARY KEY,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    phone        text CHECK (phone ~ '^\+[0-9]{8,15}$'),
    time_zone    text NOT NULL DEFAULT 'Africa/Nairobi',
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
);
SELECT tenant_table('businesses');
GRANT SELECT, INSERT, UPDATE ON businesses TO payme_app;

-- Which businesses there are: the way in for work across tenants, which then visits them one by one.
CREATE TABLE business_directory (
    business_id  uuid PRIMARY KEY,
    created_at   timestamptz NOT NULL
);
SELECT local_table('business_directory');
GRANT SELECT, INSERT ON business_directory TO payme_app;
GRANT SELECT ON business_directory TO payme_read;

CREATE TABLE idempotency_records (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    key          text NOT NULL CHECK (length(key) BETWEEN 8 AND 128),
    fingerprint  bytea NOT NULL CHECK (length(fingerprint) = 32),
    status       smallint NOT NULL CHECK (status BETWEEN 200 AND 299),
    body         text NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (business_id, key)
);
SELECT tenant_table('idempotency_records');
CREATE INDEX ON idempotency_records (business_id, created_at);
GRANT SELECT, INSERT ON idempotency_records TO payme_app;

CREATE TABLE audit_entries (
    business_id   uuid NOT NULL REFERENCES businesses (business_id),
    id            uuid NOT NULL,
    sequence      bigint GENERATED ALWAYS AS IDENTITY,
    -- Entries are sealed when every transaction up to theirs has ended: one that commits late is never passed by.
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at            timestamptz NOT NULL,
    actor_kind    text NOT NULL CHECK (actor_kind IN ('member', 'user', 'visitor', 'system')),
    actor_name    text NOT NULL,
    user_id       uuid,
    request_id    text NOT NULL,
    action        text NOT NULL,
    subject_id    uuid NOT NULL,
    facts         jsonb NOT NULL,
    PRIMARY KEY (business_id, id)
);
SELECT tenant_table('audit_entries');
CREATE INDEX ON audit_entries (business_id, subject_id, sequence);
CREATE INDEX ON audit_entries (business_id, transaction_id, sequence);
CREATE INDEX ON audit_entries (business_id, at DESC, id DESC);
GRANT SELECT, INSERT ON audit_entries TO payme_app;
