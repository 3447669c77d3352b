-- What is kept of a product on an ended day is what the lines of its sales say.
SELECT coalesce(kept.product_id, counted.product_id)::text AS subject,
       format('%s: quantity %s, revenue %s, cost %s are kept, and the lines say %s, %s, %s',
              coalesce(kept.day, counted.day), kept.quantity, kept.revenue, kept.cost, counted.quantity,
              counted.revenue, counted.cost) AS detail
  FROM (SELECT * FROM day_products WHERE business_id = $1) AS kept
  FULL JOIN (SELECT * FROM counted_products
              WHERE business_id = $1
                AND day <= (SELECT kept_until FROM report_marks WHERE business_id = $1)) AS counted
    ON counted.day = kept.day AND counted.product_id = kept.product_id
 WHERE (kept.quantity, kept.revenue, kept.cost) IS DISTINCT FROM (counted.quantity, counted.revenue, counted.cost)
