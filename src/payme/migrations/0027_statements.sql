-- The organisation portal's statement, kept line by line, and where it and the books differ.

-- One file that somebody brought; lines are stored while it is read, so that a broken import can be repeated at will.
CREATE TABLE statement_imports (
    business_id        uuid NOT NULL REFERENCES businesses (business_id),
    id                 uuid NOT NULL,
    payment_config_id  uuid NOT NULL,
    shortcode          text NOT NULL,
    file_name          text NOT NULL CHECK (length(file_name) <= 200),
    file_digest        bytea NOT NULL CHECK (length(file_digest) = 32),
    form               text NOT NULL CHECK (form IN ('csv', 'xlsx')),
    state              text NOT NULL CHECK (state IN ('reading', 'done')),
    covers_from        timestamptz,  -- none: the file has no line and names no period
    covers_to          timestamptz,
    rows               integer NOT NULL CHECK (rows >= 0),
    new_lines          integer NOT NULL CHECK (new_lines >= 0),
    known_lines        integer NOT NULL CHECK (known_lines >= 0),
    not_completed      integer NOT NULL CHECK (not_completed >= 0),
    refused            integer NOT NULL CHECK (refused >= 0),
    imported_by        uuid,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, payment_config_id) REFERENCES payment_configs (business_id, id),
    CHECK ((covers_from IS NULL) = (covers_to IS NULL)),
    CHECK (covers_from < covers_to)
);
SELECT tenant_table('statement_imports');
CREATE INDEX statement_imports_newest_first ON statement_imports (business_id, created_at DESC, id DESC);
CREATE INDEX statement_imports_by_period ON statement_imports (business_id, shortcode, covers_from) WHERE state = 'done';
GRANT SELECT, INSERT ON statement_imports TO payme_app;
GRANT UPDATE (state, new_lines, known_lines, updated_at) ON statement_imports TO payme_app;

-- What M-PESA says moved. A fee may carry the receipt of its payment, so a receipt alone is no key.
CREATE TABLE statement_lines (
    business_id        uuid NOT NULL REFERENCES businesses (business_id),
    id                 uuid NOT NULL,
    import_id          uuid NOT NULL,
    line_number        integer NOT NULL CHECK (line_number > 0),
    shortcode          text NOT NULL,
    receipt            text NOT NULL CHECK (length(receipt) BETWEEN 6 AND 20),
    direction          text NOT NULL CHECK (direction IN ('in', 'out')),
    kind               text NOT NULL CHECK (kind IN ('payment', 'fee', 'reversal', 'other')),
    amount             numeric(12,2) NOT NULL CHECK (amount > 0),
    completed_at       timestamptz NOT NULL,
    by_prompt          boolean NOT NULL,
    details            text NOT NULL CHECK (length(details) <= 300),
    phone              text NOT NULL CHECK (length(phone) <= 100),
    payer_name         text NOT NULL CHECK (length(payer_name) <= 120),
    account_reference  text NOT NULL CHECK (length(account_reference) <= 40),
    linked_receipt     text NOT NULL CHECK (length(linked_receipt) <= 20),
    created_at         timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, import_id) REFERENCES statement_imports (business_id, id),
    CHECK (kind <> 'payment' OR direction = 'in'),
    CHECK (kind <> 'reversal' OR direction = 'out')
);
SELECT tenant_table('statement_lines');
CREATE UNIQUE INDEX statement_lines_once ON statement_lines (business_id, shortcode, receipt, kind, direction, amount);
CREATE INDEX statement_lines_by_receipt ON statement_lines (business_id, receipt);
CREATE INDEX statement_lines_by_time ON statement_lines (business_id, shortcode, completed_at);
CREATE INDEX statement_lines_linked ON statement_lines (business_id, shortcode, linked_receipt) WHERE kind = 'reversal';
GRANT SELECT, INSERT ON statement_lines TO payme_app;

-- One disagreement between a statement and the books, until it is settled. Its subject is a line, our receipt, or a refund of it.
CREATE TABLE statement_differences (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    shortcode    text NOT NULL,
    reason       text NOT NULL CHECK (reason IN ('late_callback', 'missing_callback', 'duplicate_receipt', 'wrong_till', 'reversed', 'not_reversed', 'short', 'over', 'fee', 'unknown', 'moved', 'ours_only')),
    fix          text NOT NULL CHECK (fix IN ('apply_callback', 'book_money', 'record_refund', 'book_fees', 'write_entry')),
    subject_id   uuid NOT NULL,
    line_id      uuid,
    money_in_id  uuid,
    payment_id   uuid,
    callback_id  uuid,
    receipt      text NOT NULL,
    amount       numeric(12,2) NOT NULL CHECK (amount <> 0),  -- what the statement has more than the books
    at           timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    settled_at   timestamptz,
    settled_by   text NOT NULL DEFAULT '' CHECK (length(settled_by) <= 200),
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, line_id) REFERENCES statement_lines (business_id, id),
    FOREIGN KEY (business_id, money_in_id) REFERENCES money_in (business_id, id),
    FOREIGN KEY (business_id, payment_id) REFERENCES payments (business_id, id),
    CHECK (num_nonnulls(line_id, money_in_id) > 0),
    CHECK ((settled_at IS NULL) = (settled_by = ''))
);
SELECT tenant_table('statement_differences');
CREATE UNIQUE INDEX statement_differences_one_open ON statement_differences (business_id, subject_id) WHERE settled_at IS NULL;
CREATE INDEX statement_differences_newest_first ON statement_differences (business_id, at DESC, id DESC);
CREATE INDEX statement_differences_open ON statement_differences (business_id, shortcode, at) WHERE settled_at IS NULL;
GRANT SELECT, INSERT ON statement_differences TO payme_app;
GRANT UPDATE (settled_at, settled_by) ON statement_differences TO payme_app;

-- What M-PESA took for its service: an adjusting entry for each line of a statement, less than 0 where it gave one back.
CREATE TABLE mpesa_fees (
    business_id        uuid NOT NULL REFERENCES businesses (business_id),
    id                 uuid NOT NULL,
    statement_line_id  uuid NOT NULL,
    shortcode          text NOT NULL,
    receipt            text NOT NULL CHECK (length(receipt) BETWEEN 6 AND 20),
    amount             numeric(12,2) NOT NULL CHECK (amount <> 0),
    at                 timestamptz NOT NULL,
    adjustment_id      uuid NOT NULL,
    created_at         timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, statement_line_id) REFERENCES statement_lines (business_id, id)
);
SELECT tenant_table('mpesa_fees');
CREATE UNIQUE INDEX mpesa_fees_once ON mpesa_fees (business_id, statement_line_id);
CREATE INDEX mpesa_fees_by_time ON mpesa_fees (business_id, at);
CREATE INDEX mpesa_fees_by_adjustment ON mpesa_fees (business_id, adjustment_id);
GRANT SELECT, INSERT ON mpesa_fees TO payme_app;

-- What one person wants to be done about a difference, and another agrees to.
CREATE TABLE statement_adjustments (
    business_id    uuid NOT NULL REFERENCES businesses (business_id),
    id             uuid NOT NULL,
    difference_id  uuid NOT NULL,
    fix            text NOT NULL CHECK (fix IN ('book_money', 'book_fees', 'write_entry')),
    amount         numeric(12,2) NOT NULL CHECK (amount <> 0),
    reason         text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    state          text NOT NULL CHECK (state IN ('requested', 'approved', 'rejected', 'withdrawn')),
    requested_by   uuid NOT NULL,
    decided_by     uuid,
    note           text NOT NULL DEFAULT '' CHECK (length(note) <= 200),
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, difference_id) REFERENCES statement_differences (business_id, id),
    CHECK (decided_by <> requested_by),
    CHECK ((state IN ('approved', 'rejected')) = (decided_by IS NOT NULL))
);
SELECT tenant_table('statement_adjustments');
CREATE UNIQUE INDEX statement_adjustments_one_asked ON statement_adjustments (business_id, difference_id) WHERE state = 'requested';
CREATE INDEX statement_adjustments_newest_first ON statement_adjustments (business_id, created_at DESC, id DESC);
GRANT SELECT, INSERT ON statement_adjustments TO payme_app;
GRANT UPDATE (state, amount, decided_by, note, updated_at) ON statement_adjustments TO payme_app;
ALTER TABLE mpesa_fees ADD FOREIGN KEY (business_id, adjustment_id) REFERENCES statement_adjustments (business_id, id);

-- What a difference came to that cannot be booked: an adjusting entry beside the books, which stay as they are.
CREATE TABLE statement_entries (
    business_id    uuid NOT NULL REFERENCES businesses (business_id),
    id             uuid NOT NULL,
    adjustment_id  uuid NOT NULL,
    difference_id  uuid NOT NULL,
    subject_id     uuid NOT NULL,  -- the line, or the receipt of money that only the books have
    shortcode      text NOT NULL,
    receipt        text NOT NULL CHECK (length(receipt) BETWEEN 6 AND 20),
    amount         numeric(12,2) NOT NULL CHECK (amount <> 0),  -- what the statement has more than the books
    at             timestamptz NOT NULL,
    created_at     timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, adjustment_id) REFERENCES statement_adjustments (business_id, id),
    FOREIGN KEY (business_id, difference_id) REFERENCES statement_differences (business_id, id)
);
SELECT tenant_table('statement_entries');
CREATE UNIQUE INDEX statement_entries_once ON statement_entries (business_id, adjustment_id);
CREATE INDEX statement_entries_by_subject ON statement_entries (business_id, subject_id);
GRANT SELECT, INSERT ON statement_entries TO payme_app;
