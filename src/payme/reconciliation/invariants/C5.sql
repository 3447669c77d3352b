-- Each entry of a credit account continues what the one before it left, on its day or a later one.
-- focus: account
SELECT step.id::text AS subject,
       format('%s: owed %s%s is not %s, credit %s%s is not %s, on %s after %s', step.kind, step.due_before,
              to_char(step.change_due, 'SG9999999990.00'), step.due_after, step.credit_before,
              to_char(step.change_credit, 'SG9999999990.00'), step.credit_after, step.entered_on, step.day_before) AS detail
  FROM (SELECT id, kind, change_due, due_after, change_credit, credit_after, entered_on,
               lag(due_after, 1, 0) OVER in_order AS due_before,
               lag(credit_after, 1, 0) OVER in_order AS credit_before,
               lag(entered_on) OVER in_order AS day_before
          FROM credit_ledger
         WHERE business_id = $1
        WINDOW in_order AS (PARTITION BY account_id ORDER BY sequence)) AS step
 WHERE step.due_before + step.change_due <> step.due_after
    OR step.credit_before + step.change_credit <> step.credit_after
    OR step.entered_on < step.day_before
