-- What a line took from batches is its quantity, and it took batches of its own product.
-- focus: sale
SELECT item.id::text AS subject,
       format('quantity %s, taken %s of the product and %s of others', item.quantity, coalesce(taken.own, 0),
              coalesce(taken.other, 0)) AS detail
  FROM sale_items AS item
  LEFT JOIN (SELECT part.sale_item_id,
                    sum(part.quantity) FILTER (WHERE batch.product_id = item.product_id) AS own,
                    sum(part.quantity) FILTER (WHERE batch.product_id <> item.product_id) AS other
               FROM sale_item_takings AS part
               JOIN sale_items AS item ON item.business_id = $1 AND item.id = part.sale_item_id
               JOIN stock_batches AS batch ON batch.business_id = $1 AND batch.id = part.batch_id
              WHERE part.business_id = $1
              GROUP BY part.sale_item_id) AS taken ON taken.sale_item_id = item.id
 WHERE item.business_id = $1 AND (item.quantity IS DISTINCT FROM taken.own OR taken.other IS NOT NULL)
