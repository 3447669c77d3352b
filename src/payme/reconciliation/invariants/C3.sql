-- What is outstanding of an account's debts is what the customer owes.
-- focus: account
SELECT coalesce(account.id, debts.account_id)::text AS subject,
       format('owes %s, outstanding %s', coalesce(account.balance_due, 0), coalesce(debts.outstanding, 0)) AS detail
  FROM (SELECT id, balance_due FROM credit_accounts WHERE business_id = $1) AS account
  FULL JOIN (SELECT account_id, sum(outstanding) AS outstanding
               FROM credit_sales
              WHERE business_id = $1
              GROUP BY account_id) AS debts ON debts.account_id = account.id
 WHERE coalesce(account.balance_due, 0) <> coalesce(debts.outstanding, 0)
