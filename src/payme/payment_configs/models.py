"""Rows of payment configs, and what is said about them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from payme.kit.secrets import Keys
from payme.payment_configs.types import Environment, SecretField, ShortcodeKind


@dataclass(frozen=True, slots=True)
class PaymentConfig:
    """Where a business's customers pay, and what Daraja is spoken to with; the secrets are sealed."""

    id: UUID
    environment: Environment
    kind: ShortcodeKind
    shortcode: str
    till_number: str | None
    initiator_name: str | None
    pull_number: str | None
    consumer_key: bytes = field(repr=False)
    consumer_secret: bytes = field(repr=False)
    passkey: bytes = field(repr=False)
    initiator_credential: bytes | None = field(repr=False)
    key_version: str
    created_at: datetime
    updated_at: datetime
    deactivated_at: datetime | None

    @property
    def active(self) -> bool:
        """Whether customers are asked through it."""
        return self.deactivated_at is None

    @property
    def numbers(self) -> tuple[str, ...]:
        """What a confirmation of money may name: the shortcode and, of a till, its own number."""
        own = () if self.till_number is None else (self.till_number,)
        return tuple(dict.fromkeys((self.shortcode, *own)))

    def sealed(self) -> Mapping[SecretField, bytes]:
        """Return the sealed secrets that are there."""
        held = {
            SecretField.CONSUMER_KEY: self.consumer_key,
            SecretField.CONSUMER_SECRET: self.consumer_secret,
            SecretField.PASSKEY: self.passkey,
            SecretField.INITIATOR_CREDENTIAL: self.initiator_credential,
        }
        return {name: secret for name, secret in held.items() if secret is not None}


@dataclass(frozen=True, slots=True)
class ConfigDraft:
    """A paybill or till as its owner typed it."""

    environment: Environment
    kind: ShortcodeKind
    shortcode: str
    till_number: str | None
    initiator_name: str | None
    pull_number: str | None
    secrets: Mapping[SecretField, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """What shall be different: secrets that are not in it stay, and so does what was not given.

    ``without_initiator`` takes name and credential away.
    """

    secrets: Mapping[SecretField, str] = field(repr=False)
    initiator_name: str | None = None
    pull_number: str | None = None
    pull_number_given: bool = False
    without_initiator: bool = False


@dataclass(frozen=True)
class Strongbox:
    """What a payment config is opened with: the keys, and the hosts that may be spoken to, one an environment.

    A merchant names an environment and never a host.
    """

    keys: Keys = field(repr=False)
    base_urls: Mapping[Environment, str]


@dataclass(frozen=True, slots=True)
class NumberOwner:
    """Whose paybill or till a number is."""

    business_id: UUID
    payment_config_id: UUID


@dataclass(frozen=True, slots=True)
class OpenedConfig:
    """A payment config with the ends of its secrets, None where they cannot be opened."""

    config: PaymentConfig
    ends: Mapping[SecretField, str] | None = field(repr=False)


NewNonce = Callable[[], bytes]
