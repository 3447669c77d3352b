"""Pure decisions of payment configs: what makes sense, and how a secret is bound to its row and field."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from payme.kit.errors import Unavailable
from payme.kit.secrets import Keyring, Keys
from payme.mpesa import MpesaAccount, TransactionType
from payme.payment_configs.errors import (
    EnvironmentNotOffered,
    InitiatorIncomplete,
    NumberTaken,
    TillNumberWrong,
    TooManyPaymentConfigs,
)
from payme.payment_configs.events import ConfigFacts
from payme.payment_configs.models import ConfigChange, ConfigDraft, NewNonce, OpenedConfig, PaymentConfig
from payme.payment_configs.types import CONFIGS_MAX, Environment, SecretField, ShortcodeKind
from payme.shortcodes import Initiator

END: Final = 4
LONG_ENOUGH: Final = 16
"""A secret shorter than this shows nothing: its end would be too much of it."""


def check_draft(draft: ConfigDraft) -> None:
    """Refuse what cannot be: raises TillNumberWrong, InitiatorIncomplete."""
    if (draft.kind is ShortcodeKind.TILL) != (draft.till_number is not None):
        raise TillNumberWrong
    if (draft.initiator_name is None) != (SecretField.INITIATOR_CREDENTIAL not in draft.secrets):
        raise InitiatorIncomplete


def may_add(config: PaymentConfig, others: Sequence[PaymentConfig]) -> None:
    """Refuse what is set up already, active or not, so that it is not replaced by itself: raises NumberTaken.

    Raises TooManyPaymentConfigs at the limit.
    """
    for other in others:
        if other.environment is config.environment and other.shortcode == config.shortcode:
            raise NumberTaken(config.shortcode)
    if len(others) >= CONFIGS_MAX:
        raise TooManyPaymentConfigs(CONFIGS_MAX)


def base_url_of(environment: Environment, base_urls: Mapping[Environment, str]) -> str:
    """Return the one host of an environment; raises EnvironmentNotOffered."""
    if environment not in base_urls:
        raise EnvironmentNotOffered(environment)
    return base_urls[environment]


def about(business_id: UUID, config_id: UUID, name: SecretField) -> bytes:
    """Say what a secret belongs to; it is authenticated with the ciphertext."""
    return b"payment_config" + business_id.bytes + config_id.bytes + name.value.encode()


def seal(
    ring: Keyring, business_id: UUID, config_id: UUID, secrets: Mapping[SecretField, str], new_nonce: NewNonce
) -> Mapping[SecretField, bytes]:
    """Encrypt secrets, each for its own row and field."""
    return {name: ring.seal(plain, about(business_id, config_id, name), new_nonce()) for name, plain in secrets.items()}


def unseal(ring: Keyring, business_id: UUID, config: PaymentConfig) -> Mapping[SecretField, str]:
    """Decrypt the secrets of a config; raises SecretUnreadable."""
    return {
        name: ring.open(sealed, about(business_id, config.id, name), config.key_version)
        for name, sealed in config.sealed().items()
    }


def drafted(
    draft: ConfigDraft, config_id: UUID, sealed: Mapping[SecretField, bytes], version: str, at: datetime
) -> PaymentConfig:
    """Return the config that a draft becomes."""
    return PaymentConfig(
        id=config_id,
        environment=draft.environment,
        kind=draft.kind,
        shortcode=draft.shortcode,
        till_number=draft.till_number,
        initiator_name=draft.initiator_name,
        pull_number=draft.pull_number,
        consumer_key=sealed[SecretField.CONSUMER_KEY],
        consumer_secret=sealed[SecretField.CONSUMER_SECRET],
        passkey=sealed[SecretField.PASSKEY],
        initiator_credential=sealed.get(SecretField.INITIATOR_CREDENTIAL),
        key_version=version,
        created_at=at,
        updated_at=at,
        deactivated_at=None,
    )


def secrets_wanted(config: PaymentConfig, change: ConfigChange) -> frozenset[SecretField]:
    """Say which secrets the config has after a change."""
    wanted = {*config.sealed(), *change.secrets}
    return frozenset(wanted - {SecretField.INITIATOR_CREDENTIAL} if change.without_initiator else wanted)


def changed(
    config: PaymentConfig, change: ConfigChange, sealed: Mapping[SecretField, bytes], version: str, at: datetime
) -> PaymentConfig:
    """Return the config after a change, with all its secrets sealed anew; raises InitiatorIncomplete."""
    name = None if change.without_initiator else change.initiator_name or config.initiator_name
    if (name is None) != (SecretField.INITIATOR_CREDENTIAL not in sealed):
        raise InitiatorIncomplete
    kept = replace(
        config,
        initiator_name=name,
        pull_number=change.pull_number if change.pull_number_given else config.pull_number,
    )
    return resealed(kept, sealed, version, at)


def resealed(config: PaymentConfig, sealed: Mapping[SecretField, bytes], version: str, at: datetime) -> PaymentConfig:
    """Return the config with other ciphertexts."""
    return replace(
        config,
        consumer_key=sealed[SecretField.CONSUMER_KEY],
        consumer_secret=sealed[SecretField.CONSUMER_SECRET],
        passkey=sealed[SecretField.PASSKEY],
        initiator_credential=sealed.get(SecretField.INITIATOR_CREDENTIAL),
        key_version=version,
        updated_at=at,
    )


def account(config: PaymentConfig, secrets: Mapping[SecretField, str], base_url: str) -> MpesaAccount:
    """Return what Daraja is spoken to with; the money of a till goes to the till, not to the store that signs."""
    is_till = config.kind is ShortcodeKind.TILL
    return MpesaAccount(
        base_url=base_url,
        consumer_key=secrets[SecretField.CONSUMER_KEY],
        consumer_secret=secrets[SecretField.CONSUMER_SECRET],
        shortcode=config.shortcode,
        passkey=secrets[SecretField.PASSKEY],
        party_b=config.till_number or config.shortcode,
        transaction_type=TransactionType.TILL if is_till else TransactionType.PAYBILL,
    )


def initiator(config: PaymentConfig, secrets: Mapping[SecretField, str]) -> Initiator | None:
    """Return who may ask for status and reversals in the shortcode's name, if the shop has said so."""
    credential = secrets.get(SecretField.INITIATOR_CREDENTIAL)
    return Initiator(config.initiator_name, credential) if config.initiator_name and credential else None


def shown(business_id: UUID, config: PaymentConfig, keys: Keys) -> OpenedConfig:
    """Return a config with the ends of its secrets, to compare them by; without any where they do not open."""
    try:
        secrets = unseal(keys(), business_id, config)
    except Unavailable:
        return OpenedConfig(config, None)
    return OpenedConfig(config, {name: end_of(plain) for name, plain in secrets.items()})


def end_of(secret: str) -> str:
    """Return the last four characters of a long secret, nothing of a short one."""
    return secret[-END:] if len(secret) >= LONG_ENOUGH else ""


def facts(config: PaymentConfig) -> ConfigFacts:
    """Return what the audit keeps of a config."""
    parts = [config.consumer_key, config.consumer_secret, config.passkey, config.initiator_credential or b""]
    return ConfigFacts(
        environment=config.environment,
        kind=config.kind,
        shortcode=config.shortcode,
        till_number=config.till_number,
        initiator_name=config.initiator_name,
        pull_number=config.pull_number,
        active=config.active,
        key_version=config.key_version,
        sealed_sha256=hashlib.sha256(b"".join(parts)).hexdigest(),
    )
