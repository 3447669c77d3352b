"""What the application is given: everything that is opened, closed or chosen outside of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from payme.app.metrics import ReadGauges, ReadPool
from payme.app.settings import Settings
from payme.app.telemetry import Tracing
from payme.callbacks import CallbackKeeper
from payme.http.transact import Admission
from payme.identity import admit
from payme.kit.db.transaction import Database
from payme.live import Streams


@dataclass(frozen=True)
class AppServices:
    """The outside of one application. Whoever made it opens it before and closes it after."""

    settings: Settings
    database: Database
    admission: Admission = admit
    """How identity lets an actor into a transaction."""
    business_gauges: ReadGauges | None = None
    pool_use: ReadPool | None = None
    tracing: Tracing | None = None
    beside: int = 1
    """How many processes serve this application together; each grants callers its share of the limits."""
    callbacks: CallbackKeeper | None = None
    """Keeps callbacks; without it one with a spool in the data directory is made."""
    streams: Streams = field(default_factory=Streams)
    """The live streams; whoever listens to notices tells them."""
    timer: Callable[[], float] = time.perf_counter
    """Measures durations in seconds; its zero means nothing."""
