"""Planted where a shop's own systems are told what happened."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from payme import webhooks
from payme.kit.db.transaction import Once, Scope, Tx
from payme.kit.events import Event
from payme.kit.secrets import Keys
from payme.webhooks import Letter, Outcome
from payme.webhooks import repository as webhook_repository
from payme.webhooks import services as webhook_services
from tests.simulation.world import World


async def _write(tx: Tx, events: Sequence[Event], honest: Callable[[Tx], None]) -> None:
    """Write news of what happened in another transaction."""
    tx.events.extend(events)
    honest(tx)
    tx.events.clear()


@contextmanager
def news_after_commit(world: World) -> Iterator[None]:
    """News is written in a transaction of its own, after the effect."""
    with _news_apart(world, before=False):
        yield


@contextmanager
def news_before_commit(world: World) -> Iterator[None]:
    """News is written in a transaction of its own, before the effect has its commit."""
    with _news_apart(world, before=True):
        yield


@contextmanager
def _news_apart(world: World, *, before: bool) -> Iterator[None]:
    honest_transact, honest_once, honest_news = (
        world.database.transact,
        world.database.transact_once,
        webhooks.record_news,
    )

    async def tell(scope: Scope, events: Sequence[Event]) -> None:
        if events and scope.business_id is not None:
            news = Scope.system("news", scope.business_id)
            await honest_transact(news, _write, events, honest_news)

    def listened(
        scope: Scope, work: Callable[..., Awaitable[Any]], happened: list[Event]
    ) -> Callable[..., Awaitable[Any]]:
        async def run(tx: Tx, *given: object) -> Any:
            result = await work(tx, *given)
            happened[:] = tx.events
            if before:
                await tell(scope, happened)
                happened.clear()
            return result

        return run

    async def transact(scope: Scope, work: Callable[..., Awaitable[Any]], *args: object) -> Any:
        happened: list[Event] = []
        result = await honest_transact(scope, listened(scope, work, happened), *args)
        await tell(scope, happened)
        return result

    async def transact_once(scope: Scope, once: Once[Any], work: Callable[..., Awaitable[Any]], *args: object) -> Any:
        happened: list[Event] = []
        result = await honest_once(scope, once, listened(scope, work, happened), *args)
        await tell(scope, happened)
        return result

    with (
        patch.object(webhooks, "record_news", lambda _: None),
        patch.object(world.database, "transact", transact),
        patch.object(world.database, "transact_once", transact_once),
    ):
        yield


@contextmanager
def news_marked_before_the_answer(_: World) -> Iterator[None]:
    """A message counts as delivered when a worker takes it."""

    async def take_due(tx: Tx, keys: Keys, most: int) -> list[Letter]:
        letters = await honest(tx, keys, most)
        for letter in letters:
            await tx.flush()
            webhook_repository.mark_delivered(tx, letter)
        return letters

    honest = webhook_services.take_due
    with patch.object(webhook_services, "take_due", take_due):
        yield


@contextmanager
def news_delivered_whatever_was_answered(_: World) -> Iterator[None]:
    """Nobody looks at what the receiver answered."""

    async def record_try(tx: Tx, letter: Letter, outcome: Outcome, percent: int) -> None:
        await honest(tx, letter, Outcome(200, "", "", outcome.duration_ms), percent)

    honest = webhook_services.record_try
    with patch.object(webhook_services, "record_try", record_try):
        yield


@contextmanager
def news_tried_once(_: World) -> Iterator[None]:
    """A message that was not taken is not tried again."""
    with patch("payme.webhooks.rules.wait_after", lambda *_: None):
        yield
