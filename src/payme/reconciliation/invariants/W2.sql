-- No wallet has less than nothing, and none owes less than nothing.
-- focus: whole
SELECT business_id::text AS subject, format('balance %s, owed %s', balance_tokens, owed_tokens) AS detail
  FROM wallets
 WHERE business_id = $1 AND (balance_tokens < 0 OR owed_tokens < 0)
