-- No line comes back more than it was sold, each return of it starts where the one before it ended, its parts are worth
-- what the line was sold for, and the sale counts them all.
-- focus: sale
WITH back AS (
    SELECT part.sale_id, part.sale_item_id, part.quantity, part.amount, part.sold, part.returned_before,
           coalesce(sum(part.quantity) OVER earlier, 0) AS before, sum(part.quantity) OVER so_far AS after,
           sum(part.amount) OVER so_far AS worth
      FROM sale_item_returns AS part
     WHERE part.business_id = $1
    WINDOW earlier AS (PARTITION BY part.sale_item_id ORDER BY part.returned_before, part.return_id, part.condition
                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
           so_far AS (PARTITION BY part.sale_item_id ORDER BY part.returned_before, part.return_id, part.condition
                      ROWS UNBOUNDED PRECEDING)
), touched AS (
    SELECT id
      FROM sales
     WHERE business_id = $1 AND (returned <> 0 OR state IN ('partly_returned', 'returned'))
     UNION
    SELECT sale_id FROM sale_item_returns WHERE business_id = $1
)
SELECT back.sale_id::text AS subject,
       format('%s of a line of %s came back after %s, worth %s of %s so far', back.quantity, item.quantity, back.before,
              back.worth, item.line_total) AS detail
  FROM back
  JOIN sale_items AS item ON item.business_id = $1 AND item.id = back.sale_item_id
 WHERE back.after > item.quantity OR back.sold <> item.quantity OR back.returned_before <> back.before
    OR back.sale_id <> item.sale_id OR back.worth <> round(item.line_total * back.after / item.quantity, 2)
 UNION ALL
SELECT sale.id::text, format('the sale is %s with %s returned, where its lines say %s', sale.state, sale.returned,
                             coalesce(lines.amount, 0))
  FROM touched
  JOIN sales AS sale ON sale.business_id = $1 AND sale.id = touched.id
  LEFT JOIN (SELECT item.sale_id, sum(gone.amount) AS amount, bool_or(gone.quantity IS NOT NULL) AS is_any,
                    bool_and(coalesce(gone.quantity, 0) = item.quantity) AS is_all
               FROM sale_items AS item
               LEFT JOIN (SELECT sale_item_id, sum(quantity) AS quantity, sum(amount) AS amount
                            FROM sale_item_returns
                           WHERE business_id = $1
                           GROUP BY sale_item_id) AS gone ON gone.sale_item_id = item.id
              WHERE item.business_id = $1 AND item.sale_id IN (SELECT id FROM touched)
              GROUP BY item.sale_id) AS lines ON lines.sale_id = sale.id
 WHERE sale.returned <> coalesce(lines.amount, 0)
    OR (sale.state IN ('partly_returned', 'returned')) <> coalesce(lines.is_any, false)
    OR (sale.state = 'returned') <> coalesce(lines.is_all, false)
