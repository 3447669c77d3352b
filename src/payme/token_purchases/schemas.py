"""What token purchases take and show."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from payme.http.fields import In, MoneyOut, Out, PhoneOut
from payme.mpesa import explain
from payme.payments import PaymentState
from payme.token_purchases.models import Receipt, TokenPurchase
from payme.token_purchases.rules import number_of


class TokenPurchaseIn(In):
    """A package to be bought, and the phone that pays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tokens": 70, "phone": "0712345678"}]})
    tokens: Annotated[int, Field(ge=1, le=1_000_000, description="Those of a package.")]
    phone: Annotated[str, Field(min_length=9, max_length=20, examples=["0712345678"])]


class TokenPurchaseOut(Out):
    """Tokens bought from the platform."""

    id: UUID
    number: str = Field(description="For people.")
    payment_id: UUID
    tokens: int
    price: MoneyOut
    state: PaymentState = Field(description="`expired` means not known yet: the money may still come.")
    phone: PhoneOut = Field(description="Masked but for its last three digits.")
    explanation: str = Field(description="What happened, in words for whoever pays.")
    deadline_at: datetime
    credited_tokens: int | None = Field(description="What the money bought; null until it is there.")
    settled_tokens: int | None = Field(description="Those of them that were owed.")
    paid: MoneyOut | None
    receipt: str | None = Field(description="M-PESA's receipt number.")
    credited_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, purchase: TokenPurchase) -> Self:
        """Show a purchase."""
        return cls(
            id=purchase.id,
            number=number_of(purchase.id),
            payment_id=purchase.payment_id,
            tokens=purchase.tokens,
            price=purchase.price,
            state=purchase.state,
            phone=purchase.phone,
            explanation=explain(purchase.result_code) if purchase.result_code else "",
            deadline_at=purchase.deadline_at,
            credited_tokens=purchase.credited_tokens,
            settled_tokens=purchase.settled_tokens,
            paid=purchase.paid,
            receipt=purchase.receipt,
            credited_at=purchase.credited_at,
            created_at=purchase.created_at,
        )


class TokenReceiptOut(Out):
    """What whoever bought tokens gets."""

    shop: str
    shop_phone: str | None
    number: str
    at: datetime
    tokens: int
    price: MoneyOut
    paid: MoneyOut
    mpesa_receipt: str
    credited_tokens: int
    settled_tokens: int

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """Show a receipt."""
        purchase = receipt.purchase
        return cls.model_validate(
            {
                "shop": receipt.buyer.name,
                "shop_phone": receipt.buyer.phone,
                "number": number_of(purchase.id),
                "at": purchase.credited_at,
                "tokens": purchase.tokens,
                "price": purchase.price,
                "paid": purchase.paid,
                "mpesa_receipt": purchase.receipt,
                "credited_tokens": purchase.credited_tokens,
                "settled_tokens": purchase.settled_tokens,
            }
        )
