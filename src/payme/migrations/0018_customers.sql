-- Who buys. A row is never deleted: books name it. A merged one points to whom it became, in one step, never in two; an
-- erased one has nothing of the person left.

CREATE TABLE customers (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    name         text CHECK (length(name) BETWEEN 1 AND 120),
    phone        text CHECK (phone ~ '^\+[1-9][0-9]{7,14}$'),
    note         text NOT NULL CHECK (length(note) <= 500),
    tags         text[] NOT NULL CHECK (cardinality(tags) <= 10 AND length(array_to_string(tags, '')) <= 320),
    merged_into  uuid,
    merged_at    timestamptz,
    erased_at    timestamptz,
    name_key     text COLLATE "C" GENERATED ALWAYS AS (lower(name)) STORED,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, merged_into) REFERENCES customers (business_id, id),
    CHECK (merged_into <> id),
    CHECK ((merged_into IS NULL) = (merged_at IS NULL)),
    CHECK ((erased_at IS NULL) = (name IS NOT NULL)),
    CHECK (erased_at IS NULL OR (phone IS NULL AND note = '' AND tags = '{}')),
    CHECK (merged_into IS NULL OR (note = '' AND tags = '{}'))
);
SELECT tenant_table('customers');
-- A merged row keeps its number, which leads to whom it became: a number is one living person's, or nobody's.
CREATE UNIQUE INDEX customers_phone ON customers (business_id, phone) WHERE phone IS NOT NULL;
CREATE INDEX customers_by_name ON customers (business_id, name_key, id) WHERE merged_into IS NULL AND erased_at IS NULL;
CREATE INDEX customers_merged ON customers (business_id, merged_into) WHERE merged_into IS NOT NULL;
GRANT SELECT, INSERT ON customers TO payme_app;
GRANT UPDATE (name, phone, note, tags, merged_into, merged_at, erased_at, updated_at) ON customers TO payme_app;

-- The words a customer is found by: of the name, the numbers and the tags, and of whoever was merged into them.
CREATE TABLE customer_words (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    customer_id  uuid NOT NULL,
    word         text COLLATE "C" NOT NULL CHECK (length(word) BETWEEN 1 AND 64),
    PRIMARY KEY (business_id, customer_id, word),
    FOREIGN KEY (business_id, customer_id) REFERENCES customers (business_id, id)
);
SELECT tenant_table('customer_words');
CREATE INDEX customer_words_search ON customer_words (business_id, word, customer_id);
GRANT SELECT, INSERT, DELETE ON customer_words TO payme_app;

-- A sale keeps the customer it named, whoever that one was merged into; most sales name nobody and touch no index.
ALTER TABLE sales ADD COLUMN customer_id uuid;
ALTER TABLE sales ADD FOREIGN KEY (business_id, customer_id) REFERENCES customers (business_id, id);
CREATE INDEX sales_by_customer ON sales (business_id, customer_id, opened_at DESC, id DESC) WHERE customer_id IS NOT NULL;
GRANT UPDATE (customer_id) ON sales TO payme_app;
