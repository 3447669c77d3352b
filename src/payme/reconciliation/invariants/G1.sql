-- Every fact of every document is posted to two accounts, so the trial balance is nothing.
SELECT DISTINCT entry.document_id::text AS subject, format('%s: %s of %s is not posted', entry.kind, entry.fact, entry.amount)
       AS detail
  FROM ledger_entries AS entry
  LEFT JOIN ledger_rules AS rule ON rule.fact = entry.fact
 WHERE entry.business_id = $1 AND rule.fact IS NULL
