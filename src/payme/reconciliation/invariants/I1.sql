-- One Idempotency-Key has one kept answer.
-- focus: nightly
SELECT $1::uuid::text AS subject, format('key %s has %s answers', key, count(*)) AS detail
  FROM idempotency_records
 WHERE business_id = $1
 GROUP BY key
HAVING count(*) > 1
