-- M-Pesa moves whole shillings, 1 to 250,000.
-- focus: payment
SELECT id::text AS subject, format('asked for %s', amount) AS detail
  FROM payments
 WHERE business_id = $1 AND method = 'mpesa' AND (amount <> trunc(amount) OR amount NOT BETWEEN 1 AND 250000)
 UNION ALL
SELECT id::text, format('received %s', amount)
  FROM money_in
 WHERE business_id = $1 AND (amount <> trunc(amount) OR amount NOT BETWEEN 1 AND 250000)
