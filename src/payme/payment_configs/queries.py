"""Reads of payment configs."""

from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.payment_configs.errors import PaymentConfigMissing, PaymentConfigNotFound
from payme.payment_configs.models import NumberOwner, PaymentConfig
from payme.payment_configs.types import Environment


async def get_config(tx: Tx, config_id: UUID) -> PaymentConfig:
    """Return a payment config; raises PaymentConfigNotFound."""
    found = await tx.row(
        PaymentConfig,
        """
        SELECT id, environment, kind, shortcode, till_number, initiator_name, pull_number, consumer_key,
               consumer_secret, passkey, initiator_credential, key_version, created_at, updated_at, deactivated_at
          FROM payment_configs
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        config_id,
    )
    if found is None:
        raise PaymentConfigNotFound(config_id)
    return found


async def find_active(tx: Tx) -> PaymentConfig | None:
    """Return the config through which customers are asked, None where the business has none."""
    return await tx.row(
        PaymentConfig,
        """
        SELECT id, environment, kind, shortcode, till_number, initiator_name, pull_number, consumer_key,
               consumer_secret, passkey, initiator_credential, key_version, created_at, updated_at, deactivated_at
          FROM payment_configs
         WHERE business_id = $1 AND deactivated_at IS NULL
        """,
        tx.business_id,
    )


async def get_active(tx: Tx) -> PaymentConfig:
    """Return the config through which customers are asked; raises PaymentConfigMissing."""
    found = await find_active(tx)
    if found is None:
        raise PaymentConfigMissing
    return found


async def list_configs(tx: Tx, after: After | None, limit: int) -> list[PaymentConfig]:
    """Return payment configs, newest first."""
    return await tx.rows(
        PaymentConfig,
        """
        SELECT id, environment, kind, shortcode, till_number, initiator_name, pull_number, consumer_key,
               consumer_secret, passkey, initiator_credential, key_version, created_at, updated_at, deactivated_at
          FROM payment_configs
         WHERE business_id = $1 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $4
        """,
        tx.business_id,
        after and after.at,
        after and after.id,
        limit,
    )


async def find_with_initiator(tx: Tx, shortcode: str) -> PaymentConfig | None:
    """Return the config of a shortcode that has an initiator; the active one first, then the newest."""
    found = await tx.rows(
        PaymentConfig,
        """
        SELECT id, environment, kind, shortcode, till_number, initiator_name, pull_number, consumer_key,
               consumer_secret, passkey, initiator_credential, key_version, created_at, updated_at, deactivated_at
          FROM payment_configs
         WHERE business_id = $1 AND shortcode = $2 AND initiator_name IS NOT NULL
         ORDER BY deactivated_at DESC NULLS FIRST, created_at DESC, id DESC
         LIMIT 1
        """,
        tx.business_id,
        shortcode,
    )
    return found[0] if found else None


async def find_number_owner(tx: Tx, environment: Environment, number: str) -> NumberOwner | None:
    """Return whose active paybill or till a number is, in any business; None where it is nobody's."""
    return await tx.row(
        NumberOwner,
        "SELECT business_id, payment_config_id FROM payment_numbers WHERE environment = $1 AND number = $2",
        environment,
        number,
    )


async def list_under_other_keys(tx: Tx, key_version: str, after: UUID | None, limit: int) -> list[UUID]:
    """Return configs of the business that are sealed under another key than this, by id."""
    records = await tx.records(
        """
        SELECT id FROM payment_configs
         WHERE business_id = $1 AND key_version <> $2 AND ($3::uuid IS NULL OR id > $3)
         ORDER BY id
         LIMIT $4
        """,
        tx.business_id,
        key_version,
        after,
        limit,
    )
    return [record["id"] for record in records]
