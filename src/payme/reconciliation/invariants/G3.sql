-- What the ledger keeps of ended days is what their documents say, and the mark is what it keeps beyond cents.
-- focus: nightly
SELECT $1::text AS subject,
       format('%s, %s: %s is kept, and the documents say %s', coalesce(kept.day, counted.day),
              coalesce(kept.fact, counted.fact), kept.amount, counted.amount) AS detail
  FROM (SELECT day, fact, amount, beyond
          FROM ledger_days
         WHERE business_id = $1 AND fact <> 'goods_rounding') AS kept
  FULL JOIN (SELECT day, fact, sum(amount) AS amount, sum(beyond) AS beyond
               FROM ledger_facts
              WHERE business_id = $1 AND day <= (SELECT kept_until FROM ledger_marks WHERE business_id = $1)
              GROUP BY day, fact
             HAVING sum(amount) <> 0 OR sum(beyond) <> 0) AS counted
    ON counted.day = kept.day AND counted.fact = kept.fact
 WHERE (kept.amount, kept.beyond) IS DISTINCT FROM (counted.amount, counted.beyond)
 UNION ALL
SELECT $1::text, format('%s beyond cents up to %s, where the days say %s, and %s was posted of it', mark.beyond,
                        mark.kept_until, days.beyond, days.posted)
  FROM ledger_marks AS mark
 CROSS JOIN (SELECT coalesce(sum(beyond), 0) AS beyond,
                    coalesce(sum(amount) FILTER (WHERE fact = 'goods_rounding'), 0) AS posted
               FROM ledger_days
              WHERE business_id = $1) AS days
 WHERE mark.business_id = $1
   AND (mark.beyond <> days.beyond OR floor(days.beyond * 100 + 0.5) / 100 <> days.posted)
