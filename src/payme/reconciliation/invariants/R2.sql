-- What of a receipt stands for refunds is what its refunds that are approved, under way or paid come to.
-- focus: money
SELECT coalesce(aside.money_in_id, live.money_in_id)::text AS subject,
       format('%s set aside, %s of refunds', coalesce(aside.amount, 0), coalesce(live.amount, 0)) AS detail
  FROM (SELECT money_in_id, sum(amount) AS amount
          FROM allocations
         WHERE business_id = $1 AND purpose = 'refund'
         GROUP BY money_in_id) AS aside
  FULL JOIN (SELECT money_in_id, sum(amount) AS amount
               FROM refunds
              WHERE business_id = $1 AND state IN ('approved', 'paying', 'unknown', 'paid')
              GROUP BY money_in_id) AS live ON live.money_in_id = aside.money_in_id
 WHERE coalesce(aside.amount, 0) <> coalesce(live.amount, 0)
