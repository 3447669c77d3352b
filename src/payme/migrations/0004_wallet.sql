-- Prepaid tokens: one a sale.

CREATE TABLE token_packages (
    tokens      integer PRIMARY KEY CHECK (tokens > 0),
    price       numeric(12,2) NOT NULL CHECK (price > 0),
    active      boolean NOT NULL
);
SELECT reference_table('token_packages');
INSERT INTO token_packages (tokens, price, active)
VALUES (30, 50, true), (70, 100, true), (150, 200, true), (400, 500, true), (850, 1000, true);

CREATE TABLE wallets (
    business_id     uuid PRIMARY KEY REFERENCES businesses (business_id),
    balance_tokens  integer NOT NULL CHECK (balance_tokens >= 0),
    owed_tokens     integer NOT NULL CHECK (owed_tokens >= 0),
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL
) WITH (fillfactor = 50);
SELECT tenant_table('wallets');
GRANT SELECT, INSERT ON wallets TO payme_app;
GRANT UPDATE (balance_tokens, owed_tokens, updated_at) ON wallets TO payme_app;

CREATE TABLE wallet_transactions (
    business_id    uuid NOT NULL REFERENCES businesses (business_id),
    id             uuid NOT NULL,
    sequence       bigint GENERATED ALWAYS AS IDENTITY,
    type           text NOT NULL CHECK (type IN ('grant', 'purchase', 'reserve', 'charge', 'refund')),
    change_tokens  integer NOT NULL,
    balance_after  integer NOT NULL CHECK (balance_after >= 0),
    change_owed    integer NOT NULL DEFAULT 0,
    owed_after     integer NOT NULL DEFAULT 0 CHECK (owed_after >= 0),
    sale_id        uuid,
    purchase_id    uuid,
    reason         text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    created_at     timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    CHECK (CASE type WHEN 'reserve' THEN change_tokens = -1 WHEN 'charge' THEN change_tokens = 0
                     WHEN 'refund' THEN change_tokens = 1
                     WHEN 'purchase' THEN change_tokens >= 0 AND change_owed <= 0 AND change_tokens > change_owed
                     ELSE change_tokens > 0 END),
    CHECK ((type = 'purchase') = (purchase_id IS NOT NULL)),
    CHECK ((type IN ('reserve', 'charge', 'refund')) = (sale_id IS NOT NULL))
);
SELECT tenant_table('wallet_transactions');
CREATE UNIQUE INDEX wallet_transactions_once_per_sale ON wallet_transactions (business_id, sale_id, type) WHERE sale_id IS NOT NULL;
CREATE UNIQUE INDEX wallet_transactions_once_per_purchase ON wallet_transactions (business_id, purchase_id) WHERE purchase_id IS NOT NULL;
CREATE INDEX wallet_transactions_in_order ON wallet_transactions (business_id, sequence);
GRANT SELECT, INSERT ON wallet_transactions TO payme_app;
