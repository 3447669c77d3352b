"""Facts of token purchases; the subject is the purchase. What they bring is the wallet's TokensPurchased."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payme.kit.events import Event


@dataclass(frozen=True)
class TokensOrdered(Event):
    """Somebody asks for tokens, and a phone is to be asked for their price."""

    payment_id: UUID
    tokens: int
    price: Decimal
