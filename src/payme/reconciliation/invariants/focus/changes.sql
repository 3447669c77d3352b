-- Which rows of a business are versions that a mark's snapshot had not seen, whoever wrote them and whatever they say of
-- themselves; each with the ids by which invariants are asked again. $2 is how many transactions ago the mark is, $3 the
-- lowest id that was made about then: a table that is only added to is read from there on.
SELECT 'sales' AS relation, ARRAY[id, drawer_id] AS ids
  FROM sales AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'payments', ARRAY[id, sale_id, money_in_id, credit_account_id,
             -- Whose it was before somebody made it another's.
             (SELECT min(said.facts ->> 'sale_id')::uuid FROM audit_entries AS said
               WHERE said.business_id = $1 AND said.subject_id = changed.id)]
  FROM payments AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'wallets', ARRAY[business_id]
  FROM wallets AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'receipt_counters', ARRAY[business_id]
  FROM receipt_counters AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'return_counters', ARRAY[business_id]
  FROM return_counters AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'token_purchases', ARRAY[id, payment_id]
  FROM token_purchases AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'stock_batches', ARRAY[id, product_id, delivery_id]
  FROM stock_batches AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'receipt_claims', ARRAY[id]
  FROM receipt_claims AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'refunds', ARRAY[id, money_in_id,
             (SELECT min(back.sale_id::text)::uuid FROM money_back AS back
               WHERE back.business_id = $1 AND back.refund_id = changed.id)]
  FROM refunds AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'voids', ARRAY[id, sale_id]
  FROM voids AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'credit_accounts', ARRAY[id]
  FROM credit_accounts AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'credit_sales', ARRAY[sale_id, account_id,
             (SELECT min(entry.account_id::text)::uuid FROM credit_ledger AS entry
               WHERE entry.business_id = $1 AND entry.sale_id = changed.sale_id)]
  FROM credit_sales AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'credit_write_offs', ARRAY[id, sale_id]
  FROM credit_write_offs AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'drawer_books', ARRAY[business_id]
  FROM drawer_books AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'drawers', ARRAY[id]
  FROM drawers AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'drawer_totals', ARRAY[drawer_id]
  FROM drawer_totals AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'statement_imports', ARRAY[id]
  FROM statement_imports AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'statement_adjustments', ARRAY[id]
  FROM statement_adjustments AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'expenses', ARRAY[id]
  FROM expenses AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'statement_entries', ARRAY[adjustment_id]
  FROM statement_entries AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'mpesa_fees', ARRAY[adjustment_id]
  FROM mpesa_fees AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'invitations', ARRAY[id]
  FROM invitations AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'members', ARRAY[id]
  FROM members AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'payment_configs', ARRAY[id]
  FROM payment_configs AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'payment_numbers', ARRAY[payment_config_id]
  FROM payment_numbers AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
-- Only the callbacks of the last days: there are many, and what was applied is told by what it did.
SELECT 'callbacks', ARRAY[id, payment_id]
  FROM callbacks AS changed
 WHERE business_id = $1 AND received_at >= $4 AND age(xmin) <= $2
 UNION ALL
SELECT 'sale_items', ARRAY[sale_id,
             -- Whose it was before somebody made it another's.
             (SELECT min(part.sale_id::text)::uuid FROM sale_item_takings AS part
               WHERE part.business_id = $1 AND part.sale_item_id = changed.id)]
  FROM sale_items AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'sale_item_takings', ARRAY[sale_id,
             (SELECT batch.product_id FROM stock_batches AS batch
               WHERE batch.business_id = $1 AND batch.id = changed.batch_id)]
  FROM sale_item_takings AS changed
 WHERE business_id = $1 AND sale_item_id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'sale_events', ARRAY[sale_id]
  FROM sale_events AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'wallet_transactions', ARRAY[id, coalesce(sale_id, purchase_id, business_id)]
  FROM wallet_transactions AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'stock_movements', ARRAY[id, product_id, source_id,
             (SELECT back.sale_id FROM returns AS back WHERE back.business_id = $1 AND back.id = changed.source_id)]
  FROM stock_movements AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'stock_adjustments', ARRAY[id]
  FROM stock_adjustments AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'money_in', ARRAY[id]
  FROM money_in AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'allocations', ARRAY[money_in_id, sale_id]
  FROM allocations AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'payment_events', ARRAY[payment_id]
  FROM payment_events AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'refund_events', ARRAY[refund_id]
  FROM refund_events AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'returns', ARRAY[id, sale_id]
  FROM returns AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'sale_item_returns', ARRAY[return_id, sale_id]
  FROM sale_item_returns AS changed
 WHERE business_id = $1 AND return_id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'money_back', ARRAY[sale_id]
  FROM money_back AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'credit_payments', ARRAY[id, account_id, payment_id, money_in_id]
  FROM credit_payments AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'credit_payment_parts', ARRAY[credit_payment_id, sale_id,
             (SELECT repaid.account_id FROM credit_payments AS repaid
               WHERE repaid.business_id = $1 AND repaid.id = changed.credit_payment_id)]
  FROM credit_payment_parts AS changed
 WHERE business_id = $1 AND credit_payment_id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'credit_ledger', ARRAY[account_id, sale_id, credit_payment_id]
  FROM credit_ledger AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'drawer_movements', ARRAY[id, drawer_id, source_id,
             (SELECT back.sale_id FROM returns AS back WHERE back.business_id = $1 AND back.id = changed.source_id)]
  FROM drawer_movements AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'z_reports', ARRAY[id, drawer_id]
  FROM z_reports AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
 UNION ALL
SELECT 'z_report_lines', ARRAY[report_id,
             (SELECT report.drawer_id FROM z_reports AS report
               WHERE report.business_id = $1 AND report.id = changed.report_id)]
  FROM z_report_lines AS changed
 WHERE business_id = $1 AND report_id >= $3 AND age(xmin) <= $2
 UNION ALL
-- Under the name of its history: the many that only look up whether there is an issue need not be asked again for it.
SELECT 'issue_history', ARRAY[id]
  FROM reconciliation_issues AS changed
 WHERE business_id = $1 AND age(xmin) <= $2
 UNION ALL
SELECT 'issue_history', ARRAY[issue_id]
  FROM issue_history AS changed
 WHERE business_id = $1 AND id >= $3 AND age(xmin) <= $2
