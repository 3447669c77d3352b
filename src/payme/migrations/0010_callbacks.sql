-- What Daraja, or somebody, posted to us: stored raw before anything is known of it, and its own queue.

-- The secret in each callback URL, kept only as its SHA-256, and what is expected there.
CREATE TABLE callback_paths (
    path_hash    bytea PRIMARY KEY CHECK (length(path_hash) = 32),
    business_id  uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('stk', 'confirmation', 'validation', 'status', 'status_timeout', 'reversal', 'reversal_timeout', 'pull')),
    subject_id   uuid NOT NULL,
    created_at   timestamptz NOT NULL
);
SELECT local_table('callback_paths');
CREATE INDEX callback_paths_by_subject ON callback_paths (business_id, subject_id);
CREATE UNIQUE INDEX callback_paths_one_push ON callback_paths (business_id, subject_id) WHERE kind = 'stk';
GRANT SELECT, INSERT ON callback_paths TO payme_app;

CREATE TABLE callbacks (
    id            uuid PRIMARY KEY,
    path_hash     bytea NOT NULL CHECK (length(path_hash) = 32),
    body          bytea NOT NULL CHECK (length(body) <= 16384),
    shortcode     text NOT NULL DEFAULT '',
    address       text NOT NULL DEFAULT '',
    headers       jsonb NOT NULL DEFAULT '{}',
    outside       boolean NOT NULL DEFAULT false,  -- it came from an address that Safaricom is not known to call from
    state         text NOT NULL CHECK (state IN ('received', 'applied', 'duplicate', 'orphan', 'quarantined', 'rejected', 'dead')),
    reason        text NOT NULL DEFAULT '',
    attempts      smallint NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    due_at        timestamptz NOT NULL,
    business_id   uuid,
    payment_id    uuid,
    received_at   timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL
) WITH (fillfactor = 70);
SELECT local_table('callbacks');
-- Ids rise with time. What is due is not in it, so that taking a callback writes no index.
CREATE INDEX callbacks_waiting ON callbacks (id) WHERE state = 'received';
CREATE INDEX callbacks_of_a_business ON callbacks (business_id, received_at DESC, id DESC) WHERE business_id IS NOT NULL;
CREATE INDEX callbacks_loose_ends ON callbacks (state, received_at DESC) WHERE state IN ('orphan', 'quarantined', 'dead');
GRANT SELECT, INSERT ON callbacks TO payme_app;
GRANT UPDATE (state, reason, attempts, due_at, business_id, payment_id, updated_at) ON callbacks TO payme_app;

-- A callback may be evidence of money, so the app role cannot delete any, but for this: what came on a path that
-- nobody has, and no sooner than a day after it came, whatever the caller says.
CREATE FUNCTION forget_orphans(before timestamptz, most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH forgotten AS (
        DELETE FROM callbacks
         WHERE id IN (SELECT id FROM callbacks
                       WHERE state = 'orphan' AND business_id IS NULL
                         AND received_at < least(before, now() - interval '1 day')
                       ORDER BY received_at
                       LIMIT most)
        RETURNING id)
    SELECT count(*)::integer FROM forgotten
$$;
REVOKE ALL ON FUNCTION forget_orphans FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_orphans TO payme_app;
