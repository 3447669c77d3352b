-- What a customer owes, and what the shop owes the customer, is the sum of the account's ledger.
-- focus: account
SELECT coalesce(account.id, entries.account_id)::text AS subject,
       format('owes %s and has %s, where the ledger adds up to %s and %s', coalesce(account.balance_due::text, 'nothing'),
              coalesce(account.customer_credit::text, 'nothing'), coalesce(entries.due, 0), coalesce(entries.credit, 0))
       AS detail
  FROM (SELECT id, balance_due, customer_credit FROM credit_accounts WHERE business_id = $1) AS account
  FULL JOIN (SELECT account_id, sum(change_due) AS due, sum(change_credit) AS credit
               FROM credit_ledger
              WHERE business_id = $1
              GROUP BY account_id) AS entries ON entries.account_id = account.id
 WHERE account.balance_due IS DISTINCT FROM coalesce(entries.due, 0)
    OR account.customer_credit IS DISTINCT FROM coalesce(entries.credit, 0)
