-- A confirmed claim names money of its own receipt, one claim of a receipt stands, and none waits for Safaricom for more
-- than 24 hours unless an issue says so.
-- focus: whole
SELECT claim.id::text AS subject,
       format('claim of receipt %s is %s with %s', claim.receipt, claim.state,
              coalesce('receipt ' || money.receipt, 'no money')) AS detail
  FROM receipt_claims AS claim
  LEFT JOIN money_in AS money ON money.business_id = $1 AND money.id = claim.money_in_id
 WHERE claim.business_id = $1
   AND CASE claim.state WHEN 'confirmed' THEN money.receipt IS DISTINCT FROM claim.receipt
                        ELSE claim.money_in_id IS NOT NULL END
 UNION ALL
SELECT min(id::text), format('receipt %s is claimed %s times', receipt, count(*))
  FROM receipt_claims
 WHERE business_id = $1 AND state <> 'denied'
 GROUP BY receipt
HAVING count(*) > 1
 UNION ALL
SELECT claim.id::text, format('unverified since %s', claim.created_at)
  FROM receipt_claims AS claim
 WHERE claim.business_id = $1 AND claim.state = 'unverified'
   AND claim.created_at < $2::timestamptz - interval '24 hours'
   AND NOT EXISTS (SELECT FROM reconciliation_issues AS issue
                    WHERE issue.business_id = $1 AND issue.subject_id = claim.id)
