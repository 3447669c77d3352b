-- What is kept of a product on an ended day is what the lines of its sales and returns say.
-- focus: nightly
SELECT coalesce(kept.product_id, counted.product_id)::text AS subject,
       format('%s is kept, and the lines say %s', kept, counted) AS detail
  FROM (SELECT day, product_id, quantity, revenue, cost, returned_quantity, returned, returned_cost
          FROM day_products
         WHERE business_id = $1) AS kept
  FULL JOIN (SELECT day, product_id, quantity, revenue, cost, returned_quantity, returned, returned_cost
               FROM counted_products
              WHERE business_id = $1
                AND day <= (SELECT kept_until FROM report_marks WHERE business_id = $1)) AS counted
    ON counted.day = kept.day AND counted.product_id = kept.product_id
 WHERE kept IS DISTINCT FROM counted
