"""Planted where cash is kept: what a drawer should hold, and who may close it."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import UUID

from payme import drawers
from payme.drawers import Movement, OpenDrawer
from payme.drawers import repository as drawer_repository
from payme.drawers import rules as drawer_rules
from payme.kit.db.transaction import Once, Scope, Tx
from payme.payments import Payment
from payme.payments import services as payment_services
from tests.simulation.world import World


async def _add(tx: Tx, drawer_id: UUID, movement: Movement, honest: Callable[[Tx, UUID, Movement], None]) -> None:
    """Count money that moved in another transaction."""
    honest(tx, drawer_id, movement)


@contextmanager
def drawer_totals_after_commit(world: World) -> Iterator[None]:
    """What a drawer should hold is added up in a transaction of its own, after the money has moved."""
    waiting: dict[Tx, list[tuple[UUID, Movement]]] = {}

    def add_to_totals(tx: Tx, drawer_id: UUID, movement: Movement) -> None:
        waiting.setdefault(tx, []).append((drawer_id, movement))

    def told_of(work: Callable[..., Awaitable[Any]], moved: list[tuple[UUID, Movement]]) -> Callable[..., Any]:
        async def run(tx: Tx, *given: object) -> Any:
            result = await work(tx, *given)
            moved[:] = waiting.pop(tx, [])
            return result

        return run

    async def count(scope: Scope, moved: list[tuple[UUID, Movement]]) -> None:
        for drawer_id, movement in moved:
            system = Scope.system("drawers", scope.business_id)
            await honest_transact(system, _add, drawer_id, movement, honest_add)

    async def transact(scope: Scope, work: Callable[..., Awaitable[Any]], *args: object) -> Any:
        moved: list[tuple[UUID, Movement]] = []
        result = await honest_transact(scope, told_of(work, moved), *args)
        await count(scope, moved)
        return result

    async def transact_once(scope: Scope, once: Once[Any], work: Callable[..., Awaitable[Any]], *args: object) -> Any:
        moved: list[tuple[UUID, Movement]] = []
        result = await honest_once(scope, once, told_of(work, moved), *args)
        await count(scope, moved)
        return result

    honest_transact, honest_once = world.database.transact, world.database.transact_once
    honest_add = drawer_repository.add_to_totals
    with (
        patch.object(drawer_repository, "add_to_totals", add_to_totals),
        patch.object(world.database, "transact", transact),
        patch.object(world.database, "transact_once", transact_once),
    ):
        yield


@contextmanager
def change_counted_as_takings(_: World) -> Iterator[None]:
    """A drawer counts what was handed over, also what was given back as change."""

    async def take_cash(tx: Tx, sale_id: UUID, amount: Decimal, tendered: Decimal, *rest: Any) -> Payment:
        handed_over.append(tendered)
        return await honest_taking(tx, sale_id, amount, tendered, *rest)

    def count(tx: Tx, drawer: OpenDrawer | None, movement: Movement) -> None:
        honest_count(tx, drawer, replace(movement, amount=handed_over.pop()) if handed_over else movement)

    handed_over: list[Decimal] = []
    honest_taking, honest_count = payment_services.take_cash, drawers.count
    with (
        patch("payme.payments.take_cash", take_cash),
        patch.object(drawers, "count", count),
    ):
        yield


@contextmanager
def drawer_that_was_named_ignored(_: World) -> Iterator[None]:
    """Whatever drawer a cashier names, cash goes into the one that was opened last."""

    async def choose(tx: Tx, asked: UUID | None = None, *, of_sale: UUID | None = None) -> OpenDrawer | None:
        return await honest(tx, None, of_sale=of_sale)

    honest = drawers.choose
    with patch.object(drawers, "choose", choose):
        yield


@contextmanager
def own_count_approved(_: World) -> Iterator[None]:
    """Who counted may also say that what is missing does not matter."""
    with patch.object(drawer_rules, "others_who_may", lambda *_: False):
        yield
