-- Only an applied callback has an effect: no step of a payment or refund and no money names any other.
-- focus: payment
SELECT effect.id::text AS subject,
       format('%s by callback %s, which is %s', effect.what, effect.callback_id, coalesce(callback.state, 'missing'))
           AS detail
  FROM (SELECT payment_id AS id, callback_id, 'a step' AS what
          FROM payment_events
         WHERE business_id = $1 AND callback_id IS NOT NULL
         UNION ALL
        SELECT refund_id, callback_id, 'a step'
          FROM refund_events
         WHERE business_id = $1 AND callback_id IS NOT NULL
         UNION ALL
        SELECT id, callback_id, 'money'
          FROM money_in
         WHERE business_id = $1 AND callback_id IS NOT NULL) AS effect
  LEFT JOIN callbacks AS callback ON callback.id = effect.callback_id
 WHERE callback.state IS DISTINCT FROM 'applied' OR callback.business_id IS DISTINCT FROM $1
