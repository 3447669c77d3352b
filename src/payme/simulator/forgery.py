"""Storms of forged callbacks: successes that nobody paid, sent to addresses that are guessed or known."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from payme.simulator import rules
from payme.simulator.core import Core
from payme.simulator.delivery import Postman
from payme.simulator.models import Delivery, Letter, Prompt, PushRequest
from payme.simulator.scenarios import PAID
from payme.simulator.types import LetterKind, Outcome, PromptState

TOGETHER = 50
"""Forgeries sent side by side; the pause between such handfuls makes the rate."""


@dataclass(frozen=True, slots=True)
class Storm:
    """What is forged, how often, how fast."""

    url: str
    count: int
    per_s: float
    shortcode: str
    phone: str
    amount: int


class Forger:
    """Somebody who is not Daraja."""

    def __init__(self, core: Core, postman: Postman) -> None:
        """Share the chance and the post; nothing forged enters the ledger."""
        self.sent = 0
        self.answered: dict[str, int] = {}
        self._core = core
        self._postman = postman
        self._storms = 0

    def storm(self, storm: Storm) -> None:
        """Begin to send forged successes, in the background. Raises GatewayRefusal when too much is under way."""
        self._postman.check_room()
        self._storms += 1
        self._postman.start(self._send_all(storm, self._storms))

    async def _send_all(self, storm: Storm, number: int) -> None:
        for first in range(0, storm.count, TOGETHER):
            handful = range(first, min(first + TOGETHER, storm.count))
            await asyncio.gather(*(self._send_one(storm, number, one) for one in handful))
            await self._postman.sleep(len(handful) / storm.per_s)

    async def _send_one(self, storm: Storm, number: int, one: int) -> None:
        rng = self._core.rng("storm", number, one)
        now = self._core.clock()
        prompt = _made_up(storm, now, rules.checkout_request_id(now, storm.phone, fraction=one))
        prompt = replace(prompt, receipt=rules.forged_receipt(rng))
        body = rules.callback_body(prompt, PAID, Delivery())
        url = storm.url.replace("{secret}", f"{rng.getrandbits(256):064x}")
        reply = await self._postman.send(Letter(LetterKind.STK, url, storm.shortcode, body, 0), "")
        self.sent += 1
        said = str(reply.status or reply.error)
        self.answered[said] = self.answered.get(said, 0) + 1


def _made_up(storm: Storm, now: datetime, checkout_request_id: str) -> Prompt:
    push = PushRequest(
        shortcode=storm.shortcode,
        password="",
        timestamp="",
        transaction_type="",
        amount=storm.amount,
        party_a=storm.phone,
        party_b=storm.shortcode,
        phone=storm.phone,
        callback_url=storm.url,
        account_reference="",
        description="",
    )
    return Prompt(0, checkout_request_id, "forged", push, Outcome.PAID, accepted_at=now, state=PromptState.PAID)
