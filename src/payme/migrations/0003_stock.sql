-- Products, the batches they come in, and every change of a batch.

CREATE TABLE products (
    business_id    uuid NOT NULL REFERENCES businesses (business_id),
    id             uuid NOT NULL,
    name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    sku            text CHECK (length(sku) BETWEEN 1 AND 64),
    barcode        text CHECK (length(barcode) BETWEEN 1 AND 64),
    unit           text NOT NULL CHECK (length(unit) BETWEEN 1 AND 16),
    selling_price  numeric(12,2) NOT NULL CHECK (selling_price >= 0),
    reorder_level  numeric(12,3) NOT NULL CHECK (reorder_level >= 0),
    active         boolean NOT NULL,
    name_key       text COLLATE "C" GENERATED ALWAYS AS (lower(name)) STORED,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    PRIMARY KEY (business_id, id)
);
SELECT tenant_table('products');
CREATE UNIQUE INDEX products_sku ON products (business_id, sku) WHERE sku IS NOT NULL;
CREATE UNIQUE INDEX products_barcode ON products (business_id, barcode) WHERE barcode IS NOT NULL;
CREATE INDEX products_changed ON products (business_id, updated_at, id);
CREATE INDEX products_by_name ON products (business_id, name_key, id);
GRANT SELECT, INSERT, UPDATE ON products TO payme_app;

-- The words a product is found by, each a range of a B-tree. Row level security lets an index answer only what leaks
-- nothing: comparing text does not, LIKE and trigrams do, so a trigram index would never be used by the app role.
CREATE TABLE product_words (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    product_id   uuid NOT NULL,
    word         text COLLATE "C" NOT NULL CHECK (length(word) BETWEEN 1 AND 64),
    PRIMARY KEY (business_id, product_id, word),
    FOREIGN KEY (business_id, product_id) REFERENCES products (business_id, id)
);
SELECT tenant_table('product_words');
CREATE INDEX product_words_search ON product_words (business_id, word, product_id);
GRANT SELECT, INSERT, DELETE ON product_words TO payme_app;

CREATE TABLE stock_batches (
    business_id         uuid NOT NULL REFERENCES businesses (business_id),
    id                  uuid NOT NULL,
    product_id          uuid NOT NULL,
    delivery_id         uuid NOT NULL,
    quantity_received   numeric(12,3) NOT NULL CHECK (quantity_received > 0),
    quantity_available  numeric(12,3) NOT NULL CHECK (quantity_available >= 0),
    -- Changes only when a batch runs empty or is filled again, so that taking from it touches no index.
    has_goods           boolean GENERATED ALWAYS AS (quantity_available > 0) STORED,
    unit_cost           numeric(12,2) NOT NULL CHECK (unit_cost >= 0),
    received_at         timestamptz NOT NULL,
    expires_on          date,
    supplier            text NOT NULL DEFAULT '' CHECK (length(supplier) <= 120),
    received_by         uuid,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, product_id) REFERENCES products (business_id, id)
) WITH (fillfactor = 80);
SELECT tenant_table('stock_batches');
CREATE UNIQUE INDEX stock_batches_fifo ON stock_batches (business_id, product_id, received_at, id);
CREATE INDEX stock_batches_available ON stock_batches (business_id, product_id, received_at, id) WHERE has_goods;
CREATE INDEX stock_batches_newest_first ON stock_batches (business_id, received_at DESC, id DESC);
GRANT SELECT, INSERT ON stock_batches TO payme_app;
GRANT UPDATE (quantity_available, updated_at) ON stock_batches TO payme_app;

-- The document behind a change of stock that is not a sale.
CREATE TABLE stock_adjustments (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('count', 'spoilage')),
    reason       text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    adjusted_by  uuid,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (business_id, id)
);
SELECT tenant_table('stock_adjustments');
GRANT SELECT, INSERT ON stock_adjustments TO payme_app;

CREATE TABLE stock_movements (
    business_id      uuid NOT NULL REFERENCES businesses (business_id),
    id               uuid NOT NULL,
    sequence         bigint GENERATED ALWAYS AS IDENTITY,
    batch_id         uuid NOT NULL,
    product_id       uuid NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('sale', 'sale_cancelled', 'sale_voided', 'sale_returned', 'count', 'spoilage')),
    source_id        uuid NOT NULL,
    quantity         numeric(12,3) NOT NULL CHECK (quantity <> 0),
    unit_cost        numeric(12,2) NOT NULL CHECK (unit_cost >= 0),
    available_after  numeric(12,3) NOT NULL CHECK (available_after >= 0),
    moved_by         uuid,
    created_at       timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, batch_id) REFERENCES stock_batches (business_id, id),
    CHECK (kind <> 'sale' OR quantity < 0),
    CHECK (kind <> 'spoilage' OR quantity < 0),
    CHECK (kind NOT IN ('sale_cancelled', 'sale_voided', 'sale_returned') OR quantity > 0)
);
SELECT tenant_table('stock_movements');
-- One source document moves one batch once in each way: giving the same goods back twice is impossible.
CREATE UNIQUE INDEX stock_movements_once ON stock_movements (business_id, source_id, batch_id, kind);
CREATE INDEX stock_movements_by_batch ON stock_movements (business_id, batch_id, sequence);
CREATE INDEX stock_movements_by_product ON stock_movements (business_id, product_id, sequence);
GRANT SELECT, INSERT ON stock_movements TO payme_app;
