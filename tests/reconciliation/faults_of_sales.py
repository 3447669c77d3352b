"""One fault for each way in which the books of sales, and of the tokens that they cost, may break."""

from tests.reconciliation.planting import fault

_ONE_CASH = """
    SELECT payment.id FROM payments AS payment JOIN sales AS sale ON sale.business_id = $1 AND sale.id = payment.sale_id
     WHERE payment.business_id = $1 AND method = 'cash' AND sale.state = 'completed' ORDER BY payment.id LIMIT 1"""

FAULTS_OF_SALES = (
    fault(
        "a token appears in the wallet",
        "W1",
        "UPDATE wallets SET balance_tokens = balance_tokens + 1 WHERE business_id = $1 RETURNING business_id",
        "A4",
    ),
    fault(
        "a debt of tokens appears",
        "W1",
        "UPDATE wallets SET owed_tokens = 3 WHERE business_id = $1 RETURNING business_id",
    ),
    fault("the wallet is gone", "W1", "DELETE FROM wallets WHERE business_id = $1 RETURNING business_id", "A4"),
    fault(
        "the wallet is overdrawn",
        "W2",
        "UPDATE wallets SET balance_tokens = -1 WHERE business_id = $1 RETURNING business_id",
        "W1",
        "A4",
    ),
    fault(
        "a debt is less than nothing",
        "W2",
        "UPDATE wallets SET owed_tokens = -1 WHERE business_id = $1 RETURNING business_id",
        "W1",
    ),
    fault(
        "a transaction was computed from a stale balance",
        "W3",
        """UPDATE wallet_transactions SET balance_after = balance_after + 1
            WHERE business_id = $1 AND sequence = (SELECT max(sequence) FROM wallet_transactions WHERE business_id = $1)
        RETURNING id""",
        "A1",
    ),
    fault(
        "a token is charged twice",
        "W4",
        """INSERT INTO wallet_transactions (business_id, id, type, change_tokens, balance_after, sale_id, created_at)
           SELECT charge.business_id, gen_random_uuid(), 'charge', 0, wallet.balance_tokens, charge.sale_id,
                  charge.created_at
             FROM wallet_transactions AS charge JOIN wallets AS wallet ON wallet.business_id = $1
            WHERE charge.business_id = $1 AND charge.type = 'charge' ORDER BY charge.sequence LIMIT 1
        RETURNING sale_id""",
        "A1",
    ),
    fault(
        "a completed sale was never charged",
        "W5",
        """DELETE FROM wallet_transactions
            WHERE business_id = $1 AND type = 'charge'
              AND sale_id = (SELECT sale_id FROM wallet_transactions WHERE business_id = $1 AND type = 'charge' LIMIT 1)
        RETURNING sale_id""",
    ),
    fault(
        "a sale vanished and its token stayed",
        "W5",
        """DELETE FROM sale_events WHERE business_id = $1 AND sale_id = (SELECT id FROM sales WHERE business_id = $1
                   AND state = 'cancelled' AND NOT EXISTS (SELECT FROM payments WHERE sale_id = sales.id)
                   AND customer_id IS NULL);
           DELETE FROM sale_item_takings WHERE business_id = $1
              AND sale_id NOT IN (SELECT sale_id FROM sale_events WHERE business_id = $1);
           DELETE FROM stock_movements WHERE business_id = $1 AND kind IN ('sale', 'sale_cancelled')
              AND source_id NOT IN (SELECT sale_id FROM sale_events WHERE business_id = $1);
           DELETE FROM sale_items WHERE business_id = $1
              AND sale_id NOT IN (SELECT sale_id FROM sale_events WHERE business_id = $1);
           DELETE FROM sales WHERE business_id = $1
              AND id NOT IN (SELECT sale_id FROM sale_events WHERE business_id = $1)
        RETURNING id""",
        "ST3",
        "ST8",
        "S9",
    ),
    fault(
        "a purchase is credited twice",
        "W6",
        """INSERT INTO wallet_transactions
                  (business_id, id, type, change_tokens, balance_after, purchase_id, created_at)
           SELECT bought.business_id, gen_random_uuid(), 'purchase', bought.change_tokens,
                  wallet.balance_tokens + bought.change_tokens, bought.purchase_id, bought.created_at
             FROM wallet_transactions AS bought JOIN wallets AS wallet ON wallet.business_id = $1
            WHERE bought.business_id = $1 AND bought.type = 'purchase'
        RETURNING purchase_id""",
        "W1",
        "A1",
    ),
    fault(
        "a purchase was paid and never credited",
        "W6",
        """DELETE FROM wallet_transactions WHERE business_id = $1 AND type = 'purchase' RETURNING purchase_id""",
        "W1",
        "W3",
    ),
    fault(
        "a purchase is credited though nobody paid",
        "W6",
        """UPDATE token_purchases
              SET credited_tokens = 70, settled_tokens = 0, paid = 100, receipt = 'UNPAID0001', credited_at = created_at
            WHERE business_id = $1 AND credited_at IS NULL
        RETURNING id""",
    ),
    fault(
        "more tokens came than the money buys",
        "W6",
        "UPDATE token_purchases SET paid = 20 WHERE business_id = $1 AND credited_at IS NOT NULL RETURNING id",
    ),
    fault(
        "money is collected for tokens that nobody bought",
        "W6",
        """DELETE FROM token_purchases WHERE business_id = $1 AND credited_at IS NULL RETURNING payment_id""",
    ),
    fault(
        "a total is not the sum of its lines",
        "S1",
        "UPDATE sales SET total = total + 1 WHERE business_id = $1 AND state = 'open' RETURNING id",
    ),
    fault(
        "a sale has no lines",
        "S1",
        """UPDATE sale_items SET sale_id = gen_random_uuid()
            WHERE business_id = $1 AND id = (SELECT item.id FROM sale_items AS item JOIN sales AS sale
                       ON sale.business_id = $1 AND sale.id = item.sale_id
                    WHERE item.business_id = $1 AND sale.state = 'cancelled' LIMIT 1)
        RETURNING (SELECT sale_id FROM sale_item_takings
                    WHERE business_id = $1 AND sale_item_id = sale_items.id LIMIT 1)
        """,
    ),
    fault(
        "a discount was not taken off",
        "S2",
        "UPDATE sale_items SET discount = discount + 1 WHERE business_id = $1 RETURNING id",
    ),
    fault(
        "a completed sale says it was paid less",
        "S3",
        "UPDATE sales SET paid = paid - 1 WHERE business_id = $1 AND state = 'completed' RETURNING id",
        "A4",
    ),
    fault(
        "cash went back and the sale stayed paid",
        "S3",
        f"""UPDATE payments SET returned_at = created_at WHERE business_id = $1 AND id = ({_ONE_CASH})
        RETURNING sale_id""",
        "A1",
    ),
    fault(
        "money of a cancelled sale is still counted for it",
        "S3",
        "DELETE FROM allocations WHERE business_id = $1 AND amount < 0 RETURNING sale_id",
        "P2",
        "DR2",
    ),
    fault(
        "more cash was taken than was due",
        "S4",
        f"""UPDATE payments SET amount = amount + 1 WHERE business_id = $1 AND id = ({_ONE_CASH}) RETURNING sale_id""",
        "A1",
        "S3",
    ),
    fault(
        "one line took another line's goods",
        "S5",
        """UPDATE sale_item_takings AS part
              SET quantity = part.quantity + CASE item.line WHEN 1 THEN 0.1 ELSE -0.1 END
             FROM sale_items AS item
            WHERE part.business_id = $1 AND item.business_id = $1 AND item.id = part.sale_item_id
              AND item.sale_id = (SELECT sale_id FROM sale_items WHERE business_id = $1 AND line = 2
                                   AND product_name = 'Sugar' LIMIT 1)
        RETURNING item.id""",
    ),
    fault(
        "a line took goods of another product",
        "S5",
        """UPDATE sale_items SET product_id = (SELECT id FROM products WHERE business_id = $1 AND name = 'Tea')
            WHERE business_id = $1 AND product_name = 'Sugar'
              AND sale_id IN (SELECT id FROM sales WHERE business_id = $1 AND state = 'cancelled')
        RETURNING id""",
    ),
    fault(
        "a receipt number was skipped",
        "S9",
        "UPDATE receipt_counters SET last_number = last_number + 1 WHERE business_id = $1 RETURNING business_id",
    ),
    fault(
        "two sales have one number",
        "S9",
        "UPDATE sales SET number = 2 WHERE business_id = $1 AND number = 1 RETURNING business_id",
    ),
    fault(
        "a sale was completed twice",
        "S8",
        """INSERT INTO sale_events (business_id, id, sale_id, from_state, to_state, created_at)
           SELECT business_id, gen_random_uuid(), sale_id, 'completed', 'completed', created_at
             FROM sale_events WHERE business_id = $1 AND to_state = 'completed' LIMIT 1
        RETURNING sale_id""",
    ),
    fault(
        "a sale has no history",
        "S8",
        "DELETE FROM sale_events WHERE business_id = $1 AND to_state = 'open' RETURNING sale_id",
    ),
    fault(
        "a sale was moved without a step",
        "S8",
        """UPDATE sales SET state = 'cancelled', cancelled_at = opened_at
            WHERE business_id = $1 AND state = 'open' AND on_account = 0 RETURNING id""",
        "ST5",
        "ST7",
        "W5",
    ),
)
