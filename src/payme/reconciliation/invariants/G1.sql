-- Every fact of the books is posted to two accounts, so the trial balance is nothing.
-- focus: nightly
SELECT $1::text AS subject, format('%s of %s is not posted', said.fact, sum(said.amount)) AS detail
  FROM (SELECT fact, amount
          FROM ledger_days
         WHERE business_id = $1
         UNION ALL
        SELECT fact, amount
          FROM ledger_facts
         WHERE business_id = $1
           AND day >= greatest((SELECT kept_until + 1 FROM ledger_marks WHERE business_id = $1), '1900-01-01')
           AND at >= greatest((SELECT (kept_until + 1)::timestamp AT TIME ZONE 'Africa/Nairobi'
                                 FROM ledger_marks WHERE business_id = $1), '1900-01-01 00:00Z')) AS said
  LEFT JOIN ledger_rules AS rule ON rule.fact = said.fact
 WHERE rule.fact IS NULL
 GROUP BY said.fact
