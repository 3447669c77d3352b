"""The SQL that statements write."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.statement_files import FileLine
from payme.statements.models import Difference, Finding, Import, Span, Standing, Unseen
from payme.statements.types import ImportState


def insert_import(tx: Tx, new: Import) -> None:
    """Write that a file is being read."""
    tx.write(
        """
        INSERT INTO statement_imports (business_id, id, payment_config_id, shortcode, file_name, file_digest, form,
                                       state, covers_from, covers_to, rows, new_lines, known_lines, not_completed,
                                       refused, imported_by, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)
        """,
        tx.business_id,
        new.id,
        new.payment_config_id,
        new.shortcode,
        new.file_name,
        new.file_digest,
        new.form,
        new.state,
        new.covers_from,
        new.covers_to,
        new.rows,
        new.new_lines,
        new.known_lines,
        new.not_completed,
        new.refused,
        new.imported_by,
        new.created_at,
    )


def finish_import(tx: Tx, import_id: UUID, new_lines: int, known_lines: int) -> None:
    """Write that all of a file is kept."""
    tx.write(
        """
        UPDATE statement_imports SET state = $3, new_lines = $4, known_lines = $5, updated_at = $6
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        import_id,
        ImportState.DONE,
        new_lines,
        known_lines,
        tx.now,
    )


async def insert_lines(tx: Tx, import_id: UUID, shortcode: str, lines: Sequence[FileLine]) -> int:
    """Keep lines that are not kept yet, and return how many were not; they come in the order of their key."""
    return len(
        await tx.records(
            """
            INSERT INTO statement_lines (business_id, id, import_id, line_number, shortcode, receipt, direction, kind,
                                         amount, completed_at, by_prompt, details, phone, payer_name,
                                         account_reference, linked_receipt, created_at)
            SELECT $1, line.id, $2, line.number, $3, line.receipt, line.direction, line.kind, line.amount,
                   line.completed_at, line.by_prompt, line.details, line.phone, line.payer_name,
                   line.account_reference, line.linked_receipt, $4
              FROM unnest($5::uuid[], $6::integer[], $7::text[], $8::text[], $9::text[], $10::numeric[],
                          $11::timestamptz[], $12::boolean[], $13::text[], $14::text[], $15::text[], $16::text[],
                          $17::text[])
                   AS line (id, number, receipt, direction, kind, amount, completed_at, by_prompt, details, phone,
                            payer_name, account_reference, linked_receipt)
                ON CONFLICT (business_id, shortcode, receipt, kind, direction, amount) DO NOTHING
            RETURNING id
            """,
            tx.business_id,
            import_id,
            shortcode,
            tx.now,
            [tx.new_id() for _ in lines],
            [line.number for line in lines],
            [line.receipt for line in lines],
            [line.direction for line in lines],
            [line.kind for line in lines],
            [line.amount for line in lines],
            [line.completed_at for line in lines],
            [line.by_prompt for line in lines],
            [line.details for line in lines],
            [line.phone for line in lines],
            [line.payer_name for line in lines],
            [line.account_reference for line in lines],
            [line.linked_receipt for line in lines],
        )
    )


async def insert_differences(tx: Tx, shortcode: str, found: Sequence[Finding]) -> None:
    """Write differences that were found, unless one of the subject stands."""
    await tx.records(
        """
        INSERT INTO statement_differences (business_id, id, shortcode, reason, fix, subject_id, line_id, money_in_id,
                                           payment_id, callback_id, receipt, amount, at, created_at)
        SELECT $1, found.id, $2, found.reason, found.fix, found.subject_id, found.line_id, found.money_in_id,
               found.payment_id, found.callback_id, found.receipt, found.amount, found.at, $3
          FROM unnest($4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::uuid[], $9::uuid[], $10::uuid[], $11::uuid[],
                      $12::text[], $13::numeric[], $14::timestamptz[])
               AS found (id, reason, fix, subject_id, line_id, money_in_id, payment_id, callback_id, receipt, amount,
                         at)
            ON CONFLICT (business_id, subject_id) WHERE settled_at IS NULL DO NOTHING
        """,
        tx.business_id,
        shortcode,
        tx.now,
        [tx.new_id() for _ in found],
        [one.reason for one in found],
        [one.fix for one in found],
        [one.subject_id for one in found],
        [one.line_id for one in found],
        [one.money_in_id for one in found],
        [one.payment_id for one in found],
        [one.callback_id for one in found],
        [one.receipt for one in found],
        [one.amount for one in found],
        [one.at for one in found],
    )


async def settle_differences(tx: Tx, gone: Sequence[Standing], settled_by: str) -> None:
    """Write that differences are gone, and why."""
    await tx.records(
        """
        UPDATE statement_differences SET settled_at = $2, settled_by = $3
         WHERE business_id = $1 AND id = ANY($4::uuid[]) AND settled_at IS NULL
        """,
        tx.business_id,
        tx.now,
        settled_by,
        [one.id for one in gone],
    )


async def insert_fees(tx: Tx, shortcode: str, adjustment_id: UUID) -> list[Decimal]:
    """Book every fee of a shortcode that stands as a difference; returns what each took."""
    written = await tx.records(
        """
        INSERT INTO mpesa_fees (business_id, id, statement_line_id, shortcode, receipt, amount, at, adjustment_id,
                                created_at)
        SELECT $1, found.subject_id, found.subject_id, $2, found.receipt, -found.amount, found.at, $3, $4
          FROM statement_differences AS found
         WHERE found.business_id = $1 AND found.shortcode = $2 AND found.reason = 'fee' AND found.settled_at IS NULL
            ON CONFLICT (business_id, statement_line_id) DO NOTHING
        RETURNING amount
        """,
        tx.business_id,
        shortcode,
        adjustment_id,
        tx.now,
    )
    return [record["amount"] for record in written]


def insert_entry(tx: Tx, difference: Difference, adjustment_id: UUID) -> None:
    """Write an adjusting entry of what a difference comes to."""
    tx.write(
        """
        INSERT INTO statement_entries (business_id, id, adjustment_id, difference_id, subject_id, shortcode, receipt,
                                       amount, at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        tx.business_id,
        tx.new_id(),
        adjustment_id,
        difference.id,
        difference.subject_id,
        difference.shortcode,
        difference.receipt,
        difference.amount,
        difference.at,
        tx.now,
    )


async def list_open_fees(tx: Tx, shortcode: str) -> list[Standing]:
    """Return the fees of a shortcode that stand as differences."""
    return await tx.rows(
        Standing,
        """
        SELECT id, reason, subject_id, amount FROM statement_differences
         WHERE business_id = $1 AND shortcode = $2 AND reason = 'fee' AND settled_at IS NULL
        """,
        tx.business_id,
        shortcode,
    )


async def has_open_fees(tx: Tx, shortcode: str) -> bool:
    """Say whether fees of a shortcode stand that are not booked."""
    return bool(
        await tx.value(
            """
            SELECT EXISTS (SELECT FROM statement_differences
                            WHERE business_id = $1 AND shortcode = $2 AND reason = 'fee' AND settled_at IS NULL)
            """,
            tx.business_id,
            shortcode,
        )
    )


async def list_unseen(tx: Tx, shortcode: str, span: Span) -> list[Unseen]:
    """Return refunds paid by a reversal, after we ordered it or the money came, that no statement of ours shows."""
    return await tx.rows(
        Unseen,
        """
        SELECT refund.id AS refund_id, booked.id AS money_in_id, booked.receipt, refund.amount, refund.paid_at,
               CASE WHEN refund.payout_receipt IS NULL THEN booked.paid_at
                    ELSE (SELECT min(created_at) FROM refund_attempts AS ordered
                           WHERE ordered.business_id = $1 AND ordered.refund_id = refund.id) END AS since
          FROM refunds AS refund
          JOIN money_in AS booked ON booked.business_id = $1 AND booked.id = refund.money_in_id
         WHERE refund.business_id = $1 AND refund.shortcode = $2 AND refund.state = 'paid'
           AND refund.method = 'reversal' AND refund.paid_at >= $3 AND refund.paid_at < $4
           AND NOT EXISTS (SELECT FROM statement_lines AS line
                            WHERE line.business_id = $1 AND line.shortcode = $2 AND line.kind = 'reversal'
                              AND (line.linked_receipt = booked.receipt OR line.receipt = refund.payout_receipt))
           AND NOT EXISTS (SELECT FROM statement_entries AS entry
                            WHERE entry.business_id = $1 AND entry.subject_id = refund.id)
         ORDER BY refund.paid_at, refund.id
        """,
        tx.business_id,
        shortcode,
        span.start,
        span.end,
    )
