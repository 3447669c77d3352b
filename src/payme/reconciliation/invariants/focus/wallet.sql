-- A page of the wallet's ledger: what the entry before the page left is brought forward as one entry, as if it had been
-- given at once. What is before the page was asked when it was written, and nobody may change it since.
page AS (SELECT min(sequence) AS first FROM wallet_transactions WHERE business_id = $1 AND id = ANY($3)),
wallet_transactions AS (
    SELECT business_id, id, sequence, type, change_tokens, balance_after, change_owed, owed_after
      FROM wallet_transactions
     WHERE business_id = $1 AND sequence >= (SELECT first FROM page)
     UNION ALL
    (SELECT business_id, id, sequence, 'brought forward', balance_after, balance_after, owed_after, owed_after
       FROM wallet_transactions
      WHERE business_id = $1 AND sequence < coalesce((SELECT first FROM page), 9223372036854775807)
      ORDER BY sequence DESC
      LIMIT 1))
