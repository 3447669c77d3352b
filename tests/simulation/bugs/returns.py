"""Planted where goods come back and sales are voided."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import UUID

from payme import sales, wallet
from payme.kit.db.transaction import Tx
from payme.returns import VoidLimit
from payme.returns import rules as return_rules
from payme.sales import Cancellation, Sale, TakenBack, Voided, WantedBack
from payme.stock import GoodsBack, Taking
from payme.stock import rules as stock_rules
from payme.stock.models import BatchLeft, BroughtBack
from tests.simulation.world import World


@contextmanager
def returned_counted_before_lock(_: World) -> Iterator[None]:
    """What came back before is read, then the sale is locked, and what was read is believed."""

    async def hold_sale(tx: Tx, sale_id: UUID) -> Sale:
        items[tx] = await sales.list_items(tx, [sale_id])
        return await honest_hold(tx, sale_id)

    async def list_items(tx: Tx, sale_ids: Sequence[UUID]) -> Any:
        return items.pop(tx, None) or await honest_list(tx, sale_ids)

    items: dict[Tx, Any] = {}
    honest_hold, honest_list = sales.hold_sale, sales.list_items
    with patch.object(sales, "hold_sale", hold_sale), patch("payme.sales.queries.list_items", list_items):
        yield


@contextmanager
def return_not_held_against_others(_: World) -> Iterator[None]:
    """A sale whose goods come back is read and not locked."""
    with patch.object(sales, "hold_sale", sales.get_sale):
        yield


@contextmanager
def returned_goods_into_the_newest_batch(_: World) -> Iterator[None]:
    """Goods that come back are put where the newest stand, at the cost of those."""

    def bring_back(goods: Sequence[GoodsBack], batches: Sequence[BatchLeft]) -> BroughtBack:
        newest = {batch.product_id: batch for batch in batches}
        moved = []
        for line in goods:
            last = newest[line.product_id]
            taking = Taking(line.product_id, last.id, line.before + line.quantity, last.unit_cost)
            moved.append(replace(line, takings=(taking,)))
        return honest(moved, batches)

    honest = stock_rules.bring_back
    with patch.object(stock_rules, "bring_back", bring_back):
        yield


@contextmanager
def spoiled_goods_sold_again(_: World) -> Iterator[None]:
    """What comes back spoiled is put back on the shelf like the rest."""

    def bring_back(goods: Sequence[GoodsBack], batches: Sequence[BatchLeft]) -> BroughtBack:
        return honest([replace(line, spoiled=None) for line in goods], batches)

    honest = stock_rules.bring_back
    with patch.object(stock_rules, "bring_back", bring_back):
        yield


@contextmanager
def token_back_for_a_return(_: World) -> Iterator[None]:
    """A return gives the token of the sale back, as a void does."""

    async def take_back(tx: Tx, sale: Sale, return_id: UUID, wanted: Sequence[WantedBack]) -> TakenBack:
        taken = await honest(tx, sale, return_id, wanted)
        held = await wallet.repository.lock_wallet(tx)
        wallet.repository.update_balance(tx, held.balance_tokens + 1)
        return taken

    honest = sales.take_back
    with patch.object(sales, "take_back", take_back):
        yield


@contextmanager
def void_keeps_the_token(_: World) -> Iterator[None]:
    """A sale that is voided has cost its token all the same."""

    async def void_sale(tx: Tx, sale: Sale, cancellation: Cancellation) -> Voided:
        with patch.object(wallet, "refund_token", keep):
            return await honest(tx, sale, cancellation)

    async def keep(tx: Tx, sale_id: UUID) -> None:
        return None

    honest = sales.void_sale
    with patch.object(sales, "void_sale", void_sale):
        yield


@contextmanager
def void_approved_by_who_asked(_: World) -> Iterator[None]:
    """Whoever asked for a void may agree to it."""
    with patch.object(return_rules, "check_other_person", lambda *_: None):
        yield


@contextmanager
def void_limit_forgotten(_: World) -> Iterator[None]:
    """One person voids a sale of any size alone."""

    async def get_void_limit(tx: Tx) -> VoidLimit:
        return VoidLimit(Decimal(1_000_000))

    with patch("payme.returns.queries.get_void_limit", get_void_limit):
        yield
