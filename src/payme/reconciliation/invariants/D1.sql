-- What is kept of an ended day is what its sales and returns say.
-- focus: nightly
SELECT $1::text AS subject,
       format('%s: %s is kept, and the sales and returns say %s', coalesce(kept.day, counted.day), kept, counted) AS detail
  FROM (SELECT day, sales, revenue, cost, cash, on_account, returns, returned, returned_cost, returned_cash,
               returned_on_account
          FROM day_sales
         WHERE business_id = $1) AS kept
  FULL JOIN (SELECT day, sales, revenue, cost, cash, on_account, returns, returned, returned_cost, returned_cash,
                    returned_on_account
               FROM counted_days
              WHERE business_id = $1
                AND day <= (SELECT kept_until FROM report_marks WHERE business_id = $1)) AS counted
    ON counted.day = kept.day
 WHERE kept IS DISTINCT FROM counted
