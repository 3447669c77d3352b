-- Receipts, their lines, and which batches each line took.

CREATE TABLE receipt_counters (
    business_id  uuid PRIMARY KEY REFERENCES businesses (business_id),
    last_number  bigint NOT NULL CHECK (last_number >= 0)
) WITH (fillfactor = 50);
SELECT tenant_table('receipt_counters');
GRANT SELECT, INSERT, UPDATE ON receipt_counters TO payme_app;

CREATE TABLE sales (
    business_id    uuid NOT NULL REFERENCES businesses (business_id),
    id             uuid NOT NULL,
    number         bigint NOT NULL CHECK (number > 0),
    state          text NOT NULL CHECK (state IN ('open', 'completed', 'cancelled', 'partly_returned', 'returned', 'voided')),
    total          numeric(12,2) NOT NULL CHECK (total >= 0),
    paid           numeric(12,2) NOT NULL CHECK (paid >= 0),
    on_account     numeric(12,2) NOT NULL DEFAULT 0 CHECK (on_account >= 0),  -- debt, and customer credit used
    opened_by      uuid,
    opened_at      timestamptz NOT NULL,
    completed_at   timestamptz,
    cancelled_at   timestamptz,
    voided_at      timestamptz,
    returned       numeric(12,2) NOT NULL DEFAULT 0 CHECK (returned >= 0 AND returned <= total),
    cancel_reason  text NOT NULL DEFAULT '' CHECK (length(cancel_reason) <= 200),
    note           text NOT NULL DEFAULT '' CHECK (length(note) <= 200),
    business_day   date NOT NULL,
    completed_on   date GENERATED ALWAYS AS ((completed_at AT TIME ZONE 'Africa/Nairobi')::date) STORED,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    CHECK ((state IN ('completed', 'partly_returned', 'returned', 'voided')) = (completed_at IS NOT NULL)),
    CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL)),
    CHECK ((state = 'voided') = (voided_at IS NOT NULL)),
    CHECK (paid + on_account <= total),
    CHECK (state NOT IN ('completed', 'partly_returned', 'returned') OR paid + on_account = total),
    CHECK (state NOT IN ('cancelled', 'voided') OR (paid = 0 AND on_account = 0)),
    CHECK (CASE state WHEN 'returned' THEN returned = total WHEN 'partly_returned' THEN true ELSE returned = 0 END)
);
SELECT tenant_table('sales');
CREATE UNIQUE INDEX sales_number ON sales (business_id, number);
CREATE INDEX sales_newest_first ON sales (business_id, opened_at DESC, id DESC);
CREATE INDEX sales_by_day ON sales (business_id, business_day);
CREATE INDEX sales_completed ON sales (business_id, completed_on) WHERE completed_on IS NOT NULL;
CREATE INDEX sales_open ON sales (business_id, opened_at) WHERE state = 'open';
GRANT SELECT, INSERT ON sales TO payme_app;
GRANT UPDATE (state, paid, on_account, completed_at, cancelled_at, voided_at, returned, cancel_reason, updated_at) ON sales TO payme_app;

CREATE TABLE sale_items (
    business_id    uuid NOT NULL REFERENCES businesses (business_id),
    id             uuid NOT NULL,
    sale_id        uuid NOT NULL,
    line           smallint NOT NULL CHECK (line > 0),
    product_id     uuid NOT NULL,
    product_name   text NOT NULL,
    unit           text NOT NULL,
    quantity       numeric(12,3) NOT NULL CHECK (quantity > 0),
    list_price     numeric(12,2) NOT NULL CHECK (list_price >= 0),
    unit_price     numeric(12,2) NOT NULL CHECK (unit_price >= 0),
    discount       numeric(12,2) NOT NULL CHECK (discount >= 0),
    line_total     numeric(12,2) NOT NULL CHECK (line_total >= 0),
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, sale_id) REFERENCES sales (business_id, id),
    FOREIGN KEY (business_id, product_id) REFERENCES products (business_id, id),
    CHECK (line_total = round(quantity * unit_price, 2) - discount)
);
SELECT tenant_table('sale_items');
CREATE UNIQUE INDEX sale_items_line ON sale_items (business_id, sale_id, line);
CREATE INDEX sale_items_product ON sale_items (business_id, product_id);
GRANT SELECT, INSERT ON sale_items TO payme_app;

CREATE TABLE sale_item_takings (
    business_id   uuid NOT NULL REFERENCES businesses (business_id),
    sale_item_id  uuid NOT NULL,
    batch_id      uuid NOT NULL,
    sale_id       uuid NOT NULL,
    quantity      numeric(12,3) NOT NULL CHECK (quantity > 0),
    unit_cost     numeric(12,2) NOT NULL CHECK (unit_cost >= 0),
    PRIMARY KEY (business_id, sale_item_id, batch_id),
    FOREIGN KEY (business_id, sale_item_id) REFERENCES sale_items (business_id, id),
    FOREIGN KEY (business_id, batch_id) REFERENCES stock_batches (business_id, id)
);
SELECT tenant_table('sale_item_takings');
CREATE INDEX sale_item_takings_by_sale ON sale_item_takings (business_id, sale_id);
GRANT SELECT, INSERT ON sale_item_takings TO payme_app;

CREATE TABLE sale_events (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    sequence     bigint GENERATED ALWAYS AS IDENTITY,
    sale_id      uuid NOT NULL,
    from_state   text CHECK (from_state IN ('open', 'completed', 'cancelled', 'partly_returned', 'returned', 'voided')),
    to_state     text NOT NULL CHECK (to_state IN ('open', 'completed', 'cancelled', 'partly_returned', 'returned', 'voided')),
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, sale_id) REFERENCES sales (business_id, id)
);
SELECT tenant_table('sale_events');
CREATE INDEX sale_events_by_sale ON sale_events (business_id, sale_id, sequence);
GRANT SELECT, INSERT ON sale_events TO payme_app;
