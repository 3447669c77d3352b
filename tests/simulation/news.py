"""A subscriber: a shop's own system, which is told what happened, at least once and in any order."""

import base64
import hashlib
import hmac
import json
from collections import Counter
from random import Random

from payme.webhooks import EventType, Letter, Outcome
from payme.webhooks.services import Courier
from tests.simulation.faults import Fault, Faults
from tests.simulation.scheduler import Scheduler, Violation

ADDRESS = "https://shop.test/news"
WANTED = (EventType.SALE_COMPLETED, EventType.MONEY_RECEIVED)


class Subscriber(Courier):
    """Carries letters to the subscriber and is the subscriber: what it has stands in ``heard``."""

    def __init__(self, scheduler: Scheduler, randomness: Random, faults: Faults) -> None:
        """``secret`` must be set before the first letter."""
        super().__init__(loopback_allowed=False)
        self._scheduler = scheduler
        self._randomness = randomness
        self._faults = faults
        self.secret = ""
        self.heard: Counter[tuple[str, str]] = Counter()
        """What was told, as type and subject, and how often."""
        self.messages: Counter[str] = Counter()
        """Which messages arrived, by their hexadecimal id, and how often."""

    async def carry(self, letter: Letter) -> Outcome:
        """Deliver a letter, or fail to; raises Violation where it is not signed as agreed."""
        await self._scheduler.sleep(self._randomness.uniform(0.05, 1.0))
        if self._faults.strikes(Fault.NEWS_LOST):
            return Outcome(None, "no answer in time", "", 15_000)
        if self._faults.strikes(Fault.NEWS_REFUSED):
            return Outcome(500, "", "down for maintenance", 5)
        self._hear(letter)
        if self._faults.strikes(Fault.NEWS_ANSWER_LOST):
            return Outcome(None, "no answer in time", "", 15_000)
        return Outcome(200, "", "", 5)

    def _hear(self, letter: Letter) -> None:
        headers = letter.headers
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{letter.payload}".encode()
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signature = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        if signature not in headers["webhook-signature"].split():
            raise Violation("NEWS", f"message {letter.message_id} is not signed with the secret of its endpoint")
        said = json.loads(letter.payload)
        self.messages[letter.message_id.hex] += 1
        self.heard[said["type"], said["data"].get("sale_id") or said["data"]["receipt"]] += 1
        self._scheduler.note(f"hears {said['type']}")
