-- No payment stays without an end for more than 24 hours unless an issue says so.
-- focus: whole
SELECT payment.id::text AS subject, format('%s since %s', payment.state, payment.created_at) AS detail
  FROM payments AS payment
 WHERE payment.business_id = $1 AND payment.state NOT IN ('failed', 'succeeded')
   AND payment.state IN ('submitting', 'unknown', 'submitted', 'expired')
   AND payment.created_at < $2::timestamptz - interval '24 hours'
   AND NOT EXISTS (SELECT FROM reconciliation_issues AS issue
                    WHERE issue.business_id = $1 AND issue.subject_id = payment.id)
