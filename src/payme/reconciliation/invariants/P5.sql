-- A customer is asked on the phone at most once at a time for one sale.
SELECT sale_id::text AS subject, format('%s live attempts', count(*)) AS detail
  FROM payments
 WHERE business_id = $1 AND sale_id IS NOT NULL AND method = 'mpesa' AND state IN ('created', 'submitting', 'unknown', 'submitted')
 GROUP BY sale_id
HAVING count(*) > 1
