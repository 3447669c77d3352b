-- No callback waits for more than 60 seconds.
-- scope: platform
SELECT id::text AS subject, format('received at %s', received_at) AS detail
  FROM callbacks
 WHERE state = 'received' AND received_at < $1::timestamptz - interval '60 seconds'
