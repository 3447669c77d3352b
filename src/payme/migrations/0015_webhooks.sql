-- Webhooks: where a business wants to be told, what it is told, and each try. Secrets are sealed by the application.

CREATE TABLE webhook_endpoints (
    business_id    uuid NOT NULL REFERENCES businesses (business_id),
    id             uuid NOT NULL,
    url            text NOT NULL CHECK (length(url) BETWEEN 8 AND 500),
    note           text NOT NULL DEFAULT '' CHECK (length(note) <= 200),
    event_types    text[] NOT NULL CHECK (cardinality(event_types) BETWEEN 1 AND 50),
    state          text NOT NULL CHECK (state IN ('active', 'paused', 'disabled', 'removed')),
    secret         bytea NOT NULL CHECK (length(secret) BETWEEN 29 AND 4096),
    key_version    text NOT NULL CHECK (key_version ~ '^v[1-9][0-9]{0,5}$'),
    old_secret     bytea CHECK (length(old_secret) BETWEEN 29 AND 4096),
    old_version    text CHECK (old_version ~ '^v[1-9][0-9]{0,5}$'),
    old_until      timestamptz,
    failing_since  timestamptz,
    held_until     timestamptz,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    CHECK ((old_secret IS NULL) = (old_until IS NULL) AND (old_secret IS NULL) = (old_version IS NULL))
);
SELECT tenant_table('webhook_endpoints');
CREATE UNIQUE INDEX webhook_endpoints_url ON webhook_endpoints (business_id, url) WHERE state <> 'removed';
GRANT SELECT, INSERT ON webhook_endpoints TO payme_app;
GRANT UPDATE (note, event_types, state, secret, key_version, old_secret, old_version, old_until,
              failing_since, held_until, updated_at)
    ON webhook_endpoints TO payme_app;
REVOKE SELECT ON webhook_endpoints FROM payme_read;
GRANT SELECT (business_id, id, url, note, event_types, state, key_version, old_version, old_until,
              failing_since, held_until, created_at, updated_at) ON webhook_endpoints TO payme_read;

-- The outbox: a message is written in the transaction of its cause, once for each endpoint that wants its type.
CREATE TABLE webhook_messages (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    endpoint_id  uuid NOT NULL,
    id           uuid NOT NULL,
    type         text NOT NULL CHECK (length(type) BETWEEN 1 AND 50),
    payload      text NOT NULL CHECK (length(payload) <= 20000),
    state        text NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    tries        smallint NOT NULL CHECK (tries >= 0),
    due_at       timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    PRIMARY KEY (business_id, endpoint_id, id),
    FOREIGN KEY (business_id, endpoint_id) REFERENCES webhook_endpoints (business_id, id),
    CHECK ((state = 'waiting') = (ended_at IS NULL))
);
SELECT tenant_table('webhook_messages');
CREATE INDEX webhook_messages_due ON webhook_messages (business_id, due_at) WHERE state = 'waiting';
CREATE INDEX webhook_messages_newest_first ON webhook_messages (business_id, endpoint_id, created_at DESC, id DESC);
GRANT SELECT, INSERT, DELETE ON webhook_messages TO payme_app;
GRANT UPDATE (state, tries, due_at, ended_at) ON webhook_messages TO payme_app;

CREATE TABLE webhook_tries (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    endpoint_id  uuid NOT NULL,
    message_id   uuid NOT NULL,
    at           timestamptz NOT NULL,
    duration_ms  integer NOT NULL CHECK (duration_ms >= 0),
    status       smallint,
    error        text NOT NULL DEFAULT '' CHECK (length(error) <= 200),
    body         text NOT NULL DEFAULT '' CHECK (length(body) <= 500),
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, endpoint_id, message_id)
        REFERENCES webhook_messages (business_id, endpoint_id, id) ON DELETE CASCADE
);
SELECT tenant_table('webhook_tries');
CREATE INDEX webhook_tries_of_message ON webhook_tries (business_id, endpoint_id, message_id, at);
GRANT SELECT, INSERT ON webhook_tries TO payme_app;

-- Which businesses have ever had an endpoint, so that the worker need not visit all.
CREATE TABLE webhook_businesses (
    business_id  uuid PRIMARY KEY,
    created_at   timestamptz NOT NULL
);
SELECT local_table('webhook_businesses');
GRANT SELECT, INSERT ON webhook_businesses TO payme_app;
