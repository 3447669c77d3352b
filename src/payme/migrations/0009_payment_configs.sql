-- A business's own paybill or till. Credentials are sealed by the application (AES-256-GCM) before they come here; the
-- keys never do.

CREATE TABLE payment_configs (
    business_id           uuid NOT NULL REFERENCES businesses (business_id),
    id                    uuid NOT NULL,
    environment           text NOT NULL CHECK (environment IN ('simulator', 'sandbox', 'production')),
    kind                  text NOT NULL CHECK (kind IN ('paybill', 'till')),
    shortcode             text NOT NULL CHECK (shortcode ~ '^[0-9]{5,7}$'),  -- of a till: its store or head office number
    till_number           text CHECK (till_number ~ '^[0-9]{5,7}$'),
    initiator_name        text CHECK (length(initiator_name) BETWEEN 1 AND 64),
    pull_number           text CHECK (pull_number ~ '^254[17][0-9]{8}$'),
    consumer_key          bytea NOT NULL CHECK (length(consumer_key) BETWEEN 29 AND 4096),
    consumer_secret       bytea NOT NULL CHECK (length(consumer_secret) BETWEEN 29 AND 4096),
    passkey               bytea NOT NULL CHECK (length(passkey) BETWEEN 29 AND 4096),
    initiator_credential  bytea CHECK (length(initiator_credential) BETWEEN 29 AND 4096),
    key_version           text NOT NULL CHECK (key_version ~ '^v[1-9][0-9]{0,5}$'),
    created_at            timestamptz NOT NULL,
    updated_at            timestamptz NOT NULL,
    deactivated_at        timestamptz,
    PRIMARY KEY (business_id, id),
    CHECK ((kind = 'till') = (till_number IS NOT NULL)),
    CHECK ((initiator_name IS NULL) = (initiator_credential IS NULL))
);
SELECT tenant_table('payment_configs');
CREATE UNIQUE INDEX payment_configs_one_active ON payment_configs (business_id) WHERE deactivated_at IS NULL;
CREATE INDEX payment_configs_by_key ON payment_configs (business_id, key_version, id);
GRANT SELECT, INSERT ON payment_configs TO payme_app;
GRANT UPDATE (initiator_name, pull_number, consumer_key, consumer_secret, passkey, initiator_credential, key_version,
              updated_at, deactivated_at) ON payment_configs TO payme_app;
REVOKE SELECT ON payment_configs FROM payme_read;
GRANT SELECT (business_id, id, environment, kind, shortcode, till_number, initiator_name, pull_number, key_version,
              created_at, updated_at, deactivated_at) ON payment_configs TO payme_read;

ALTER TABLE payments ADD FOREIGN KEY (business_id, payment_config_id) REFERENCES payment_configs (business_id, id);
CREATE UNIQUE INDEX payments_one_live_test ON payments (business_id, payment_config_id)
    WHERE purpose = 'test' AND state IN ('created', 'submitting', 'unknown', 'submitted');
CREATE INDEX payments_tests ON payments (business_id, payment_config_id, created_at DESC, id DESC) WHERE purpose = 'test';

-- Which business a number belongs to in one environment: a number collects for one business at a time. A till has two,
-- its own and its store's.
CREATE TABLE payment_numbers (
    environment        text NOT NULL CHECK (environment IN ('simulator', 'sandbox', 'production')),
    number             text NOT NULL CHECK (number ~ '^[0-9]{5,7}$'),
    business_id        uuid NOT NULL,
    payment_config_id  uuid NOT NULL,
    created_at         timestamptz NOT NULL,
    PRIMARY KEY (environment, number)
);
SELECT local_table('payment_numbers');
CREATE INDEX payment_numbers_by_config ON payment_numbers (business_id, payment_config_id);
GRANT SELECT, INSERT, DELETE ON payment_numbers TO payme_app;
