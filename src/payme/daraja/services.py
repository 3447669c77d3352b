"""The way to Daraja: silent lines are left alone, tokens are fetched once for all, and nothing is sent twice.

A push is never sent again after it may have been sent: Daraja has no idempotency, so a second one may charge twice. The
one repetition is after the gateway turned a request away because of its token, which is certain to have done nothing.
Only what changes nothing, a token or a question, is asked for again when its answer was lost.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import Final, TypeVar

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt

from payme.daraja import queries, repository, rules
from payme.daraja.errors import MpesaUnavailable
from payme.daraja.models import Admitted, Exchange, Health, Held, Lost, NoToken, NotSent, Reply, Token, Unsent
from payme.daraja.types import Access, Call, Line
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.errors import Unavailable

TOKEN_PATH: Final = "/oauth/v1/generate?grant_type=client_credentials"  # noqa: S105  a path

TIMEOUT_S: Final = 15.0
QUERIES_PER_MINUTE: Final = 5
FAILURES_MAX: Final = 5
OPEN_S: Final = 20
PROBE_S: Final = 90
"""Longer than any call can take, so that only a process that died is overtaken."""
ATTEMPTS_MAX: Final = 3
BACKOFF_S: Final = 0.5
BODY_MAX: Final = 65_536
TOKENS_MAX: Final = 4_096

_SCOPE: Final = Scope.system("daraja")
_NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
_Ended = TypeVar("_Ended")
_Name = TypeVar("_Name")
_Thing = TypeVar("_Thing")


async def require_line(tx: Tx, line: Line) -> None:
    """Refuse to ask a customer while the line is held, so that the cashier knows at once.

    Locks: none. Raises: MpesaUnavailable. Emits: nothing.
    """
    hold = rules.held(await queries.get_standing(tx, line, Call.PUSH), tx.now)
    if hold is not None:
        raise MpesaUnavailable(retry_after_s=max(1, ceil((hold.until - tx.now).total_seconds())))


async def enter(tx: Tx, line: Line, call: Call, pace_s: float) -> Admitted | Held:
    """Let a call go, at its pace, and where the line is half-open as its one probe.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    standing = await queries.get_standing(tx, line, call)
    hold = rules.held(standing, tx.now)
    if hold is not None:
        return hold
    if pace_s:
        next_at = tx.now + timedelta(seconds=pace_s)
        if not await repository.claim_pace(tx, line, call, next_at):
            return Held(Unsent.PACED, next_at)
    admitted = rules.admitted(standing)
    if admitted.is_probe:
        until = tx.now + timedelta(seconds=PROBE_S)
        if not await repository.claim_probe(tx, line, admitted.era, until):
            return Held(Unsent.BREAKER_OPEN, tx.now + timedelta(seconds=OPEN_S))
    return admitted


async def leave(
    tx: Tx, line: Line, call: Call, admitted: Admitted, health: Health | None, spared_s: int | None
) -> None:
    """Write what the end of a call says about its line; of an earlier era it says nothing.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    opens_until = tx.now + timedelta(seconds=OPEN_S)
    if spared_s is not None:
        repository.slow_down(tx, line, call, tx.now + timedelta(seconds=spared_s))
    if admitted.is_probe and health is None:
        repository.give_probe_back(tx, line, admitted.era)
    elif admitted.is_probe:
        repository.end_probe(tx, line, admitted.era, opens_until if health is Health.ILL else None)
    elif health is Health.ILL:
        repository.count_failure(tx, line, admitted.era, FAILURES_MAX, opens_until)
    elif health is Health.WELL:
        repository.forget_failures(tx, line, admitted.era)


@dataclass
class _Slot:
    """The token of one app, and the one request under way for the next."""

    token: Token | None = None
    flight: asyncio.Task[Token | NoToken] | None = None


class Wire:
    """Daraja over HTTP. Tokens live in this object, so a process has one and hands it to all; lines are in the books.

    ``timeout_s`` is real time and bounds each HTTP exchange; a call that may be repeated makes at most three attempts,
    each of two exchanges and six for tokens. ``queries_per_minute`` bounds each kind of question on each line, over all
    processes. ``http`` is handed over and closed with this object.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        database: Database,
        *,
        timeout_s: float = TIMEOUT_S,
        queries_per_minute: int = QUERIES_PER_MINUTE,
    ) -> None:
        """Take the connection pool, and the books with their seams."""
        self._http = http
        self._database = database
        self._seams = database.seams
        self._timeout_s = timeout_s
        self._query_pace_s = 60 / queries_per_minute
        # A quarter each, so that waiting for a connection, TCP and TLS together end before the whole does: what fails
        # there is known not to have been sent.
        self._timeout = httpx.Timeout(timeout_s, connect=timeout_s / 4, pool=timeout_s / 4)
        self._slots: dict[bytes, _Slot] = {}
        self._flights: set[asyncio.Task[Token | NoToken]] = set()

    async def aclose(self) -> None:
        """Close the connections. Whoever still waits for a token is cancelled."""
        flights = list(self._flights)
        for flight in flights:
            flight.cancel()
        for flight in flights:
            with suppress(asyncio.CancelledError):
                await flight
        await self._http.aclose()

    async def call(
        self, access: Access, call: Call, path: str, body: Callable[[datetime], bytes]
    ) -> Exchange | NoToken:
        """Ask Daraja something; ``body`` is written anew for each attempt, with its own instant."""
        attempt = partial(self._attempt, access, call, path, body)
        if not call.is_repeatable:
            return await attempt()
        return await self._again(
            attempt, lambda ended: not isinstance(ended, NoToken) and rules.is_outage(ended), self._pace_s(call)
        )

    async def _again(
        self, attempt: Callable[[], Awaitable[_Ended]], is_worth_it: Callable[[_Ended], bool], pause_s: float = 0.0
    ) -> _Ended:
        """Try up to three times, each time after twice as long, and never all at the same instant."""

        async def once() -> _Ended:
            return await attempt()

        def wait_s(state: RetryCallState) -> float:
            longest_s: float = BACKOFF_S * 2**state.attempt_number
            return pause_s + self._seams.randomness.uniform(longest_s / 2, longest_s)

        def last(state: RetryCallState) -> _Ended:
            assert state.outcome is not None, "an attempt has ended"  # noqa: S101
            ended: _Ended = state.outcome.result()
            return ended

        retrying = AsyncRetrying(
            sleep=self._seams.clock.sleep,
            stop=stop_after_attempt(ATTEMPTS_MAX),
            wait=wait_s,
            retry=retry_if_result(is_worth_it),
            retry_error_callback=last,
        )
        ended: _Ended = await retrying(once)
        return ended

    async def _attempt(
        self, access: Access, call: Call, path: str, body: Callable[[datetime], bytes]
    ) -> Exchange | NoToken:
        try:
            entered = await self._database.transact(_SCOPE, enter, access.line, call, self._pace_s(call))
        except Unavailable:
            return NotSent(Unsent.BOOKS_AWAY)
        if isinstance(entered, Held):
            return NotSent(entered.why, entered.until)

        async def send(token: Token) -> Exchange:
            await self._seams.chaos.point(f"before_{call}")
            headers = {"Authorization": f"Bearer {token.value}", "Content-Type": "application/json"}
            exchange = await self._send("POST", access.base_url, path, headers, body(self._now()))
            await self._seams.chaos.point(f"after_{call}")
            return exchange

        ended: Exchange | NoToken | None = None
        try:
            ended = await self._with_token(access, send, is_probe=entered.is_probe)
        finally:
            await self._leave(access.line, call, entered, ended)
        return ended

    async def _leave(self, line: Line, call: Call, entered: Admitted, ended: Exchange | NoToken | None) -> None:
        health = None if ended is None else rules.health_of(ended)
        spared_s = None if ended is None else rules.spared_s(ended)
        if entered.is_probe or entered.failures or health is Health.ILL or spared_s is not None:
            with suppress(Unavailable):  # what Daraja said is worth more than what the line remembers
                await self._database.transact(_SCOPE, leave, line, call, entered, health, spared_s)

    def _pace_s(self, call: Call) -> float:
        return self._query_pace_s if call.is_repeatable else 0.0

    async def _with_token(
        self, access: Access, send: Callable[[Token], Awaitable[Exchange]], *, is_probe: bool
    ) -> Exchange | NoToken:
        """Send with a token; if that is what the gateway refuses, once more with a new one.

        A probe asks for a new token first: that is harmless, so no push finds out whether the host is alive.
        """
        if is_probe:
            self._slot(access).token = None
        token = await self._token(access)
        if isinstance(token, NoToken):
            return token
        exchange = await send(token)
        if not rules.is_token_refused(exchange):
            return exchange
        slot = self._slot(access)
        if slot.token is token:  # else somebody has replaced it since
            slot.token = None
        token = await self._token(access)
        return token if isinstance(token, NoToken) else await send(token)

    async def _token(self, access: Access) -> Token | NoToken:
        """Return a token that serves; one near its end is renewed meanwhile, so that no customer waits for that."""
        slot, now = self._slot(access), self._now()
        if slot.token is not None and now < slot.token.refresh_at:
            return slot.token
        if slot.flight is None:
            slot.flight = asyncio.create_task(self._fetch_token(access, slot))
            self._flights.add(slot.flight)
            slot.flight.add_done_callback(self._flights.discard)
        if slot.token is not None and now < slot.token.expires_at:
            return slot.token
        # Shielded: the first to ask may hang up while the others still wait for the same token.
        return await asyncio.shield(slot.flight)

    async def _fetch_token(self, access: Access, slot: _Slot) -> Token | NoToken:
        headers = {"Authorization": rules.basic_auth(access)}
        try:
            exchange = await self._again(
                lambda: self._send("GET", access.base_url, TOKEN_PATH, headers, None), rules.may_ask_again
            )
            answer = rules.token_answer(exchange, self._now())
            if isinstance(answer, Token):
                slot.token = answer
            return answer
        finally:
            slot.flight = None

    def _slot(self, access: Access) -> _Slot:
        """Find the app's slot. Its name includes the secret: to know another shop's key must not lend its token."""
        parts = (access.base_url, access.consumer_key, access.consumer_secret)
        name = hashlib.sha256("\0".join(parts).encode()).digest()
        return _remember(self._slots, name, self._slots.get(name) or _Slot(), TOKENS_MAX)

    async def _send(
        self, method: str, base_url: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> Exchange:
        """Send one request and read the whole answer, without following redirects, which would send a push twice."""
        headers = {**headers, "Accept": "application/json", "User-Agent": "PayMe"}
        url = base_url.rstrip("/") + path
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._http.stream(
                    method, url, headers=headers, content=body, timeout=self._timeout, follow_redirects=False
                ) as response,
            ):
                received = bytearray()
                async for chunk in response.aiter_bytes():
                    received += chunk
                    if len(received) > BODY_MAX:
                        return Lost("the answer is too long to be Daraja's")
                return Reply(
                    response.status_code, bytes(received), rules.seconds_of(response.headers.get("retry-after"))
                )
        except _NEVER_SENT:
            return NotSent(Unsent.CONNECT_FAILED)
        except httpx.PoolTimeout:
            return NotSent(Unsent.TOO_MANY_AT_ONCE)
        except (TimeoutError, httpx.TimeoutException):
            return Lost("no answer came in time")
        except httpx.HTTPError as lost:  # the text of the exception is left out: it may quote what was sent
            return Lost(f"the answer was lost ({type(lost).__name__})")

    def _now(self) -> datetime:
        return self._seams.clock.now()


def _remember(known: dict[_Name, _Thing], name: _Name, thing: _Thing, known_max: int) -> _Thing:
    """Put the thing last, and forget the one unused for longest if there are too many."""
    known.pop(name, None)
    known[name] = thing
    if len(known) > known_max:
        del known[next(iter(known))]
    return thing
