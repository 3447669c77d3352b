-- SMS: what is sent to customers' telephones, once; and the addresses by which a receipt is shown without signing in.

-- What the shop's messages are written in, and what a customer wants of them. Every id of a person has the same row.
-- Up to `restored_at` customers may have been reminded of whom a restored backup knows nothing.
CREATE TABLE sms_settings (
    business_id  uuid PRIMARY KEY REFERENCES businesses (business_id),
    language     text NOT NULL CHECK (language IN ('en', 'sw')),
    restored_at  timestamptz,
    updated_at   timestamptz NOT NULL
);
SELECT tenant_table('sms_settings');
GRANT SELECT, INSERT, UPDATE ON sms_settings TO payme_app;

CREATE TABLE sms_preferences (
    business_id   uuid NOT NULL REFERENCES businesses (business_id),
    customer_id   uuid NOT NULL,
    language      text CHECK (language IN ('en', 'sw')),
    opted_out_at  timestamptz,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (business_id, customer_id),
    FOREIGN KEY (business_id, customer_id) REFERENCES customers (business_id, id)
);
SELECT tenant_table('sms_preferences');
GRANT SELECT, INSERT, UPDATE ON sms_preferences TO payme_app;

-- The outbox: a message is written with its cause, and leaves once. A text that has a secret is kept without it; the
-- whole one lies sealed until the message ended. Where a person was erased, number and text are gone and the cost stays.
CREATE TABLE sms_messages (
    business_id        uuid NOT NULL REFERENCES businesses (business_id),
    id                 uuid NOT NULL,
    purpose            text NOT NULL 
                       CHECK (purpose IN ('receipt', 'due_soon', 'overdue', 'alert', 'urgent_alert')),
    language           text NOT NULL CHECK (language IN ('en', 'sw')),
    customer_id        uuid,
    sale_id            uuid,
    phone              text CHECK (phone ~ '^\+[1-9][0-9]{7,14}$'),
    text               text CHECK (length(text) BETWEEN 1 AND 600),
    sealed_text        bytea CHECK (length(sealed_text) BETWEEN 29 AND 4096),
    key_version        text CHECK (key_version ~ '^v[1-9][0-9]{0,5}$'),
    segments           smallint NOT NULL CHECK (segments BETWEEN 1 AND 10),
    state              text NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'unknown', 'withdrawn')),
    tries              smallint NOT NULL CHECK (tries >= 0),
    due_at             timestamptz NOT NULL,
    taken_at           timestamptz,
    ended_at           timestamptz,
    provider           text NOT NULL DEFAULT '' CHECK (length(provider) <= 40),
    provider_id        text NOT NULL DEFAULT '' CHECK (length(provider_id) <= 200),
    cost               numeric(12,4) NOT NULL DEFAULT 0 CHECK (cost >= 0),
    cost_is_estimated  boolean NOT NULL DEFAULT false,
    code               text NOT NULL DEFAULT '' CHECK (length(code) <= 40),
    note               text NOT NULL DEFAULT '' CHECK (length(note) <= 200),
    created_by         uuid,
    created_at         timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, customer_id) REFERENCES customers (business_id, id),
    FOREIGN KEY (business_id, sale_id) REFERENCES sales (business_id, id),
    CHECK ((phone IS NULL) = (text IS NULL)),
    CHECK ((sealed_text IS NULL) = (key_version IS NULL)),
    CHECK ((state IN ('queued', 'sending')) = (ended_at IS NULL)),
    CHECK (state <> 'queued' OR phone IS NOT NULL),
    CHECK (ended_at IS NULL OR sealed_text IS NULL),
    CHECK (state IN ('queued', 'withdrawn') OR taken_at IS NOT NULL),
    CHECK (purpose IN ('receipt', 'alert', 'urgent_alert') OR customer_id IS NOT NULL)
);
SELECT tenant_table('sms_messages');
CREATE INDEX sms_messages_due ON sms_messages (business_id, due_at, id) WHERE state IN ('queued', 'sending');
CREATE INDEX sms_messages_newest_first ON sms_messages (business_id, created_at DESC, id DESC);
CREATE INDEX sms_messages_of_customer ON sms_messages (business_id, customer_id, created_at) WHERE customer_id IS NOT NULL;
CREATE INDEX sms_messages_of_sale ON sms_messages (business_id, sale_id, created_at) WHERE sale_id IS NOT NULL;
CREATE INDEX sms_messages_to_phone ON sms_messages (business_id, phone, created_at) WHERE phone IS NOT NULL;
CREATE INDEX sms_messages_taken ON sms_messages (business_id, taken_at) WHERE taken_at IS NOT NULL;
-- One reminder of a customer is under way at the most; whether a week went by since the last is asked when it leaves.
CREATE UNIQUE INDEX sms_messages_one_reminder ON sms_messages (business_id, customer_id)
 WHERE purpose IN ('due_soon', 'overdue') AND state IN ('queued', 'sending');
GRANT SELECT, INSERT ON sms_messages TO payme_app;
GRANT UPDATE (phone, text, sealed_text, key_version, state, tries, due_at, taken_at, ended_at, provider, provider_id,
              cost, cost_is_estimated, code, note) ON sms_messages TO payme_app;
REVOKE SELECT ON sms_messages FROM payme_read;
GRANT SELECT (business_id, id, purpose, language, customer_id, sale_id, phone, text, key_version, segments, state,
              tries, due_at, taken_at, ended_at, provider, provider_id, cost, cost_is_estimated, code, note,
              created_by, created_at) ON sms_messages TO payme_read;

-- Which businesses have ever had a message, so that the worker need not visit all.
CREATE TABLE sms_businesses (
    business_id  uuid PRIMARY KEY,
    created_at   timestamptz NOT NULL
);
SELECT local_table('sms_businesses');
GRANT SELECT, INSERT ON sms_businesses TO payme_app;

-- An address of a receipt: it ends by itself, or is taken back.
CREATE TABLE receipt_links (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    sale_id      uuid NOT NULL,
    created_by   uuid,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at > created_at),
    revoked_at   timestamptz,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, sale_id) REFERENCES sales (business_id, id)
);
SELECT tenant_table('receipt_links');
CREATE INDEX receipt_links_of_sale ON receipt_links (business_id, sale_id, created_at);
GRANT SELECT, INSERT ON receipt_links TO payme_app;
GRANT UPDATE (revoked_at) ON receipt_links TO payme_app;

-- The secret of an address is unique in the world and kept only as its SHA-256.
CREATE TABLE receipt_link_tokens (
    token_hash   bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    business_id  uuid NOT NULL,
    link_id      uuid NOT NULL
);
SELECT local_table('receipt_link_tokens');
GRANT SELECT, INSERT ON receipt_link_tokens TO payme_app;
