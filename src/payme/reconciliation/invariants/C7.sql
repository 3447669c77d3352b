-- Every repayment is money that came for the account, and all money that came for accounts is a repayment: cash and
-- prompts by their payment, M-Pesa by its receipt; its parts and what became customer credit are its amount.
-- focus: account
SELECT repaid.id::text AS subject,
       format('repaid %s: to debts %s of parts %s, to credit %s, in the ledger %s and %s, cash %s', repaid.amount,
              repaid.to_debts, coalesce(parts.amount, 0), repaid.to_credit, entry.due, entry.credit, cash.amount) AS detail
  FROM credit_payments AS repaid
  LEFT JOIN (SELECT credit_payment_id, sum(amount) AS amount
               FROM credit_payment_parts
              WHERE business_id = $1
              GROUP BY credit_payment_id) AS parts ON parts.credit_payment_id = repaid.id
  LEFT JOIN (SELECT credit_payment_id, -sum(change_due) AS due, sum(change_credit) AS credit
               FROM credit_ledger
              WHERE business_id = $1 AND credit_payment_id IS NOT NULL
              GROUP BY credit_payment_id) AS entry ON entry.credit_payment_id = repaid.id
  LEFT JOIN payments AS cash
    ON cash.business_id = $1 AND cash.id = repaid.payment_id AND cash.method = 'cash' AND cash.purpose = 'credit'
 WHERE repaid.business_id = $1
   AND (repaid.amount <> repaid.to_debts + repaid.to_credit OR repaid.to_debts <> coalesce(parts.amount, 0)
        OR entry.due IS DISTINCT FROM repaid.to_debts OR entry.credit IS DISTINCT FROM repaid.to_credit
        OR (repaid.money_in_id IS NULL AND cash.amount IS DISTINCT FROM repaid.amount))
 UNION ALL
SELECT coalesce(meant.money_in_id, counted.money_in_id)::text,
       format('%s for accounts, %s repaid with it', coalesce(meant.amount, 0), coalesce(counted.amount, 0))
  FROM (SELECT money_in_id, sum(amount) AS amount
          FROM allocations
         WHERE business_id = $1 AND purpose = 'credit'
         GROUP BY money_in_id) AS meant
  FULL JOIN (SELECT money_in_id, sum(amount) AS amount
               FROM credit_payments
              WHERE business_id = $1 AND money_in_id IS NOT NULL
              GROUP BY money_in_id) AS counted ON counted.money_in_id = meant.money_in_id
 WHERE coalesce(meant.amount, 0) <> coalesce(counted.amount, 0)
 UNION ALL
SELECT cash.id::text, format('cash of %s for an account, counted %s times', cash.amount, count(repaid.id))
  FROM payments AS cash
  LEFT JOIN credit_payments AS repaid ON repaid.business_id = $1 AND repaid.payment_id = cash.id
 WHERE cash.business_id = $1 AND cash.purpose = 'credit' AND cash.method = 'cash'
 GROUP BY cash.id, cash.amount
HAVING count(repaid.id) <> 1
