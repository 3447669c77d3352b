-- How often phones are asked. A phone's count holds over all businesses: no tenant, and a keyed hash for the number.

CREATE TABLE push_counts (
    key         bytea PRIMARY KEY CHECK (length(key) = 32),
    pushed_at   timestamptz[] NOT NULL CHECK (cardinality(pushed_at) BETWEEN 1 AND 10001),
    remembers   interval NOT NULL CHECK (remembers > interval '0'),
    counted_at  timestamptz NOT NULL
) WITH (fillfactor = 70);
SELECT local_table('push_counts');
CREATE INDEX push_counts_old ON push_counts (counted_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON push_counts TO payme_app;
