-- Money that a statement proved stands on that statement, of the same shortcode and amount.
-- focus: money
SELECT booked.id::text AS subject, format('%s of %s', booked.receipt, booked.amount) AS detail
  FROM money_in AS booked
 WHERE booked.business_id = $1 AND booked.source = 'statement'
   AND NOT EXISTS (SELECT FROM statement_lines AS line
                    WHERE line.business_id = $1 AND line.shortcode = booked.shortcode
                      AND line.receipt = booked.receipt AND line.kind = 'payment' AND line.amount = booked.amount)
