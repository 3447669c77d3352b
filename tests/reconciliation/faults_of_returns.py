"""Faults planted in what came back, and in sales that were voided."""

from tests.reconciliation.planting import fault

_ONE_BACK = """
    SELECT return_id FROM sale_item_returns
     WHERE business_id = $1 AND condition = 'restock' ORDER BY created_at LIMIT 1"""
_VOIDED = "SELECT id FROM sales WHERE business_id = $1 AND state = 'voided' ORDER BY id LIMIT 1"
_SALE_OF_ONE_BACK = f"SELECT sale_id FROM sale_item_returns WHERE business_id = $1 AND return_id = ({_ONE_BACK})"

FAULTS_OF_RETURNS = (
    fault(
        "more came back than was sold",
        "S6",
        f"""UPDATE sale_item_returns SET quantity = quantity + 1 WHERE business_id = $1 AND return_id = ({_ONE_BACK})
        RETURNING sale_id""",
        "ST7",
    ),
    fault(
        "two returns started from the same count",
        "S6",
        """UPDATE sale_item_returns SET returned_before = 0 WHERE business_id = $1 AND returned_before > 0
        RETURNING sale_id""",
    ),
    fault(
        "a sale says that more came back than did",
        "S6",
        f"""UPDATE sales SET returned = returned - 0.01 WHERE business_id = $1 AND id = ({_SALE_OF_ONE_BACK})
        RETURNING id""",
        "A4",
    ),
    fault(
        "a part came back for more than its share",
        "S6",
        f"""UPDATE sale_item_returns SET amount = amount + 0.01 WHERE business_id = $1 AND return_id = ({_ONE_BACK})
        RETURNING sale_id""",
        "S10",
    ),
    fault(
        "a sale was voided though one person may not",
        "S7",
        """UPDATE voids SET decided_by = requested_by WHERE business_id = $1 AND two_people RETURNING sale_id""",
    ),
    fault(
        "a sale was voided twice",
        "S7",
        """INSERT INTO voids (business_id, id, sale_id, state, reason, total, two_people, requested_by, business_day,
                              created_at, updated_at)
           SELECT business_id, gen_random_uuid(), sale_id, state, reason, total, false, requested_by, business_day,
                  created_at, updated_at
             FROM voids WHERE business_id = $1 AND state = 'done' AND NOT two_people
        RETURNING sale_id""",
        "A1",
    ),
    fault(
        "cash of a voided sale did not go back",
        "S7",
        f"""UPDATE payments SET returned_at = NULL WHERE business_id = $1 AND sale_id = ({_VOIDED})
        RETURNING sale_id""",
        "S3",
    ),
    fault(
        "goods of a voided sale did not go back",
        "S7",
        f"""DELETE FROM stock_movements
             WHERE business_id = $1 AND source_id = ({_VOIDED}) AND kind = 'sale_voided'
        RETURNING source_id""",
        "ST1",
        "ST7",
        "ST8",
    ),
    fault(
        "a voided sale kept its token",
        "W5",
        f"""UPDATE wallet_transactions SET sale_id = NULL
             WHERE business_id = $1 AND sale_id = ({_VOIDED}) AND type = 'refund'
        RETURNING ({_VOIDED})""",
        "A1",
    ),
    fault(
        "less went back than came back",
        "S10",
        "UPDATE money_back SET amount = amount - 1 WHERE business_id = $1 AND return_id IS NOT NULL AND way = 'cash'"
        " RETURNING return_id",
        "DR2",
    ),
    fault(
        "more cash went back than came",
        "S10",
        """UPDATE money_back SET amount = amount + 1000
            WHERE business_id = $1 AND way = 'cash' AND return_id IS NOT NULL;
           SELECT return_id FROM money_back WHERE business_id = $1 AND return_id IS NOT NULL
            UNION ALL
           SELECT sale_id FROM money_back WHERE business_id = $1 AND return_id IS NOT NULL""",
        "DR2",
    ),
    fault(
        "a return says by M-Pesa what its refund does not",
        "S10",
        """UPDATE refunds SET amount = amount - 1
            WHERE business_id = $1 AND id IN (SELECT refund_id FROM money_back WHERE business_id = $1);
           SELECT return_id FROM money_back WHERE business_id = $1 AND way = 'mpesa'""",
        "A1",
    ),
    fault(
        "a number of a return was skipped",
        "S11",
        "UPDATE return_counters SET last_number = last_number + 1 WHERE business_id = $1 RETURNING business_id",
    ),
    fault(
        "what came back went into another batch",
        "ST7",
        f"""UPDATE stock_movements SET source_id = gen_random_uuid()
             WHERE business_id = $1 AND source_id = ({_ONE_BACK}) AND kind = 'sale_returned';
           SELECT return_id FROM sale_item_returns WHERE business_id = $1
            UNION ALL
           SELECT source_id FROM stock_movements WHERE business_id = $1 AND kind = 'sale_returned'""",
        "A1",
        "ST6",
    ),
)
