"""Reads of statements, and of what they are held against: other rooms' tables too, which are only read here."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.statement_files import FileLine
from payme.statements.errors import DifferenceNotFound, StatementImportNotFound, StatementNotOurs
from payme.statements.models import (
    Books,
    Difference,
    Import,
    KeptLine,
    Moved,
    OpenSpan,
    Outgoing,
    Prompt,
    Span,
    Standing,
    Suspect,
    Told,
)
from payme.statements.types import WAITING_MAX, DifferenceState, Reason


async def get_import(tx: Tx, import_id: UUID) -> Import:
    """Return an import; raises StatementImportNotFound."""
    found = await tx.row(
        Import,
        """
        SELECT id, payment_config_id, shortcode, file_name, file_digest, form, state, covers_from, covers_to, rows,
               new_lines, known_lines, not_completed, refused, imported_by, created_at, updated_at
          FROM statement_imports
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        import_id,
    )
    if found is None:
        raise StatementImportNotFound(import_id)
    return found


async def list_imports(tx: Tx, after: After | None, limit: int) -> list[Import]:
    """Return imports, newest first."""
    return await tx.rows(
        Import,
        """
        SELECT id, payment_config_id, shortcode, file_name, file_digest, form, state, covers_from, covers_to, rows,
               new_lines, known_lines, not_completed, refused, imported_by, created_at, updated_at
          FROM statement_imports
         WHERE business_id = $1 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $4
        """,
        tx.business_id,
        after and after.at,
        after and after.id,
        limit,
    )


async def count_known(tx: Tx, shortcode: str, lines: Sequence[FileLine]) -> int:
    """Return how many of these lines are kept already."""
    count = await tx.value(
        """
        SELECT count(*)
          FROM statement_lines AS kept
          JOIN unnest($3::text[], $4::text[], $5::text[], $6::numeric[]) AS line (receipt, kind, direction, amount)
            ON line.receipt = kept.receipt AND line.kind = kept.kind AND line.direction = kept.direction
               AND line.amount = kept.amount
         WHERE kept.business_id = $1 AND kept.shortcode = $2
        """,
        tx.business_id,
        shortcode,
        [line.receipt for line in lines],
        [line.kind for line in lines],
        [line.direction for line in lines],
        [line.amount for line in lines],
    )
    return int(count)


async def list_covered(tx: Tx, shortcode: str) -> list[Span]:
    """Return the times that imported statements of a shortcode cover."""
    return await tx.rows(
        Span,
        """
        SELECT DISTINCT covers_from AS start, covers_to AS "end" FROM statement_imports
         WHERE business_id = $1 AND shortcode = $2 AND state = 'done' AND covers_from IS NOT NULL
        """,
        tx.business_id,
        shortcode,
    )


# What is held against each other


async def list_suspects(tx: Tx, shortcode: str, span: Span) -> list[Suspect]:
    """Return payments on the statement that are not plainly in the books.

    One that M-PESA reversed before it was booked is none, nor is one of which an adjusting entry was written.
    """
    return await tx.rows(
        Suspect,
        """
        SELECT line.id, line.shortcode, line.receipt, line.amount, line.completed_at, line.by_prompt, line.phone,
               line.account_reference, booked.id AS booked_id, booked.shortcode AS booked_shortcode,
               booked.amount AS booked_amount,
               EXISTS (SELECT FROM statement_lines AS another
                        WHERE another.business_id = $1 AND another.shortcode = $2 AND another.receipt = line.receipt
                          AND another.kind = 'payment' AND another.id <> line.id
                          AND (another.amount = booked.amount
                               OR (another.completed_at, another.id) < (line.completed_at, line.id))) AS is_again,
               EXISTS (SELECT FROM mpesa_receipts AS taken
                        WHERE taken.receipt = line.receipt AND taken.business_id <> $1) AS is_elsewhere
          FROM statement_lines AS line
          LEFT JOIN money_in AS booked ON booked.business_id = $1 AND booked.receipt = line.receipt
         WHERE line.business_id = $1 AND line.shortcode = $2 AND line.kind = 'payment'
           AND line.completed_at >= $3 AND line.completed_at < $4
           AND (booked.id IS NULL OR booked.amount <> line.amount OR booked.shortcode <> line.shortcode)
           AND NOT EXISTS (SELECT FROM statement_entries AS entry
                            WHERE entry.business_id = $1 AND entry.subject_id = line.id)
           AND NOT (booked.id IS NULL
                    AND EXISTS (SELECT FROM statement_lines AS back
                                 WHERE back.business_id = $1 AND back.shortcode = $2 AND back.kind = 'reversal'
                                   AND back.linked_receipt = line.receipt AND back.amount = line.amount))
         ORDER BY line.completed_at, line.id
        """,
        tx.business_id,
        shortcode,
        span.start,
        span.end,
    )


async def list_prompts(tx: Tx, references: Sequence[str], amounts: Sequence[Decimal], span: Span) -> list[Prompt]:
    """Return payments without money that are named by a reference, or were asked for in a time and of an amount."""
    return await tx.rows(
        Prompt,
        """
        SELECT id, shortcode, account_reference, phone, amount, created_at, deadline_at FROM payments
         WHERE business_id = $1 AND method = 'mpesa' AND purpose <> 'tokens' AND money_in_id IS NULL
           AND (account_reference = ANY($2::text[])
                OR (amount = ANY($3::numeric[]) AND created_at >= $4 AND created_at < $5))
         ORDER BY created_at, id
        """,
        tx.business_id,
        references,
        amounts,
        span.start,
        span.end,
    )


async def list_waiting(tx: Tx) -> list[Told]:
    """Return callbacks of this business that may tell of money and had no effect yet, the newest."""
    return await tx.rows(
        Told,
        """
        SELECT callback.id, path.kind, callback.body
          FROM callbacks AS callback
          JOIN callback_paths AS path ON path.path_hash = callback.path_hash
         WHERE path.business_id = $1 AND path.kind IN ('stk', 'confirmation', 'status')
           AND callback.state IN ('received', 'quarantined', 'dead')
         ORDER BY callback.id DESC
         LIMIT $2
        """,
        tx.business_id,
        WAITING_MAX,
    )


async def list_unrefunded(tx: Tx, shortcode: str, span: Span) -> list[Moved]:
    """Return reversals on the statement of money that our books still have."""
    return await tx.rows(
        Moved,
        """
        SELECT line.id AS line_id, booked.id AS money_in_id, line.receipt, -line.amount AS amount,
               line.completed_at AS at
          FROM statement_lines AS line
          JOIN money_in AS booked
            ON booked.business_id = $1 AND booked.shortcode = $2 AND booked.receipt = line.linked_receipt
         WHERE line.business_id = $1 AND line.shortcode = $2 AND line.kind = 'reversal'
           AND line.completed_at >= $3 AND line.completed_at < $4
           AND NOT EXISTS (SELECT FROM refunds AS refund
                            WHERE refund.business_id = $1 AND refund.money_in_id = booked.id AND refund.state = 'paid'
                              AND refund.method <> 'cash'
                              AND coalesce(refund.payout_receipt, line.receipt) = line.receipt)
         ORDER BY line.completed_at, line.id
        """,
        tx.business_id,
        shortcode,
        span.start,
        span.end,
    )


async def list_unbooked_fees(tx: Tx, shortcode: str, span: Span) -> list[Moved]:
    """Return fees on the statement that are not booked."""
    return await tx.rows(
        Moved,
        """
        SELECT line.id AS line_id, NULL::uuid AS money_in_id, line.receipt,
               CASE line.direction WHEN 'out' THEN -line.amount ELSE line.amount END AS amount, line.completed_at AS at
          FROM statement_lines AS line
         WHERE line.business_id = $1 AND line.shortcode = $2 AND line.kind = 'fee'
           AND line.completed_at >= $3 AND line.completed_at < $4
           AND NOT EXISTS (SELECT FROM mpesa_fees AS fee
                            WHERE fee.business_id = $1 AND fee.statement_line_id = line.id)
         ORDER BY line.completed_at, line.id
        """,
        tx.business_id,
        shortcode,
        span.start,
        span.end,
    )


async def list_moved(tx: Tx, shortcode: str, span: Span) -> list[Moved]:
    """Return what moved by the portal, as far as no entry, expense or refund has it; what left is below nothing."""
    return await tx.rows(
        Moved,
        """
        SELECT line_id, NULL::uuid AS money_in_id, receipt, said - entered + paid AS amount, at FROM statement_moves
         WHERE business_id = $1 AND shortcode = $2 AND at >= $3 AND at < $4 AND said - entered + paid <> 0
         ORDER BY at, line_id
        """,
        tx.business_id,
        shortcode,
        span.start,
        span.end,
    )


async def find_outgoing(tx: Tx, receipt: str) -> Outgoing | None:
    """Return what statements say that the portal paid out under a receipt; the first line, where there are several."""
    return await tx.row(
        Outgoing,
        """
        SELECT shortcode, receipt, -said AS amount, -entered AS adjusted, at FROM statement_moves
         WHERE business_id = $1 AND receipt = $2 AND is_outgoing
        """,
        tx.business_id,
        receipt,
    )


async def list_ours_only(tx: Tx, shortcode: str, span: Span) -> list[Moved]:
    """Return money that is in the books and on no statement of the business."""
    return await tx.rows(
        Moved,
        """
        SELECT NULL::uuid AS line_id, booked.id AS money_in_id, booked.receipt, -booked.amount AS amount,
               booked.paid_at AS at
          FROM money_in AS booked
         WHERE booked.business_id = $1 AND booked.shortcode = $2 AND booked.paid_at >= $3 AND booked.paid_at < $4
           AND NOT EXISTS (SELECT FROM statement_lines AS line
                            WHERE line.business_id = $1 AND line.receipt = booked.receipt AND line.kind = 'payment')
           AND NOT EXISTS (SELECT FROM statement_entries AS entry
                            WHERE entry.business_id = $1 AND entry.subject_id = booked.id)
         ORDER BY booked.paid_at, booked.id
        """,
        tx.business_id,
        shortcode,
        span.start,
        span.end,
    )


# Differences


async def list_open_spans(tx: Tx) -> list[OpenSpan]:
    """Return for each shortcode in which time its differences stand."""
    return await tx.rows(
        OpenSpan,
        """
        SELECT shortcode, min(at) AS start, max(at) + interval '1 second' AS "end" FROM statement_differences
         WHERE business_id = $1 AND settled_at IS NULL
         GROUP BY shortcode
         ORDER BY shortcode
        """,
        tx.business_id,
    )


async def list_standing(tx: Tx, shortcode: str, span: Span) -> list[Standing]:
    """Return the open differences of a shortcode in a time."""
    return await tx.rows(
        Standing,
        """
        SELECT id, reason, subject_id, amount FROM statement_differences
         WHERE business_id = $1 AND shortcode = $2 AND at >= $3 AND at < $4 AND settled_at IS NULL
        """,
        tx.business_id,
        shortcode,
        span.start,
        span.end,
    )


async def get_difference(tx: Tx, difference_id: UUID) -> Difference:
    """Return a difference; raises DifferenceNotFound."""
    found = await tx.row(
        Difference,
        """
        SELECT id, shortcode, reason, fix, subject_id, line_id, money_in_id, payment_id, callback_id, receipt, amount,
               at, created_at, settled_at, settled_by
          FROM statement_differences
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        difference_id,
    )
    if found is None:
        raise DifferenceNotFound(difference_id)
    return found


async def list_differences(
    tx: Tx, shortcode: str | None, reason: Reason | None, state: DifferenceState | None, after: After | None, limit: int
) -> list[Difference]:
    """Return differences, the newest movement first: of one shortcode, one reason, open or settled, or all."""
    return await tx.rows(
        Difference,
        """
        SELECT id, shortcode, reason, fix, subject_id, line_id, money_in_id, payment_id, callback_id, receipt, amount,
               at, created_at, settled_at, settled_by
          FROM statement_differences
         WHERE business_id = $1
           AND ($2::text IS NULL OR shortcode = $2)
           AND ($3::text IS NULL OR reason = $3)
           AND ($4::text IS NULL OR (settled_at IS NULL) = ($4 = 'open'))
           AND ($5::timestamptz IS NULL OR (at, id) < ($5, $6::uuid))
         ORDER BY at DESC, id DESC
         LIMIT $7
        """,
        tx.business_id,
        shortcode,
        reason,
        state,
        after and after.at,
        after and after.id,
        limit,
    )


async def get_books(tx: Tx, shortcode: str) -> Books:
    """Return since when the business collects on a shortcode with us: what was paid before is not in its books.

    A statement tells whole seconds, and so does this. Raises StatementNotOurs.
    """
    found = await tx.row(
        Books,
        """
        SELECT id AS payment_config_id, date_trunc('second', min(created_at) OVER ()) AS began_at
          FROM payment_configs
         WHERE business_id = $1 AND shortcode = $2
         ORDER BY deactivated_at DESC NULLS FIRST, created_at DESC, id DESC
         LIMIT 1
        """,
        tx.business_id,
        shortcode,
    )
    if found is None:
        raise StatementNotOurs(shortcode=shortcode)
    return found


async def get_line(tx: Tx, line_id: UUID) -> KeptLine:
    """Return what a line says of a payment; it must be there."""
    found = await tx.row(
        KeptLine,
        """
        SELECT id, receipt, amount, completed_at, phone, account_reference FROM statement_lines
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        line_id,
    )
    assert found is not None, "a difference names a line that is kept"  # noqa: S101
    return found
