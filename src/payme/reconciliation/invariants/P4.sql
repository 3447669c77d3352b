-- An M-Pesa payment succeeded if and only if there is one receipt of money for it.
SELECT payment.id::text AS subject,
       format('%s payment %s with %s receipts', payment.method, payment.state, coalesce(money.receipts, 0)) AS detail
  FROM payments AS payment
  LEFT JOIN (SELECT payment_id, count(*) AS receipts
               FROM money_in
              WHERE business_id = $1
              GROUP BY payment_id) AS money ON money.payment_id = payment.id
 WHERE payment.business_id = $1
   AND coalesce(money.receipts, 0) <> (payment.method = 'mpesa' AND payment.state = 'succeeded')::integer
