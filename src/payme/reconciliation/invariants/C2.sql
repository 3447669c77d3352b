-- Nobody owes less than nothing, and a sale on credit left at most the limit owed unless somebody gave a reason.
-- focus: sale
SELECT id::text AS subject, format('owes %s and has %s', balance_due, customer_credit) AS detail
  FROM credit_accounts
 WHERE business_id = $1 AND (balance_due < 0 OR customer_credit < 0)
 UNION ALL
SELECT debt.sale_id::text, format('left %s owed, limit %s', entry.due_after, debt.limit_then)
  FROM credit_sales AS debt
  JOIN credit_ledger AS entry ON entry.business_id = $1 AND entry.sale_id = debt.sale_id AND entry.kind = 'sale'
 WHERE debt.business_id = $1 AND entry.due_after > debt.limit_then AND debt.over_limit_reason = ''
