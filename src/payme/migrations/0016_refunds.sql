-- Money that is given back: who asked, who else agreed, how it was paid.

CREATE TABLE refunds (
    business_id     uuid NOT NULL REFERENCES businesses (business_id),
    id              uuid NOT NULL,
    money_in_id     uuid NOT NULL,
    shortcode       text NOT NULL,
    amount          numeric(12,2) NOT NULL CHECK (amount > 0),
    reason          text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    state           text NOT NULL CHECK (state IN ('requested', 'approved', 'rejected', 'withdrawn', 'paying', 'unknown', 'failed', 'paid')),
    method          text CHECK (method IN ('cash', 'mpesa', 'reversal')),
    payout_receipt  text CHECK (length(payout_receipt) BETWEEN 6 AND 20),
    requested_by    uuid NOT NULL,
    decided_by      uuid,
    paid_by         uuid,
    paid_at         timestamptz,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, money_in_id) REFERENCES money_in (business_id, id),
    CHECK (decided_by <> requested_by),
    CHECK (state <> 'requested' OR decided_by IS NULL),
    CHECK (state IN ('requested', 'withdrawn') OR decided_by IS NOT NULL),
    CHECK ((state = 'paid') = (paid_at IS NOT NULL)),
    CHECK (state <> 'paid' OR method IS NOT NULL),
    CHECK (state NOT IN ('paying', 'unknown') OR method = 'reversal'),
    CHECK (payout_receipt IS NULL OR (state = 'paid' AND method <> 'cash')),
    CHECK (state <> 'paid' OR method <> 'mpesa' OR payout_receipt IS NOT NULL)
);
SELECT tenant_table('refunds');
CREATE UNIQUE INDEX refunds_payout_receipt ON refunds (business_id, shortcode, payout_receipt) WHERE payout_receipt IS NOT NULL;
CREATE INDEX refunds_by_money_in ON refunds (business_id, money_in_id);
CREATE INDEX refunds_newest_first ON refunds (business_id, created_at DESC, id DESC);
GRANT SELECT, INSERT ON refunds TO payme_app;
GRANT UPDATE (state, method, payout_receipt, decided_by, paid_by, paid_at, updated_at) ON refunds TO payme_app;

CREATE TABLE refund_events (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    sequence     bigint GENERATED ALWAYS AS IDENTITY,
    refund_id    uuid NOT NULL,
    from_state   text,
    to_state     text NOT NULL,
    note         text NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    callback_id  uuid,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, refund_id) REFERENCES refunds (business_id, id)
);
SELECT tenant_table('refund_events');
CREATE INDEX refund_events_by_refund ON refund_events (business_id, refund_id, sequence);
CREATE UNIQUE INDEX refund_events_once_per_callback ON refund_events (business_id, callback_id) WHERE callback_id IS NOT NULL;
GRANT SELECT, INSERT ON refund_events TO payme_app;

-- Each order to Daraja to reverse a receipt: sent at most once, its result told on a path of its own.
CREATE TABLE refund_attempts (
    business_id        uuid NOT NULL REFERENCES businesses (business_id),
    id                 uuid NOT NULL,
    refund_id          uuid NOT NULL,
    payment_config_id  uuid NOT NULL,
    state              text NOT NULL CHECK (state IN ('created', 'sending', 'taken', 'lost', 'failed', 'done')),
    conversation_id    text CHECK (length(conversation_id) <= 100),
    result_code        text CHECK (length(result_code) <= 100),
    result_text        text CHECK (length(result_text) <= 500),
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, refund_id) REFERENCES refunds (business_id, id)
);
SELECT tenant_table('refund_attempts');
CREATE INDEX refund_attempts_by_refund ON refund_attempts (business_id, refund_id, created_at);
GRANT SELECT, INSERT ON refund_attempts TO payme_app;
GRANT UPDATE (state, conversation_id, result_code, result_text, updated_at) ON refund_attempts TO payme_app;
