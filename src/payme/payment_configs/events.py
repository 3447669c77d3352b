"""Facts of payment configs. No secret is in them: a digest of the ciphertexts shows whether they were touched since."""

from dataclasses import dataclass

from payme.kit.events import Event


@dataclass(frozen=True)
class ConfigFacts:
    """A payment config as the audit keeps it."""

    environment: str
    kind: str
    shortcode: str
    till_number: str | None
    initiator_name: str | None
    pull_number: str | None
    active: bool
    key_version: str
    sealed_sha256: str


@dataclass(frozen=True)
class PaymentConfigAdded(Event):
    """A paybill or till was set up; customers are asked through it from now on."""

    after: ConfigFacts


@dataclass(frozen=True)
class PaymentConfigChanged(Event):
    """Credentials or particulars were changed; ``secrets`` names those that were typed anew."""

    before: ConfigFacts
    after: ConfigFacts
    secrets: tuple[str, ...]


@dataclass(frozen=True)
class PaymentConfigActivated(Event):
    """Customers are asked through it again."""

    after: ConfigFacts


@dataclass(frozen=True)
class PaymentConfigDeactivated(Event):
    """Nobody is asked through it any more."""

    after: ConfigFacts


@dataclass(frozen=True)
class PaymentConfigResealed(Event):
    """The same secrets were encrypted under a newer key."""

    after: ConfigFacts
