"""Commands of payment configs: set up a paybill or till, change it, choose which one collects, open it for a push."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.mpesa import MpesaAccount
from payme.payment_configs import queries, repository, rules
from payme.payment_configs.errors import NumberTaken, PaymentConfigNotFound, PaymentConfigsBusy
from payme.payment_configs.events import (
    PaymentConfigActivated,
    PaymentConfigAdded,
    PaymentConfigChanged,
    PaymentConfigDeactivated,
    PaymentConfigResealed,
)
from payme.payment_configs.models import ConfigChange, ConfigDraft, PaymentConfig, Strongbox
from payme.shortcodes import Initiator


async def add_config(tx: Tx, draft: ConfigDraft, box: Strongbox) -> PaymentConfig:
    """Set up a paybill or till; customers are asked through it from now on, and not through the one before.

    Locks: PAYMENT_CONFIG. Raises: TillNumberWrong, InitiatorIncomplete, EnvironmentNotOffered, NumberTaken,
    TooManyPaymentConfigs, PaymentConfigsBusy, SecretKeysMissing. Emits: PaymentConfigAdded, PaymentConfigDeactivated.
    """
    rules.check_draft(draft)
    rules.base_url_of(draft.environment, box.base_urls)
    config_id, ring = tx.new_id(), box.keys()
    sealed = rules.seal(ring, tx.business_id, config_id, draft.secrets, tx.new_nonce)
    config = rules.drafted(draft, config_id, sealed, ring.current, tx.now)
    before = await repository.lock_configs(tx)
    rules.may_add(config, before)
    _deactivate_all(tx, before)
    if not await repository.insert_config(tx, config):
        raise PaymentConfigsBusy
    await _claim_numbers(tx, config)
    tx.emit(PaymentConfigAdded(config.id, rules.facts(config)))
    return config


async def change_config(tx: Tx, config_id: UUID, change: ConfigChange, box: Strongbox) -> PaymentConfig:
    """Change credentials or particulars. Secrets that were not typed anew stay, so then the old ones must open.

    Locks: PAYMENT_CONFIG. Raises: PaymentConfigNotFound, InitiatorIncomplete, SecretUnreadable, SecretKeysMissing.
    Emits: PaymentConfigChanged.
    """
    before, _ = await _lock(tx, config_id)
    ring = box.keys()
    wanted = rules.secrets_wanted(before, change)
    old = {} if wanted <= change.secrets.keys() else rules.unseal(ring, tx.business_id, before)
    secrets = {name: plain for name, plain in {**old, **change.secrets}.items() if name in wanted}
    sealed = rules.seal(ring, tx.business_id, config_id, secrets, tx.new_nonce)
    after = rules.changed(before, change, sealed, ring.current, tx.now)
    repository.update_config(tx, after)
    typed = tuple(sorted(change.secrets))
    tx.emit(PaymentConfigChanged(config_id, rules.facts(before), rules.facts(after), typed))
    return after


async def activate_config(tx: Tx, config_id: UUID) -> PaymentConfig:
    """Ask customers through this config again, and no longer through another.

    Locks: PAYMENT_CONFIG. Raises: PaymentConfigNotFound, NumberTaken. Emits: PaymentConfigActivated,
    PaymentConfigDeactivated.
    """
    config, others = await _lock(tx, config_id)
    if config.active:
        return config
    _deactivate_all(tx, others)
    await tx.flush()  # one is active at a time, in this order
    after = replace(config, deactivated_at=None, updated_at=tx.now)
    repository.mark_active(tx, config_id)
    await _claim_numbers(tx, after)
    tx.emit(PaymentConfigActivated(config_id, rules.facts(after)))
    return after


async def deactivate_config(tx: Tx, config_id: UUID) -> PaymentConfig:
    """Ask nobody through this config any more; money that was asked for may still come.

    Locks: PAYMENT_CONFIG. Raises: PaymentConfigNotFound. Emits: PaymentConfigDeactivated.
    """
    config, _ = await _lock(tx, config_id)
    return _deactivate(tx, config) if config.active else config


async def reseal(tx: Tx, config_id: UUID, box: Strongbox) -> bool:
    """Encrypt the secrets of a config under the current key; False where they are already.

    Locks: PAYMENT_CONFIG. Raises: PaymentConfigNotFound, SecretUnreadable, SecretKeysMissing.
    Emits: PaymentConfigResealed.
    """
    config, _ = await _lock(tx, config_id)
    ring = box.keys()
    if config.key_version == ring.current:
        return False
    secrets = rules.unseal(ring, tx.business_id, config)
    sealed = rules.seal(ring, tx.business_id, config_id, secrets, tx.new_nonce)
    after = rules.resealed(config, sealed, ring.current, tx.now)
    repository.update_config(tx, after)
    tx.emit(PaymentConfigResealed(config_id, rules.facts(after)))
    return True


async def lock_config(tx: Tx, config_id: UUID) -> PaymentConfig:
    """Return a config, ours until the transaction ends.

    Locks: PAYMENT_CONFIG. Raises: PaymentConfigNotFound. Emits: nothing.
    """
    return (await _lock(tx, config_id))[0]


async def open_account(tx: Tx, config_id: UUID, box: Strongbox) -> MpesaAccount:
    """Return what Daraja is spoken to with, in plain; it is to be forgotten after use.

    Locks: none. Raises: PaymentConfigNotFound, SecretUnreadable, SecretKeysMissing, EnvironmentNotOffered.
    Emits: nothing.
    """
    config = await queries.get_config(tx, config_id)
    base_url = rules.base_url_of(config.environment, box.base_urls)
    return rules.account(config, rules.unseal(box.keys(), tx.business_id, config), base_url)


async def find_initiator(tx: Tx, config_id: UUID, box: Strongbox) -> Initiator | None:
    """Return who may ask for status and reversals through a config, in plain; it is to be forgotten after use.

    Locks: none. Raises: PaymentConfigNotFound, SecretUnreadable, SecretKeysMissing. Emits: nothing.
    """
    config = await queries.get_config(tx, config_id)
    return rules.initiator(config, rules.unseal(box.keys(), tx.business_id, config))


def _deactivate_all(tx: Tx, configs: Sequence[PaymentConfig]) -> None:
    for config in configs:
        if config.active:
            _deactivate(tx, config)


def _deactivate(tx: Tx, config: PaymentConfig) -> PaymentConfig:
    after = replace(config, deactivated_at=tx.now, updated_at=tx.now)
    repository.mark_deactivated(tx, config.id)
    repository.release_numbers(tx, config.id)
    tx.emit(PaymentConfigDeactivated(config.id, rules.facts(after)))
    return after


async def _claim_numbers(tx: Tx, config: PaymentConfig) -> None:
    for number in config.numbers:
        if not await repository.claim_number(tx, config, number):
            raise NumberTaken(number)


async def _lock(tx: Tx, config_id: UUID) -> tuple[PaymentConfig, list[PaymentConfig]]:
    locked = await repository.lock_configs(tx)
    for config in locked:
        if config.id == config_id:
            return config, [other for other in locked if other.id != config_id]
    raise PaymentConfigNotFound(config_id)
