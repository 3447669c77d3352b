-- Replaying the audit from nothing gives what every wallet, batch, sale and credit account holds.
-- focus: nightly
-- The entries are many and wide: they are read twice, for goods and for the rest, and not once for each thing.
WITH told AS (
    SELECT CASE WHEN action LIKE 'token%' THEN business_id ELSE subject_id END AS id,
           sum(CASE WHEN action LIKE 'token%'
                    THEN (facts ->> 'balance_after')::numeric - (facts ->> 'balance_before')::numeric END) AS tokens,
           sum(CASE WHEN action = 'sale_paid' THEN (facts ->> 'after')::numeric - (facts ->> 'before')::numeric
                    WHEN action IN ('sale_cancelled', 'sale_voided')
                    THEN -(facts ->> 'cash_returned')::numeric - (facts ->> 'mpesa_released')::numeric END) AS paid,
           sum(CASE WHEN action = 'sale_returned'
                    THEN (facts ->> 'returned_after')::numeric - (facts ->> 'returned_before')::numeric END) AS returned,
           sum(CASE WHEN action = 'sale_put_on_account'
                    THEN (facts ->> 'after')::numeric - (facts ->> 'before')::numeric
                    WHEN action IN ('sale_cancelled', 'sale_voided')
                    THEN -(facts ->> 'account_reversed')::numeric END) AS on_account,
           sum(CASE WHEN action = 'credit_moved'
                    THEN (facts ->> 'due_after')::numeric - (facts ->> 'due_before')::numeric END) AS due,
           sum(CASE WHEN action = 'credit_moved'
                    THEN (facts ->> 'credit_after')::numeric - (facts ->> 'credit_before')::numeric END) AS credit
      FROM audit_entries
     WHERE business_id = $1
       AND action IN ('tokens_granted', 'tokens_purchased', 'token_reserved', 'token_charged', 'token_refunded',
                      'sale_paid', 'sale_cancelled', 'sale_voided', 'sale_returned', 'sale_put_on_account',
                      'credit_moved')
     GROUP BY 1
), held AS (
    SELECT business_id AS id, balance_tokens AS tokens, 0.0 AS paid, 0.0 AS returned, 0.0 AS on_account, 0.0 AS due,
           0.0 AS credit
      FROM wallets
     WHERE business_id = $1
     UNION ALL
    SELECT id, 0, paid, returned, on_account, 0, 0
      FROM sales
     WHERE business_id = $1
     UNION ALL
    SELECT id, 0, 0, 0, 0, balance_due, customer_credit
      FROM credit_accounts
     WHERE business_id = $1
), told_of_goods AS (
    SELECT (batch ->> 'batch_id')::uuid AS id,
           sum((batch ->> CASE action WHEN 'stock_received' THEN 'quantity' ELSE 'change' END)::numeric) AS quantity
      FROM (SELECT action, jsonb_array_elements(
                               facts -> CASE action WHEN 'stock_received' THEN 'batches' ELSE 'changes' END) AS batch
              FROM audit_entries
             WHERE business_id = $1
               AND action IN ('stock_received', 'stock_taken', 'stock_given_back', 'stock_adjusted')) AS entry
     GROUP BY 1
)
SELECT wrong.id::text AS subject, format('%s %s, where the audit gives %s', part.what, part.held, part.told) AS detail
  FROM (SELECT coalesce(held.id, told.id) AS id,
               coalesce(held.tokens, 0) AS tokens, coalesce(told.tokens, 0) AS told_tokens,
               coalesce(held.paid, 0) AS paid, coalesce(told.paid, 0) AS told_paid,
               coalesce(held.returned, 0) AS returned, coalesce(told.returned, 0) AS told_returned,
               coalesce(held.on_account, 0) AS on_account, coalesce(told.on_account, 0) AS told_on_account,
               coalesce(held.due, 0) AS due, coalesce(told.due, 0) AS told_due,
               coalesce(held.credit, 0) AS credit, coalesce(told.credit, 0) AS told_credit
          FROM held
          FULL JOIN told ON told.id = held.id) AS wrong
 CROSS JOIN LATERAL (VALUES ('tokens', tokens, told_tokens), ('money', paid, told_paid),
                            ('returned', returned, told_returned), ('account', on_account, told_on_account),
                            ('debt', due, told_due), ('credit', credit, told_credit)) AS part (what, held, told)
 -- Asked of the whole first, so that only what is wrong is taken apart.
 WHERE (tokens, paid, returned, on_account, due, credit)
       IS DISTINCT FROM (told_tokens, told_paid, told_returned, told_on_account, told_due, told_credit)
   AND part.held <> part.told
 UNION ALL
SELECT coalesce(batch.id, told.id)::text,
       format('goods %s, where the audit gives %s', coalesce(batch.quantity_available, 0), coalesce(told.quantity, 0))
  FROM (SELECT id, quantity_available FROM stock_batches WHERE business_id = $1) AS batch
  FULL JOIN told_of_goods AS told ON told.id = batch.id
 WHERE coalesce(batch.quantity_available, 0) <> coalesce(told.quantity, 0)
