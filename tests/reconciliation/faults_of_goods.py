"""One fault for each way in which the books of goods may break."""

from tests.reconciliation.planting import fault

FAULTS_OF_GOODS = (
    fault(
        "goods appear in a batch",
        "ST1",
        "UPDATE stock_batches SET quantity_available = quantity_available + 1 WHERE business_id = $1 RETURNING id",
        "ST5",
        "A4",
    ),
    fault(
        "a batch has less than nothing",
        "ST2",
        "UPDATE stock_batches SET quantity_available = -1 WHERE business_id = $1 RETURNING id",
        "ST1",
        "ST5",
        "A4",
    ),
    fault(
        "a batch once had less than nothing",
        "ST2",
        """UPDATE stock_movements SET available_after = -1
            WHERE business_id = $1 AND sequence = (SELECT max(sequence) FROM stock_movements WHERE business_id = $1)
        RETURNING batch_id""",
        "ST8",
    ),
    fault(
        "the newer batch was sold first",
        "ST3",
        """UPDATE stock_batches SET received_at = received_at - interval '1 day'
            WHERE business_id = $1 AND quantity_received = 20.5
        RETURNING (SELECT id FROM stock_batches WHERE business_id = $1 AND quantity_received = 6)""",
    ),
    fault(
        "goods that came back were passed over",
        "ST3",
        """INSERT INTO stock_movements (business_id, id, batch_id, product_id, kind, source_id, quantity, unit_cost,
                                        available_after, created_at)
           SELECT business_id, gen_random_uuid(), id, product_id, 'count', id, 1, unit_cost, 1, created_at
             FROM stock_batches WHERE business_id = $1 AND quantity_received = 6;
           INSERT INTO stock_movements (business_id, id, batch_id, product_id, kind, source_id, quantity, unit_cost,
                                        available_after, created_at)
           SELECT business_id, gen_random_uuid(), id, product_id, 'sale', id, -1, unit_cost, quantity_available - 1,
                  created_at
             FROM stock_batches WHERE business_id = $1 AND quantity_received = 20.5
        RETURNING batch_id""",
        "A1",
        "ST1",
        "ST5",
        "ST6",
        "ST7",
    ),
    fault(
        "goods moved at another cost",
        "ST4",
        """UPDATE stock_movements SET unit_cost = unit_cost + 1
            WHERE business_id = $1 AND kind = 'sale' RETURNING batch_id""",
    ),
    fault(
        "a line took goods at another cost",
        "ST4",
        """UPDATE sale_item_takings SET unit_cost = unit_cost + 1
            WHERE business_id = $1 AND sale_id IN (SELECT id FROM sales WHERE business_id = $1 AND state = 'cancelled')
        RETURNING batch_id""",
    ),
    fault(
        "a loss was valued a cent too high",
        "ST5",
        """UPDATE stock_movements SET unit_cost = unit_cost + 0.01
            WHERE business_id = $1 AND kind = 'spoilage' RETURNING product_id""",
        "ST4",
    ),
    fault(
        "a correction has no document",
        "ST6",
        """DELETE FROM stock_adjustments WHERE business_id = $1
        RETURNING (SELECT id FROM stock_movements WHERE business_id = $1 AND source_id = stock_adjustments.id)""",
    ),
    fault(
        "goods of a sale that stands came back",
        "ST6",
        """UPDATE stock_movements
              SET source_id = (SELECT id FROM sales WHERE business_id = $1 AND state = 'open' LIMIT 1)
            WHERE business_id = $1 AND kind = 'sale_cancelled' AND batch_id IN (SELECT id FROM stock_batches
                   WHERE business_id = $1 AND quantity_received = 6)
        RETURNING id""",
        "A1",
        "ST7",
    ),
    fault(
        "a sale moved its goods twice",
        "ST6",
        """INSERT INTO stock_movements (business_id, id, batch_id, product_id, kind, source_id, quantity, unit_cost,
                                        available_after, created_at)
           SELECT business_id, 'ffffffff-ffff-7fff-bfff-ffffffffffff', batch_id, product_id, kind, source_id, quantity,
                  unit_cost, available_after, created_at
             FROM stock_movements WHERE business_id = $1 AND kind = 'sale' ORDER BY sequence LIMIT 1
        RETURNING (SELECT once.id FROM stock_movements AS once
                    WHERE once.business_id = $1 AND once.kind = 'sale' ORDER BY once.sequence LIMIT 1)""",
        "A1",
        "ST1",
        "ST8",
    ),
    fault(
        "the lines took other batches than the sale",
        "ST7",
        """UPDATE sale_item_takings AS part
              SET quantity = part.quantity + CASE batch.quantity_received WHEN 6 THEN 0.5 ELSE -0.5 END
             FROM stock_batches AS batch
            WHERE part.business_id = $1 AND batch.business_id = $1 AND batch.id = part.batch_id
              AND part.sale_id IN (SELECT taken.sale_id FROM sale_item_takings AS taken
                       JOIN sales AS sale ON sale.business_id = $1 AND sale.id = taken.sale_id
                      WHERE taken.business_id = $1 AND sale.state = 'cancelled'
                      GROUP BY taken.sale_id HAVING count(*) = 2)
        RETURNING part.sale_id""",
    ),
    fault(
        "a movement was computed from a stale batch",
        "ST8",
        """UPDATE stock_movements SET available_after = available_after + 1
            WHERE business_id = $1 AND sequence = (SELECT min(sequence) FROM stock_movements WHERE business_id = $1)
        RETURNING batch_id""",
    ),
)
