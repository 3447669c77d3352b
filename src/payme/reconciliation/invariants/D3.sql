-- What is kept of a person on an ended day is what the sales and returns of that person say.
-- focus: nightly
SELECT coalesce(kept.user_id, counted.user_id)::text AS subject,
       format('%s is kept, and the sales and returns say %s', kept, counted) AS detail
  FROM (SELECT day, user_id, sales, revenue, returns, returned FROM day_cashiers WHERE business_id = $1) AS kept
  FULL JOIN (SELECT day, user_id, sales, revenue, returns, returned
               FROM counted_cashiers
              WHERE business_id = $1
                AND day <= (SELECT kept_until FROM report_marks WHERE business_id = $1)) AS counted
    ON counted.day = kept.day AND counted.user_id = kept.user_id
 WHERE kept IS DISTINCT FROM counted
