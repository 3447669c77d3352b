-- Each wallet transaction continues the balance, and the debt, that the one before it left.
-- focus: wallet
SELECT step.id::text AS subject,
       format('%s: balance %s%s is not %s, owed %s%s is not %s', step.type, step.balance_before,
              to_char(step.change_tokens, 'SG999999'), step.balance_after, step.owed_before,
              to_char(step.change_owed, 'SG999999'), step.owed_after) AS detail
  FROM (SELECT id, type, change_tokens, balance_after, change_owed, owed_after,
               lag(balance_after, 1, 0) OVER in_order AS balance_before,
               lag(owed_after, 1, 0) OVER in_order AS owed_before
          FROM wallet_transactions
         WHERE business_id = $1
        WINDOW in_order AS (ORDER BY sequence)) AS step
 WHERE step.balance_before + step.change_tokens <> step.balance_after
    OR step.owed_before + step.change_owed <> step.owed_after
