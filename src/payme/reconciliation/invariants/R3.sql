-- A reversal whose end is not known for more than an hour has an issue.
-- focus: whole
SELECT refund.id::text AS subject, format('%s since %s', refund.state, refund.updated_at) AS detail
  FROM refunds AS refund
 WHERE refund.business_id = $1 AND refund.state IN ('paying', 'unknown')
   AND refund.updated_at < $2::timestamptz - interval '1 hour'
   AND NOT EXISTS (SELECT FROM reconciliation_issues AS issue
                    WHERE issue.business_id = $1 AND issue.kind IN ('unsettled_refund', 'R3')
                      AND issue.subject_id = refund.id AND issue.state <> 'resolved')
