-- What is kept of tokens by day is what the entries of the wallet say, as far as they are kept.
-- focus: nightly
SELECT $1::text AS subject,
       format('%s: granted %s, bought %s, reserved %s, charged %s, refunded %s, owed %s are kept, and the entries say %s, %s, %s, %s, %s, %s',
              coalesce(kept.day, entry.day), kept.granted, kept.bought, kept.reserved, kept.charged, kept.refunded,
              kept.owed, entry.granted, entry.bought, entry.reserved, entry.charged, entry.refunded, entry.owed) AS detail
  FROM (SELECT * FROM day_tokens WHERE business_id = $1) AS kept
  FULL JOIN (SELECT (created_at AT TIME ZONE 'Africa/Nairobi')::date AS day,
                    coalesce(sum(change_tokens) FILTER (WHERE type = 'grant'), 0) AS granted,
                    coalesce(sum(change_tokens) FILTER (WHERE type = 'purchase'), 0) AS bought,
                    count(*) FILTER (WHERE type = 'reserve') AS reserved,
                    count(*) FILTER (WHERE type = 'charge') AS charged,
                    count(*) FILTER (WHERE type = 'refund') AS refunded, sum(change_owed) AS owed
               FROM wallet_transactions
              WHERE business_id = $1
                AND sequence <= (SELECT kept_sequence FROM report_marks WHERE business_id = $1)
              GROUP BY (created_at AT TIME ZONE 'Africa/Nairobi')::date) AS entry ON entry.day = kept.day
 WHERE (kept.granted, kept.bought, kept.reserved, kept.charged, kept.refunded, kept.owed)
       IS DISTINCT FROM (entry.granted, entry.bought, entry.reserved, entry.charged, entry.refunded, entry.owed)
