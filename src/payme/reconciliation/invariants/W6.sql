-- Each purchase of tokens that was paid, and no other, has exactly one entry in the wallet, of the tokens that its
-- money bought.
-- focus: payment
SELECT bought.id::text AS subject,
       format('%s payment of %s for %s tokens at %s: credited %s, %s entries of %s', payment.state,
              coalesce(bought.paid::text, 'nothing'), bought.tokens, bought.price,
              coalesce(bought.credited_tokens::text, 'nothing'), entry.entries, entry.tokens) AS detail
  FROM token_purchases AS bought
  JOIN payments AS payment ON payment.business_id = $1 AND payment.id = bought.payment_id
 CROSS JOIN LATERAL (SELECT count(*) AS entries, coalesce(sum(change_tokens - change_owed), 0) AS tokens,
                            coalesce(-sum(change_owed), 0) AS settled
                       FROM wallet_transactions
                      WHERE business_id = $1 AND purchase_id = bought.id) AS entry
 WHERE bought.business_id = $1
   AND ((payment.state = 'succeeded') <> (bought.credited_at IS NOT NULL)
        OR payment.purpose <> 'tokens'
        OR entry.entries <> (coalesce(bought.credited_tokens, 0) > 0)::integer
        OR entry.tokens <> coalesce(bought.credited_tokens, 0)
        OR entry.settled <> coalesce(bought.settled_tokens, 0)
        OR bought.credited_tokens <> least(bought.tokens, floor(bought.paid * bought.tokens / bought.price)))
 UNION ALL
SELECT payment.id::text, 'a payment for tokens without a purchase'
  FROM payments AS payment
 WHERE payment.business_id = $1 AND payment.purpose = 'tokens'
   AND NOT EXISTS (SELECT FROM token_purchases AS bought
                    WHERE bought.business_id = $1 AND bought.payment_id = payment.id)
