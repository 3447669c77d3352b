-- A callback that was applied is named by what it did: by one step of its payment or refund, or by the money
-- that it told of.
-- focus: payment
SELECT callback.id::text AS subject, 'applied, and neither a step of a payment or refund nor money names it' AS detail
  FROM callbacks AS callback
 WHERE callback.business_id = $1 AND callback.state = 'applied'
   AND NOT EXISTS (SELECT FROM payment_events AS step
                    WHERE step.business_id = $1 AND step.callback_id = callback.id
                      AND step.payment_id = callback.payment_id)
   AND NOT EXISTS (SELECT FROM money_in AS money WHERE money.business_id = $1 AND money.callback_id = callback.id)
   AND NOT EXISTS (SELECT FROM refund_events AS step
                    WHERE step.business_id = $1 AND step.callback_id = callback.id)
