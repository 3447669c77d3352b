-- A prompt that succeeded was paid what it asked for, unless a person took another amount at its word.
-- focus: payment
SELECT payment.id::text AS subject,
       format('%s was asked for, %s paid with receipt %s', payment.amount, money.amount, money.receipt) AS detail
  FROM payments AS payment
  JOIN money_in AS money ON money.business_id = $1 AND money.id = payment.money_in_id
 WHERE payment.business_id = $1 AND payment.method = 'mpesa' AND payment.amount <> money.amount
   AND NOT EXISTS (SELECT FROM payment_events AS step
                     JOIN callbacks AS callback ON callback.id = step.callback_id
                    WHERE step.business_id = $1 AND step.payment_id = payment.id AND step.to_state = 'succeeded'
                      AND callback.business_id = $1 AND callback.reason = 'by hand')
