-- A sale has lines, and its total is their sum.
-- focus: sale
SELECT sale.id::text AS subject,
       format('total %s where the lines add up to %s', sale.total, coalesce(lines.total::text, 'nothing')) AS detail
  FROM sales AS sale
  LEFT JOIN (SELECT sale_id, sum(line_total) AS total
               FROM sale_items
              WHERE business_id = $1
              GROUP BY sale_id) AS lines ON lines.sale_id = sale.id
 WHERE sale.business_id = $1 AND sale.total IS DISTINCT FROM lines.total
