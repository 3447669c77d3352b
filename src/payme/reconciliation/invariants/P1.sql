-- A payment only climbs: its history is an unbroken chain of rising ranks that ends where the payment stands.
-- focus: payment
WITH steps AS (
    SELECT payment_id, from_state, to_state, lag(to_state) OVER in_order AS came_from,
           lead(sequence) OVER in_order IS NULL AS is_last
      FROM payment_events
     WHERE business_id = $1
    WINDOW in_order AS (PARTITION BY payment_id ORDER BY sequence)
)
SELECT payment_id::text AS subject,
       format('a step from %s to %s after %s', coalesce(from_state, 'nothing'), to_state,
              coalesce(came_from, 'nothing')) AS detail
  FROM steps
 WHERE from_state IS DISTINCT FROM came_from
    OR coalesce(array_position(ARRAY['created', 'submitting', 'unknown', 'submitted', 'expired', 'failed', 'succeeded'],
                               from_state), 0)
       >= array_position(ARRAY['created', 'submitting', 'unknown', 'submitted', 'expired', 'failed', 'succeeded'],
                         to_state)
 UNION ALL
SELECT payment.id::text, format('the payment is %s and its history ends with %s', payment.state,
                                coalesce(last.to_state, 'nothing'))
  FROM payments AS payment
  LEFT JOIN steps AS last ON last.payment_id = payment.id AND last.is_last
 WHERE payment.business_id = $1 AND payment.state IS DISTINCT FROM last.to_state
