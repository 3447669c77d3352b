-- The cash drawers of a shop: who opened one with what, what went in and out by tender, what was counted.

-- One row a business: how its drawers work, and how far their reports are numbered; no row means the defaults.
CREATE TABLE drawer_books (
    business_id        uuid PRIMARY KEY REFERENCES businesses (business_id),
    mode               text NOT NULL DEFAULT 'off' CHECK (mode IN ('required', 'automatic', 'off')),
    cash_percent       numeric(5,2) NOT NULL DEFAULT 2 CHECK (cash_percent BETWEEN 0 AND 100),
    cash_allowance     numeric(12,2) NOT NULL DEFAULT 0 CHECK (cash_allowance >= 0),
    mpesa_percent      numeric(5,2) NOT NULL DEFAULT 0.5 CHECK (mpesa_percent BETWEEN 0 AND 100),
    mpesa_allowance    numeric(12,2) NOT NULL DEFAULT 0 CHECK (mpesa_allowance >= 0),
    last_z_number      bigint NOT NULL DEFAULT 0 CHECK (last_z_number >= 0),
    days_closed_until  date
) WITH (fillfactor = 50);
SELECT tenant_table('drawer_books');
GRANT SELECT, INSERT, UPDATE ON drawer_books TO payme_app;

CREATE TABLE drawers (
    business_id    uuid NOT NULL REFERENCES businesses (business_id),
    id             uuid NOT NULL,
    till           text NOT NULL CHECK (length(till) BETWEEN 1 AND 40),
    state          text NOT NULL CHECK (state IN ('open', 'counted', 'closed')),
    opening_float  numeric(12,2) NOT NULL CHECK (opening_float >= 0),
    business_day   date NOT NULL,
    opened_by      uuid,
    opened_at      timestamptz NOT NULL,
    counted_by     uuid,
    counted_at     timestamptz,
    denominations  numeric(12,2)[] NOT NULL DEFAULT '{}',
    pieces         integer[] NOT NULL DEFAULT '{}',
    approved_by    uuid,
    reason         text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    closed_at      timestamptz,
    z_number       bigint CHECK (z_number > 0),
    updated_at     timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    CHECK ((state = 'open') = (counted_at IS NULL)),
    CHECK ((counted_at IS NULL) = (counted_by IS NULL)),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CHECK ((state = 'closed') = (z_number IS NOT NULL)),
    CHECK (approved_by IS NULL OR state = 'closed'),
    CHECK ((approved_by IS NULL) = (reason = '')),
    CHECK (cardinality(denominations) = cardinality(pieces) AND cardinality(pieces) <= 20)
) WITH (fillfactor = 70);
SELECT tenant_table('drawers');
-- One who opens a till at the same moment as another begins again, and is then told of the other's drawer.
CREATE UNIQUE INDEX raced_drawers_one_open ON drawers (business_id, till) WHERE state = 'open';
CREATE UNIQUE INDEX drawers_z_number ON drawers (business_id, z_number) WHERE z_number IS NOT NULL;
CREATE INDEX drawers_newest_first ON drawers (business_id, opened_at DESC, id DESC);
CREATE INDEX drawers_by_day ON drawers (business_id, business_day);
GRANT SELECT, INSERT ON drawers TO payme_app;
GRANT UPDATE (state, business_day, counted_by, counted_at, denominations, pieces, approved_by, reason, closed_at, z_number, updated_at) ON drawers TO payme_app;

-- What each drawer should hold, added up with every shilling. `closing` is written when the drawer is counted: from then
-- on nothing can be added, and money that is on its way at that moment begins again and finds the drawer closed.
CREATE TABLE drawer_totals (
    business_id    uuid NOT NULL REFERENCES businesses (business_id),
    drawer_id      uuid NOT NULL,
    tender         text NOT NULL CHECK (tender IN ('cash', 'mpesa', 'account')),
    opening_float  numeric(18,2) NOT NULL DEFAULT 0 CHECK (opening_float >= 0),
    sold           numeric(18,2) NOT NULL DEFAULT 0 CHECK (sold >= 0),
    repaid         numeric(18,2) NOT NULL DEFAULT 0 CHECK (repaid >= 0),
    cash_in        numeric(18,2) NOT NULL DEFAULT 0 CHECK (cash_in >= 0),
    cash_out       numeric(18,2) NOT NULL DEFAULT 0 CHECK (cash_out >= 0),
    cancelled      numeric(18,2) NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
    returned       numeric(18,2) NOT NULL DEFAULT 0 CHECK (returned >= 0),
    refunded       numeric(18,2) NOT NULL DEFAULT 0 CHECK (refunded >= 0),
    takings        bigint NOT NULL DEFAULT 0 CHECK (takings >= 0),
    expected       numeric(18,2) NOT NULL GENERATED ALWAYS AS
                   (opening_float + sold + repaid + cash_in - cash_out - cancelled - returned - refunded) STORED,
    closing        numeric(18,2),
    counted        numeric(18,2) CHECK (counted >= 0),
    PRIMARY KEY (business_id, drawer_id, tender),
    FOREIGN KEY (business_id, drawer_id) REFERENCES drawers (business_id, id),
    CONSTRAINT raced_drawer_totals_closed CHECK (closing IS NULL OR closing = expected),
    CHECK ((closing IS NULL) = (counted IS NULL)),
    CHECK (tender = 'cash' OR (opening_float = 0 AND cash_in = 0 AND cash_out = 0 AND refunded = 0))
) WITH (fillfactor = 50);
SELECT tenant_table('drawer_totals');
GRANT SELECT, INSERT ON drawer_totals TO payme_app;
GRANT UPDATE (sold, repaid, cash_in, cash_out, cancelled, returned, refunded, takings, closing, counted) ON drawer_totals TO payme_app;

-- Every shilling that a drawer counted, and money that came for its sales when it was closed and counts on none.
CREATE TABLE drawer_movements (
    business_id    uuid NOT NULL REFERENCES businesses (business_id),
    id             uuid NOT NULL,
    drawer_id      uuid NOT NULL,
    tender         text NOT NULL CHECK (tender IN ('cash', 'mpesa', 'account')),
    kind           text NOT NULL CHECK (kind IN ('float', 'sale', 'repayment', 'cash_in', 'cash_out', 'cancelled', 'returned', 'refunded')),
    amount         numeric(12,2) NOT NULL CHECK (amount > 0),
    source_id      uuid,  -- cash: the payment, the cancelled sale, the return or the refund; others: the sale, the return or the repayment; none: the float, cash by hand
    after_closing  boolean NOT NULL,
    business_day   date NOT NULL,
    reason         text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    purpose        text CHECK (purpose IN ('expense', 'supplier', 'owner', 'bank', 'safe')),
    made_by        uuid,
    created_at     timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, drawer_id) REFERENCES drawers (business_id, id),
    CHECK ((kind IN ('float', 'cash_in', 'cash_out')) = (source_id IS NULL)),
    CHECK ((kind IN ('cash_in', 'cash_out')) = (reason <> '')),
    CHECK ((kind IN ('cash_in', 'cash_out')) = (purpose IS NOT NULL)),
    CHECK (kind <> 'cash_in' OR purpose NOT IN ('expense', 'supplier')),
    CHECK (tender = 'cash' OR kind NOT IN ('float', 'cash_in', 'cash_out', 'refunded')),
    CHECK (NOT after_closing OR kind NOT IN ('float', 'cash_in', 'cash_out'))
);
SELECT tenant_table('drawer_movements');
CREATE INDEX drawer_movements_of_a_drawer ON drawer_movements (business_id, drawer_id, id);
CREATE INDEX drawer_movements_by_source ON drawer_movements (business_id, source_id) WHERE source_id IS NOT NULL;
CREATE INDEX drawer_movements_by_hand ON drawer_movements (business_id, drawer_id) WHERE kind IN ('cash_in', 'cash_out');
CREATE INDEX drawer_movements_after_closing ON drawer_movements (business_id, business_day, id) WHERE after_closing;
GRANT SELECT, INSERT ON drawer_movements TO payme_app;

-- What a closed drawer or an ended day came to, numbered without gaps: written once, and never again.
CREATE TABLE z_reports (
    business_id    uuid NOT NULL REFERENCES businesses (business_id),
    id             uuid NOT NULL,
    number         bigint NOT NULL CHECK (number > 0),
    business_day   date NOT NULL,
    drawer_id      uuid,  -- none: of the whole day
    till           text NOT NULL DEFAULT '',
    drawers        integer NOT NULL CHECK (drawers > 0),
    opened_by      uuid,
    opened_at      timestamptz NOT NULL,
    counted_by     uuid,
    approved_by    uuid,
    reason         text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    created_at     timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, drawer_id) REFERENCES drawers (business_id, id),
    CHECK (drawer_id IS NULL OR drawers = 1)
);
SELECT tenant_table('z_reports');
CREATE UNIQUE INDEX z_reports_number ON z_reports (business_id, number);
CREATE UNIQUE INDEX z_reports_of_a_drawer ON z_reports (business_id, drawer_id) WHERE drawer_id IS NOT NULL;
CREATE UNIQUE INDEX z_reports_of_a_day ON z_reports (business_id, business_day) WHERE drawer_id IS NULL;
CREATE INDEX z_reports_by_day ON z_reports (business_id, business_day, number);
GRANT SELECT, INSERT ON z_reports TO payme_app;

CREATE TABLE z_report_lines (
    business_id    uuid NOT NULL REFERENCES businesses (business_id),
    report_id      uuid NOT NULL,
    tender         text NOT NULL CHECK (tender IN ('cash', 'mpesa', 'account')),
    opening_float  numeric(18,2) NOT NULL,
    sold           numeric(18,2) NOT NULL,
    repaid         numeric(18,2) NOT NULL,
    cash_in        numeric(18,2) NOT NULL,
    cash_out       numeric(18,2) NOT NULL,
    cancelled      numeric(18,2) NOT NULL,
    returned       numeric(18,2) NOT NULL,
    refunded       numeric(18,2) NOT NULL,
    takings        bigint NOT NULL,
    expected       numeric(18,2) NOT NULL,
    counted        numeric(18,2) NOT NULL,
    PRIMARY KEY (business_id, report_id, tender),
    FOREIGN KEY (business_id, report_id) REFERENCES z_reports (business_id, id),
    CHECK (expected = opening_float + sold + repaid + cash_in - cash_out - cancelled - returned - refunded)
);
SELECT tenant_table('z_report_lines');
GRANT SELECT, INSERT ON z_report_lines TO payme_app;

-- Which drawer a sale's money belongs to; a shop that has no drawers open has none.
ALTER TABLE sales ADD COLUMN drawer_id uuid;
ALTER TABLE sales ADD FOREIGN KEY (business_id, drawer_id) REFERENCES drawers (business_id, id);

-- Which drawer a prompt for debts was asked at: it counts the money when it comes. Cash is counted at once.
ALTER TABLE payments ADD COLUMN drawer_id uuid;
ALTER TABLE payments ADD FOREIGN KEY (business_id, drawer_id) REFERENCES drawers (business_id, id);
ALTER TABLE payments ADD CHECK (drawer_id IS NULL OR (purpose = 'credit' AND method = 'mpesa'));
