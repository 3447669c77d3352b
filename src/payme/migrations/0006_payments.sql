-- Attempts to collect, real money received, and what it was for.

CREATE TABLE money_in (
    business_id        uuid NOT NULL REFERENCES businesses (business_id),
    id                 uuid NOT NULL,
    shortcode          text NOT NULL,
    receipt            text NOT NULL CHECK (length(receipt) BETWEEN 6 AND 20),
    amount             numeric(12,2) NOT NULL CHECK (amount > 0),
    phone              text NOT NULL DEFAULT '' CHECK (length(phone) <= 100),
    payer_name         text NOT NULL DEFAULT '' CHECK (length(payer_name) <= 120),
    account_reference  text NOT NULL DEFAULT '' CHECK (length(account_reference) <= 40),
    paid_at            timestamptz NOT NULL,
    source             text NOT NULL CHECK (source IN ('callback', 'confirmation', 'status', 'pull', 'statement')),
    callback_id        uuid,
    created_at         timestamptz NOT NULL,
    PRIMARY KEY (business_id, id)
);
SELECT tenant_table('money_in');
CREATE UNIQUE INDEX money_in_receipt ON money_in (business_id, shortcode, receipt);
CREATE INDEX money_in_by_receipt ON money_in (business_id, receipt);
CREATE INDEX money_in_by_callback ON money_in (business_id, callback_id) WHERE callback_id IS NOT NULL;
CREATE INDEX money_in_newest_first ON money_in (business_id, created_at DESC, id DESC);
GRANT SELECT, INSERT ON money_in TO payme_app;

-- One M-Pesa receipt is one receipt in the whole world: its number is M-Pesa's, not the shortcode's, so a receipt of one
-- shop cannot be shown again to another.
CREATE TABLE mpesa_receipts (
    receipt      text NOT NULL,
    shortcode    text NOT NULL,
    business_id  uuid NOT NULL,
    money_in_id  uuid NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (receipt)
);
SELECT local_table('mpesa_receipts');
GRANT SELECT, INSERT ON mpesa_receipts TO payme_app;

CREATE TABLE allocations (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    money_in_id  uuid NOT NULL,
    purpose      text NOT NULL
                 CHECK (purpose IN ('sale', 'credit', 'tokens', 'overpayment', 'unallocated', 'refund', 'test')),
    sale_id      uuid,
    amount       numeric(12,2) NOT NULL CHECK (amount <> 0),  -- less than 0 takes an earlier allocation back
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, money_in_id) REFERENCES money_in (business_id, id),
    FOREIGN KEY (business_id, sale_id) REFERENCES sales (business_id, id),
    CHECK (purpose <> 'sale' OR sale_id IS NOT NULL)
);
SELECT tenant_table('allocations');
CREATE INDEX allocations_by_money_in ON allocations (business_id, money_in_id);
CREATE INDEX allocations_by_sale ON allocations (business_id, sale_id) WHERE sale_id IS NOT NULL;
CREATE INDEX allocations_unallocated ON allocations (business_id, created_at) WHERE purpose = 'unallocated';
GRANT SELECT, INSERT ON allocations TO payme_app;

-- What somebody says was paid, by a message that the customer showed; Safaricom confirms it, or it stays a word.
CREATE TABLE receipt_claims (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    receipt      text NOT NULL CHECK (length(receipt) BETWEEN 6 AND 20),
    sale_id      uuid NOT NULL,
    amount       numeric(12,2) NOT NULL CHECK (amount > 0),
    payer_name   text NOT NULL DEFAULT '' CHECK (length(payer_name) <= 120),
    paid_at      timestamptz,
    state        text NOT NULL CHECK (state IN ('unverified', 'confirmed', 'denied')),
    reason       text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    money_in_id  uuid,
    claimed_by   uuid,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, sale_id) REFERENCES sales (business_id, id),
    FOREIGN KEY (business_id, money_in_id) REFERENCES money_in (business_id, id),
    CHECK ((state = 'confirmed') = (money_in_id IS NOT NULL)),
    CHECK ((state = 'denied') = (reason <> ''))
);
SELECT tenant_table('receipt_claims');
CREATE UNIQUE INDEX receipt_claims_one_stands ON receipt_claims (business_id, receipt) WHERE state <> 'denied';
CREATE INDEX receipt_claims_by_receipt ON receipt_claims (business_id, receipt);
CREATE INDEX receipt_claims_newest_first ON receipt_claims (business_id, created_at DESC, id DESC);
CREATE INDEX receipt_claims_unverified ON receipt_claims (business_id, created_at) WHERE state = 'unverified';
GRANT SELECT, INSERT ON receipt_claims TO payme_app;
GRANT UPDATE (state, reason, money_in_id, updated_at) ON receipt_claims TO payme_app;

CREATE TABLE payments (
    business_id          uuid NOT NULL REFERENCES businesses (business_id),
    id                   uuid NOT NULL,
    purpose              text NOT NULL CHECK (purpose IN ('sale', 'credit', 'tokens', 'test')),
    sale_id              uuid,
    payment_config_id    uuid,  -- none: cash, or the platform's own account
    method               text NOT NULL CHECK (method IN ('cash', 'mpesa')),
    state                text NOT NULL CHECK (state IN ('created', 'submitting', 'unknown', 'submitted', 'expired', 'failed', 'succeeded')),
    amount               numeric(12,2) NOT NULL CHECK (amount > 0),
    tendered             numeric(12,2) CHECK (tendered >= amount),
    change_given         numeric(12,2) CHECK (change_given = tendered - amount),
    returned_at          timestamptz,
    phone                text CHECK (phone ~ '^254[17][0-9]{8}$'),
    shortcode            text,
    account_reference    text CHECK (length(account_reference) BETWEEN 1 AND 12),
    merchant_request_id  text,
    checkout_request_id  text,
    result_code          text,
    result_text          text,
    deadline_at          timestamptz,
    money_in_id          uuid,  -- the receipt that this attempt ended in
    requested_by         uuid,
    request_id           text NOT NULL,
    created_at           timestamptz NOT NULL,
    updated_at           timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, sale_id) REFERENCES sales (business_id, id),
    FOREIGN KEY (business_id, money_in_id) REFERENCES money_in (business_id, id),
    CHECK ((method = 'mpesa' AND state = 'succeeded') = (money_in_id IS NOT NULL)),
    CHECK ((method = 'cash') = (tendered IS NOT NULL)),
    CHECK ((method = 'cash') = (change_given IS NOT NULL)),
    CHECK ((purpose = 'sale') = (sale_id IS NOT NULL)),
    CHECK (method <> 'cash' OR purpose IN ('sale', 'credit')),
    CHECK (method <> 'cash' OR payment_config_id IS NULL),
    CHECK (method <> 'cash' OR state = 'succeeded'),
    CHECK (returned_at IS NULL OR method = 'cash'),
    CHECK ((method = 'mpesa') = (phone IS NOT NULL AND shortcode IS NOT NULL AND account_reference IS NOT NULL AND deadline_at IS NOT NULL)),
    CHECK (method <> 'mpesa' OR (amount = trunc(amount) AND amount BETWEEN 1 AND 250000))
);
SELECT tenant_table('payments');
CREATE UNIQUE INDEX payments_one_live_attempt ON payments (business_id, sale_id)
    WHERE sale_id IS NOT NULL AND method = 'mpesa' AND state IN ('created', 'submitting', 'unknown', 'submitted');
CREATE UNIQUE INDEX payments_account_reference ON payments (business_id, account_reference)
    WHERE account_reference IS NOT NULL AND purpose <> 'tokens';  -- the platform's account has one reference for all
CREATE UNIQUE INDEX payments_money_in ON payments (business_id, money_in_id) WHERE money_in_id IS NOT NULL;
CREATE INDEX payments_by_sale ON payments (business_id, sale_id) WHERE sale_id IS NOT NULL;
CREATE INDEX payments_newest_first ON payments (business_id, created_at DESC, id DESC);
CREATE INDEX payments_unsettled ON payments (business_id, created_at) WHERE state NOT IN ('failed', 'succeeded');
GRANT SELECT, INSERT ON payments TO payme_app;
GRANT UPDATE (state, merchant_request_id, checkout_request_id, result_code, result_text, returned_at, money_in_id, updated_at) ON payments TO payme_app;

CREATE TABLE payment_events (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    sequence     bigint GENERATED ALWAYS AS IDENTITY,
    payment_id   uuid NOT NULL,
    from_state   text,
    to_state     text NOT NULL,
    evidence     text NOT NULL CHECK (evidence IN ('till', 'submission', 'callback', 'confirmation', 'status', 'pull', 'statement', 'query', 'deadline')),
    callback_id  uuid,
    note         text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, payment_id) REFERENCES payments (business_id, id)
);
SELECT tenant_table('payment_events');
CREATE INDEX payment_events_by_payment ON payment_events (business_id, payment_id, sequence);
CREATE UNIQUE INDEX payment_events_once_per_callback ON payment_events (business_id, callback_id) WHERE callback_id IS NOT NULL;
GRANT SELECT, INSERT ON payment_events TO payme_app;
