"""The Daraja client: tokens fetched once for all, a push sent at most once, and a host that does not answer left alone.

A push is never sent again after it may have been sent: Daraja has no idempotency, so a second one may charge twice. The
one repetition is after the gateway turned a request away because of its token, which is certain to have done nothing.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeVar

import httpx

from payme.kit.seams import Seams
from payme.mpesa import rules
from payme.mpesa.models import Breaker, Exchange, Lost, NoToken, NotSent, Reply, Token, Unsent
from payme.mpesa.types import MpesaAccount, PushAnswer, PushOrder, QueryAnswer

TOKEN_PATH: Final = "/oauth/v1/generate?grant_type=client_credentials"  # noqa: S105  a path
PUSH_PATH: Final = "/mpesa/stkpush/v1/processrequest"
QUERY_PATH: Final = "/mpesa/stkpushquery/v1/query"

TIMEOUT_S: Final = 15.0
BODY_MAX: Final = 65_536
TOKENS_MAX: Final = 4_096
BREAKERS_MAX: Final = 256

_NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)

_Name = TypeVar("_Name")
_Thing = TypeVar("_Thing")


class Daraja(Protocol):
    """M-PESA as the product needs it. No answer is ever raised: what is not known is said to be unknown."""

    async def push(self, account: MpesaAccount, order: PushOrder) -> PushAnswer:
        """Order a prompt on the customer's phone. Source: Daraja, M-Pesa Express."""
        ...

    async def query(self, account: MpesaAccount, checkout_request_id: str) -> QueryAnswer:
        """Ask what became of a prompt. Source: Daraja, M-Pesa Express Query."""
        ...


@dataclass
class _Slot:
    """The token of one account, and the one request under way for the next."""

    token: Token | None = None
    flight: asyncio.Task[Token | NoToken] | None = None


class DarajaClient(Daraja):
    """Daraja over HTTP. Tokens and breakers live in this object, so a process has one and hands it to all.

    ``timeout_s`` is real time and bounds each HTTP exchange; a call makes at most four, two of them for a token.
    ``http`` is handed over and closed with the client.
    """

    def __init__(self, http: httpx.AsyncClient, seams: Seams, *, timeout_s: float = TIMEOUT_S) -> None:
        """Take the connection pool and the seams."""
        self._http = http
        self._seams = seams
        self._timeout_s = timeout_s
        # A quarter each, so that waiting for a connection, TCP and TLS together end before the whole does: what fails
        # there is known not to have been sent.
        self._timeout = httpx.Timeout(timeout_s, connect=timeout_s / 4, pool=timeout_s / 4)
        self._slots: dict[bytes, _Slot] = {}
        self._flights: set[asyncio.Task[Token | NoToken]] = set()
        self._breakers: dict[str, Breaker] = {}

    async def aclose(self) -> None:
        """Close the connections. Whoever still waits for a token is cancelled."""
        flights = list(self._flights)
        for flight in flights:
            flight.cancel()
        for flight in flights:
            with suppress(asyncio.CancelledError):
                await flight
        await self._http.aclose()

    async def push(self, account: MpesaAccount, order: PushOrder) -> PushAnswer:
        """Order a prompt on the customer's phone, at most once."""

        async def send(token: Token) -> Exchange:
            await self._seams.chaos.point("before_push")
            exchange = await self._post(account, PUSH_PATH, token, rules.push_body(account, order, self._now()))
            await self._seams.chaos.point("after_push")
            return exchange

        return rules.push_answer(await self._with_token(account, send))

    async def query(self, account: MpesaAccount, checkout_request_id: str) -> QueryAnswer:
        """Ask what became of a prompt; the caller decides when to ask again."""

        async def send(token: Token) -> Exchange:
            body = rules.query_body(account, checkout_request_id, self._now())
            return await self._post(account, QUERY_PATH, token, body)

        return rules.query_answer(await self._with_token(account, send), checkout_request_id)

    async def _with_token(
        self, account: MpesaAccount, send: Callable[[Token], Awaitable[Exchange]]
    ) -> Exchange | NoToken:
        """Send with a token; if that is what the gateway refuses, once more with a new one."""
        token = await self._token(account)
        if isinstance(token, NoToken):
            return token
        exchange = await send(token)
        if not rules.is_token_refused(exchange):
            return exchange
        slot = self._slot(account)
        if slot.token is token:  # else somebody has replaced it since
            slot.token = None
        token = await self._token(account)
        return token if isinstance(token, NoToken) else await send(token)

    async def _token(self, account: MpesaAccount) -> Token | NoToken:
        """Return a token that serves; one near its end is renewed meanwhile, so that no customer waits for that."""
        slot, now = self._slot(account), self._now()
        if slot.token is not None and now < slot.token.refresh_at:
            return slot.token
        if slot.flight is None:
            slot.flight = asyncio.create_task(self._fetch_token(account, slot))
            self._flights.add(slot.flight)
            slot.flight.add_done_callback(self._flights.discard)
        if slot.token is not None and now < slot.token.expires_at:
            return slot.token
        # Shielded: the first to ask may hang up while the others still wait for the same token.
        return await asyncio.shield(slot.flight)

    async def _fetch_token(self, account: MpesaAccount, slot: _Slot) -> Token | NoToken:
        try:
            headers = {"Authorization": rules.basic_auth(account)}
            answer = rules.token_answer(await self._exchange("GET", account.base_url, TOKEN_PATH, headers), self._now())
            if isinstance(answer, Token):
                slot.token = answer
            return answer
        finally:
            slot.flight = None

    def _slot(self, account: MpesaAccount) -> _Slot:
        """Find the account's slot. Its name includes the secret: to know another shop's key must not lend its token."""
        parts = (account.base_url, account.consumer_key, account.consumer_secret)
        name = hashlib.sha256("\0".join(parts).encode()).digest()
        return _remember(self._slots, name, self._slots.get(name) or _Slot(), TOKENS_MAX)

    async def _post(self, account: MpesaAccount, path: str, token: Token, body: bytes) -> Exchange:
        headers = {"Authorization": f"Bearer {token.value}", "Content-Type": "application/json"}
        return await self._exchange("POST", account.base_url, path, headers, body)

    async def _exchange(
        self, method: str, base_url: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> Exchange:
        """Send one request, unless the host's breaker is open."""
        admitted = self._breaker(base_url).admit(self._now())
        if admitted is None:
            return NotSent(Unsent.BREAKER_OPEN)
        _remember(self._breakers, base_url, admitted, BREAKERS_MAX)
        outage: bool | None = None
        try:
            exchange = await self._send(method, base_url.rstrip("/") + path, headers, body)
            outage = rules.is_outage(exchange)
        finally:
            after = self._breaker(base_url).record(admitted, outage=outage, now=self._now())
            _remember(self._breakers, base_url, after, BREAKERS_MAX)
        return exchange

    async def _send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Exchange:
        """Send one request and read the whole answer, without following redirects, which would send a push twice."""
        headers = {**headers, "Accept": "application/json", "User-Agent": "PayMe"}
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
                return Reply(response.status_code, bytes(received))
        except _NEVER_SENT:
            return NotSent(Unsent.CONNECT_FAILED)
        except httpx.PoolTimeout:
            return NotSent(Unsent.TOO_MANY_AT_ONCE)
        except (TimeoutError, httpx.TimeoutException):
            return Lost("no answer came in time")
        except httpx.HTTPError as lost:  # the text of the exception is left out: it may quote what was sent
            return Lost(f"the answer was lost ({type(lost).__name__})")

    def _breaker(self, base_url: str) -> Breaker:
        return self._breakers.get(base_url, Breaker())

    def _now(self) -> datetime:
        return self._seams.clock.now()


def _remember(known: dict[_Name, _Thing], name: _Name, thing: _Thing, known_max: int) -> _Thing:
    """Put the thing last, and forget the one unused for longest if there are too many."""
    known.pop(name, None)
    known[name] = thing
    if len(known) > known_max:
        del known[next(iter(known))]
    return thing
