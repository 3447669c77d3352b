"""The SQL that payment configs writes, and its locks."""

from uuid import UUID

from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.payment_configs.models import PaymentConfig


async def lock_configs(tx: Tx) -> list[PaymentConfig]:
    """Return the configs of the business, ours until the transaction ends, and none can be added meanwhile.

    They are read again after the wait: one that was added by whoever we waited for is not in the first reading.
    """
    await tx.lock(
        PaymentConfig,
        LockRank.PAYMENT_CONFIG,
        """
        SELECT id, environment, kind, shortcode, till_number, initiator_name, pull_number, consumer_key,
               consumer_secret, passkey, initiator_credential, key_version, created_at, updated_at, deactivated_at
          FROM payment_configs
         WHERE business_id = $1
         ORDER BY id
        """,
        tx.business_id,
    )
    return await tx.rows(
        PaymentConfig,
        """
        SELECT id, environment, kind, shortcode, till_number, initiator_name, pull_number, consumer_key,
               consumer_secret, passkey, initiator_credential, key_version, created_at, updated_at, deactivated_at
          FROM payment_configs
         WHERE business_id = $1
         ORDER BY id
        """,
        tx.business_id,
    )


async def insert_config(tx: Tx, config: PaymentConfig) -> bool:
    """Write a new, active config; False where another became active at the same moment."""
    return bool(
        await tx.records(
            """
            INSERT INTO payment_configs
                   (business_id, id, environment, kind, shortcode, till_number, initiator_name, pull_number,
                    consumer_key, consumer_secret, passkey, initiator_credential, key_version, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
            ON CONFLICT DO NOTHING
            RETURNING id
            """,
            tx.business_id,
            config.id,
            config.environment,
            config.kind,
            config.shortcode,
            config.till_number,
            config.initiator_name,
            config.pull_number,
            config.consumer_key,
            config.consumer_secret,
            config.passkey,
            config.initiator_credential,
            config.key_version,
            config.created_at,
        )
    )


def update_config(tx: Tx, config: PaymentConfig) -> None:
    """Write what may change of a locked config."""
    tx.write(
        """
        UPDATE payment_configs
           SET initiator_name = $3, pull_number = $4, consumer_key = $5, consumer_secret = $6, passkey = $7,
               initiator_credential = $8, key_version = $9, updated_at = $10
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        config.id,
        config.initiator_name,
        config.pull_number,
        config.consumer_key,
        config.consumer_secret,
        config.passkey,
        config.initiator_credential,
        config.key_version,
        config.updated_at,
    )


def mark_deactivated(tx: Tx, config_id: UUID) -> None:
    """Write that nobody is asked through a config any more."""
    tx.write(
        "UPDATE payment_configs SET deactivated_at = $3, updated_at = $3 WHERE business_id = $1 AND id = $2",
        tx.business_id,
        config_id,
        tx.now,
    )


def mark_active(tx: Tx, config_id: UUID) -> None:
    """Write that customers are asked through a config again; no other is active."""
    tx.write(
        "UPDATE payment_configs SET deactivated_at = NULL, updated_at = $3 WHERE business_id = $1 AND id = $2",
        tx.business_id,
        config_id,
        tx.now,
    )


async def claim_number(tx: Tx, config: PaymentConfig, number: str) -> bool:
    """Write whose number it is; False where it is somebody's already."""
    return bool(
        await tx.records(
            """
            INSERT INTO payment_numbers (environment, number, business_id, payment_config_id, created_at)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING
            RETURNING number
            """,
            config.environment,
            number,
            tx.business_id,
            config.id,
            tx.now,
        )
    )


def release_numbers(tx: Tx, config_id: UUID) -> None:
    """Give the numbers of a config free."""
    tx.write("DELETE FROM payment_numbers WHERE business_id = $1 AND payment_config_id = $2", tx.business_id, config_id)
