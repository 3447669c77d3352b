-- Money that waits for a purpose for more than 15 minutes has an issue.
-- focus: whole
SELECT waiting.money_in_id::text AS subject,
       format('%s unallocated since %s', waiting.amount, waiting.since) AS detail
  FROM (SELECT money_in_id, sum(amount) AS amount, min(created_at) AS since
          FROM allocations
         WHERE business_id = $1 AND purpose = 'unallocated'
         GROUP BY money_in_id) AS waiting
 WHERE waiting.amount > 0 AND waiting.since < $2::timestamptz - interval '15 minutes'
   AND NOT EXISTS (SELECT FROM reconciliation_issues AS issue
                    WHERE issue.business_id = $1 AND issue.kind IN ('late_money', 'unallocated_money', 'tokens_paid_short', 'P8')
                      AND issue.subject_id = waiting.money_in_id)
