-- What is kept of an ended day is what its sales say.
SELECT $1::text AS subject,
       format('%s: %s sales, revenue %s, cost %s, cash %s, on account %s are kept, and the sales say %s, %s, %s, %s, %s',
              coalesce(kept.day, counted.day), kept.sales, kept.revenue, kept.cost, kept.cash, kept.on_account,
              counted.sales, counted.revenue, counted.cost, counted.cash, counted.on_account) AS detail
  FROM (SELECT * FROM day_sales WHERE business_id = $1) AS kept
  FULL JOIN (SELECT * FROM counted_days
              WHERE business_id = $1
                AND day <= (SELECT kept_until FROM report_marks WHERE business_id = $1)) AS counted
    ON counted.day = kept.day
 WHERE (kept.sales, kept.revenue, kept.cost, kept.cash, kept.on_account)
       IS DISTINCT FROM (counted.sales, counted.revenue, counted.cost, counted.cash, counted.on_account)
