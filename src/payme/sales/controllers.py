"""Routes of sales."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import PlainTextResponse

from payme.credit import (
    CreditAccountNotActive,
    CreditAccountUnknown,
    CreditLimitExceeded,
    CustomerCreditShort,
    DueDateNotPossible,
    OverLimitNotAllowed,
)
from payme.customers import CustomerErased, CustomerUnknown
from payme.daraja import MpesaUnavailable
from payme.drawers import DrawerNeeded, DrawerNotOpen, DrawerUnclear
from payme.http.errors import IdempotencyKeyMissing, InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.kit.errors import KeyInProgress, KeyReused
from payme.kit.paging import After
from payme.payment_configs import EnvironmentNotOffered, PaymentConfigMissing
from payme.payments import NotWholeShillings, PaymentInProgress, PaymentOut, PhoneNotValid, Terms
from payme.push_limits import PushLimitReached
from payme.sales import queries, rules, services
from payme.sales.errors import (
    AskForLess,
    CustomerPaidAlready,
    DiscountTooLarge,
    NothingDue,
    PaymentStillLive,
    PriceNotAllowed,
    ProductNotForSale,
    SaleNotFound,
    SaleNotOpen,
    SaleProductUnknown,
    SaleTooLarge,
    SaleWithoutCustomer,
)
from payme.sales.queries import SaleFilter
from payme.sales.schemas import (
    CancelIn,
    CashIn,
    CreditIn,
    CustomerCreditIn,
    CustomerTotalsOut,
    MpesaIn,
    ReceiptOut,
    SaleCustomerIn,
    SaleIn,
    SaleOut,
    SaleSummaryOut,
)
from payme.sales.types import SaleState
from payme.stock import StockShort
from payme.wallet import WalletExhausted

router = APIRouter(tags=["sales"])
customers = APIRouter(tags=["customers"])
Selling = Annotated[Transact, needs("sales.open")]
Reading = Annotated[Transact, needs("sales.read")]
Collecting = Annotated[Transact, needs("payments.collect")]
NUMBER_MAX = 2**53  # what JSON carries exactly
_ONCE = (IdempotencyKeyMissing, KeyInProgress, KeyReused)
_DRAWER = (DrawerNotOpen, DrawerUnclear, DrawerNeeded)
_ON_CREDIT = (
    CreditAccountUnknown,
    CreditAccountNotActive,
    CreditLimitExceeded,
    OverLimitNotAllowed,
    DueDateNotPossible,
)


async def _terms(request: Request) -> Terms:
    terms: Terms = request.app.state.terms
    return terms


@router.post(
    "",
    status_code=201,
    response_model=SaleOut,
    responses=problems(
        StockShort,
        WalletExhausted,
        SaleProductUnknown,
        ProductNotForSale,
        PriceNotAllowed,
        DiscountTooLarge,
        SaleTooLarge,
        CustomerUnknown,
        CustomerErased,
        *_DRAWER,
        SaleWithoutCustomer,
        *_ON_CREDIT,
        *_ONCE,
    ),
)
async def open_sale(body: SaleIn, transact: Selling, key: IdempotencyKey) -> Response:
    """Ring up a sale; with cash, or with the rest on the customer's account, it is completed in the same request."""
    return await transact(services.open_sale, body.to_draft(), reply=SaleOut.of_view, once=key, status=201)


@router.get("", response_model=Page[SaleSummaryOut], responses=problems(InvalidCursor, CustomerUnknown))
async def list_sales(
    transact: Reading,
    state: SaleState | None = None,
    from_day: date | None = None,
    to_day: date | None = None,
    number: Annotated[int | None, Query(ge=1, le=NUMBER_MAX)] = None,
    customer_id: Annotated[
        UUID | None, Query(description="A customer's history, with that of all who were merged into this person.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List sales, newest first."""
    return await transact(
        queries.list_sales,
        SaleFilter(state, from_day, to_day, number, customer_id),
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, SaleSummaryOut.of, lambda row: After(row.opened_at, row.id)),
    )


@router.get("/{sale_id}", response_model=SaleOut, responses=problems(SaleNotFound))
async def get_sale(transact: Reading, sale_id: UUID) -> Response:
    """Read a sale with its lines and payments."""
    return await transact(queries.get_sale_view, sale_id, reply=SaleOut.of_view)


@router.put(
    "/{sale_id}/customer",
    response_model=SaleOut,
    responses=problems(SaleNotFound, SaleNotOpen, CustomerUnknown, CustomerErased, CustomerPaidAlready),
)
async def name_customer(transact: Selling, sale_id: UUID, body: SaleCustomerIn) -> Response:
    """Say who buys on an open sale."""
    return await transact(services.name_customer, sale_id, body.customer_id, reply=SaleOut.of_view)


@customers.get("/{customer_id}/totals", response_model=CustomerTotalsOut, responses=problems(CustomerUnknown))
async def get_customer_totals(transact: Reading, customer_id: UUID) -> Response:
    """Add up what a customer bought; the sales themselves are a list with `customer_id`."""
    return await transact(queries.get_customer_totals, customer_id, reply=CustomerTotalsOut.of)


@router.post(
    "/{sale_id}/cash",
    response_model=SaleOut,
    responses=problems(SaleNotFound, SaleNotOpen, *_DRAWER, *_ONCE),
)
async def take_cash(transact: Collecting, sale_id: UUID, body: CashIn, key: IdempotencyKey) -> Response:
    """Take cash for an open sale, and complete it where nothing is due any more."""
    return await transact(services.take_cash, sale_id, body.tendered, body.drawer_id, reply=SaleOut.of_view, once=key)


@router.post(
    "/{sale_id}/credit",
    response_model=SaleOut,
    responses=problems(
        SaleNotFound,
        SaleNotOpen,
        SaleWithoutCustomer,
        NothingDue,
        PaymentStillLive,
        CustomerErased,
        *_ON_CREDIT,
        *_ONCE,
    ),
)
async def put_on_credit(transact: Selling, sale_id: UUID, body: CreditIn, key: IdempotencyKey) -> Response:
    """Put the rest of an open sale on its customer's account, and complete it."""
    return await transact(services.put_on_credit, sale_id, body.to_terms(), reply=SaleOut.of_view, once=key)


@router.post(
    "/{sale_id}/customer-credit",
    response_model=SaleOut,
    responses=problems(
        SaleNotFound,
        SaleNotOpen,
        SaleWithoutCustomer,
        NothingDue,
        PaymentStillLive,
        CustomerErased,
        CreditAccountUnknown,
        CustomerCreditShort,
        *_ONCE,
    ),
)
async def use_customer_credit(
    transact: Collecting, sale_id: UUID, body: CustomerCreditIn, key: IdempotencyKey
) -> Response:
    """Pay an open sale, or a part of it, with what the shop owes its customer."""
    return await transact(services.use_customer_credit, sale_id, body.amount, reply=SaleOut.of_view, once=key)


@router.post(
    "/{sale_id}/mpesa",
    status_code=202,
    response_model=PaymentOut,
    responses=problems(
        SaleNotFound,
        SaleNotOpen,
        PaymentInProgress,
        PaymentConfigMissing,
        EnvironmentNotOffered,
        AskForLess,
        NotWholeShillings,
        PhoneNotValid,
        PushLimitReached,
        MpesaUnavailable,
        *_ONCE,
    ),
)
async def ask_mpesa(
    transact: Collecting,
    sale_id: UUID,
    body: MpesaIn,
    key: IdempotencyKey,
    terms: Annotated[Terms, Depends(_terms)],
) -> Response:
    """Ask the customer on the phone; read the payment to see how it ends."""
    return await transact(
        services.ask_mpesa, sale_id, body.phone, body.amount, terms, reply=PaymentOut.of, once=key, status=202
    )


@router.post(
    "/{sale_id}/cancellation",
    response_model=SaleOut,
    responses=problems(SaleNotFound, SaleNotOpen, PaymentStillLive, *_DRAWER, *_ONCE),
)
async def cancel_sale(
    transact: Annotated[Transact, needs("sales.cancel")], sale_id: UUID, body: CancelIn, key: IdempotencyKey
) -> Response:
    """Undo an open sale: goods, token and cash go back."""
    return await transact(services.cancel_sale, sale_id, body.to_cancellation(), reply=SaleOut.of_view, once=key)


@router.get("/{sale_id}/receipt", response_model=ReceiptOut, responses=problems(SaleNotFound))
async def get_receipt(transact: Reading, sale_id: UUID) -> Response:
    """Read the receipt as data."""
    return await transact(queries.get_receipt, sale_id, reply=ReceiptOut.of)


@router.get("/{sale_id}/receipt.txt", response_class=PlainTextResponse, responses=problems(SaleNotFound))
async def get_receipt_text(transact: Reading, sale_id: UUID) -> Response:
    """Read the receipt as text for a 58 mm printer."""
    return PlainTextResponse(rules.receipt_text(await transact.run(queries.get_receipt, sale_id)))
