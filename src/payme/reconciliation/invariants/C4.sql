-- A debt is open or part paid exactly while something of it is outstanding: its amount less what was repaid, taken off
-- and given up, each as repayments, the ledger and two people say.
-- focus: sale
SELECT debt.sale_id::text AS subject,
       format('%s: %s less %s repaid, %s taken off, %s given up is not %s; parts %s, ledger %s, %s and %s', debt.state,
              debt.amount, debt.repaid, debt.taken_off, debt.written_off, debt.outstanding, coalesce(parts.amount, 0),
              coalesce(ledger.amount, 0), coalesce(ledger.taken_off, 0), coalesce(ledger.written_off, 0)) AS detail
  FROM credit_sales AS debt
  LEFT JOIN (SELECT sale_id, sum(amount) AS amount
               FROM credit_payment_parts
              WHERE business_id = $1
              GROUP BY sale_id) AS parts ON parts.sale_id = debt.sale_id
  LEFT JOIN (SELECT sale_id, sum(change_due) FILTER (WHERE kind = 'sale') AS amount,
                    -sum(change_due) FILTER (WHERE kind IN ('return', 'void')) AS taken_off,
                    -sum(change_due) FILTER (WHERE kind = 'write_off') AS written_off
               FROM credit_ledger
              WHERE business_id = $1 AND sale_id IS NOT NULL
              GROUP BY sale_id) AS ledger ON ledger.sale_id = debt.sale_id
 WHERE debt.business_id = $1
   AND ((debt.state IN ('open', 'part_paid')) <> (debt.outstanding > 0)
        OR debt.outstanding <> debt.amount - debt.repaid - debt.taken_off - debt.written_off
        OR debt.amount <> coalesce(ledger.amount, 0)
        OR debt.repaid <> coalesce(parts.amount, 0)
        OR debt.taken_off <> coalesce(ledger.taken_off, 0)
        OR debt.written_off <> coalesce(ledger.written_off, 0))
 UNION ALL
SELECT debt.sale_id::text, format('%s given up, two people agreed on %s', debt.written_off, coalesce(agreed.amount, 0))
  FROM credit_sales AS debt
  LEFT JOIN (SELECT sale_id, sum(amount) AS amount
               FROM credit_write_offs
              WHERE business_id = $1 AND state = 'approved' AND decided_by <> requested_by
              GROUP BY sale_id) AS agreed ON agreed.sale_id = debt.sale_id
 WHERE debt.business_id = $1 AND debt.written_off <> coalesce(agreed.amount, 0)
