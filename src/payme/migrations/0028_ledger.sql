-- The general ledger: no table of amounts, but a view of what every document says, and the rule by which it is posted.

-- Each fact is posted to two accounts; an amount under zero the other way round. `payme.ledger.rules` has the same
-- table, and a test holds both against each other.
CREATE TABLE ledger_rules (
    fact    text PRIMARY KEY,
    debit   text NOT NULL CHECK (debit ~ '^[1-6][0-9]{3}$'),
    credit  text NOT NULL CHECK (credit ~ '^[1-6][0-9]{3}$' AND credit <> debit)
);
SELECT reference_table('ledger_rules');
INSERT INTO ledger_rules (fact, debit, credit)
VALUES ('revenue',           '2050', '4000'),
       ('returned',          '4100', '2050'),
       ('cost',              '5000', '1200'),
       ('cash',              '1000', '2050'),
       ('mpesa',             '1010', '2050'),
       ('mpesa_waiting',     '1010', '2100'),
       ('mpesa_overpaid',    '1010', '2110'),
       ('mpesa_set_aside',   '1010', '2120'),
       ('mpesa_test',        '1010', '3000'),
       ('tokens_bought',     '6100', '3000'),
       ('tokens_overpaid',   '1300', '3000'),
       ('tokens_to_sale',    '1300', '2050'),
       ('tokens_set_aside',  '1300', '2120'),
       ('debt',              '1100', '2050'),
       ('customer_credit',   '2000', '2050'),
       ('credit_given',      '6500', '2000'),
       ('bad_debt',          '6300', '1100'),
       ('bad_debt_returned', '2050', '6300'),
       ('goods_received',    '1200', '2200'),
       ('goods_spoiled',     '5100', '1200'),
       ('goods_miscounted',  '5200', '1200'),
       ('goods_rounding',    '1200', '5900'),
       ('cash_of_owner',     '1000', '3000'),
       ('cash_of_bank',      '1000', '1020'),
       ('cash_spent',        '6200', '1000'),
       ('cash_to_supplier',  '2200', '1000'),
       ('cash_difference',   '1000', '6400'),
       ('refund_cash',       '2120', '1000'),
       ('refund_mpesa',      '2120', '1010'),
       ('mpesa_fee',         '6000', '1010'),
       ('mpesa_adjusted',    '1010', '2130');

-- What is asked for by its instant and has no index by it yet.
CREATE INDEX payments_cash_returned ON payments (business_id, returned_at) WHERE returned_at IS NOT NULL;
CREATE INDEX allocations_in_order ON allocations (business_id, created_at);
CREATE INDEX credit_ledger_by_instant ON credit_ledger (business_id, created_at);
CREATE INDEX credit_payments_by_instant ON credit_payments (business_id, created_at);
CREATE INDEX stock_batches_by_instant ON stock_batches (business_id, created_at);
CREATE INDEX stock_movements_losses ON stock_movements (business_id, created_at) WHERE kind IN ('count', 'spoilage');
CREATE INDEX drawer_movements_by_instant ON drawer_movements (business_id, created_at) WHERE kind IN ('cash_in', 'cash_out');
CREATE INDEX drawers_counted ON drawers (business_id, counted_at) WHERE counted_at IS NOT NULL;
CREATE INDEX refunds_paid ON refunds (business_id, paid_at) WHERE paid_at IS NOT NULL;
CREATE INDEX mpesa_fees_by_instant ON mpesa_fees (business_id, created_at);
CREATE INDEX statement_entries_by_instant ON statement_entries (business_id, created_at);

-- What every document says in money, one row or several for each fact of a document. A document is what one thing of the
-- shop did at one instant: (at, document_id). `beyond` is how much more or less the goods on the shelf changed, in parts
-- of a cent, than what is posted: it is posted day by day, once it comes to cents.
CREATE VIEW ledger_facts WITH (security_invoker = true) AS
SELECT sale.business_id, sale.completed_at AS at, sale.completed_on AS day, sale.id AS document_id, 'sale' AS kind,
       sale.number::text AS reference, part.fact, part.amount, part.beyond
  FROM sales AS sale
 CROSS JOIN LATERAL (SELECT coalesce(sum(line.posted), 0) AS posted, coalesce(sum(line.exact), 0) AS exact
                       FROM (SELECT round(sum(taken.quantity * taken.unit_cost), 2) AS posted,
                                    sum(taken.quantity * taken.unit_cost) AS exact
                               FROM sale_item_takings AS taken
                              WHERE taken.business_id = sale.business_id AND taken.sale_id = sale.id
                              GROUP BY taken.sale_item_id) AS line) AS goods
 CROSS JOIN LATERAL (VALUES ('revenue', sale.total, 0), ('cost', goods.posted, goods.posted - goods.exact))
       AS part (fact, amount, beyond)
 WHERE sale.completed_on IS NOT NULL
 UNION ALL
-- A sale is voided on its day, so it is found by that.
SELECT sale.business_id, sale.voided_at, sale.completed_on, sale.id, 'sale', sale.number::text, part.fact, part.amount,
       part.beyond
  FROM sales AS sale
 CROSS JOIN LATERAL (SELECT coalesce(sum(line.posted), 0) AS posted, coalesce(sum(line.exact), 0) AS exact
                       FROM (SELECT round(sum(taken.quantity * taken.unit_cost), 2) AS posted,
                                    sum(taken.quantity * taken.unit_cost) AS exact
                               FROM sale_item_takings AS taken
                              WHERE taken.business_id = sale.business_id AND taken.sale_id = sale.id
                              GROUP BY taken.sale_item_id) AS line) AS goods
 CROSS JOIN LATERAL (VALUES ('revenue', -sale.total, 0), ('cost', -goods.posted, goods.exact - goods.posted))
       AS part (fact, amount, beyond)
 WHERE sale.completed_on IS NOT NULL AND sale.voided_at IS NOT NULL
 UNION ALL
SELECT void.business_id, sale.voided_at, void.business_day, sale.id, 'sale', sale.number::text, 'bad_debt_returned',
       given.up, 0
  FROM voids AS void
  JOIN sales AS sale ON sale.business_id = void.business_id AND sale.id = void.sale_id
 CROSS JOIN LATERAL (SELECT (SELECT coalesce(sum(back.amount), 0)
                               FROM money_back AS back
                              WHERE back.business_id = void.business_id AND back.void_id = void.id
                                AND back.way = 'debt')
                            + (SELECT coalesce(sum(entry.change_due), 0)
                                 FROM credit_ledger AS entry
                                WHERE entry.business_id = void.business_id AND entry.sale_id = void.sale_id
                                  AND entry.kind = 'void') AS up) AS given
 WHERE void.state = 'done' AND given.up <> 0
 UNION ALL
SELECT document.business_id, document.created_at, document.business_day, document.id, 'return', document.number::text,
       part.fact, part.amount, part.beyond
  FROM returns AS document
 CROSS JOIN LATERAL (SELECT coalesce(sum(product.posted), 0) AS posted, coalesce(sum(product.exact), 0) AS exact
                       FROM (SELECT round(sum(moved.quantity * moved.unit_cost), 2) AS posted,
                                    sum(moved.quantity * moved.unit_cost) AS exact
                               FROM stock_movements AS moved
                              WHERE moved.business_id = document.business_id AND moved.source_id = document.id
                                AND moved.kind = 'sale_returned'
                              GROUP BY moved.product_id) AS product) AS goods
 CROSS JOIN LATERAL (SELECT coalesce(sum(way.amount) FILTER (WHERE way.way = 'cash'), 0) AS cash,
                            coalesce(sum(way.amount) FILTER (WHERE way.way = 'debt'), 0) AS debt
                       FROM money_back AS way
                      WHERE way.business_id = document.business_id AND way.return_id = document.id) AS back
 CROSS JOIN LATERAL (SELECT coalesce(sum(entry.change_due), 0) AS due, coalesce(sum(entry.change_credit), 0) AS credit
                       FROM credit_ledger AS entry
                      WHERE entry.business_id = document.business_id AND entry.sale_id = document.sale_id
                        AND entry.kind = 'return' AND entry.created_at = document.created_at) AS account
 CROSS JOIN LATERAL (VALUES ('returned', document.total, 0), ('cost', -goods.posted, goods.exact - goods.posted),
                            ('cash', -back.cash, 0), ('debt', account.due, 0),
                            ('customer_credit', -account.credit, 0),
                            ('bad_debt_returned', back.debt + account.due, 0)) AS part (fact, amount, beyond)
 UNION ALL
SELECT payment.business_id, payment.created_at, (payment.created_at AT TIME ZONE 'Africa/Nairobi')::date,
       payment.sale_id, 'sale', sale.number::text, 'cash', payment.amount, 0
  FROM payments AS payment
  LEFT JOIN sales AS sale ON sale.business_id = payment.business_id AND sale.id = payment.sale_id
 WHERE payment.method = 'cash' AND payment.purpose = 'sale'
 UNION ALL
SELECT payment.business_id, payment.returned_at, (payment.returned_at AT TIME ZONE 'Africa/Nairobi')::date,
       payment.sale_id, 'sale', sale.number::text, 'cash', -payment.amount, 0
  FROM payments AS payment
  LEFT JOIN sales AS sale ON sale.business_id = payment.business_id AND sale.id = payment.sale_id
 WHERE payment.returned_at IS NOT NULL AND payment.purpose = 'sale'
 UNION ALL
-- Money that PayMe got for tokens is none of the shop's own paybill or till.
SELECT given.business_id, given.created_at, (given.created_at AT TIME ZONE 'Africa/Nairobi')::date,
       coalesce(given.sale_id, given.money_in_id), CASE WHEN given.sale_id IS NULL THEN 'mpesa' ELSE 'sale' END,
       coalesce(sale.number::text, money.receipt),
       CASE WHEN bought.id IS NULL
            THEN CASE given.purpose WHEN 'sale' THEN 'mpesa' WHEN 'unallocated' THEN 'mpesa_waiting'
                                    WHEN 'overpayment' THEN 'mpesa_overpaid' WHEN 'refund' THEN 'mpesa_set_aside'
                                    WHEN 'test' THEN 'mpesa_test' ELSE 'tokens_bought' END
            ELSE CASE given.purpose WHEN 'tokens' THEN 'tokens_bought' WHEN 'sale' THEN 'tokens_to_sale'
                                    WHEN 'refund' THEN 'tokens_set_aside' ELSE 'tokens_overpaid' END END,
       given.amount, 0
  FROM allocations AS given
  LEFT JOIN sales AS sale ON sale.business_id = given.business_id AND sale.id = given.sale_id
  LEFT JOIN money_in AS money ON money.business_id = given.business_id AND money.id = given.money_in_id
  LEFT JOIN payments AS bought ON bought.business_id = given.business_id AND bought.money_in_id = given.money_in_id
                              AND bought.purpose = 'tokens'
 WHERE given.purpose <> 'credit'
 UNION ALL
SELECT repaid.business_id, repaid.created_at, (repaid.created_at AT TIME ZONE 'Africa/Nairobi')::date, repaid.id,
       'repayment', coalesce(money.receipt, 'cash'),
       CASE WHEN repaid.money_in_id IS NULL THEN 'cash' WHEN bought.id IS NULL THEN 'mpesa' ELSE 'tokens_to_sale' END,
       repaid.amount, 0
  FROM credit_payments AS repaid
  LEFT JOIN money_in AS money ON money.business_id = repaid.business_id AND money.id = repaid.money_in_id
  LEFT JOIN payments AS bought ON bought.business_id = repaid.business_id AND bought.money_in_id = repaid.money_in_id
                              AND bought.purpose = 'tokens'
 UNION ALL
-- What a merge moves from one account to another is the same before and after; what a return did stands with the return.
SELECT entry.business_id, entry.created_at, (entry.created_at AT TIME ZONE 'Africa/Nairobi')::date,
       CASE WHEN entry.kind = 'repayment' THEN entry.credit_payment_id
            WHEN entry.kind IN ('write_off', 'credit_given') THEN entry.id ELSE entry.sale_id END,
       CASE WHEN entry.kind IN ('repayment', 'write_off', 'credit_given') THEN entry.kind ELSE 'sale' END,
       CASE WHEN entry.kind = 'repayment' THEN coalesce(money.receipt, 'cash')
            WHEN entry.kind = 'credit_given' THEN entry.reason ELSE sale.number::text END,
       part.fact, part.amount, 0
  FROM credit_ledger AS entry
  LEFT JOIN sales AS sale ON sale.business_id = entry.business_id AND sale.id = entry.sale_id
  LEFT JOIN credit_payments AS repaid ON repaid.business_id = entry.business_id AND repaid.id = entry.credit_payment_id
  LEFT JOIN money_in AS money ON money.business_id = repaid.business_id AND money.id = repaid.money_in_id
 CROSS JOIN LATERAL (VALUES ('debt', entry.change_due, entry.kind NOT IN ('write_off', 'credit_given')),
                            ('customer_credit', -entry.change_credit, entry.kind NOT IN ('write_off', 'credit_given')),
                            ('bad_debt', -entry.change_due, entry.kind = 'write_off'),
                            ('credit_given', entry.change_credit, entry.kind = 'credit_given'))
       AS part (fact, amount, is_so)
 WHERE entry.kind NOT IN ('return', 'merged_out', 'merged_in') AND part.is_so
 UNION ALL
SELECT batch.business_id, batch.created_at, (batch.created_at AT TIME ZONE 'Africa/Nairobi')::date, batch.delivery_id,
       'delivery', batch.supplier, 'goods_received', round(batch.quantity_received * batch.unit_cost, 2),
       batch.quantity_received * batch.unit_cost - round(batch.quantity_received * batch.unit_cost, 2)
  FROM stock_batches AS batch
 UNION ALL
SELECT moved.business_id, moved.created_at, (moved.created_at AT TIME ZONE 'Africa/Nairobi')::date, moved.source_id,
       'adjustment', adjustment.reason, CASE moved.kind WHEN 'count' THEN 'goods_miscounted' ELSE 'goods_spoiled' END,
       -round(moved.quantity * moved.unit_cost, 2),
       moved.quantity * moved.unit_cost - round(moved.quantity * moved.unit_cost, 2)
  FROM stock_movements AS moved
  LEFT JOIN stock_adjustments AS adjustment
    ON adjustment.business_id = moved.business_id AND adjustment.id = moved.source_id
 WHERE moved.kind IN ('count', 'spoilage')
 UNION ALL
-- What goes to the safe, or comes from there, is the shop's cash before and after.
SELECT moved.business_id, moved.created_at, (moved.created_at AT TIME ZONE 'Africa/Nairobi')::date, moved.id, 'cash',
       moved.reason, CASE moved.purpose WHEN 'expense' THEN 'cash_spent' WHEN 'supplier' THEN 'cash_to_supplier'
                                        WHEN 'bank' THEN 'cash_of_bank' ELSE 'cash_of_owner' END,
       CASE WHEN moved.kind = 'cash_out' AND moved.purpose IN ('owner', 'bank') THEN -moved.amount
            ELSE moved.amount END, 0
  FROM drawer_movements AS moved
 WHERE moved.kind IN ('cash_in', 'cash_out') AND moved.purpose <> 'safe'
 UNION ALL
SELECT drawer.business_id, drawer.counted_at, (drawer.counted_at AT TIME ZONE 'Africa/Nairobi')::date, drawer.id,
       'drawer', drawer.till, 'cash_difference', cash.counted - cash.closing, 0
  FROM drawers AS drawer
  JOIN drawer_totals AS cash
    ON cash.business_id = drawer.business_id AND cash.drawer_id = drawer.id AND cash.tender = 'cash'
 WHERE drawer.counted_at IS NOT NULL
 UNION ALL
SELECT refund.business_id, refund.paid_at, (refund.paid_at AT TIME ZONE 'Africa/Nairobi')::date, refund.id, 'refund',
       coalesce(refund.payout_receipt, ''), CASE refund.method WHEN 'cash' THEN 'refund_cash' ELSE 'refund_mpesa' END,
       refund.amount, 0
  FROM refunds AS refund
 WHERE refund.paid_at IS NOT NULL
 UNION ALL
-- By when the statement was read, like everything that the books learn later.
SELECT fee.business_id, fee.created_at, (fee.created_at AT TIME ZONE 'Africa/Nairobi')::date, fee.id, 'fee', fee.receipt,
       'mpesa_fee', fee.amount, 0
  FROM mpesa_fees AS fee
 UNION ALL
SELECT entry.business_id, entry.created_at, (entry.created_at AT TIME ZONE 'Africa/Nairobi')::date, entry.id,
       'statement', entry.receipt, 'mpesa_adjusted', entry.amount, 0
  FROM statement_entries AS entry;
GRANT SELECT ON ledger_facts TO payme_app, payme_read;

-- What the facts of ended days add up to, so that balances are as fast after ten years as after a week. May be emptied at
-- any time. `goods_rounding` is among them.
CREATE TABLE ledger_marks (
    business_id  uuid PRIMARY KEY REFERENCES businesses (business_id),
    kept_until   date NOT NULL,
    beyond       numeric(24,5) NOT NULL,  -- of all days up to then
    updated_at   timestamptz NOT NULL
);
SELECT tenant_table('ledger_marks');
GRANT SELECT, INSERT, UPDATE ON ledger_marks TO payme_app;

CREATE TABLE ledger_days (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    day          date NOT NULL,
    fact         text NOT NULL,
    amount       numeric(18,2) NOT NULL,
    beyond       numeric(20,5) NOT NULL,
    PRIMARY KEY (business_id, day, fact)
);
SELECT tenant_table('ledger_days');
GRANT SELECT, INSERT, DELETE ON ledger_days TO payme_app;

-- For each day, what the goods on the shelf changed by in parts of a cent, once it comes to cents: halves up, so that what
-- is posted of goods is at the end of each day the value on hand to the cent. It runs with the rights of whoever
-- asks.
CREATE FUNCTION ledger_roundings(business uuid, from_day date, to_day date)
RETURNS TABLE (at timestamptz, day date, amount numeric) LANGUAGE sql STABLE AS $$
    SELECT (kept.day + 1)::timestamp AT TIME ZONE 'Africa/Nairobi' - interval '1 microsecond', kept.day, kept.amount
      FROM ledger_days AS kept
     WHERE kept.business_id = business AND kept.fact = 'goods_rounding' AND kept.day BETWEEN from_day AND to_day
     UNION ALL
    SELECT (counted.day + 1)::timestamp AT TIME ZONE 'Africa/Nairobi' - interval '1 microsecond', counted.day,
           round((floor(counted.through * 100 + 0.5) - floor((counted.through - counted.moved) * 100 + 0.5)) / 100, 2)
      FROM (SELECT said.day, sum(said.beyond) AS moved,
                   coalesce((SELECT beyond FROM ledger_marks WHERE business_id = business), 0)
                   + sum(sum(said.beyond)) OVER (ORDER BY said.day) AS through
              FROM ledger_facts AS said
             WHERE said.business_id = business AND said.beyond <> 0 AND said.day <= to_day
               AND said.day >= greatest((SELECT kept_until + 1 FROM ledger_marks WHERE business_id = business),
                                        '1900-01-01')
               AND said.at >= greatest((SELECT (kept_until + 1)::timestamp AT TIME ZONE 'Africa/Nairobi'
                                          FROM ledger_marks WHERE business_id = business), '1900-01-01 00:00Z')
             GROUP BY said.day) AS counted
     WHERE counted.day >= from_day
       AND floor(counted.through * 100 + 0.5) <> floor((counted.through - counted.moved) * 100 + 0.5)
$$;
