"""Words of payment configs."""

from enum import StrEnum
from typing import Final


class Environment(StrEnum):
    """Which M-Pesa: the pretended one, Safaricom's for trying, or the one with real money."""

    SIMULATOR = "simulator"
    SANDBOX = "sandbox"
    PRODUCTION = "production"


class ShortcodeKind(StrEnum):
    """What customers pay: a paybill, or a till (Buy Goods)."""

    PAYBILL = "paybill"
    TILL = "till"


class SecretField(StrEnum):
    """What is sealed in a payment config; the names are part of what is authenticated, so they never change."""

    CONSUMER_KEY = "consumer_key"
    CONSUMER_SECRET = "consumer_secret"  # noqa: S105  a name
    PASSKEY = "passkey"
    INITIATOR_CREDENTIAL = "initiator_credential"


CONFIGS_MAX: Final = 20
"""Payment configs of one business, with those that are not active any more."""
SECRET_MAX: Final = 2_000
"""Characters of one secret; Safaricom's security credential has 344."""
