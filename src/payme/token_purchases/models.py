"""Rows of token purchases."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payme.identity import Business
from payme.kit.money import ZERO
from payme.payments import PaymentState


@dataclass(frozen=True, slots=True)
class Order:
    """A purchase as its own row has it: a package and its price, and what came of them."""

    id: UUID
    payment_id: UUID
    tokens: int
    price: Decimal
    credited_tokens: int | None


@dataclass(frozen=True, slots=True)
class TokenPurchase:
    """Tokens bought from the platform, with the payment that collects their price.

    ``credited_tokens`` is what the money bought: those of the package, or fewer where less was paid. Of these
    ``settled_tokens`` were owed. All four are None until the money is there, however late.
    """

    id: UUID
    payment_id: UUID
    tokens: int
    price: Decimal
    state: PaymentState
    phone: str = field(repr=False)
    result_code: str | None
    deadline_at: datetime
    credited_tokens: int | None
    settled_tokens: int | None
    paid: Decimal | None
    receipt: str | None
    credited_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Credited:
    """What money did for a purchase: ``tokens`` it bought now, and the part of it that was for them."""

    purchase_id: UUID
    tokens: int
    applied: Decimal
    is_short: bool

    @classmethod
    def nothing(cls, purchase_id: UUID) -> "Credited":
        """Return what a second receipt does for a purchase that is paid."""
        return cls(purchase_id, 0, ZERO, is_short=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A paid purchase and who made it."""

    buyer: Business
    purchase: TokenPurchase
