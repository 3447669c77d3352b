-- What is kept of a product on an ended day is what the lines of its sales and returns say.
-- focus: nightly
-- Added up from the documents, not by the view that the days are kept from.
SELECT coalesce(kept.product_id, counted.product_id)::text AS subject,
       format('%s is kept, and the lines say %s', kept, counted) AS detail
  FROM (SELECT day, product_id, quantity, revenue, cost, returned_quantity, returned, returned_cost
          FROM day_products
         WHERE business_id = $1) AS kept
  FULL JOIN (SELECT day, product_id, sum(quantity) AS quantity, sum(revenue) AS revenue, sum(cost) AS cost,
                    sum(returned_quantity) AS returned_quantity, sum(returned) AS returned,
                    sum(returned_cost) AS returned_cost
               FROM (SELECT sale.completed_on AS day, item.product_id, sum(item.quantity) AS quantity,
                            sum(item.line_total) AS revenue, coalesce(sum(goods.cost), 0) AS cost,
                            0::numeric AS returned_quantity, 0::numeric AS returned, 0::numeric AS returned_cost
                       FROM sale_items AS item
                       JOIN sales AS sale ON sale.business_id = $1 AND sale.id = item.sale_id
                       LEFT JOIN (SELECT sale_item_id, round(sum(quantity * unit_cost), 2) AS cost
                                    FROM sale_item_takings
                                   WHERE business_id = $1
                                   GROUP BY sale_item_id) AS goods ON goods.sale_item_id = item.id
                      WHERE item.business_id = $1 AND sale.completed_on IS NOT NULL AND sale.state <> 'voided'
                      GROUP BY sale.completed_on, item.product_id
                      UNION ALL
                     SELECT document.business_day, item.product_id, 0, 0, 0, sum(line.quantity), sum(line.amount), 0
                       FROM sale_item_returns AS line
                       JOIN returns AS document ON document.business_id = $1 AND document.id = line.return_id
                       JOIN sale_items AS item ON item.business_id = $1 AND item.id = line.sale_item_id
                      WHERE line.business_id = $1
                      GROUP BY document.business_day, item.product_id
                      UNION ALL
                     SELECT document.business_day, goods.product_id, 0, 0, 0, 0, 0, sum(goods.cost)
                       FROM (SELECT source_id, product_id, round(sum(quantity * unit_cost), 2) AS cost
                               FROM stock_movements
                              WHERE business_id = $1 AND kind = 'sale_returned'
                              GROUP BY source_id, product_id) AS goods
                       JOIN returns AS document ON document.business_id = $1 AND document.id = goods.source_id
                      GROUP BY document.business_day, goods.product_id) AS event
              WHERE day <= (SELECT kept_until FROM report_marks WHERE business_id = $1)
              GROUP BY day, product_id) AS counted
    ON counted.day = kept.day AND counted.product_id = kept.product_id
 WHERE kept IS DISTINCT FROM counted
