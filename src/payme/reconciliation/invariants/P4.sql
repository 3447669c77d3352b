-- An M-Pesa payment succeeded if and only if it names a receipt of its shortcode, which no other payment names.
-- focus: payment
SELECT payment.id::text AS subject,
       format('%s payment %s with %s, which %s payments name', payment.method, payment.state,
              coalesce('receipt ' || money.receipt || ' of ' || money.shortcode, 'no receipt'),
              coalesce(named.payments, 0)) AS detail
  FROM payments AS payment
  LEFT JOIN money_in AS money ON money.business_id = $1 AND money.id = payment.money_in_id
  LEFT JOIN (SELECT money_in_id, count(*) AS payments
               FROM payments
              WHERE business_id = $1 AND money_in_id IS NOT NULL
              GROUP BY money_in_id) AS named ON named.money_in_id = payment.money_in_id
 WHERE payment.business_id = $1
   AND CASE WHEN payment.method = 'mpesa' AND payment.state = 'succeeded'
            THEN money.id IS NULL OR money.shortcode <> payment.shortcode OR named.payments > 1
            ELSE payment.money_in_id IS NOT NULL END
