"""The SQL that seals write."""

from payme.kit.db.transaction import Tx
from payme.seals.models import Seal


def insert_seal(tx: Tx, seal: Seal) -> None:
    """Write a seal."""
    tx.write(
        """
        INSERT INTO audit_seals
               (business_id, number, era, first_position, last_position, last_transaction_id, last_sequence, leaves,
                digest, sealed_at, key_id, signature)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        tx.business_id,
        seal.number,
        seal.era,
        seal.first_position,
        seal.last_position,
        seal.last_transaction_id,
        seal.last_sequence,
        seal.leaves,
        seal.digest,
        seal.sealed_at,
        seal.key_id,
        seal.signature,
    )
