"""What receipt links take and show."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from payme.http.fields import In, Out
from payme.receipt_links.models import NewReceiptLink


class ReceiptSmsIn(In):
    """Where a receipt goes to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "0712345678"}]})
    phone: Annotated[
        str | None,
        Field(None, min_length=9, max_length=20, description="Without it the number of the sale's customer."),
    ]


class ReceiptLinkOut(Out):
    """A new address of a receipt."""

    id: UUID
    sale_id: UUID
    address: str = Field(description="Shows the receipt to whoever has it, without signing in. It is told this once.")
    expires_at: datetime

    @classmethod
    def of(cls, new: NewReceiptLink) -> Self:
        """Show a new address."""
        return cls(id=new.link.id, sale_id=new.link.sale_id, address=new.address, expires_at=new.link.expires_at)


class RevokedOut(Out):
    """How many addresses show their receipt no more."""

    revoked: int

    @classmethod
    def of(cls, revoked: int) -> Self:
        """Show a number."""
        return cls(revoked=revoked)
