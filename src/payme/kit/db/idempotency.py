"""Idempotency records: the answer to a request, kept in the transaction of its effect (domain.md section 3)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payme.kit.errors import KeyInProgress, KeyReused

if TYPE_CHECKING:
    from payme.kit.db.transaction import Tx

_KEY = "key"


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The status and body of an answer, byte for byte."""

    status: int
    body: str
    replayed: bool = False


def look_up(tx: "Tx", key: str) -> None:
    """Let the next read look the key up and claim it on its way, which saves a round trip."""
    tx.carry(
        _KEY,
        """
        SELECT pg_try_advisory_xact_lock(hashtextextended($3, 0)) AS claimed, kept.fingerprint, kept.status, kept.body
          FROM (SELECT) AS nothing
          LEFT JOIN idempotency_records AS kept ON kept.business_id = $1 AND kept.key = $2
        """,
        tx.business_id,
        key,
        f"{tx.business_id}/{key}",
    )


async def find_or_claim(tx: "Tx", key: str, fingerprint: bytes) -> StoredAnswer | None:
    """Return the answer kept under the key, or None: the key is then ours until the transaction ends.

    Raises KeyInProgress while another transaction has it, KeyReused where it was kept for a different request.
    """
    if not tx.carries(_KEY):
        look_up(tx, key)
    kept = await tx.carried(_KEY)
    if kept["fingerprint"] is None:
        # The snapshot may be older than the claim: a record committed in between makes ours a duplicate key,
        # and the transaction starts again.
        if not kept["claimed"]:
            raise KeyInProgress
        return None
    if kept["fingerprint"] != fingerprint:
        raise KeyReused
    return StoredAnswer(status=kept["status"], body=kept["body"], replayed=True)


def keep(tx: "Tx", key: str, fingerprint: bytes, answer: StoredAnswer) -> None:
    """Keep the answer with the effect."""
    tx.write(
        """
        INSERT INTO idempotency_records (business_id, key, fingerprint, status, body, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        tx.business_id,
        key,
        fingerprint,
        answer.status,
        answer.body,
        tx.now,
    )
