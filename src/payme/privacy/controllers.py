"""Routes of privacy."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from payme.credit import CreditAccountNotEmpty
from payme.customers import CustomerMerged, CustomerOut, CustomerUnknown
from payme.http.errors import InvalidCursor
from payme.http.paging import PAGE_MAX, Cursor, decode
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.privacy import services
from payme.privacy.schemas import ExportOut

router = APIRouter(tags=["customers"])


@router.get("/{customer_id}/export", response_model=ExportOut, responses=problems(CustomerUnknown, InvalidCursor))
async def export_customer(
    transact: Annotated[Transact, needs("customers.export")], customer_id: UUID, cursor: Cursor = None
) -> Response:
    """Read everything the shop holds about a customer, to hand it over.

    The profile, and 200 sales a page, newest first, with their lines and payments, and who paid from which phone.
    That it was read stands in the audit.
    """
    return await transact(
        services.export_customer,
        customer_id,
        decode(cursor),
        PAGE_MAX + 1,
        reply=lambda held: ExportOut.of(held, PAGE_MAX),
    )


@router.post(
    "/{customer_id}/erasure",
    response_model=CustomerOut,
    responses=problems(CustomerUnknown, CustomerMerged, CreditAccountNotEmpty),
)
async def erase_customer(transact: Annotated[Transact, needs("customers.erase")], customer_id: UUID) -> Response:
    """Forget a customer who asks for it, for good.

    Name, telephone numbers, note and tags are gone, also of whoever was merged into this customer. Sales and payments
    stay, because the law asks shops to keep their books; payments keep the phone that M-Pesa says they came from.
    """
    return await transact(services.erase_customer, customer_id, reply=CustomerOut.of)
