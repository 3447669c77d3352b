"""Routes of customers; merging two is credit's, because their accounts become one.

None takes an Idempotency-Key: the answer that would be kept names a person, and must be gone when the person is erased.
"""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from payme.customers import queries, services
from payme.customers.errors import (
    CustomerErased,
    CustomerMerged,
    CustomerPhoneTaken,
    CustomerUnknown,
    OtherPhoneUnknown,
)
from payme.customers.models import Customer
from payme.customers.schemas import CustomerChangeIn, CustomerIn, CustomerOut
from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.identity import InvalidPhone
from payme.kit.paging import After

router = APIRouter(tags=["customers"])
Reading = Annotated[Transact, needs("customers.read")]
Changing = Annotated[Transact, needs("customers.change")]
Typed = Annotated[
    str | None,
    Query(min_length=1, max_length=100, description="What was typed of a name, a number or a tag; one page."),
]
_ANY_TIME = datetime.fromtimestamp(0, UTC)


@router.get("", response_model=Page[CustomerOut], responses=problems(InvalidCursor))
async def list_customers(transact: Reading, q: Typed = None, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """List customers by name, or search them with `q`."""
    after = decode(cursor)
    if q is not None:
        return await transact(queries.search_customers, q, limit, reply=_found)
    return await transact(
        queries.list_customers,
        after.id if after else None,
        limit + 1,
        reply=lambda rows: page(rows, limit, CustomerOut.of, _place),
    )


def _found(rows: list[Customer]) -> Page[CustomerOut]:
    return Page(items=[CustomerOut.of(row) for row in rows], next_cursor=None)


def _place(customer: Customer) -> After:
    return After(_ANY_TIME, customer.id)  # a place by name: the query looks the name up


@router.post("", status_code=201, response_model=CustomerOut, responses=problems(InvalidPhone, CustomerPhoneTaken))
async def add_customer(transact: Changing, body: CustomerIn) -> Response:
    """Add a customer."""
    return await transact(services.add_customer, body.to_draft(), reply=CustomerOut.of, status=201)


@router.get("/{customer_id}", response_model=CustomerOut, responses=problems(CustomerUnknown))
async def get_customer(transact: Reading, customer_id: UUID) -> Response:
    """Show a customer; one that was merged says who it is now."""
    return await transact(queries.get_customer, customer_id, reply=CustomerOut.of)


@router.patch(
    "/{customer_id}",
    response_model=CustomerOut,
    responses=problems(
        CustomerUnknown, CustomerMerged, CustomerErased, CustomerPhoneTaken, InvalidPhone, OtherPhoneUnknown
    ),
)
async def change_customer(transact: Changing, customer_id: UUID, body: CustomerChangeIn) -> Response:
    """Change a customer; what is not sent stays as it is."""
    return await transact(services.change_customer, customer_id, body.to_change(), reply=CustomerOut.of)
