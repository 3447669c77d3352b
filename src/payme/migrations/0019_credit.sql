-- What customers may owe and owe, every change of it, what they paid back, and debts that were given up.

-- One a customer. balance_due is what they owe, customer_credit what the shop owes them; each is the ledger's sum.
CREATE TABLE credit_accounts (
    business_id      uuid NOT NULL REFERENCES businesses (business_id),
    id               uuid NOT NULL,
    customer_id      uuid NOT NULL,
    state            text NOT NULL CHECK (state IN ('active', 'suspended', 'closed')),
    credit_limit     numeric(12,2) NOT NULL CHECK (credit_limit >= 0),
    terms_days       smallint NOT NULL CHECK (terms_days BETWEEN 1 AND 365),
    balance_due      numeric(12,2) NOT NULL CHECK (balance_due >= 0),
    customer_credit  numeric(12,2) NOT NULL CHECK (customer_credit >= 0),
    moved_on         date NOT NULL,  -- the business day of its last entry: no later entry has an earlier day
    merged_into      uuid,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, customer_id) REFERENCES customers (business_id, id),
    FOREIGN KEY (business_id, merged_into) REFERENCES credit_accounts (business_id, id),
    CHECK (merged_into <> id),
    CHECK (state <> 'closed' OR balance_due = 0),
    CHECK (merged_into IS NULL OR (state = 'closed' AND customer_credit = 0))
);
SELECT tenant_table('credit_accounts');
CREATE UNIQUE INDEX credit_accounts_customer ON credit_accounts (business_id, customer_id);
CREATE INDEX credit_accounts_debtors ON credit_accounts (business_id, balance_due DESC, id DESC) WHERE balance_due > 0;
CREATE INDEX credit_accounts_merged ON credit_accounts (business_id, merged_into) WHERE merged_into IS NOT NULL;
GRANT SELECT, INSERT ON credit_accounts TO payme_app;
GRANT UPDATE (state, credit_limit, terms_days, balance_due, customer_credit, moved_on, merged_into, updated_at) ON credit_accounts TO payme_app;

-- A debt with its due date. Whether it is overdue is never stored: its day says so.
CREATE TABLE credit_sales (
    business_id        uuid NOT NULL REFERENCES businesses (business_id),
    sale_id            uuid NOT NULL,
    account_id         uuid NOT NULL,
    state              text NOT NULL CHECK (state IN ('open', 'part_paid', 'settled', 'written_off', 'reversed')),
    amount             numeric(12,2) NOT NULL CHECK (amount > 0),
    repaid             numeric(12,2) NOT NULL CHECK (repaid >= 0),
    taken_off          numeric(12,2) NOT NULL CHECK (taken_off >= 0),
    written_off        numeric(12,2) NOT NULL CHECK (written_off >= 0),
    outstanding        numeric(12,2) NOT NULL CHECK (outstanding >= 0),
    due_on             date NOT NULL,
    limit_then         numeric(12,2) NOT NULL CHECK (limit_then >= 0),
    over_limit_reason  text NOT NULL DEFAULT '' CHECK (length(over_limit_reason) <= 200),
    opened_on          date NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (business_id, sale_id),
    FOREIGN KEY (business_id, sale_id) REFERENCES sales (business_id, id),
    FOREIGN KEY (business_id, account_id) REFERENCES credit_accounts (business_id, id),
    CHECK (due_on > opened_on),
    CHECK (outstanding = amount - repaid - taken_off - written_off),
    CHECK ((state IN ('open', 'part_paid')) = (outstanding > 0)),
    CHECK (state <> 'open' OR repaid = 0),
    CHECK (state <> 'part_paid' OR repaid > 0),
    CHECK ((state = 'written_off') = (written_off > 0))
);
SELECT tenant_table('credit_sales');
CREATE INDEX credit_sales_open ON credit_sales (business_id, account_id, due_on, created_at, sale_id) WHERE outstanding > 0;
CREATE INDEX credit_sales_due ON credit_sales (business_id, due_on, account_id) WHERE outstanding > 0;
CREATE INDEX credit_sales_by_account ON credit_sales (business_id, account_id, created_at DESC, sale_id DESC);
GRANT SELECT, INSERT ON credit_sales TO payme_app;
GRANT UPDATE (account_id, state, repaid, taken_off, written_off, outstanding, updated_at) ON credit_sales TO payme_app;

-- Money against debts: cash taken, a prompt that was paid, or money that was claimed for the account.
CREATE TABLE credit_payments (
    business_id   uuid NOT NULL REFERENCES businesses (business_id),
    id            uuid NOT NULL,
    account_id    uuid NOT NULL,
    amount        numeric(12,2) NOT NULL CHECK (amount > 0),
    to_debts      numeric(12,2) NOT NULL CHECK (to_debts >= 0),
    to_credit     numeric(12,2) NOT NULL CHECK (to_credit >= 0),
    payment_id    uuid,
    money_in_id   uuid,  -- none: cash
    received_by   uuid,
    received_on   date NOT NULL,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, account_id) REFERENCES credit_accounts (business_id, id),
    FOREIGN KEY (business_id, payment_id) REFERENCES payments (business_id, id),
    FOREIGN KEY (business_id, money_in_id) REFERENCES money_in (business_id, id),
    CHECK (amount = to_debts + to_credit),
    CHECK (num_nonnulls(payment_id, money_in_id) > 0)
);
SELECT tenant_table('credit_payments');
CREATE INDEX credit_payments_by_account ON credit_payments (business_id, account_id, created_at DESC, id DESC);
CREATE INDEX credit_payments_by_money ON credit_payments (business_id, money_in_id) WHERE money_in_id IS NOT NULL;
CREATE INDEX credit_payments_by_day ON credit_payments (business_id, received_on);
GRANT SELECT, INSERT ON credit_payments TO payme_app;

CREATE TABLE credit_payment_parts (
    business_id        uuid NOT NULL REFERENCES businesses (business_id),
    credit_payment_id  uuid NOT NULL,
    sale_id            uuid NOT NULL,
    amount             numeric(12,2) NOT NULL CHECK (amount > 0),
    PRIMARY KEY (business_id, credit_payment_id, sale_id),
    FOREIGN KEY (business_id, credit_payment_id) REFERENCES credit_payments (business_id, id),
    FOREIGN KEY (business_id, sale_id) REFERENCES credit_sales (business_id, sale_id)
);
SELECT tenant_table('credit_payment_parts');
CREATE INDEX credit_payment_parts_by_sale ON credit_payment_parts (business_id, sale_id);
GRANT SELECT, INSERT ON credit_payment_parts TO payme_app;

-- Every change of an account with the figures after it.
CREATE TABLE credit_ledger (
    business_id        uuid NOT NULL REFERENCES businesses (business_id),
    id                 uuid NOT NULL,
    sequence           bigint GENERATED ALWAYS AS IDENTITY,
    account_id         uuid NOT NULL,
    kind               text NOT NULL
                       CHECK (kind IN ('sale', 'credit_used', 'credit_returned', 'credit_given', 'repayment', 'return',
                                       'void', 'write_off', 'merged_out', 'merged_in')),
    change_due         numeric(12,2) NOT NULL,
    due_after          numeric(12,2) NOT NULL CHECK (due_after >= 0),
    change_credit      numeric(12,2) NOT NULL,
    credit_after       numeric(12,2) NOT NULL CHECK (credit_after >= 0),
    sale_id            uuid,
    credit_payment_id  uuid,
    reason             text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    entered_by         uuid,
    entered_on         date NOT NULL,
    created_at         timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, account_id) REFERENCES credit_accounts (business_id, id),
    FOREIGN KEY (business_id, sale_id) REFERENCES sales (business_id, id),
    FOREIGN KEY (business_id, credit_payment_id) REFERENCES credit_payments (business_id, id),
    CHECK (change_due <> 0 OR change_credit <> 0),
    CHECK (CASE kind WHEN 'sale' THEN change_due > 0 AND change_credit = 0
                     WHEN 'credit_used' THEN change_due = 0 AND change_credit < 0
                     WHEN 'credit_returned' THEN change_due = 0 AND change_credit > 0
                     WHEN 'credit_given' THEN change_due = 0 AND change_credit > 0
                     WHEN 'write_off' THEN change_due < 0 AND change_credit = 0
                     WHEN 'merged_out' THEN change_due <= 0 AND change_credit <= 0
                     WHEN 'merged_in' THEN change_due >= 0 AND change_credit >= 0
                     ELSE change_due <= 0 AND change_credit >= 0 END),
    CHECK ((kind = 'repayment') = (credit_payment_id IS NOT NULL)),
    CHECK (kind NOT IN ('sale', 'credit_used', 'credit_returned', 'return', 'void', 'write_off') OR sale_id IS NOT NULL)
);
SELECT tenant_table('credit_ledger');
CREATE INDEX credit_ledger_in_order ON credit_ledger (business_id, account_id, entered_on, sequence);
CREATE INDEX credit_ledger_by_sale ON credit_ledger (business_id, sale_id, sequence) WHERE sale_id IS NOT NULL;
GRANT SELECT, INSERT ON credit_ledger TO payme_app;

-- A debt that nobody will pay: who asked to give it up, and who else agreed.
CREATE TABLE credit_write_offs (
    business_id   uuid NOT NULL REFERENCES businesses (business_id),
    id            uuid NOT NULL,
    sale_id       uuid NOT NULL,
    amount        numeric(12,2) NOT NULL CHECK (amount > 0),
    reason        text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    state         text NOT NULL CHECK (state IN ('requested', 'approved', 'rejected', 'withdrawn')),
    requested_by  uuid NOT NULL,
    decided_by    uuid,
    note          text NOT NULL DEFAULT '' CHECK (length(note) <= 200),
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, sale_id) REFERENCES credit_sales (business_id, sale_id),
    CHECK (decided_by <> requested_by),
    CHECK ((state IN ('approved', 'rejected')) = (decided_by IS NOT NULL))
);
SELECT tenant_table('credit_write_offs');
CREATE UNIQUE INDEX credit_write_offs_one_asked ON credit_write_offs (business_id, sale_id) WHERE state = 'requested';
CREATE INDEX credit_write_offs_newest_first ON credit_write_offs (business_id, created_at DESC, id DESC);
GRANT SELECT, INSERT ON credit_write_offs TO payme_app;
GRANT UPDATE (state, amount, decided_by, note, updated_at) ON credit_write_offs TO payme_app;

-- A payment for an account names it, and the debt it is for, if one was named; one prompt an account at a time.
ALTER TABLE payments ADD COLUMN credit_account_id uuid;
ALTER TABLE payments ADD COLUMN debt_sale_id uuid;
ALTER TABLE payments ADD FOREIGN KEY (business_id, credit_account_id) REFERENCES credit_accounts (business_id, id);
ALTER TABLE payments ADD FOREIGN KEY (business_id, debt_sale_id) REFERENCES credit_sales (business_id, sale_id);
ALTER TABLE payments ADD CHECK ((purpose = 'credit') = (credit_account_id IS NOT NULL));
ALTER TABLE payments ADD CHECK (debt_sale_id IS NULL OR purpose = 'credit');
CREATE UNIQUE INDEX payments_one_live_attempt_an_account ON payments (business_id, credit_account_id)
    WHERE credit_account_id IS NOT NULL AND method = 'mpesa' AND state IN ('created', 'submitting', 'unknown', 'submitted');
