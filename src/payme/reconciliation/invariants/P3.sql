-- One receipt is booked once in the whole world: its line in the list of receipts names this very money.
-- focus: money
SELECT money.id::text AS subject,
       format('receipt %s of %s is listed for %s', money.receipt, money.shortcode,
              coalesce(listed.money_in_id::text, 'nobody')) AS detail
  FROM money_in AS money
  LEFT JOIN mpesa_receipts AS listed ON listed.shortcode = money.shortcode AND listed.receipt = money.receipt
 WHERE money.business_id = $1
   AND (listed.business_id IS DISTINCT FROM money.business_id OR listed.money_in_id IS DISTINCT FROM money.id)
 UNION ALL
SELECT min(id::text), format('receipt %s of %s is booked %s times', receipt, shortcode, count(*))
  FROM money_in
 WHERE business_id = $1
 GROUP BY shortcode, receipt
HAVING count(*) > 1
