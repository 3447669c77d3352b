"""Figures for Prometheus: how the server does, and how the business does."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from payme.kit.db.pool import PoolUse

FRESH_S: Final = 5.0
COLLECT_TIMEOUT_S: Final = 2.0
_BUCKETS_S: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PaymentsInState:
    """Open payments of one state, over all businesses."""

    state: str
    count: int
    oldest_age_s: float


@dataclass(frozen=True, slots=True)
class IssuesOfKind:
    """Open issues of one kind and severity, over all businesses."""

    kind: str
    severity: str
    count: int
    unseen_age_s: float


@dataclass(frozen=True, slots=True)
class BusinessGauges:
    """How the business does, over all businesses."""

    open_payments: tuple[PaymentsInState, ...] = ()
    callbacks_waiting: int = 0
    callbacks_oldest_age_s: float = 0.0
    tokens_balance: int = 0
    tokens_owed: int = 0
    open_issues: tuple[IssuesOfKind, ...] = ()
    alerts_waiting: int = 0
    alerts_failed: int = 0
    violations: int | None = None
    """Rows the last verification found; None where there was none yet."""
    broken: tuple[tuple[str, int], ...] = ()
    """Invariants that are broken, and how often: open issues, and what was found of the whole database."""
    changes_age_s: float | None = None
    full_age_s: float | None = None
    anchors_failing_s: tuple[tuple[str, float], ...] = ()
    """Places outside that are told of the audit, and for how long each has not taken it; 0 where all is well."""


ReadGauges = Callable[[], Awaitable[BusinessGauges]]
ReadPool = Callable[[], PoolUse]


class HttpMetrics:
    """What the door counts, with the series of each route made once."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register with one application's registry."""
        labels = ("method", "route", "status")
        self._requests = Counter("payme_http_requests_total", "Requests answered.", labels, registry=registry)
        self._durations = Histogram(
            "payme_http_request_duration_seconds",
            "Time from the first byte in to the last byte out; of a live stream to its first byte out.",
            ("method", "route"),
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self.in_flight = _live("payme_http_requests_in_flight", "Requests being answered.", registry)
        self.streams = _live("payme_http_streams", "Live streams that are open.", registry)
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def seen(self, method: str, route: str, status: int, duration_s: float) -> None:
        """Count one answer."""
        key = (method if method in _METHODS else "other", route, status)
        series = self._series.get(key)
        if series is None:
            verb = key[0]
            series = self._requests.labels(verb, route, str(status)), self._durations.labels(verb, route)
            self._series[key] = series
        series[0].inc()
        series[1].observe(duration_s)


class _Kept(Collector):
    """The last business figures, as Prometheus reads them."""

    def __init__(self) -> None:
        self.gauges: BusinessGauges | None = None
        self.is_up = False

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        yield _gauge("payme_business_gauges_up", "1 if the business figures below are of now.", int(self.is_up))
        if self.gauges is None:
            return
        gauges = self.gauges
        count = GaugeMetricFamily("payme_payments_open", "Payments without an end, by state.", labels=("state",))
        oldest = GaugeMetricFamily(
            "payme_payments_open_oldest_seconds", "Age of the oldest payment without an end.", labels=("state",)
        )
        for payments in gauges.open_payments:
            count.add_metric((payments.state,), payments.count)
            oldest.add_metric((payments.state,), payments.oldest_age_s)
        yield count
        yield oldest
        yield _gauge("payme_callbacks_waiting", "Callbacks stored and not yet applied.", gauges.callbacks_waiting)
        yield _gauge(
            "payme_callbacks_waiting_oldest_seconds", "Age of the oldest of them.", gauges.callbacks_oldest_age_s
        )
        yield _gauge("payme_tokens_balance", "Prepaid tokens of all businesses.", gauges.tokens_balance)
        yield _gauge("payme_tokens_owed", "Tokens owed by all businesses.", gauges.tokens_owed)
        issues = GaugeMetricFamily(
            "payme_issues_open", "Issues nobody has closed, by kind and severity.", labels=("kind", "severity")
        )
        unseen = GaugeMetricFamily(
            "payme_issues_unacknowledged_oldest_seconds",
            "Age of the oldest issue that nobody acknowledged, by kind and severity.",
            labels=("kind", "severity"),
        )
        for issue in gauges.open_issues:
            issues.add_metric((issue.kind, issue.severity), issue.count)
            unseen.add_metric((issue.kind, issue.severity), issue.unseen_age_s)
        yield issues
        yield unseen
        yield _gauge("payme_alerts_waiting", "Alerts that wait to be sent.", gauges.alerts_waiting)
        yield _gauge("payme_alerts_failed", "Alerts that failed in the last 24 hours.", gauges.alerts_failed)
        if gauges.violations is not None:
            yield _gauge("payme_violations", "Rows that broke an invariant at the last look.", gauges.violations)
        broken = GaugeMetricFamily("payme_invariant_broken", "Places where it is broken.", labels=("invariant",))
        for invariant, places in gauges.broken:
            broken.add_metric((invariant,), places)
        yield broken
        if gauges.changes_age_s is not None:
            yield _gauge("payme_changes_asked_age_seconds", "Since changes were asked about.", gauges.changes_age_s)
        failing = GaugeMetricFamily(
            "payme_anchors_failing_seconds", "For how long a place did not take heads of the audit.", labels=("place",)
        )
        for place, age_s in gauges.anchors_failing_s:
            failing.add_metric((place,), age_s)
        yield failing
        if gauges.full_age_s is not None:
            yield _gauge("payme_everything_asked_age_seconds", "Since everything was asked.", gauges.full_age_s)


class _PoolFigures:
    """The database sessions of this process; of several processes the sums are shown."""

    def __init__(self, registry: CollectorRegistry, read: ReadPool) -> None:
        self._read = read
        self._in_use = _live("payme_db_pool_in_use", "Database sessions in use.", registry)
        self._open = _live("payme_db_pool_open", "Database sessions open.", registry)
        self._most = _live("payme_db_pool_max", "Database sessions allowed.", registry)

    def note(self) -> None:
        use = self._read()
        self._in_use.set(use.in_use)
        self._open.set(use.open)
        self._most.set(use.most)


class Metrics:
    """All figures of one application, in a registry of its own.

    With ``together`` several processes are one application: each keeps its figures in a file, in the folder that the
    environment named when prometheus_client was loaded, and whichever is asked shows the sums.
    """

    def __init__(
        self,
        *,
        timer: Callable[[], float],
        read_gauges: ReadGauges | None,
        read_pool: ReadPool | None,
        together: bool = False,
    ) -> None:
        """Read the business figures with ``read_gauges``, at most once in ``FRESH_S``."""
        own = CollectorRegistry()
        self.http = HttpMetrics(own)
        self._pool = None if read_pool is None else _PoolFigures(own, read_pool)
        self._registry = own
        if together:
            self._registry = CollectorRegistry()
            MultiProcessCollector(self._registry)  # type: ignore[no-untyped-call]
        self._timer = timer
        self._read_gauges = read_gauges
        self._kept = _Kept()
        self._registry.register(self._kept)
        self._read_at: float | None = None
        self._reading = asyncio.Lock()

    async def keep_pool_noted(self) -> None:
        """Note the pool until cancelled, so that a process nobody asks shows its sessions too."""
        while True:
            self.note_pool()
            await asyncio.sleep(FRESH_S)

    def note_pool(self) -> None:
        """Note how many database sessions there are now."""
        if self._pool is not None:
            self._pool.note()

    async def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        self.note_pool()
        if self._read_gauges is not None:
            async with self._reading:  # many scrapers, one reading
                await self._refresh(self._read_gauges)
        return generate_latest(self._registry)

    async def _refresh(self, read_gauges: ReadGauges) -> None:
        now = self._timer()
        if self._read_at is not None and now - self._read_at < FRESH_S:
            return
        self._read_at = now
        try:
            async with asyncio.timeout(COLLECT_TIMEOUT_S):
                self._kept.gauges = await read_gauges()
            self._kept.is_up = True
        except Exception:  # a scrape must show the server's own figures above all when the database is ill
            self._kept.is_up = False
            log.warning("business_gauges_unread", exc_info=True)


def _live(name: str, meaning: str, registry: CollectorRegistry) -> Gauge:
    return Gauge(name, meaning, registry=registry, multiprocess_mode="livesum")


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)
