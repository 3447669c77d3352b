-- Replaying the audit from nothing gives what every wallet, batch, sale and credit account holds.
-- focus: nightly
SELECT subject_id::text AS subject,
       format('%s %s, where the audit gives %s', what, coalesce(max(quantity), 0), coalesce(sum(change), 0)) AS detail
  FROM (SELECT business_id AS subject_id, 'tokens' AS what, balance_tokens::numeric AS quantity, NULL::numeric AS change
          FROM wallets
         WHERE business_id = $1
         UNION ALL
        SELECT id, 'goods', quantity_available, NULL
          FROM stock_batches
         WHERE business_id = $1
         UNION ALL
        SELECT id, 'money', paid, NULL
          FROM sales
         WHERE business_id = $1 AND paid <> 0
         UNION ALL
        SELECT id, 'returned', returned, NULL
          FROM sales
         WHERE business_id = $1 AND returned <> 0
         UNION ALL
        SELECT id, 'account', on_account, NULL
          FROM sales
         WHERE business_id = $1 AND on_account <> 0
         UNION ALL
        SELECT id, 'debt', balance_due, NULL
          FROM credit_accounts
         WHERE business_id = $1
         UNION ALL
        SELECT id, 'credit', customer_credit, NULL
          FROM credit_accounts
         WHERE business_id = $1
         UNION ALL
        SELECT (batch ->> 'batch_id')::uuid, 'goods', NULL,
               (batch ->> CASE action WHEN 'stock_received' THEN 'quantity' ELSE 'change' END)::numeric
          FROM audit_entries
         CROSS JOIN LATERAL jsonb_array_elements(
                   facts -> CASE action WHEN 'stock_received' THEN 'batches' ELSE 'changes' END) AS batch
         WHERE business_id = $1 AND action IN ('stock_received', 'stock_taken', 'stock_given_back', 'stock_adjusted')
         UNION ALL
        -- One change an entry.
        SELECT CASE WHEN action IN ('sale_paid', 'sale_returned', 'sale_put_on_account') THEN subject_id
                    ELSE business_id END,
               CASE action WHEN 'sale_paid' THEN 'money' WHEN 'sale_returned' THEN 'returned'
                           WHEN 'sale_put_on_account' THEN 'account' ELSE 'tokens' END, NULL,
               CASE WHEN action IN ('sale_paid', 'sale_put_on_account')
                    THEN (facts ->> 'after')::numeric - (facts ->> 'before')::numeric
                    WHEN action = 'sale_returned'
                    THEN (facts ->> 'returned_after')::numeric - (facts ->> 'returned_before')::numeric
                    ELSE (facts ->> 'balance_after')::numeric - (facts ->> 'balance_before')::numeric END
          FROM audit_entries
         WHERE business_id = $1
           AND action IN ('sale_paid', 'sale_returned', 'sale_put_on_account', 'tokens_granted', 'tokens_purchased',
                          'token_reserved', 'token_charged', 'token_refunded')
         UNION ALL
        -- Two changes an entry.
        SELECT subject_id, part.what, NULL, part.change
          FROM audit_entries
         CROSS JOIN LATERAL (VALUES ('money', 'sale', -(facts ->> 'cash_returned')::numeric
                                              - (facts ->> 'mpesa_released')::numeric),
                                    ('account', 'sale', -(facts ->> 'account_reversed')::numeric),
                                    ('debt', 'credit', (facts ->> 'due_after')::numeric
                                                       - (facts ->> 'due_before')::numeric),
                                    ('credit', 'credit', (facts ->> 'credit_after')::numeric
                                                         - (facts ->> 'credit_before')::numeric))
               AS part (what, of, change)
         WHERE business_id = $1 AND action IN ('sale_cancelled', 'sale_voided', 'credit_moved')
           AND (part.of = 'credit') = (action = 'credit_moved')) AS told
 GROUP BY subject_id, what
HAVING coalesce(max(quantity), 0) <> coalesce(sum(change), 0)
