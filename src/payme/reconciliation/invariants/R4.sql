-- Nobody decides on a refund that they asked for, and nothing is set aside or paid that nobody decided on.
-- focus: whole
SELECT id::text AS subject,
       format('%s, asked for by %s and decided by %s', state, requested_by, coalesce(decided_by::text, 'nobody')) AS detail
  FROM refunds
 WHERE business_id = $1
   AND (decided_by = requested_by OR (decided_by IS NULL AND state NOT IN ('requested', 'withdrawn')))
