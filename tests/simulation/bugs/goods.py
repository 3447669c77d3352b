"""Planted where goods and tokens change hands: sales, stock, the wallet."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from unittest.mock import patch
from uuid import UUID

from payme import payments, sales, stock, wallet
from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.sales import Cancellation, Sale, SaleNotFound, SaleState, SaleView
from payme.stock import BatchChange, MovementKind, Product, StockTaken, Taking
from payme.stock import repository as stock_repository
from payme.stock import rules as stock_rules
from payme.stock.models import BatchLeft
from tests.simulation.world import World


@contextmanager
def refund_twice(_: World) -> Iterator[None]:
    """A cancelled sale may be cancelled again, and its token comes back each time."""

    async def cancel_sale(tx: Tx, sale_id: UUID, cancellation: Cancellation) -> SaleView:
        sale = await sales.get_sale(tx, sale_id)
        if sale.state is not SaleState.CANCELLED:
            return await honest(tx, sale_id, cancellation)
        held = await wallet.repository.lock_wallet(tx)
        wallet.repository.update_balance(tx, held.balance_tokens + 1)
        return await sales.get_sale_view(tx, sale_id)

    honest = sales.cancel_sale
    with patch.object(sales, "cancel_sale", cancel_sale):
        yield


@contextmanager
def cancelled_sale_revived(_: World) -> Iterator[None]:
    """Money that comes for a cancelled sale completes it."""

    async def lock_sale(tx: Tx, sale_id: UUID) -> Sale | None:
        sale = await honest(tx, sale_id)
        if sale is not None and sale.state is SaleState.CANCELLED and tx.actor.kind == "system":
            return replace(sale, state=SaleState.OPEN, cancelled_at=None)
        return sale

    honest = sales.repository.lock_sale
    with patch("payme.sales.repository.lock_sale", lock_sale):
        yield


@contextmanager
def goods_not_given_back(_: World) -> Iterator[None]:
    """A cancelled sale keeps its goods."""

    async def give_back(tx: Tx, source_id: UUID, kind: MovementKind = MovementKind.SALE_CANCELLED) -> None:
        return None

    with patch.object(stock, "give_back", give_back):
        yield


@contextmanager
def newest_goods_first(_: World) -> Iterator[None]:
    """The newest batch is sold first."""

    def take(batches: Sequence[BatchLeft], wanted: Mapping[UUID, Decimal]) -> list[BatchChange]:
        return honest(list(reversed(batches)), wanted)

    honest = stock_rules.take
    with patch("payme.stock.rules.take", take):
        yield


@contextmanager
def stock_read_before_lock(_: World) -> Iterator[None]:
    """What is left of a product is read, then the product is locked, and what was read is believed."""

    async def take_from(
        tx: Tx, products: stock.LockedProducts, quantities: Mapping[UUID, Decimal], source_id: UUID
    ) -> list[Taking]:
        read.append(await stock_repository.batches_left(tx, quantities))
        await tx.lock(
            Product,
            LockRank.PRODUCT,
            """
            SELECT id, name, sku, barcode, unit, selling_price, reorder_level, active, created_at, updated_at
              FROM products
             WHERE business_id = $1 AND id = ANY($2::uuid[])
             ORDER BY id
            """,
            tx.business_id,
            list(quantities),
        )
        changes = stock_rules.take(read.pop(), quantities)
        stock_repository.move(tx, changes, MovementKind.SALE, source_id)
        tx.emit(StockTaken(source_id, tuple(changes)))
        return stock_rules.takings(changes)

    async def lock_products(tx: Tx, product_ids: Collection[UUID]) -> stock.LockedProducts:
        return stock.LockedProducts(await stock.products_by_id(tx, product_ids))

    read: list[list[BatchLeft]] = []
    with patch.object(stock, "take_from", take_from), patch.object(stock, "lock_products", lock_products):
        yield


@contextmanager
def token_charged_when_rung_up(_: World) -> Iterator[None]:
    """A sale's token is spent before anybody paid."""
    with patch.object(wallet, "reserve_token", wallet.spend_token):
        yield


@contextmanager
def receipt_number_counted(_: World) -> Iterator[None]:
    """The next receipt number is one more than the highest that can be seen."""

    def count_receipt(_: Tx) -> None:
        return

    async def counted_receipt(tx: Tx) -> int:
        return int(
            await tx.value("SELECT coalesce(max(number), 0) + 1 FROM sales WHERE business_id = $1", tx.business_id)
        )

    with (
        patch("payme.sales.repository.count_receipt", count_receipt),
        patch("payme.sales.repository.counted_receipt", counted_receipt),
    ):
        yield


@contextmanager
def cancelled_while_it_was_paid(_: World) -> Iterator[None]:
    """Whether a sale is open is read without locking it."""
    with patch("payme.sales.repository.lock_sale", find_sale):
        yield


async def find_sale(tx: Tx, sale_id: UUID) -> Sale | None:
    """Read a sale as it was a moment ago."""
    try:
        return await sales.get_sale(tx, sale_id)
    except SaleNotFound:
        return None


@contextmanager
def change_counted_as_money(_: World) -> Iterator[None]:
    """What the customer hands over is counted, not what stays in the drawer."""

    async def take_cash(tx: Tx, sale_id: UUID, tendered: Decimal, drawer_id: UUID | None = None) -> SaleView:
        sale = await sales.get_sale(tx, sale_id)
        view = await honest(tx, sale_id, tendered, drawer_id)
        if tendered <= sale.balance_due or sale.state is not SaleState.OPEN:
            return view
        await payments.take_cash(tx, sale_id, tendered - sale.balance_due, tendered, None)
        return view

    honest = sales.take_cash
    with patch.object(sales, "take_cash", take_cash):
        yield
