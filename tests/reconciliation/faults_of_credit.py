"""One fault for each way in which the books of credit may break."""

from tests.reconciliation.planting import fault

FAULTS_OF_CREDIT = (
    fault(
        "a debt grows in the account alone",
        "C1",
        "UPDATE credit_accounts SET balance_due = balance_due + 1 WHERE business_id = $1 RETURNING id",
        "C3",
        "A4",
    ),
    fault(
        "customer credit appears",
        "C1",
        "UPDATE credit_accounts SET customer_credit = customer_credit + 5 WHERE business_id = $1 RETURNING id",
        "A4",
    ),
    fault(
        "a customer owes less than nothing",
        "C2",
        "UPDATE credit_accounts SET balance_due = -1 WHERE business_id = $1 RETURNING id",
        "C1",
        "C3",
        "A4",
    ),
    fault(
        "nobody said why the limit was passed",
        "C2",
        """UPDATE credit_sales SET over_limit_reason = '', limit_then = 1 WHERE business_id = $1
                  AND sale_id = (SELECT sale_id FROM credit_ledger WHERE business_id = $1 AND kind = 'sale'
                                  ORDER BY sequence LIMIT 1)
        RETURNING sale_id""",
    ),
    fault(
        "a debt went to nobody",
        "C3",
        """DELETE FROM credit_payment_parts WHERE business_id = $1;
           UPDATE credit_sales SET account_id = gen_random_uuid() WHERE business_id = $1 AND state = 'part_paid';
           SELECT account_id FROM credit_sales WHERE business_id = $1
            UNION SELECT id FROM credit_accounts WHERE business_id = $1""",
        "C4",
        "C7",
    ),
    fault(
        "a settled debt is owed again",
        "C4",
        "UPDATE credit_sales SET state = 'open' WHERE business_id = $1 AND state = 'settled' RETURNING sale_id",
    ),
    fault(
        "a part of a repayment is lost",
        "C4",
        """UPDATE credit_sales SET repaid = repaid - 1, taken_off = taken_off + 1
            WHERE business_id = $1 AND state = 'part_paid' RETURNING sale_id""",
    ),
    fault(
        "a debt was given up by one person alone",
        "C4",
        """UPDATE credit_write_offs SET decided_by = requested_by WHERE business_id = $1 AND state = 'approved'
        RETURNING sale_id""",
    ),
    fault(
        "an entry was computed from a stale balance",
        "C5",
        """UPDATE credit_ledger SET due_after = due_after + 1
            WHERE business_id = $1 AND sequence = (SELECT max(sequence) FROM credit_ledger WHERE business_id = $1)
        RETURNING id""",
        "A1",
    ),
    fault(
        "an entry belongs to an earlier day than the one before it",
        "C5",
        """UPDATE credit_ledger SET entered_on = entered_on - 1
            WHERE business_id = $1 AND sequence = (SELECT max(sequence) FROM credit_ledger WHERE business_id = $1)
        RETURNING id""",
    ),
    fault(
        "a sale says that more is on account than is",
        "C6",
        """UPDATE sales SET on_account = on_account + 1
            WHERE business_id = $1 AND state = 'open' AND on_account > 0 RETURNING id""",
        "A4",
    ),
    fault(
        "a repayment counts more than was taken",
        "C7",
        """UPDATE credit_payments SET amount = amount + 1, to_credit = to_credit + 1
            WHERE business_id = $1 AND money_in_id IS NULL RETURNING id""",
    ),
    fault(
        "one repayment was credited twice, in books that add up",
        "C7",
        """INSERT INTO credit_payments (business_id, id, account_id, amount, to_debts, to_credit, payment_id,
                                        received_on, created_at)
           SELECT business_id, 'ffffffff-0000-4000-8000-000000000001', account_id, amount, 0, amount, payment_id,
                  received_on, created_at
             FROM credit_payments WHERE business_id = $1 AND money_in_id IS NULL ORDER BY amount DESC LIMIT 1;
           INSERT INTO credit_ledger (business_id, id, account_id, kind, change_due, due_after, change_credit,
                                      credit_after, credit_payment_id, entered_on, created_at)
           SELECT $1, gen_random_uuid(), account.id, 'repayment', 0, account.balance_due, repaid.amount,
                  account.customer_credit + repaid.amount, repaid.id, account.moved_on, repaid.created_at
             FROM credit_payments AS repaid
             JOIN credit_accounts AS account ON account.business_id = $1 AND account.id = repaid.account_id
            WHERE repaid.business_id = $1 AND repaid.id = 'ffffffff-0000-4000-8000-000000000001';
           UPDATE credit_accounts AS account SET customer_credit = customer_credit + repaid.amount
             FROM credit_payments AS repaid
            WHERE account.business_id = $1 AND repaid.business_id = $1 AND account.id = repaid.account_id
              AND repaid.id = 'ffffffff-0000-4000-8000-000000000001'
        RETURNING repaid.payment_id""",
        "A1",
        "A4",
    ),
    fault(
        "money for an account was never counted",
        "C7",
        """UPDATE credit_payments AS repaid SET money_in_id = NULL, payment_id = cash.payment_id
             FROM credit_payments AS cash
            WHERE repaid.business_id = $1 AND repaid.money_in_id IS NOT NULL
              AND cash.business_id = $1 AND cash.money_in_id IS NULL;
           SELECT money_in_id FROM allocations WHERE business_id = $1 AND purpose = 'credit'
            UNION SELECT id FROM credit_payments WHERE business_id = $1
            UNION SELECT id FROM payments WHERE business_id = $1 AND purpose = 'credit'""",
        "DR2",
    ),
    fault(
        "cash for an account was counted for nobody",
        "C7",
        """UPDATE payments SET purpose = 'credit', sale_id = NULL WHERE business_id = $1 AND method = 'cash'
              AND id = (SELECT payment.id FROM payments AS payment
                          JOIN sales AS sale ON sale.business_id = $1 AND sale.id = payment.sale_id
                         WHERE payment.business_id = $1 AND payment.method = 'cash' AND sale.state = 'completed'
                         ORDER BY payment.id LIMIT 1)
        RETURNING id""",
        "S3",
    ),
    fault(
        "a limit was raised and nobody said so",
        "A1",
        "UPDATE credit_accounts SET credit_limit = 900000 WHERE business_id = $1 RETURNING id",
    ),
)
