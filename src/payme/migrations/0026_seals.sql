-- Seals over runs of audit entries, and where the heads of them were told outside of the database.

-- Transaction numbers begin anew in another cluster, sequences do not: entries from `first_sequence` on count their
-- transactions in this era. Whoever restores a dump into another cluster calls begin_audit_era() before the first sale.
-- One that began with a restore says so, signed: what was told outside between `made_at` and `restored_at` is given up.
CREATE TABLE audit_eras (
    number          integer PRIMARY KEY CHECK (number > 0),
    first_sequence  bigint NOT NULL UNIQUE,
    began_at        timestamptz NOT NULL,
    made_at         timestamptz,
    restored_at     timestamptz,
    key_id          text CHECK (key_id ~ '^[0-9a-f]{16}$'),
    signature       bytea CHECK (length(signature) = 64),
    CHECK (num_nonnulls(made_at, restored_at, key_id, signature) IN (0, 4))
);
SELECT reference_table('audit_eras');
INSERT INTO audit_eras (number, first_sequence, began_at) VALUES (1, 0, 'epoch');

CREATE FUNCTION begin_audit_era() RETURNS integer LANGUAGE sql AS $$
    INSERT INTO audit_eras (number, first_sequence, began_at)
    SELECT max(number) + 1, nextval(pg_get_serial_sequence('audit_entries', 'sequence')), clock_timestamp()
      FROM audit_eras
    RETURNING number
$$;

-- `leaves` says of each entry, in order: its id (16 bytes), its sequence (8), the SHA-256 of all of it (32).
CREATE TABLE audit_seals (
    business_id          uuid NOT NULL REFERENCES businesses (business_id),
    number               bigint NOT NULL CHECK (number > 0),
    era                  integer NOT NULL CHECK (era > 0),
    first_position       bigint NOT NULL CHECK (first_position > 0),
    last_position        bigint NOT NULL,
    last_transaction_id  bigint NOT NULL,
    last_sequence        bigint NOT NULL,
    leaves               bytea NOT NULL,
    digest               bytea NOT NULL CHECK (length(digest) = 32),
    sealed_at            timestamptz NOT NULL,
    key_id               text NOT NULL CHECK (key_id ~ '^[0-9a-f]{16}$'),
    signature            bytea NOT NULL CHECK (length(signature) = 64),
    PRIMARY KEY (business_id, number),
    CHECK (length(leaves) = 56 * (last_position - first_position + 1)),
    CHECK (last_position >= first_position)
);
SELECT tenant_table('audit_seals');
ALTER TABLE audit_seals ALTER COLUMN leaves SET STORAGE EXTERNAL;  -- digests do not compress
GRANT SELECT, INSERT ON audit_seals TO payme_app;

CREATE TABLE audit_anchors (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    place        text NOT NULL CHECK (length(place) BETWEEN 1 AND 40),
    number       bigint NOT NULL,
    anchored_at  timestamptz NOT NULL,
    PRIMARY KEY (business_id, place, number),
    FOREIGN KEY (business_id, number) REFERENCES audit_seals (business_id, number)
);
SELECT tenant_table('audit_anchors');
GRANT SELECT, INSERT ON audit_anchors TO payme_app;

-- When a place outside is told next, by whoever takes it first, and since when it did not take what it was told.
CREATE TABLE audit_places (
    place          text PRIMARY KEY CHECK (length(place) BETWEEN 1 AND 40),
    due_at         timestamptz NOT NULL,
    tries          integer NOT NULL CHECK (tries >= 0),
    told_at        timestamptz,
    told_era       integer NOT NULL DEFAULT 0,
    failing_since  timestamptz,
    note           text NOT NULL DEFAULT '' CHECK (length(note) <= 200)
);
SELECT local_table('audit_places');
GRANT SELECT, INSERT, UPDATE ON audit_places TO payme_app;
