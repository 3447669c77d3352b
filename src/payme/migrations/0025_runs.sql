-- When the books were asked whether they agree, what was found, and up to where that was.

CREATE TABLE reconciliation_runs (
    business_id   uuid NOT NULL REFERENCES businesses (business_id),
    id            uuid NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('changes', 'full')),
    state         text NOT NULL CHECK (state IN ('running', 'done', 'abandoned')),
    since         timestamptz,  -- none: everything was asked
    at            timestamptz NOT NULL,  -- the instant at which the books were read
    changed_rows  integer CHECK (changed_rows >= 0),
    to_ask        integer NOT NULL CHECK (to_ask >= 0),
    asked         integer NOT NULL CHECK (asked BETWEEN 0 AND to_ask),
    found         integer NOT NULL DEFAULT 0 CHECK (found >= 0),
    opened        integer NOT NULL DEFAULT 0 CHECK (opened >= 0),
    seen_again    integer NOT NULL DEFAULT 0 CHECK (seen_again >= 0),
    closed        integer NOT NULL DEFAULT 0 CHECK (closed >= 0),
    seconds       double precision NOT NULL DEFAULT 0 CHECK (seconds >= 0),
    figures       jsonb NOT NULL DEFAULT '{}',  -- one an invariant
    ledgers       jsonb NOT NULL DEFAULT '[]',  -- one a ledger
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    CHECK ((kind = 'changes') = (changed_rows IS NOT NULL)),
    CHECK (state <> 'done' OR asked = to_ask)
);
SELECT tenant_table('reconciliation_runs');
CREATE UNIQUE INDEX reconciliation_runs_one_runs ON reconciliation_runs (business_id) WHERE state = 'running';
CREATE INDEX reconciliation_runs_newest_first ON reconciliation_runs (business_id, created_at DESC, id DESC);
GRANT SELECT, INSERT, DELETE ON reconciliation_runs TO payme_app;
GRANT UPDATE (state, at, to_ask, asked, found, opened, seen_again, closed, seconds, figures, ledgers, updated_at) ON reconciliation_runs TO payme_app;

-- Up to where the books of a business were asked: what a transaction wrote that had not ended then is asked next.
CREATE TABLE reconciliation_marks (
    business_id     uuid PRIMARY KEY REFERENCES businesses (business_id),
    seen_before     bigint NOT NULL CHECK (seen_before > 0),
    asked_at        timestamptz NOT NULL,
    asked_fully_at  timestamptz,
    asked_again_at  timestamptz NOT NULL,
    rewritten       jsonb NOT NULL,  -- rows changed or deleted where nobody may, as PostgreSQL counts them
    edited          text[] NOT NULL DEFAULT '{}',  -- tables of which rows were changed so, and not all was asked since
    updated_at      timestamptz NOT NULL
);
SELECT tenant_table('reconciliation_marks');
GRANT SELECT, INSERT, UPDATE ON reconciliation_marks TO payme_app;

-- When somebody last looked for changes in all businesses: one row, and whoever writes it looks.
CREATE TABLE reconciliation_looks (
    only_one   boolean PRIMARY KEY CHECK (only_one),
    looked_at  timestamptz NOT NULL,
    writes     bigint  -- rows written to the books of all businesses by the last look that ended, as PostgreSQL counts
);
SELECT local_table('reconciliation_looks');
GRANT SELECT, INSERT, UPDATE ON reconciliation_looks TO payme_app;
GRANT SELECT ON reconciliation_looks TO payme_read;

-- A night in which everything is asked of every business; one that was interrupted goes on where it stopped.
CREATE TABLE reconciliation_rounds (
    began_at    timestamptz PRIMARY KEY,
    businesses  integer NOT NULL DEFAULT 0 CHECK (businesses >= 0),
    found       integer NOT NULL DEFAULT 0 CHECK (found >= 0),
    platform    jsonb NOT NULL DEFAULT '{}',  -- what was found of the whole database, by invariant
    done_at     timestamptz,
    updated_at  timestamptz NOT NULL
);
SELECT local_table('reconciliation_rounds');
GRANT SELECT, INSERT, UPDATE ON reconciliation_rounds TO payme_app;
GRANT SELECT ON reconciliation_rounds TO payme_read;
