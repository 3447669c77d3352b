-- A line is quantity times price, rounded half up to the cent, less its discount.
-- focus: sale
SELECT id::text AS subject,
       format('%s × %s − %s is not %s', quantity, unit_price, discount, line_total) AS detail
  FROM sale_items
 WHERE business_id = $1 AND line_total <> round(quantity * unit_price, 2) - discount
