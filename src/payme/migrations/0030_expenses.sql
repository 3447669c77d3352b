-- What a shop spends otherwise than from a drawer: by M-Pesa from its own till, from the bank, or from the owner's pocket.

-- Written once; one that was wrong is reversed whole, and stays.
CREATE TABLE expenses (
    business_id      uuid NOT NULL REFERENCES businesses (business_id),
    id               uuid NOT NULL,
    purpose          text NOT NULL CHECK (purpose IN ('expense', 'supplier', 'owner', 'bank')),
    category         text CHECK (category IN ('rent', 'wages', 'power_and_water', 'transport', 'airtime_and_internet', 'licences_and_taxes', 'repairs', 'other')),
    paid_from        text NOT NULL CHECK (paid_from IN ('mpesa', 'bank', 'owner')),
    amount           numeric(12,2) NOT NULL CHECK (amount > 0 AND amount <= 10000000),
    adjusted         numeric(12,2) NOT NULL CHECK (adjusted BETWEEN 0 AND amount),  -- of it adjusting entries to M-PESA's statement had taken from M-Pesa already
    what_for         text NOT NULL CHECK (length(what_for) BETWEEN 1 AND 200),
    paid_on          date NOT NULL,
    receipt          text CHECK (receipt ~ '^[A-Z0-9]{6,20}$'),
    recorded_by      uuid NOT NULL,
    created_at       timestamptz NOT NULL,
    reversed_by      uuid,
    reversed_at      timestamptz,
    reversal_reason  text NOT NULL DEFAULT '' CHECK (length(reversal_reason) <= 200),
    PRIMARY KEY (business_id, id),
    CHECK ((purpose = 'expense') = (category IS NOT NULL)),
    CHECK (purpose <> paid_from),
    CHECK (adjusted = 0 OR (paid_from = 'mpesa' AND receipt IS NOT NULL)),
    CHECK ((reversed_at IS NULL) = (reversed_by IS NULL)),
    CHECK ((reversed_at IS NULL) = (reversal_reason = ''))
);
SELECT tenant_table('expenses');
CREATE UNIQUE INDEX expenses_receipt_once ON expenses (business_id, receipt) WHERE receipt IS NOT NULL AND reversed_at IS NULL;
CREATE INDEX expenses_newest_first ON expenses (business_id, created_at DESC, id DESC);
CREATE INDEX expenses_reversed ON expenses (business_id, reversed_at) WHERE reversed_at IS NOT NULL;
GRANT SELECT, INSERT ON expenses TO payme_app;
GRANT UPDATE (reversed_by, reversed_at, reversal_reason) ON expenses TO payme_app;

-- What M-PESA's statement says that moved by the portal, with a sign, and what the books have of it: adjusting entries, and
-- expenses and refunds that name the receipt. Where a receipt has several lines these count against the first.
CREATE VIEW statement_moves WITH (security_invoker = true) AS
SELECT moved.business_id, moved.line_id, moved.shortcode, moved.receipt, moved.at, moved.is_outgoing, moved.said,
       (SELECT coalesce(sum(entry.amount), 0) FROM statement_entries AS entry
         WHERE entry.business_id = moved.business_id AND entry.subject_id = moved.line_id) AS entered,
       CASE WHEN moved.is_outgoing
            THEN (SELECT coalesce(sum(spent.amount - spent.adjusted), 0) FROM expenses AS spent
                   WHERE spent.business_id = moved.business_id AND spent.receipt = moved.receipt
                     AND spent.paid_from = 'mpesa' AND spent.reversed_at IS NULL)
                 + (SELECT coalesce(sum(refund.amount), 0) FROM refunds AS refund
                     WHERE refund.business_id = moved.business_id AND refund.payout_receipt = moved.receipt
                       AND refund.state = 'paid')
            ELSE 0 END AS paid
  FROM (SELECT line.business_id, line.id AS line_id, line.shortcode, line.receipt, line.completed_at AS at,
               CASE line.direction WHEN 'out' THEN -line.amount ELSE line.amount END AS said,
               line.direction = 'out'
               AND NOT EXISTS (SELECT FROM statement_lines AS another
                                WHERE another.business_id = line.business_id AND another.receipt = line.receipt
                                  AND another.kind = 'other' AND another.direction = 'out'
                                  AND (another.completed_at, another.id) < (line.completed_at, line.id))
               AS is_outgoing
          FROM statement_lines AS line
         WHERE line.kind = 'other') AS moved;
GRANT SELECT ON statement_moves TO payme_app, payme_read;

-- In the ledger an expense is first the owner's, and then of whom it was paid from; one paid from the owner's pocket says
-- no more. So the two facts of a document leave nothing on the owner's account but what is the owner's.
INSERT INTO ledger_rules (fact, debit, credit)
VALUES ('spent_on_rent',                 '6600', '3000'),
       ('spent_on_wages',                '6610', '3000'),
       ('spent_on_power_and_water',      '6620', '3000'),
       ('spent_on_transport',            '6630', '3000'),
       ('spent_on_airtime_and_internet', '6640', '3000'),
       ('spent_on_licences_and_taxes',   '6650', '3000'),
       ('spent_on_repairs',              '6660', '3000'),
       ('spent_on_other',                '6690', '3000'),
       ('paid_to_supplier',              '2200', '3000'),
       ('put_into_bank',                 '1020', '3000'),
       ('paid_by_mpesa',                 '3000', '1010'),
       ('paid_by_adjusted_mpesa',        '3000', '2130'),
       ('paid_by_bank',                  '3000', '1020');

-- The view of the ledger, with one kind of document more: as it was recorded, and the other way round where it was reversed.
DO $$
BEGIN
    EXECUTE 'CREATE OR REPLACE VIEW ledger_facts WITH (security_invoker = true) AS '
            || rtrim(pg_get_viewdef('ledger_facts'::regclass), '; ') || $branches$
 UNION ALL
SELECT spent.business_id, spent.created_at, (spent.created_at AT TIME ZONE 'Africa/Nairobi')::date, spent.id, 'expense',
       coalesce(spent.receipt, spent.what_for), part.fact, part.amount, 0
  FROM expenses AS spent
 CROSS JOIN LATERAL (VALUES (CASE spent.purpose WHEN 'expense' THEN 'spent_on_' || spent.category
                                                WHEN 'supplier' THEN 'paid_to_supplier'
                                                WHEN 'bank' THEN 'put_into_bank' END, spent.amount),
                            ('paid_by_adjusted_mpesa', spent.adjusted),
                            (CASE spent.paid_from WHEN 'mpesa' THEN 'paid_by_mpesa'
                                                  WHEN 'bank' THEN 'paid_by_bank' END, spent.amount - spent.adjusted))
       AS part (fact, amount)
 WHERE part.fact IS NOT NULL AND part.amount <> 0
 UNION ALL
SELECT spent.business_id, spent.reversed_at, (spent.reversed_at AT TIME ZONE 'Africa/Nairobi')::date, spent.id, 'expense',
       coalesce(spent.receipt, spent.what_for), part.fact, part.amount, 0
  FROM expenses AS spent
 CROSS JOIN LATERAL (VALUES (CASE spent.purpose WHEN 'expense' THEN 'spent_on_' || spent.category
                                                WHEN 'supplier' THEN 'paid_to_supplier'
                                                WHEN 'bank' THEN 'put_into_bank' END, -spent.amount),
                            ('paid_by_adjusted_mpesa', -spent.adjusted),
                            (CASE spent.paid_from WHEN 'mpesa' THEN 'paid_by_mpesa'
                                                  WHEN 'bank' THEN 'paid_by_bank' END, spent.adjusted - spent.amount))
       AS part (fact, amount)
 WHERE spent.reversed_at IS NOT NULL AND part.fact IS NOT NULL AND part.amount <> 0$branches$;
END
$$;
