-- A customer is asked on the phone at most once at a time for one sale, and for one credit account.
-- focus: whole
SELECT coalesce(sale_id, credit_account_id)::text AS subject, format('%s live attempts', count(*)) AS detail
  FROM payments
 WHERE business_id = $1 AND coalesce(sale_id, credit_account_id) IS NOT NULL AND method = 'mpesa'
   AND state NOT IN ('failed', 'succeeded')  -- as the index of unsettled payments says it
   AND state IN ('created', 'submitting', 'unknown', 'submitted')
 GROUP BY coalesce(sale_id, credit_account_id)
HAVING count(*) > 1
