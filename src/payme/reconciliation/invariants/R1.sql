-- No receipt of money is given back more than once: its paid refunds are at most its amount, each by a payout of its own.
-- focus: whole
SELECT money.id::text AS subject, format('%s of %s given back', paid.amount, money.amount) AS detail
  FROM (SELECT money_in_id, sum(amount) AS amount
          FROM refunds
         WHERE business_id = $1 AND state = 'paid'
         GROUP BY money_in_id) AS paid
  JOIN money_in AS money ON money.business_id = $1 AND money.id = paid.money_in_id
 WHERE paid.amount > money.amount
 UNION ALL
SELECT min(id::text), format('payout %s of %s stands for %s refunds', payout_receipt, shortcode, count(*))
  FROM refunds
 WHERE business_id = $1 AND payout_receipt IS NOT NULL
 GROUP BY shortcode, payout_receipt
HAVING count(*) > 1
