-- What is kept of a person on an ended day is what the sales that they rang up say.
SELECT coalesce(kept.user_id, counted.user_id)::text AS subject,
       format('%s: %s sales, revenue %s are kept, and the sales say %s, %s', coalesce(kept.day, counted.day),
              kept.sales, kept.revenue, counted.sales, counted.revenue) AS detail
  FROM (SELECT * FROM day_cashiers WHERE business_id = $1) AS kept
  FULL JOIN (SELECT * FROM counted_cashiers
              WHERE business_id = $1
                AND day <= (SELECT kept_until FROM report_marks WHERE business_id = $1)) AS counted
    ON counted.day = kept.day AND counted.user_id = kept.user_id
 WHERE (kept.sales, kept.revenue) IS DISTINCT FROM (counted.sales, counted.revenue)
