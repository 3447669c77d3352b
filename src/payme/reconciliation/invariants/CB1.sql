-- A callback that was applied is named by one step of its payment.
SELECT callback.id::text AS subject, 'applied, and no step of its payment names it' AS detail
  FROM callbacks AS callback
 WHERE callback.business_id = $1 AND callback.payment_id IS NOT NULL AND callback.state = 'applied'
   AND NOT EXISTS (SELECT FROM payment_events AS step
                    WHERE step.business_id = $1 AND step.callback_id = callback.id
                      AND step.payment_id = callback.payment_id)
