-- One drawer at a time is open at a till.
-- focus: whole
SELECT min(id::text) AS subject, format('%s drawers are open at %s', count(*), till) AS detail
  FROM drawers
 WHERE business_id = $1 AND state = 'open'
 GROUP BY till
HAVING count(*) > 1
