-- What Safaricom is asked about receipts: what became of one that somebody claims, and which there were.

CREATE TABLE receipt_questions (
    business_id        uuid NOT NULL REFERENCES businesses (business_id),
    claim_id           uuid NOT NULL,
    payment_config_id  uuid NOT NULL,  -- in whose name it was asked last
    asks               integer NOT NULL CHECK (asks >= 0),
    next_at            timestamptz,  -- none: nobody asks any more
    said               text NOT NULL DEFAULT '' CHECK (length(said) <= 300),
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (business_id, claim_id),
    FOREIGN KEY (business_id, claim_id) REFERENCES receipt_claims (business_id, id),
    FOREIGN KEY (business_id, payment_config_id) REFERENCES payment_configs (business_id, id)
);
SELECT tenant_table('receipt_questions');
CREATE INDEX receipt_questions_due ON receipt_questions (business_id, next_at) WHERE next_at IS NOT NULL;
GRANT SELECT, INSERT ON receipt_questions TO payme_app;
GRANT UPDATE (payment_config_id, asks, next_at, said, updated_at) ON receipt_questions TO payme_app;

CREATE TABLE receipt_pulls (
    business_id        uuid NOT NULL REFERENCES businesses (business_id),
    payment_config_id  uuid NOT NULL,
    pull_number        text NOT NULL,  -- under which it was registered
    registered_at      timestamptz,
    pulled_to          timestamptz,  -- everything paid until then was listed and booked
    said               text NOT NULL DEFAULT '' CHECK (length(said) <= 300),
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (business_id, payment_config_id),
    FOREIGN KEY (business_id, payment_config_id) REFERENCES payment_configs (business_id, id)
);
SELECT tenant_table('receipt_pulls');
GRANT SELECT, INSERT ON receipt_pulls TO payme_app;
GRANT UPDATE (pull_number, registered_at, pulled_to, said, updated_at) ON receipt_pulls TO payme_app;
