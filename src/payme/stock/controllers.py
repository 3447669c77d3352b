"""Routes of stock."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from payme.http.errors import IdempotencyKeyMissing, InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.kit.paging import After
from payme.stock import queries, services
from payme.stock.errors import (
    BarcodeTaken,
    BatchUnknown,
    DeliveryOutOfOrder,
    ExpiredOnArrival,
    NothingReceivedYet,
    ProductInactive,
    ProductUnknown,
    SkuTaken,
    SpoilageAddsNothing,
    StockShort,
    TooMuchInBatch,
)
from payme.stock.models import ListedProduct, Movement, ProductChanges, StockLine
from payme.stock.schemas import (
    AdjustmentIn,
    AdjustmentOut,
    BatchOut,
    DeliveryIn,
    DeliveryOut,
    ListedProductOut,
    MovementOut,
    ProductChangeIn,
    ProductIn,
    ProductOut,
    ProductPage,
    StockLineOut,
    StockTotalOut,
)
from payme.stock.types import ProductFilter

products = APIRouter(tags=["stock"])
deliveries = APIRouter(tags=["stock"])
adjustments = APIRouter(tags=["stock"])
stock = APIRouter(tags=["stock"])
movements = APIRouter(tags=["stock"])

Active = Annotated[bool | None, Query(description="Only those that are traded, or only those that are not.")]
Low = Annotated[bool | None, Query(description="Only those at or under the reorder level that is set for them.")]
Typed = Annotated[
    str | None, Query(min_length=1, max_length=100, description="What was typed; the likeliest first, one page.")
]
_ANY_TIME = datetime.fromtimestamp(0, UTC)
# An instant within a day of the ends of the calendar exists in one time zone and not in another.
Since = Annotated[
    AwareDatetime | None,
    Query(
        ge=_ANY_TIME,
        le=datetime(9999, 1, 1, tzinfo=UTC),
        description="Only products changed after this instant, 1970 or later, oldest first.",
    ),
]


@products.get("", response_model=ProductPage, responses=problems(InvalidCursor))
async def list_products(
    transact: Annotated[Transact, needs("products.read")],
    active: Active = None,
    low: Low = None,
    q: Typed = None,
    since: Since = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List products by name, or search them with `q`, or those changed with `since`."""
    after = decode(cursor)
    if q is not None:
        return await transact(queries.search_products, q, ProductFilter(active), limit, reply=_found)
    if since is not None:
        return await transact(
            queries.list_changes, since, after, limit + 1, reply=lambda changes: _changed(changes, limit)
        )
    return await transact(
        queries.list_products,
        ProductFilter(active, low),
        after.id if after else None,
        limit + 1,
        reply=lambda rows: page(rows, limit, ListedProductOut.shown, lambda row: After(row.created_at, row.id)),
    )


def _found(rows: list[ListedProduct]) -> ProductPage:
    return ProductPage(items=[ListedProductOut.shown(row) for row in rows], next_cursor=None)


def _changed(changes: ProductChanges, limit: int) -> ProductPage:
    shown = page(changes.products, limit, ListedProductOut.shown, lambda row: After(row.updated_at, row.id))
    return ProductPage(items=shown.items, next_cursor=shown.next_cursor, next_since=changes.next_since)


@products.post("", status_code=201, response_model=ProductOut, responses=problems(SkuTaken, BarcodeTaken))
async def add_product(transact: Annotated[Transact, needs("products.change")], body: ProductIn) -> Response:
    """Add a product."""
    return await transact(services.add_product, body.to_draft(), reply=ProductOut.of, status=201)


@products.get("/{product_id}", response_model=ListedProductOut, responses=problems(ProductUnknown))
async def get_product(transact: Annotated[Transact, needs("products.read")], product_id: UUID) -> Response:
    """Show a product with what is left of it."""
    return await transact(queries.get_product, product_id, reply=ListedProductOut.shown)


@products.patch("/{product_id}", response_model=ProductOut, responses=problems(ProductUnknown, SkuTaken, BarcodeTaken))
async def change_product(
    transact: Annotated[Transact, needs("products.change")], product_id: UUID, body: ProductChangeIn
) -> Response:
    """Change a product; what is not sent stays as it is."""
    return await transact(services.change_product, product_id, body.to_change(), reply=ProductOut.of)


@products.get("/{product_id}/batches", response_model=Page[BatchOut], responses=problems(ProductUnknown, InvalidCursor))
async def list_product_batches(
    transact: Annotated[Transact, needs("stock.read")], product_id: UUID, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List the batches of a product, received last first."""
    return await transact(
        queries.list_batches_of,
        product_id,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, BatchOut.of, lambda row: After(row.received_at, row.id)),
    )


@deliveries.post(
    "",
    status_code=201,
    response_model=DeliveryOut,
    responses=problems(ProductUnknown, ProductInactive, ExpiredOnArrival, DeliveryOutOfOrder, IdempotencyKeyMissing),
)
async def receive_delivery(
    transact: Annotated[Transact, needs("stock.receive")], body: DeliveryIn, key: IdempotencyKey
) -> Response:
    """Receive a delivery: a batch for each line."""
    return await transact(services.receive, body.to_draft(), reply=DeliveryOut.of, once=key, status=201)


@deliveries.get("", response_model=Page[BatchOut], responses=problems(InvalidCursor))
async def list_deliveries(
    transact: Annotated[Transact, needs("stock.read")], cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List what was received, last first, batch by batch."""
    return await transact(
        queries.list_batches,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, BatchOut.of, lambda row: After(row.received_at, row.id)),
    )


@adjustments.post(
    "",
    status_code=201,
    response_model=AdjustmentOut,
    responses=problems(
        ProductUnknown,
        BatchUnknown,
        SpoilageAddsNothing,
        NothingReceivedYet,
        TooMuchInBatch,
        StockShort,
        IdempotencyKeyMissing,
    ),
)
async def adjust_stock(
    transact: Annotated[Transact, needs("stock.adjust")], body: AdjustmentIn, key: IdempotencyKey
) -> Response:
    """Correct the stock after a count, or take spoiled goods out."""
    return await transact(services.adjust, body.to_draft(), reply=AdjustmentOut.of, once=key, status=201)


@stock.get("", response_model=Page[StockLineOut], responses=problems(InvalidCursor))
async def list_stock(
    transact: Annotated[Transact, needs("stock.read")],
    active: Active = None,
    low: Low = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List what is left of each product and its value at cost, by name."""
    after = decode(cursor)
    return await transact(
        queries.list_stock,
        ProductFilter(active, low),
        after.id if after else None,
        limit + 1,
        reply=lambda rows: page(rows, limit, StockLineOut.of, _place),
    )


def _place(line: StockLine) -> After:
    return After(_ANY_TIME, line.product_id)  # a place by name: the query looks the name up


@stock.get("/total", response_model=StockTotalOut)
async def get_stock_total(transact: Annotated[Transact, needs("stock.read")]) -> Response:
    """Show the value of all goods at cost."""
    return await transact(queries.get_stock_total, reply=StockTotalOut.of)


@movements.get("", response_model=Page[MovementOut], responses=problems(InvalidCursor))
async def list_stock_movements(
    transact: Annotated[Transact, needs("stock.read")],
    product_id: UUID | None = None,
    source_id: Annotated[UUID | None, Query(description="A sale or an adjustment.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List movements, newest first: of one product, of one source document, or all."""
    after = decode(cursor)
    after_id = after.id if after else None

    def reply(rows: list[Movement]) -> Page[MovementOut]:
        return page(rows, limit, MovementOut.of, lambda row: After(row.created_at, row.id))

    if source_id is not None:
        return await transact(queries.list_movements_by, source_id, after_id, limit + 1, reply=reply)
    if product_id is not None:
        return await transact(queries.list_movements_of, product_id, after_id, limit + 1, reply=reply)
    return await transact(queries.list_movements, after_id, limit + 1, reply=reply)
