"""One fault for each way in which the books of cash drawers may break."""

from tests.reconciliation.planting import fault

_CLOSED = "(SELECT id FROM drawers WHERE business_id = $1 AND state = 'closed' ORDER BY opened_at LIMIT 1)"
_OPEN = "(SELECT id FROM drawers WHERE business_id = $1 AND state = 'open' ORDER BY opened_at LIMIT 1)"

FAULTS_OF_DRAWERS = (
    fault(
        "a sale was added to a drawer's totals twice",
        "DR1",
        f"""UPDATE drawer_totals SET sold = sold + 150, takings = takings + 1
             WHERE business_id = $1 AND tender = 'cash' AND drawer_id = {_OPEN} RETURNING drawer_id""",
    ),
    fault(
        "a sale was counted and never added",
        "DR1",
        """INSERT INTO drawer_movements (business_id, id, drawer_id, tender, kind, amount, source_id, after_closing,
                                         business_day, created_at)
           SELECT $1, gen_random_uuid(), drawer_id, 'account', 'sale', 1, gen_random_uuid(), false, business_day,
                  created_at
             FROM drawer_movements WHERE business_id = $1 AND kind = 'float' LIMIT 1
        RETURNING drawer_id""",
        "A1",
        "DR2",
    ),
    fault(
        "the float is another than what was put in",
        "DR1",
        f"UPDATE drawers SET opening_float = opening_float + 1 WHERE business_id = $1 AND id = {_OPEN} RETURNING id",
        "A1",
    ),
    fault(
        "a tender of a drawer is missing",
        "DR1",
        f"""DELETE FROM drawer_totals WHERE business_id = $1 AND tender = 'account' AND drawer_id = {_OPEN}
        RETURNING drawer_id""",
    ),
    fault(
        "a closed drawer was changed behind its report",
        "DR3",
        f"""UPDATE drawer_movements SET amount = amount + 5
             WHERE business_id = $1 AND drawer_id = {_CLOSED} AND kind = 'cash_in';
           UPDATE drawer_totals SET cash_in = cash_in + 5, closing = closing + 5
             WHERE business_id = $1 AND tender = 'cash' AND drawer_id = {_CLOSED} RETURNING drawer_id""",
        "A1",
    ),
    fault(
        "money was added after the count",
        "DR3",
        f"""UPDATE drawer_totals SET closing = closing - 1
             WHERE business_id = $1 AND tender = 'cash' AND drawer_id = {_CLOSED} RETURNING drawer_id""",
    ),
    fault(
        "an open drawer has a count",
        "DR3",
        f"""UPDATE drawer_totals SET closing = expected, counted = expected
             WHERE business_id = $1 AND tender = 'mpesa' AND drawer_id = {_OPEN} RETURNING drawer_id""",
    ),
    fault(
        "notes and coins are another sum than the cash",
        "DR3",
        f"UPDATE drawers SET pieces[1] = pieces[1] + 1 WHERE business_id = $1 AND id = {_CLOSED} RETURNING id",
    ),
    fault(
        "a drawer was closed without a report",
        "DR3",
        f"UPDATE drawers SET z_number = z_number + 7 WHERE business_id = $1 AND id = {_CLOSED} RETURNING id",
    ),
    fault(
        "a report says another sum than its drawer",
        "DR3",
        f"""UPDATE z_report_lines SET takings = takings + 1
             WHERE business_id = $1 AND tender = 'cash'
               AND report_id = (SELECT id FROM z_reports WHERE business_id = $1 AND drawer_id = {_CLOSED});
           SELECT {_CLOSED} FROM businesses WHERE business_id = $1""",
    ),
    fault(
        "a drawer counted more than was paid",
        "DR2",
        """UPDATE drawer_movements SET amount = amount + 1
            WHERE business_id = $1 AND tender = 'cash' AND kind = 'sale' RETURNING id""",
        "DR1",
    ),
    fault(
        "a drawer counted money that nobody paid",
        "DR2",
        """UPDATE drawer_movements SET source_id = gen_random_uuid()
            WHERE business_id = $1 AND tender = 'cash' AND kind IN ('cancelled', 'refunded') RETURNING id""",
    ),
    fault(
        "cash was taken and its drawer never counted it",
        "DR2",
        """UPDATE drawer_movements AS movement SET drawer_id = gen_random_uuid(), after_closing = true
             FROM payments AS other
            WHERE movement.business_id = $1 AND movement.tender = 'cash' AND movement.kind = 'sale'
              AND other.business_id = $1 AND other.id = movement.source_id
        RETURNING other.id""",
        "DR1",
        "A1",
    ),
    fault(
        "M-PESA of a sale was not counted",
        "DR2",
        """UPDATE drawer_movements SET amount = amount - 1
            WHERE business_id = $1 AND tender = 'mpesa' AND after_closing RETURNING source_id""",
        "A1",
    ),
    fault(
        "M-PESA for a debt was not counted where it was asked for",
        "DR2",
        """DELETE FROM drawer_movements
            WHERE business_id = $1 AND tender = 'mpesa' AND kind = 'repayment' RETURNING source_id""",
        "DR1",
    ),
    fault(
        "M-PESA for a debt was counted as another amount",
        "DR2",
        """UPDATE drawer_movements SET amount = amount + 1
            WHERE business_id = $1 AND tender = 'mpesa' AND kind = 'repayment' RETURNING source_id""",
        "A1",
        "DR1",
    ),
    fault(
        "a drawer counted more on account than the sale put there",
        "DR2",
        """UPDATE drawer_movements SET amount = amount + 1
            WHERE business_id = $1 AND tender = 'account' AND kind = 'sale' RETURNING source_id""",
        "A1",
        "DR1",
    ),
    fault(
        "goods that were on account came back, and no drawer counted it",
        "DR2",
        """DELETE FROM drawer_movements AS movement USING returns AS back
            WHERE movement.business_id = $1 AND back.business_id = $1 AND movement.tender = 'account'
              AND movement.kind = 'returned' AND back.id = movement.source_id
        RETURNING back.sale_id""",
        "DR1",
    ),
    fault(
        "a report has no number",
        "DR4",
        "UPDATE drawer_books SET last_z_number = last_z_number + 1 WHERE business_id = $1 RETURNING business_id",
    ),
    fault(
        "a day is not the sum of its drawers",
        "DR4",
        """UPDATE z_report_lines AS line SET counted = line.counted + 1
             FROM z_reports AS day
            WHERE line.business_id = $1 AND day.business_id = $1 AND line.report_id = day.id AND day.drawer_id IS NULL
        RETURNING day.id""",
    ),
    fault(
        "two drawers are open at one till",
        "DR5",
        """INSERT INTO drawers (business_id, id, till, state, opening_float, business_day, opened_at, updated_at)
           SELECT $1, gen_random_uuid(), till, state, 0, business_day, opened_at, updated_at
             FROM drawers WHERE business_id = $1 AND state = 'open';
           INSERT INTO drawer_totals (business_id, drawer_id, tender)
           SELECT $1, drawer.id, tender.name
             FROM drawers AS drawer CROSS JOIN (VALUES ('cash'), ('mpesa'), ('account')) AS tender (name)
            WHERE drawer.business_id = $1 AND drawer.opened_by IS NULL;
           SELECT id FROM drawers WHERE business_id = $1 AND state = 'open'""",
        "A1",
    ),
)
