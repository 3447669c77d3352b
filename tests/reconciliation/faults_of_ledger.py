"""Faults of the ledger: it stores nothing, so what can be wrong is how it is posted, or the books that it mirrors."""

from tests.reconciliation.planting import fault

FAULTS_OF_LEDGER = (
    fault(
        "nobody says how cash is posted",
        "G1",
        """DELETE FROM ledger_rules WHERE fact = 'cash';
           SELECT business_id FROM businesses WHERE business_id = $1""",
    ),
    fault(
        "debts are posted as cash",
        "G2",
        """UPDATE ledger_rules SET debit = '1000' WHERE fact = 'debt';
           SELECT business_id FROM businesses WHERE business_id = $1""",
    ),
    fault(
        "a batch lost goods that no document took",
        "G2",
        """UPDATE stock_batches SET quantity_available = quantity_available - 1
            WHERE business_id = $1 AND id = (SELECT id FROM stock_batches WHERE business_id = $1
                                              AND quantity_available > 1 ORDER BY id LIMIT 1);
           SELECT business_id FROM businesses WHERE business_id = $1""",
        "ST1",
        "ST5",
        "A4",
    ),
    fault(
        "a customer's account owes less than its ledger says",
        "G2",
        """UPDATE credit_accounts SET balance_due = balance_due - 1
            WHERE business_id = $1 AND balance_due > 0;
           SELECT business_id FROM businesses WHERE business_id = $1""",
        "C1",
        "C3",
        "A4",
    ),
    fault(
        "a drawer found money after its count",
        "G2",
        """UPDATE drawer_totals SET sold = sold + 5
            WHERE business_id = $1 AND tender = 'cash' AND closing IS NULL;
           SELECT business_id FROM businesses WHERE business_id = $1""",
        "DR1",
    ),
    fault(
        "a day of the ledger is said to be kept and is not",
        "G3",
        """INSERT INTO ledger_marks (business_id, kept_until, beyond, updated_at)
           VALUES ($1, '2999-12-31', 0, now()) RETURNING business_id""",
    ),
    fault(
        "the ledger keeps cents of goods that nobody posted",
        "G3",
        """INSERT INTO ledger_marks (business_id, kept_until, beyond, updated_at)
           VALUES ($1, '2000-01-01', 0.02, now()) RETURNING business_id""",
    ),
)
