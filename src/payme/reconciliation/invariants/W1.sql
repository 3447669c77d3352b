-- Every business has a wallet, and it holds the sum of all its changes, of tokens and of what is owed.
-- focus: wallet
SELECT business.business_id::text AS subject,
       format('balance %s where the changes say %s, owed %s where they say %s',
              coalesce(wallet.balance_tokens::text, 'nothing'), changes.tokens,
              coalesce(wallet.owed_tokens::text, 'nothing'), changes.owed) AS detail
  FROM businesses AS business
  LEFT JOIN wallets AS wallet ON wallet.business_id = $1
 CROSS JOIN (SELECT coalesce(sum(change_tokens), 0) AS tokens, coalesce(sum(change_owed), 0) AS owed
               FROM wallet_transactions
              WHERE business_id = $1) AS changes
 WHERE business.business_id = $1
   AND (wallet.balance_tokens IS DISTINCT FROM changes.tokens OR wallet.owed_tokens IS DISTINCT FROM changes.owed)
