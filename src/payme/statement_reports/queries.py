"""Reads of reports about statements: sums over the statement and over the books, each by itself."""

from datetime import date, datetime
from decimal import Decimal

from payme import identity, payment_configs, statements
from payme.kit.db.transaction import Tx
from payme.kit.money import CENT
from payme.statement_reports import rules
from payme.statement_reports.models import Excess, Reconciliation, Sum, Sums
from payme.statement_reports.types import Standing
from payme.statements import Span


async def reconcile(tx: Tx, shortcode: str | None, first_day: date | None, last_day: date | None) -> Reconciliation:
    """Hold a period of a statement against the books: without a shortcode of the number that collects now.

    Raises PaymentConfigMissing, StatementNotOurs, ReconciliationPeriodWrong.
    """
    days = rules.days_of(first_day, last_day, tx.now)
    span = rules.span_of(*days)
    shortcode = shortcode or (await payment_configs.get_active(tx)).shortcode
    books = await statements.get_books(tx, shortcode)
    business = await identity.get_business(tx)
    found = await statements.find_differences(tx, shortcode, span)
    excesses = await _excess_of_lines(tx, shortcode, span, books.began_at) + await _excess_of_money(tx, shortcode, span)
    return rules.reconciled(
        shop=business.name,
        shortcode=shortcode,
        days=days,
        covered=await statements.list_covered(tx, shortcode),
        span=span,
        sums=await _sums(tx, shortcode, span),
        excesses=excesses,
        found=found,
    )


async def _sums(tx: Tx, shortcode: str, span: Span) -> Sums:
    [row] = await tx.records(
        """
        SELECT count(*) FILTER (WHERE kind = 'payment') AS paid_in_count,
               coalesce(sum(amount) FILTER (WHERE kind = 'payment'), 0) AS paid_in,
               count(*) FILTER (WHERE kind = 'reversal') AS given_back_count,
               coalesce(sum(amount) FILTER (WHERE kind = 'reversal'), 0) AS given_back,
               count(*) FILTER (WHERE kind = 'fee') AS fees_count,
               coalesce(sum(CASE direction WHEN 'out' THEN amount ELSE -amount END) FILTER (WHERE kind = 'fee'), 0)
               AS fees,
               count(*) FILTER (WHERE kind = 'other') AS others_count,
               coalesce(sum(CASE direction WHEN 'in' THEN amount ELSE -amount END) FILTER (WHERE kind = 'other'), 0)
               AS others
          FROM statement_lines
         WHERE business_id = $1 AND shortcode = $2 AND completed_at >= $3 AND completed_at < $4
        """,
        tx.business_id,
        shortcode,
        span.start,
        span.end,
    )
    return Sums(
        paid_in=Sum(row["paid_in_count"], _money(row["paid_in"])),
        booked=await _booked(tx, shortcode, span),
        given_back=Sum(row["given_back_count"], _money(row["given_back"])),
        refunded=await _refunded(tx, shortcode, span),
        fees=Sum(row["fees_count"], _money(row["fees"])),
        fees_booked=await _fees_booked(tx, shortcode, span),
        others=Sum(row["others_count"], _money(row["others"])),
        others_booked=await _others_booked(tx, shortcode, span),
    )


async def _booked(tx: Tx, shortcode: str, span: Span) -> Sum:
    [row] = await tx.records(
        """
        SELECT count(*) AS count, coalesce(sum(amount), 0) AS amount FROM money_in
         WHERE business_id = $1 AND shortcode = $2 AND paid_at >= $3 AND paid_at < $4
        """,
        tx.business_id,
        shortcode,
        span.start,
        span.end,
    )
    return Sum(row["count"], _money(row["amount"]))


async def _refunded(tx: Tx, shortcode: str, span: Span) -> Sum:
    [row] = await tx.records(
        """
        SELECT count(*) AS count, coalesce(sum(line.amount), 0) AS amount
          FROM statement_lines AS line
         WHERE line.business_id = $1 AND line.shortcode = $2 AND line.kind = 'reversal'
           AND line.completed_at >= $3 AND line.completed_at < $4
           AND EXISTS (SELECT FROM money_in AS booked
                         JOIN refunds AS refund ON refund.business_id = $1 AND refund.money_in_id = booked.id
                        WHERE booked.business_id = $1 AND booked.shortcode = $2
                          AND booked.receipt = line.linked_receipt AND refund.state = 'paid'
                          AND refund.method <> 'cash'
                          AND coalesce(refund.payout_receipt, line.receipt) = line.receipt)
        """,
        tx.business_id,
        shortcode,
        span.start,
        span.end,
    )
    return Sum(row["count"], _money(row["amount"]))


async def _fees_booked(tx: Tx, shortcode: str, span: Span) -> Sum:
    [row] = await tx.records(
        """
        SELECT count(*) AS count, coalesce(sum(amount), 0) AS amount FROM mpesa_fees
         WHERE business_id = $1 AND shortcode = $2 AND at >= $3 AND at < $4
        """,
        tx.business_id,
        shortcode,
        span.start,
        span.end,
    )
    return Sum(row["count"], _money(row["amount"]))


async def _others_booked(tx: Tx, shortcode: str, span: Span) -> Sum:
    [row] = await tx.records(
        """
        SELECT count(*) AS count, coalesce(sum(entered - paid), 0) AS amount FROM statement_moves
         WHERE business_id = $1 AND shortcode = $2 AND at >= $3 AND at < $4 AND (entered <> 0 OR paid <> 0)
        """,
        tx.business_id,
        shortcode,
        span.start,
        span.end,
    )
    return Sum(row["count"], _money(row["amount"]))


async def _excess_of_lines(tx: Tx, shortcode: str, span: Span, began_at: datetime) -> list[Excess]:
    """Return what payments on the statement have more than the books, but for differences that stand.

    A line counts against what the books have of its receipt; of a receipt that is there twice one line does.
    """
    records = await tx.records(
        """
        WITH excess AS (
            SELECT line.id, line.completed_at, booked.id AS booked_id, booked.paid_at, line.receipt, line.amount,
                   line.amount - CASE WHEN booked.id IS NULL OR booked.shortcode <> $2 THEN 0
                                      WHEN booked.amount = line.amount THEN booked.amount
                                      WHEN EXISTS (SELECT FROM statement_lines AS another
                                                    WHERE another.business_id = $1 AND another.shortcode = $2
                                                      AND another.receipt = line.receipt AND another.kind = 'payment'
                                                      AND another.id <> line.id
                                                      AND (another.amount = booked.amount
                                                           OR (another.completed_at, another.id)
                                                              < (line.completed_at, line.id))) THEN 0
                                      ELSE booked.amount END AS amount_more
              FROM statement_lines AS line
              LEFT JOIN money_in AS booked ON booked.business_id = $1 AND booked.receipt = line.receipt
             WHERE line.business_id = $1 AND line.shortcode = $2 AND line.kind = 'payment'
               AND line.completed_at >= $3 AND line.completed_at < $4
        ), told AS (
            SELECT CASE WHEN excess.completed_at < $5 THEN 'before_books'
                        WHEN entry.amount IS NOT NULL THEN 'adjusted'
                        WHEN excess.booked_id IS NULL
                             AND EXISTS (SELECT FROM statement_lines AS back
                                          WHERE back.business_id = $1 AND back.shortcode = $2
                                            AND back.kind = 'reversal' AND back.linked_receipt = excess.receipt
                                            AND back.amount = excess.amount) THEN 'cancelled'
                        ELSE '' END AS standing,
                   coalesce(entry.amount, excess.amount_more) AS amount
              FROM excess
              LEFT JOIN LATERAL (SELECT sum(written.amount) AS amount FROM statement_entries AS written
                                  WHERE written.business_id = $1 AND written.subject_id = excess.id) AS entry ON true
             WHERE excess.amount_more <> 0 OR entry.amount IS NOT NULL
             UNION ALL
            SELECT 'timing', excess.amount - excess.amount_more FROM excess
             WHERE excess.amount_more <> excess.amount AND (excess.paid_at < $3 OR excess.paid_at >= $4)
        )
        SELECT standing, count(*) AS count, sum(amount) AS amount FROM told GROUP BY standing ORDER BY standing
        """,
        tx.business_id,
        shortcode,
        span.start,
        span.end,
        began_at,
    )
    return [_excess(record["standing"], record["count"], record["amount"]) for record in records if record["standing"]]


async def _excess_of_money(tx: Tx, shortcode: str, span: Span) -> list[Excess]:
    """Return what the books have more than the statement, below nothing: what is on it another day, or not at all."""
    records = await tx.records(
        """
        WITH told AS (
            SELECT CASE WHEN here.completed_at IS NOT NULL THEN 'timing'
                        WHEN entry.amount IS NOT NULL THEN 'adjusted'
                        WHEN EXISTS (SELECT FROM statement_lines AS there
                                      WHERE there.business_id = $1 AND there.receipt = booked.receipt
                                        AND there.kind = 'payment') THEN 'other_till'
                        ELSE 'not_covered' END AS standing,
                   CASE WHEN here.completed_at IS NULL THEN coalesce(entry.amount, -booked.amount)
                        ELSE -booked.amount END AS amount
              FROM money_in AS booked
              LEFT JOIN LATERAL (SELECT line.completed_at FROM statement_lines AS line
                                  WHERE line.business_id = $1 AND line.shortcode = $2
                                    AND line.receipt = booked.receipt AND line.kind = 'payment'
                                  ORDER BY line.amount = booked.amount DESC, line.completed_at, line.id
                                  LIMIT 1) AS here ON true
              LEFT JOIN LATERAL (SELECT sum(written.amount) AS amount FROM statement_entries AS written
                                  WHERE written.business_id = $1 AND written.subject_id = booked.id) AS entry ON true
             WHERE booked.business_id = $1 AND booked.shortcode = $2 AND booked.paid_at >= $3 AND booked.paid_at < $4
               AND (here.completed_at IS NULL OR here.completed_at < $3 OR here.completed_at >= $4)
        )
        SELECT standing, count(*) AS count, sum(amount) AS amount FROM told GROUP BY standing ORDER BY standing
        """,
        tx.business_id,
        shortcode,
        span.start,
        span.end,
    )
    return [_excess(record["standing"], record["count"], record["amount"]) for record in records]


def _excess(standing: str, count: int, amount: Decimal) -> Excess:
    return Excess(Standing(standing), count, _money(amount))


def _money(amount: Decimal) -> Decimal:
    return Decimal(amount).quantize(CENT)
