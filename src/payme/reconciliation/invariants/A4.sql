-- Replaying the audit from nothing gives what every wallet, batch, sale and credit account holds.
-- focus: nightly
WITH entries AS (
    SELECT subject_id, action, facts
      FROM audit_entries
     WHERE business_id = $1
), changes AS (
    SELECT $1::uuid AS subject_id, 'tokens' AS what,
           (facts ->> 'balance_after')::numeric - (facts ->> 'balance_before')::numeric AS change
      FROM entries
     WHERE action IN ('tokens_granted', 'tokens_purchased', 'token_reserved', 'token_charged', 'token_refunded')
     UNION ALL
    SELECT (batch ->> 'batch_id')::uuid, 'goods', (batch ->> 'quantity')::numeric
      FROM entries
     CROSS JOIN jsonb_array_elements(facts -> 'batches') AS batch
     WHERE action = 'stock_received'
     UNION ALL
    SELECT (batch ->> 'batch_id')::uuid, 'goods', (batch ->> 'change')::numeric
      FROM entries
     CROSS JOIN jsonb_array_elements(facts -> 'changes') AS batch
     WHERE action IN ('stock_taken', 'stock_given_back', 'stock_adjusted')
     UNION ALL
    SELECT subject_id, 'money', (facts ->> 'after')::numeric - (facts ->> 'before')::numeric
      FROM entries
     WHERE action = 'sale_paid'
     UNION ALL
    SELECT subject_id, 'money', -(facts ->> 'cash_returned')::numeric - (facts ->> 'mpesa_released')::numeric
      FROM entries
     WHERE action IN ('sale_cancelled', 'sale_voided')
     UNION ALL
    SELECT subject_id, 'returned', (facts ->> 'returned_after')::numeric - (facts ->> 'returned_before')::numeric
      FROM entries
     WHERE action = 'sale_returned'
     UNION ALL
    SELECT subject_id, 'account', (facts ->> 'after')::numeric - (facts ->> 'before')::numeric
      FROM entries
     WHERE action = 'sale_put_on_account'
     UNION ALL
    SELECT subject_id, 'account', -(facts ->> 'account_reversed')::numeric
      FROM entries
     WHERE action IN ('sale_cancelled', 'sale_voided')
     UNION ALL
    SELECT subject_id, 'debt', (facts ->> 'due_after')::numeric - (facts ->> 'due_before')::numeric
      FROM entries
     WHERE action = 'credit_moved'
     UNION ALL
    SELECT subject_id, 'credit', (facts ->> 'credit_after')::numeric - (facts ->> 'credit_before')::numeric
      FROM entries
     WHERE action = 'credit_moved'
), held AS (
    SELECT business_id AS subject_id, 'tokens' AS what, balance_tokens::numeric AS quantity
      FROM wallets
     WHERE business_id = $1
     UNION ALL
    SELECT id, 'goods', quantity_available
      FROM stock_batches
     WHERE business_id = $1
     UNION ALL
    SELECT id, 'money', paid
      FROM sales
     WHERE business_id = $1
     UNION ALL
    SELECT id, 'returned', returned
      FROM sales
     WHERE business_id = $1
     UNION ALL
    SELECT id, 'account', on_account
      FROM sales
     WHERE business_id = $1
     UNION ALL
    SELECT id, 'debt', balance_due
      FROM credit_accounts
     WHERE business_id = $1
     UNION ALL
    SELECT id, 'credit', customer_credit
      FROM credit_accounts
     WHERE business_id = $1
)
SELECT coalesce(held.subject_id, replayed.subject_id)::text AS subject,
       format('%s %s, where the audit gives %s', coalesce(held.what, replayed.what), coalesce(held.quantity, 0),
              coalesce(replayed.quantity, 0)) AS detail
  FROM held
  FULL JOIN (SELECT subject_id, what, sum(change) AS quantity
               FROM changes
              GROUP BY subject_id, what) AS replayed
    ON replayed.subject_id = held.subject_id AND replayed.what = held.what
 WHERE coalesce(held.quantity, 0) <> coalesce(replayed.quantity, 0)
