"""What the people of the shop say to the server: HTTP, and nothing else."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from types import TracebackType
from typing import Self
from uuid import UUID

import httpx

from payme.app.advice import Advice
from payme.kit.ids import uuid7
from payme.kit.seams import Clock

ANSWER_WITHIN_S = 90.0
PAUSE_S = 0.05
PAUSE_MAX_S = 1.0
TIMEOUT_S = 20.0
_LATER = frozenset({429, 502, 503, 504})

Json = Mapping[str, object]


class ServerSaid(Advice):
    """The server refused what the demonstration expects it to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and what came with it."""

    status: int
    body: Json

    @property
    def code(self) -> str:
        """The refusal's code; empty where it is none."""
        return str(self.body.get("code", "")) if self.status >= 400 else ""  # noqa: PLR2004

    def text(self, name: str) -> str:
        """Return a field as text."""
        return str(self.body[name])

    def money(self, name: str) -> Decimal:
        """Return a field as an amount."""
        return Decimal(str(self.body[name]))


@dataclass(frozen=True, slots=True)
class Luck:
    """Where keys come from: a clock and randomness that are handed in."""

    clock: Clock
    randomness: Random

    def new_key(self) -> str:
        """Make an Idempotency-Key."""
        return str(uuid7(self.clock.now(), self.randomness))


class Person:
    """Somebody with a connection of their own, signed in once there is a token."""

    def __init__(self, base_url: str, luck: Luck) -> None:
        """Know where the server is."""
        self._luck = luck
        self._http = httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT_S, trust_env=False)

    async def __aenter__(self) -> Self:
        """Open."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        await self._http.aclose()

    async def sign_up_and_in(self, email: str, name: str, password: str) -> None:
        """Get an account and a session. Raises ServerSaid."""
        await self.do("/v1/users", {"email": email, "name": name, "password": password})
        signed_in = await self.do("/v1/sessions", {"email": email, "password": password})
        self._http.headers["Authorization"] = f"Bearer {signed_in.text('token')}"

    async def do(self, path: str, body: Json, *, once: bool = False) -> Answer:
        """Post what must succeed. Raises ServerSaid."""
        answer = await self.ask("POST", path, body, once=once)
        if answer.code:
            raise ServerSaid(f"POST {path} was refused with {answer.status}: {dict(answer.body)}")
        return answer

    async def read(self, path: str) -> Answer:
        """Get what must be there. Raises ServerSaid."""
        answer = await self.ask("GET", path, None)
        if answer.code:
            raise ServerSaid(f"GET {path} was refused with {answer.status}: {dict(answer.body)}")
        return answer

    async def ask(self, method: str, path: str, body: Json | None, *, once: bool = False) -> Answer:
        """Send a request until it is answered: with ``once`` under one Idempotency-Key, however often it is sent.

        A connection that breaks, a server that is not ready and a key that is being worked on are no answers; the same
        request is sent again. Raises ServerSaid where none comes within ``ANSWER_WITHIN_S``.
        """
        headers = {"Idempotency-Key": self._luck.new_key()} if once else {}
        deadline = time.monotonic() + ANSWER_WITHIN_S
        pause_s = PAUSE_S
        while True:
            try:
                response = await self._http.request(method, path, json=body, headers=headers)
                answer = Answer(response.status_code, response.json() if response.content else {})
            except (httpx.TransportError, ValueError) as error:
                said = f"{type(error).__name__} {error}"
            else:
                if answer.status not in _LATER and answer.code != "idempotency_key_in_progress":
                    return answer
                said = f"{answer.status} {dict(answer.body)}"
            if time.monotonic() > deadline:
                raise ServerSaid(f"{method} {path} was not answered within {ANSWER_WITHIN_S:.0f} s: {said}")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.5, PAUSE_MAX_S)


@dataclass(frozen=True, slots=True)
class PromptSeen:
    """A prompt as the simulator has it in truth."""

    checkout_request_id: str
    account_reference: str
    is_settled: bool
    is_paid: bool
    amount: Decimal


class Director:
    """Whoever directs the simulator's play: reads who truly paid, and has lost callbacks sent again."""

    def __init__(self, url: str) -> None:
        """Know where the simulator is."""
        self._http = httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S, trust_env=False)

    async def aclose(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def prompts(self, phone: str | None = None) -> Sequence[PromptSeen]:
        """Return the prompts of one phone, or of all."""
        found: list[PromptSeen] = []
        after: int | None = 0
        while after is not None:
            asked: dict[str, str | int] = {"after": after, "limit": 10_000} | ({"phone": phone} if phone else {})
            page = (await self._http.get("/simulator/ledger", params=asked)).raise_for_status().json()
            found += [
                PromptSeen(
                    one["checkout_request_id"],
                    one["account_reference"],
                    one["state"] != "waiting",
                    one["state"] == "paid",
                    Decimal(one["amount"]),
                )
                for one in page["prompts"]
            ]
            after = page["next_after"]
        return found

    async def statement(self, shortcode: str) -> bytes:
        """Return the statement of a shortcode as the organisation portal gives it out."""
        return (await self._http.get(f"/simulator/statements/{shortcode}.csv")).raise_for_status().content

    async def send_again(self, prompt: PromptSeen) -> None:
        """Have the callback of a settled prompt sent once more."""
        path = f"/simulator/prompts/{prompt.checkout_request_id}/callbacks"
        (await self._http.post(path, json={"copies": 1})).raise_for_status()


@dataclass(frozen=True, slots=True)
class Premises:
    """A shop that is open for trade: where it is on the server, and the ids of its goods."""

    business_id: UUID
    products: Mapping[str, UUID]

    def path(self, rest: str) -> str:
        """Return a path of this shop."""
        return f"/v1/businesses/{self.business_id}/{rest}"
