"""One fault for each way in which what M-PESA's statement put right may break."""

from tests.reconciliation.planting import fault

FAULTS_OF_STATEMENTS = (
    fault(
        "an adjustment was approved and nothing was booked",
        "MS1",
        """UPDATE money_in SET source = 'pull' WHERE business_id = $1 AND source = 'statement';
           SELECT id FROM statement_adjustments WHERE business_id = $1 AND fix = 'book_money' AND state = 'approved'""",
    ),
    fault(
        "a fee of an approved adjustment is missing",
        "MS1",
        """DELETE FROM mpesa_fees
            WHERE business_id = $1 AND id = (SELECT min(id::text)::uuid FROM mpesa_fees WHERE business_id = $1)
        RETURNING adjustment_id""",
        "A1",
    ),
    fault(
        "an adjusting entry has another amount",
        "MS1",
        "UPDATE statement_entries SET amount = amount - 1 WHERE business_id = $1 RETURNING adjustment_id",
        "A1",
        "E2",
    ),
    fault(
        "an entry stands of a wish that was refused",
        "MS1",
        """UPDATE statement_adjustments SET state = 'rejected' WHERE business_id = $1 AND fix = 'write_entry'
        RETURNING id""",
        "A1",
    ),
    fault(
        "a fee is booked with another amount",
        "MS2",
        """UPDATE mpesa_fees SET amount = amount + 1
            WHERE business_id = $1 AND id = (SELECT min(id::text)::uuid FROM mpesa_fees WHERE business_id = $1)
        RETURNING id""",
        "A1",
        "MS1",
    ),
    fault(
        "a fee is booked of what was no fee",
        "MS2",
        """UPDATE statement_lines SET kind = 'other'
            WHERE business_id = $1 AND id = (SELECT min(id::text)::uuid FROM mpesa_fees WHERE business_id = $1)
        RETURNING id""",
    ),
    fault(
        "money counts as proved by a statement that does not have it",
        "MS3",
        """DELETE FROM statement_lines WHERE business_id = $1 AND kind = 'payment'
              AND receipt = (SELECT receipt FROM money_in WHERE business_id = $1 AND source = 'statement')
        RETURNING (SELECT id FROM money_in WHERE business_id = $1 AND source = 'statement')""",
    ),
    fault(
        "an expense is said to be adjusted and is not",
        "E1",
        """UPDATE expenses SET adjusted = amount
            WHERE business_id = $1 AND receipt IS NOT NULL AND paid_from = 'mpesa' AND adjusted = 0
        RETURNING id""",
        "A1",
    ),
    fault(
        "an expense takes out of M-Pesa again what an entry took",
        "E2",
        "UPDATE expenses SET adjusted = 0 WHERE business_id = $1 AND adjusted > 0 RETURNING id",
        "A1",
    ),
)
