-- Tokens that a business buys from the platform by M-Pesa.

CREATE TABLE token_purchases (
    business_id      uuid NOT NULL REFERENCES businesses (business_id),
    id               uuid NOT NULL,
    payment_id       uuid NOT NULL,
    tokens           integer NOT NULL CHECK (tokens > 0),
    price            numeric(12,2) NOT NULL CHECK (price > 0),
    credited_tokens  integer CHECK (credited_tokens BETWEEN 0 AND tokens),
    settled_tokens   integer CHECK (settled_tokens BETWEEN 0 AND credited_tokens),
    paid             numeric(12,2) CHECK (paid > 0),
    receipt          text CHECK (length(receipt) BETWEEN 6 AND 20),
    credited_at      timestamptz,
    bought_by        uuid,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, payment_id) REFERENCES payments (business_id, id),
    CHECK (num_nonnulls(credited_tokens, settled_tokens, paid, receipt, credited_at) IN (0, 5))
);
SELECT tenant_table('token_purchases');
CREATE UNIQUE INDEX token_purchases_payment ON token_purchases (business_id, payment_id);
CREATE INDEX token_purchases_newest_first ON token_purchases (business_id, created_at DESC, id DESC);
GRANT SELECT, INSERT ON token_purchases TO payme_app;
GRANT UPDATE (credited_tokens, settled_tokens, paid, receipt, credited_at, updated_at) ON token_purchases TO payme_app;

ALTER TABLE wallet_transactions ADD FOREIGN KEY (business_id, purchase_id) REFERENCES token_purchases (business_id, id);
