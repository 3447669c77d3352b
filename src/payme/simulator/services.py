"""What the pretended Daraja does: give tokens, push prompts, live through them, answer queries."""

import asyncio
import base64
import binascii
import json
import secrets
from collections import OrderedDict, deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import assert_never

from payme.simulator import rules, validation
from payme.simulator.delivery import Postman
from payme.simulator.errors import (
    ConnectionCut,
    FirewallBlocked,
    GatewayRefusal,
    PromptNotFound,
    PromptNotSettled,
    PromptNotWaiting,
    SpikeArrested,
    UnknownApp,
    bad_field,
    merchant_refusal,
)
from payme.simulator.ledger import Ledger
from payme.simulator.models import (
    AccessToken,
    Delivery,
    Faults,
    Merchant,
    Prompt,
    PushRequest,
    QueuedOutcome,
    Result,
    Script,
    SimulatorConfig,
    Timeline,
)
from payme.simulator.scenarios import PAID, SCRIPTS
from payme.simulator.types import Answer, Clock, JsonObject, Outage, Outcome, PayerAnswer, Sleep

TOKENS_MAX = 10_000
QUEUED_MAX = 100_000

_PRESSED = {
    PayerAnswer.PIN: Outcome.PAID,
    PayerAnswer.WRONG_PIN: Outcome.WRONG_PIN,
    PayerAnswer.CANCEL: Outcome.CANCELLED,
}
_LOCKED = "Unable to lock subscriber, a transaction is already in process for the current subscriber"
_BUSY = "System is busy. Please try again in few minutes."
_MAINTENANCE = "Service is currently under maintenance. Please try again later"


class Daraja:
    """One pretended Daraja, with its merchants, its payers and its moods."""

    def __init__(
        self, config: SimulatorConfig, ledger: Ledger, postman: Postman, *, clock: Clock, sleep: Sleep
    ) -> None:
        """Begin with no tokens, no prompts and nothing wrong."""
        self.faults = Faults()
        self.delivery = Delivery()
        self.ledger = ledger
        self._config = config
        self._postman = postman
        self._clock = clock
        self._sleep = sleep
        self._seed = secrets.randbits(64) if config.seed is None else config.seed
        self._receipt_offset = self._rng("receipts").randrange(rules.RECEIPTS_PER_DAY)
        self._merchants = {merchant.shortcode: merchant for merchant in config.merchants}
        self._secrets = {merchant.consumer_key: merchant.consumer_secret for merchant in config.merchants}
        self._tokens: OrderedDict[str, AccessToken] = OrderedDict()
        self._tokens_issued = 0
        self._requests_refused = 0
        self._queued: dict[str | None, deque[QueuedOutcome]] = {}
        self._asked: dict[str, asyncio.Future[PayerAnswer | None]] = {}
        self._next_query_at: dict[str, datetime] = {}

    # Daraja's own verbs

    def issue_token(self, authorization: str, grant_type: str) -> AccessToken:
        """Give a bearer token for Basic credentials. Raises GatewayRefusal, UnknownApp."""
        self._check_outage()
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            raise GatewayRefusal(400, "400.008.01", "Invalid Authentication passed")
        if grant_type != "client_credentials":
            raise GatewayRefusal(400, "400.008.02", "Invalid grant type passed")
        try:
            key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            raise UnknownApp from None
        if key not in self._secrets or self._secrets[key] != secret:
            raise UnknownApp
        self._tokens_issued += 1
        token = AccessToken(
            value=rules.access_token(self._rng("token", self._tokens_issued)),
            consumer_key=key,
            life_s=self._config.token_life_s,
            expires_at=self._clock() + timedelta(seconds=self._config.token_life_s),
        )
        self._tokens[token.value] = token
        if len(self._tokens) > TOKENS_MAX:
            self._tokens.popitem(last=False)
        return token

    async def push(self, authorization: str, content_type: str, body: bytes) -> JsonObject:
        """Send a prompt to a phone and give Daraja's answer.

        Raises any refusal of `errors`; ConnectionCut comes after the prompt is out, as in the worst of real days.
        """
        app = self._authorize(authorization)
        push = validation.read_push(
            validation.parse_body(content_type, body), strict_callback_urls=self._config.strict_callback_urls
        )
        merchant = validation.check_credentials(self._merchants, app, push)
        validation.check_product(merchant, push)
        validation.check_network(push.phone)
        if self.ledger.is_phone_busy(push.phone):
            raise merchant_refusal(_LOCKED)
        if self._postman.is_full:
            raise GatewayRefusal(500, "500.003.02", _BUSY)
        number = self.ledger.totals.accepted + 1
        rng = self._rng("prompt", number)
        chosen = self._choose_outcome(merchant, push, rng)
        script = SCRIPTS[chosen.outcome]
        _refuse(script.answer)

        prompt = self._accept(number, push, chosen.outcome, rng)
        timeline = rules.timeline(self._config, script, rng)
        if script.asks:
            self._asked[prompt.checkout_request_id] = asyncio.get_running_loop().create_future()
        life = self._postman.start(
            self._live_through(prompt, script, timeline, chosen.delivery or script.delivery or self.delivery)
        )
        if script.before_answer:
            await asyncio.wait({life})
        await self._sleep(timeline.answer_after_s)
        answer = rules.push_answer(prompt)
        if script.answer is Answer.RESET:
            raise ConnectionCut
        if script.answer is Answer.TRUNCATED:
            raise ConnectionCut(partial=json.dumps(answer).encode()[:60])
        return answer

    async def query(self, authorization: str, content_type: str, body: bytes) -> JsonObject:
        """Tell how a prompt stands, as vaguely as Daraja does. Raises GatewayRefusal, SpikeArrested."""
        app = self._authorize(authorization)
        request = validation.read_query(validation.parse_body(content_type, body))
        validation.check_credentials(self._merchants, app, request)
        now = self._clock()
        self._check_spike(app, now)
        prompt = self.ledger.find(request.checkout_request_id)
        if prompt is None or prompt.push.shortcode != request.shortcode:
            raise merchant_refusal("The transaction does not Exist")
        age_s = (now - prompt.accepted_at).total_seconds()
        scale = self._config.time_scale
        if age_s < rules.QUERY_TOO_EARLY_S * scale:
            raise bad_field("CheckoutRequestID")
        rng = self._rng(prompt.checkout_request_id, self.ledger.count_query(prompt))
        if rng.random() < self.faults.query_flaky_share:
            raise GatewayRefusal(rng.choice((200, 500)), "500.001.1001", "")
        result = rules.queried_result(
            prompt, mood=SCRIPTS[prompt.outcome].query, age_s=age_s, stuck_s=self._config.query_stuck_s * scale
        )
        if result is not None:
            return rules.query_answer(prompt, result.code, result.query_desc)
        match rng.choices(("4999", "500", "200"), weights=(6, 3, 1))[0]:
            case "500":
                raise merchant_refusal("The transaction is being processed")
            case "200":
                raise GatewayRefusal(200, "500.001.1001", "")
            case _:
                return rules.query_answer(prompt, 4999, "The transaction is still under processing")

    def new_request_id(self) -> str:
        """Make a fresh requestId for an error envelope."""
        self._requests_refused += 1
        return rules.request_id(self._requests_refused, self._rng("refusal", self._requests_refused))

    # What a person or a test may do to it

    def queue_outcomes(self, outcomes: Sequence[QueuedOutcome], *, phone: str | None) -> int:
        """Queue the next outcomes of a phone, or of whoever comes. Gives how many wait there now, oldest kept."""
        queue = self._queued.setdefault(phone, deque())
        room = QUEUED_MAX - sum(len(waiting) for waiting in self._queued.values())
        queue.extend(outcomes[: max(room, 0)])
        return len(queue)

    def forget_outcomes(self) -> None:
        """Drop everything queued."""
        self._queued.clear()

    def revoke_tokens(self) -> None:
        """Make every bearer token invalid before its time."""
        self._tokens.clear()

    def answer_prompt(self, checkout_request_id: str, answer: PayerAnswer) -> None:
        """Press a button on the phone. Raises PromptNotFound, PromptNotWaiting."""
        if self.ledger.find(checkout_request_id) is None:
            raise PromptNotFound
        asked = self._asked.get(checkout_request_id)
        if asked is None or asked.done():
            raise PromptNotWaiting
        asked.set_result(answer)

    def is_asked(self, prompt: Prompt) -> bool:
        """Whether a person decides this prompt, now."""
        return prompt.checkout_request_id in self._asked

    def resend_callback(self, checkout_request_id: str, delivery: Delivery) -> None:
        """Send the callback of a settled prompt again. Raises PromptNotFound, PromptNotSettled."""
        prompt = self.ledger.find(checkout_request_id)
        if prompt is None:
            raise PromptNotFound
        if prompt.result is None:
            raise PromptNotSettled
        self._postman.start(self._postman.deliver(prompt, prompt.result, delivery))

    # The life of a prompt

    async def _live_through(self, prompt: Prompt, script: Script, timeline: Timeline, delivery: Delivery) -> None:
        result = script.result
        if script.asks:
            result = SCRIPTS[await self._ask(prompt, timeline.settle_after_s)].result
        else:
            await self._sleep(timeline.settle_after_s)
        await self._settle(prompt, result, timeline.callback_after_s, delivery)
        if script.paid_later:
            await self._sleep(self._config.late_s)
            await self._settle(prompt, PAID, 0.0, delivery)

    async def _settle(self, prompt: Prompt, result: Result, callback_after_s: float, delivery: Delivery) -> None:
        now = self._clock()
        receipt = rules.receipt_number(prompt.number, now, offset=self._receipt_offset) if result.is_paid else None
        settled = self.ledger.settle(prompt, result, receipt=receipt, at=now)
        await self._sleep(callback_after_s)
        await self._postman.deliver(settled, result, delivery)

    async def _ask(self, prompt: Prompt, life_s: float) -> Outcome:
        asked = self._asked[prompt.checkout_request_id]
        timer = asyncio.create_task(self._give_up(asked, life_s))
        try:
            pressed = await asked
            return _PRESSED[pressed] if pressed else Outcome.NO_ANSWER
        finally:
            timer.cancel()
            del self._asked[prompt.checkout_request_id]

    async def _give_up(self, asked: asyncio.Future[PayerAnswer | None], life_s: float) -> None:
        await self._sleep(life_s)
        with suppress(asyncio.InvalidStateError):  # answered at the very last moment
            asked.set_result(None)

    def _accept(self, number: int, push: PushRequest, outcome: Outcome, rng: Random) -> Prompt:
        now = self._clock()
        fraction = now.microsecond // 1_000
        candidates = (
            rules.checkout_request_id(now, push.phone, fraction=fraction + shift)
            for shift in range(rules.CHECKOUT_FRACTIONS)
        )
        free = next((candidate for candidate in candidates if self.ledger.find(candidate) is None), None)
        if free is None:
            raise GatewayRefusal(500, "500.003.02", _BUSY)
        prompt = Prompt(number, free, rules.request_id(number, rng), push, outcome, accepted_at=now)
        self.ledger.add(prompt)
        return prompt

    def _choose_outcome(self, merchant: Merchant, push: PushRequest, rng: Random) -> QueuedOutcome:
        forced = rules.outcome_forced(merchant, push)
        if forced is not None:
            return QueuedOutcome(forced)
        for wanted in (push.phone, None):
            queue = self._queued.get(wanted)
            if queue:
                chosen = queue.popleft()
                if not queue:
                    del self._queued[wanted]
                return chosen
        return QueuedOutcome(rules.outcome_by_phone(self._config, push.phone, rng))

    # At the gate

    def _authorize(self, authorization: str) -> str:
        """Tell the consumer key a bearer token speaks for."""
        self._check_outage()
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() != "bearer" or not value:
            raise GatewayRefusal(404, "404.001.04", "Invalid Authentication Header")
        token = self._tokens.get(value)
        if token is None or token.expires_at <= self._clock():
            raise GatewayRefusal(404, "404.001.03", "Invalid Access Token")
        return token.consumer_key

    def _check_outage(self) -> None:
        if self.faults.outage is Outage.RESET:
            raise ConnectionCut
        if self.faults.outage is not None:
            _refuse(Answer(self.faults.outage))

    def _check_spike(self, app: str, now: datetime) -> None:
        if not self.faults.query_spike_arrest:
            return
        if now < self._next_query_at.get(app, now):
            raise SpikeArrested
        self._next_query_at[app] = now + timedelta(seconds=rules.QUERY_SPIKE_INTERVAL_S * self._config.time_scale)

    def _rng(self, *purpose: object) -> Random:
        """Make a source of chance for one purpose, so that one draw never shifts another."""
        return Random(":".join(map(str, (self._seed, *purpose))))  # noqa: S311 - nothing here is secret


def _refuse(answer: Answer) -> None:
    """Raise the refusal an answer stands for, if it is one."""
    match answer:
        case Answer.UNAVAILABLE:
            raise FirewallBlocked
        case Answer.SPIKE_ARREST:
            raise SpikeArrested
        case Answer.BUSY:
            raise GatewayRefusal(500, "500.003.02", _BUSY)
        case Answer.MAINTENANCE:
            raise GatewayRefusal(500, "500.002.1001", _MAINTENANCE)
        case Answer.PHONE_LOCKED:
            raise merchant_refusal(_LOCKED)
        case Answer.NO_ICCID:
            raise merchant_refusal("[CBS - ] No ICCID found")
        case Answer.ACCEPTED | Answer.SLOW | Answer.RESET | Answer.TRUNCATED:
            return
        case _:
            assert_never(answer)
