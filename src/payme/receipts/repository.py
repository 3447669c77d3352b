"""The SQL that receipts writes."""

from datetime import datetime
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.receipts.models import Question
from payme.receipts.types import SAID_MAX


def insert_question(tx: Tx, claim_id: UUID, payment_config_id: UUID, next_at: datetime) -> None:
    """Write that Safaricom is to be asked about a claim."""
    tx.write(
        """
        INSERT INTO receipt_questions (business_id, claim_id, payment_config_id, asks, next_at, created_at, updated_at)
        VALUES ($1, $2, $3, 0, $4, $5, $5)
        ON CONFLICT DO NOTHING
        """,
        tx.business_id,
        claim_id,
        payment_config_id,
        next_at,
        tx.now,
    )


async def count_ask(tx: Tx, question: Question, payment_config_id: UUID, next_at: datetime) -> bool:
    """Write that a question is asked, and when next; False where somebody else just wrote it."""
    return bool(
        await tx.records(
            """
            UPDATE receipt_questions
               SET asks = asks + 1, payment_config_id = $3, next_at = $4, updated_at = $5
             WHERE business_id = $1 AND claim_id = $2 AND asks = $6 AND next_at IS NOT NULL
            RETURNING claim_id
            """,
            tx.business_id,
            question.claim_id,
            payment_config_id,
            next_at,
            tx.now,
            question.asks,
        )
    )


def put_off(tx: Tx, claim_id: UUID, asks: int, next_at: datetime) -> None:
    """Write that a question could not be asked after all, and when it is; ``asks`` is what it counted."""
    tx.write(
        """
        UPDATE receipt_questions SET asks = asks - 1, next_at = $4, updated_at = $5
         WHERE business_id = $1 AND claim_id = $2 AND asks = $3 AND next_at > $4
        """,
        tx.business_id,
        claim_id,
        asks,
        next_at,
        tx.now,
    )


async def end_question(tx: Tx, claim_id: UUID) -> bool:
    """Write that nobody asks about a claim any more; False where somebody else just did."""
    return bool(
        await tx.records(
            """
            UPDATE receipt_questions SET next_at = NULL, updated_at = $3
             WHERE business_id = $1 AND claim_id = $2 AND next_at IS NOT NULL
            RETURNING claim_id
            """,
            tx.business_id,
            claim_id,
            tx.now,
        )
    )


def keep_said(tx: Tx, claim_id: UUID, said: str) -> None:
    """Write what Safaricom said last instead of an answer."""
    tx.write(
        "UPDATE receipt_questions SET said = $3, updated_at = $4 WHERE business_id = $1 AND claim_id = $2",
        tx.business_id,
        claim_id,
        said[:SAID_MAX],
        tx.now,
    )


def keep_registration(
    tx: Tx, payment_config_id: UUID, pull_number: str, registered_at: datetime | None, said: str
) -> None:
    """Write whether Safaricom lists payments for this number."""
    tx.write(
        """
        INSERT INTO receipt_pulls (business_id, payment_config_id, pull_number, registered_at, said, created_at,
                                   updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6)
        ON CONFLICT (business_id, payment_config_id)
        DO UPDATE SET pull_number = $3, registered_at = $4, said = $5, updated_at = $6
        """,
        tx.business_id,
        payment_config_id,
        pull_number,
        registered_at,
        said[:SAID_MAX],
        tx.now,
    )


def keep_pull(tx: Tx, payment_config_id: UUID, pulled_to: datetime | None, said: str) -> None:
    """Write until when everything is listed, unless it is as before, and what went wrong."""
    tx.write(
        """
        UPDATE receipt_pulls SET pulled_to = greatest(pulled_to, $3), said = $4, updated_at = $5
         WHERE business_id = $1 AND payment_config_id = $2
        """,
        tx.business_id,
        payment_config_id,
        pulled_to,
        said[:SAID_MAX],
        tx.now,
    )
