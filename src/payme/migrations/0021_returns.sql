-- Goods that come back, sales that are voided on their day, and how the money of both goes back.

CREATE TABLE return_counters (
    business_id  uuid PRIMARY KEY REFERENCES businesses (business_id),
    last_number  bigint NOT NULL CHECK (last_number >= 0)
);
SELECT tenant_table('return_counters');
GRANT SELECT, INSERT, UPDATE ON return_counters TO payme_app;

CREATE TABLE returns (
    business_id   uuid NOT NULL REFERENCES businesses (business_id),
    id            uuid NOT NULL,
    number        bigint NOT NULL CHECK (number > 0),
    sale_id       uuid NOT NULL,
    total         numeric(12,2) NOT NULL CHECK (total >= 0),
    business_day  date NOT NULL,
    returned_by   uuid NOT NULL,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, sale_id) REFERENCES sales (business_id, id)
);
SELECT tenant_table('returns');
CREATE UNIQUE INDEX returns_number ON returns (business_id, number);
CREATE INDEX returns_by_sale ON returns (business_id, sale_id);
CREATE INDEX returns_by_day ON returns (business_id, business_day);
CREATE INDEX returns_newest_first ON returns (business_id, created_at DESC, id DESC);
GRANT SELECT, INSERT ON returns TO payme_app;

-- What came back of which line of a sale; the sale's own row guards it. A line that comes back starts from what came
-- back before: two that start from the same count cannot both be written, and none goes past what was sold.
CREATE TABLE sale_item_returns (
    business_id      uuid NOT NULL REFERENCES businesses (business_id),
    return_id        uuid NOT NULL,
    sale_item_id     uuid NOT NULL,
    condition        text NOT NULL CHECK (condition IN ('restock', 'spoiled')),
    sale_id          uuid NOT NULL,
    quantity         numeric(12,3) NOT NULL CHECK (quantity > 0),
    amount           numeric(12,2) NOT NULL CHECK (amount >= 0),
    reason           text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    sold             numeric(12,3) NOT NULL,
    returned_before  numeric(12,3) NOT NULL CHECK (returned_before >= 0),
    created_at       timestamptz NOT NULL,
    PRIMARY KEY (business_id, return_id, sale_item_id, condition),
    FOREIGN KEY (business_id, return_id) REFERENCES returns (business_id, id) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (business_id, sale_item_id) REFERENCES sale_items (business_id, id),
    FOREIGN KEY (business_id, sale_id) REFERENCES sales (business_id, id),
    CHECK (returned_before + quantity <= sold)
);
SELECT tenant_table('sale_item_returns');
CREATE UNIQUE INDEX sale_item_returns_once ON sale_item_returns (business_id, sale_item_id, returned_before);
CREATE INDEX sale_item_returns_by_sale ON sale_item_returns (business_id, sale_id);
GRANT SELECT, INSERT ON sale_item_returns TO payme_app;

-- Up to which total one person may void a sale alone; without a row the house's own limit counts.
CREATE TABLE void_limits (
    business_id  uuid PRIMARY KEY REFERENCES businesses (business_id),
    amount       numeric(12,2) NOT NULL CHECK (amount >= 0),
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
);
SELECT tenant_table('void_limits');
GRANT SELECT, INSERT, UPDATE ON void_limits TO payme_app;

CREATE TABLE voids (
    business_id   uuid NOT NULL REFERENCES businesses (business_id),
    id            uuid NOT NULL,
    sale_id       uuid NOT NULL,
    state         text NOT NULL CHECK (state IN ('requested', 'done', 'rejected', 'withdrawn')),
    reason        text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    total         numeric(12,2) NOT NULL CHECK (total >= 0),
    two_people    boolean NOT NULL,
    note          text NOT NULL DEFAULT '' CHECK (length(note) <= 200),
    requested_by  uuid NOT NULL,
    decided_by    uuid,
    business_day  date NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, sale_id) REFERENCES sales (business_id, id),
    CHECK (decided_by <> requested_by),
    CHECK (state <> 'requested' OR decided_by IS NULL),
    CHECK (state <> 'rejected' OR decided_by IS NOT NULL),
    CHECK (state <> 'done' OR NOT two_people OR decided_by IS NOT NULL)
);
SELECT tenant_table('voids');
CREATE UNIQUE INDEX voids_one_stands ON voids (business_id, sale_id) WHERE state IN ('requested', 'done');
CREATE INDEX voids_by_day ON voids (business_id, business_day);
CREATE INDEX voids_newest_first ON voids (business_id, created_at DESC, id DESC);
GRANT SELECT, INSERT ON voids TO payme_app;
GRANT UPDATE (state, note, decided_by, updated_at) ON voids TO payme_app;

-- How the money of a return or of a void goes back, each way at most what came that way.
CREATE TABLE money_back (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    sale_id      uuid NOT NULL,
    return_id    uuid,
    void_id      uuid,
    way          text NOT NULL CHECK (way IN ('debt', 'customer_credit', 'mpesa', 'cash')),
    amount       numeric(12,2) NOT NULL CHECK (amount > 0),
    refund_id    uuid,
    receipt      text,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, sale_id) REFERENCES sales (business_id, id),
    FOREIGN KEY (business_id, return_id) REFERENCES returns (business_id, id),
    FOREIGN KEY (business_id, void_id) REFERENCES voids (business_id, id),
    FOREIGN KEY (business_id, refund_id) REFERENCES refunds (business_id, id),
    CHECK (num_nonnulls(return_id, void_id) = 1),
    CHECK ((way = 'mpesa') = (refund_id IS NOT NULL)),
    CHECK ((way = 'mpesa') = (receipt IS NOT NULL))
);
SELECT tenant_table('money_back');
CREATE INDEX money_back_by_sale ON money_back (business_id, sale_id);
CREATE INDEX money_back_by_return ON money_back (business_id, return_id) WHERE return_id IS NOT NULL;
CREATE INDEX money_back_by_void ON money_back (business_id, void_id) WHERE void_id IS NOT NULL;
GRANT SELECT, INSERT ON money_back TO payme_app;
