"""Where callbacks are kept, and which addresses they are expected from."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from payme.app.middleware.client import is_within
from payme.app.settings import Settings
from payme.callbacks import CallbackKeeper
from payme.kit.db.transaction import Database
from payme.kit.errors import Refusal
from payme.kit.spool import Spool

TAKE_IN_EVERY_S: Final = 1.0
log = structlog.get_logger(__name__)


def keeper_of(settings: Settings, database: Database) -> CallbackKeeper:
    """Make the keeper of one process; its spool lies in the data directory, and is made when it is needed."""
    return CallbackKeeper(database, Spool(settings.data_dir / "spool", bytes_max=settings.spool_max_bytes))


def outside_of(settings: Settings) -> Callable[[str], bool]:
    """Return what says of an address that Safaricom is not known to call from it; of none where that is not asked."""
    sources = settings.callback_sources
    return lambda address: bool(sources) and not is_within(address, sources)


async def take_in_spool(keeper: CallbackKeeper) -> None:
    """Take in what was spooled while the database was away, again and again, until cancelled."""
    while True:
        try:
            taken = await keeper.take_in_spool()
            if taken:
                log.info("spool_taken_in", records=taken)
        except Refusal as away:
            log.warning("spool_waits_for_database", error=away.code)
        except Exception:
            log.exception("spool_not_taken_in")
        await asyncio.sleep(TAKE_IN_EVERY_S)
