-- Every receipt of money is given purposes for exactly its amount, and no purpose is taken back more than it was given.
-- focus: money
SELECT money.id::text AS subject,
       format('amount %s, purposes %s', money.amount, coalesce(purposes.amount, 0)) AS detail
  FROM money_in AS money
  LEFT JOIN (SELECT money_in_id, sum(amount) AS amount
               FROM allocations
              WHERE business_id = $1
              GROUP BY money_in_id) AS purposes ON purposes.money_in_id = money.id
 WHERE money.business_id = $1 AND money.amount IS DISTINCT FROM purposes.amount
 UNION ALL
SELECT money_in_id::text, format('%s of %s stands at %s', purpose, coalesce(sale_id::text, 'no sale'), sum(amount))
  FROM allocations
 WHERE business_id = $1
 GROUP BY money_in_id, purpose, sale_id
HAVING sum(amount) < 0
