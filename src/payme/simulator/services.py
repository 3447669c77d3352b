"""What the pretended Daraja does with prompts: push them, live through them, answer queries."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from payme.simulator import rules, validation
from payme.simulator.c2b import CustomerToBusiness
from payme.simulator.core import Core
from payme.simulator.delivery import Postman
from payme.simulator.errors import (
    GatewayRefusal,
    PromptNotFound,
    PromptNotSettled,
    PromptNotWaiting,
    SpikeArrested,
    bad_field,
    busy_refusal,
    merchant_refusal,
)
from payme.simulator.gate import LOCKED, Gate, refuse, spoil
from payme.simulator.models import (
    Delivery,
    Merchant,
    Prompt,
    PushRequest,
    QueuedOutcome,
    Result,
    Script,
    Timeline,
)
from payme.simulator.scenarios import CANCELLED, PAID, SCRIPTS
from payme.simulator.types import After, Answer, Fault, JsonObject, Outcome, PayerAnswer, Stage

QUEUED_MAX = 100_000

_PRESSED = {
    PayerAnswer.PIN: Outcome.PAID,
    PayerAnswer.WRONG_PIN: Outcome.WRONG_PIN,
    PayerAnswer.CANCEL: Outcome.CANCELLED,
    PayerAnswer.IGNORE: Outcome.NO_ANSWER,
}


class Daraja:
    """The prompts of one pretended Daraja, with their payers and their moods."""

    def __init__(self, core: Core, gate: Gate, postman: Postman, c2b: CustomerToBusiness) -> None:
        """Begin with no prompts."""
        self.delivery = Delivery()
        self.default_outcome = core.config.default_outcome
        self.ledger = core.ledger
        self._core = core
        self._config = core.config
        self._gate = gate
        self._postman = postman
        self._c2b = c2b
        self._clock = core.clock
        self._sleep = postman.sleep
        self._queued: dict[str | None, deque[QueuedOutcome]] = {}
        self._asked: dict[str, asyncio.Future[PayerAnswer | None]] = {}
        self._next_query_at: dict[str, datetime] = {}

    # Daraja's own verbs

    async def push(self, authorization: str, content_type: str, body: bytes) -> JsonObject:
        """Send a prompt to a phone and give Daraja's answer.

        Raises any refusal of `errors`; ConnectionCut comes after the prompt is out, as in the worst of real days.
        """
        app = self._gate.authorize(authorization)
        push = validation.read_push(
            validation.parse_body(content_type, body), strict_callback_urls=self._config.strict_callback_urls
        )
        merchant = validation.check_credentials(self._core.merchants.by_shortcode, app, push)
        validation.check_product(merchant, push)
        validation.check_network(push.phone)
        if self.ledger.is_phone_busy(push.phone):
            raise merchant_refusal(LOCKED)
        self._postman.check_room()
        answer = self._gate.meet(phone=push.phone, shortcode=push.shortcode)
        number = self.ledger.totals.accepted + 1
        rng = self._core.rng("prompt", number)
        chosen = self._choose_outcome(merchant, push, rng)
        refuse(SCRIPTS[chosen.outcome].answer)
        script, struck = self._write_script(chosen, answer, push)

        prompt = self._accept(number, push, chosen.outcome, rng, script, struck)
        timeline = rules.timeline(self._config, script, rng)
        if script.asks:
            self._asked[prompt.checkout_request_id] = asyncio.get_running_loop().create_future()
        life = self._postman.start(self._live_through(prompt, script, timeline))
        if script.before_answer and not self._postman.is_holding:
            await asyncio.wait({life})
        await self._sleep(timeline.answer_after_s)
        return spoil(script.answer, rules.push_answer(prompt))

    async def query(self, authorization: str, content_type: str, body: bytes) -> JsonObject:
        """Tell how a prompt stands, as vaguely as Daraja does. Raises GatewayRefusal, SpikeArrested."""
        app = self._gate.authorize(authorization)
        request = validation.read_query(validation.parse_body(content_type, body))
        validation.check_credentials(self._core.merchants.by_shortcode, app, request)
        now = self._clock()
        self._check_spike(app, now)
        prompt = self.ledger.find(request.checkout_request_id)
        if prompt is None or prompt.push.shortcode != request.shortcode:
            raise merchant_refusal("The transaction does not Exist")
        age_s = (now - prompt.accepted_at).total_seconds()
        scale = self._config.time_scale
        if age_s < rules.QUERY_TOO_EARLY_S * scale:
            raise bad_field("CheckoutRequestID")
        rng = self._core.rng(prompt.checkout_request_id, self.ledger.count_query(prompt))
        is_flaky = self._gate.board.draw(Stage.QUERY, phone=prompt.push.phone, shortcode=request.shortcode)
        if is_flaky or rng.random() < self._gate.faults.query_flaky_share:
            raise GatewayRefusal(rng.choice((200, 500)), "500.001.1001", "")
        result = rules.queried_result(prompt, mood=prompt.mood, age_s=age_s, stuck_s=self._config.query_stuck_s * scale)
        if result is not None:
            return rules.query_answer(prompt, result.code, result.query_desc)
        match rng.choices(("4999", "500", "200"), weights=(6, 3, 1))[0]:
            case "500":
                raise merchant_refusal("The transaction is being processed")
            case "200":
                raise GatewayRefusal(200, "500.001.1001", "")
            case _:
                return rules.query_answer(prompt, 4999, "The transaction is still under processing")

    async def dawdle(self, answer: Answer) -> None:
        """Take long over an answer, if it is to be slow."""
        if answer is Answer.SLOW:
            await self._sleep(self._config.slow_answer_after_s * self._config.time_scale)

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
        self._postman.check_room()
        self._postman.start(self._postman.deliver(prompt, prompt.result, delivery))

    # The life of a prompt

    async def _live_through(self, prompt: Prompt, script: Script, timeline: Timeline) -> None:
        result, delivery = script.result, script.delivery or Delivery()
        if script.asks:
            result = SCRIPTS[await self._ask(prompt, timeline.settle_after_s)].result
        else:
            await self._sleep(timeline.settle_after_s)
        settled, confirming = self._settle(prompt, result)
        if script.forged:
            await self._forge(settled)
        if script.after_confirmation and confirming is not None:
            await asyncio.wait({confirming})
        await self._sleep(timeline.callback_after_s)
        await self._postman.deliver(settled, result, delivery)
        if script.after is not After.NOTHING:
            self._postman.start(self._follow(settled, script.after, delivery))

    async def _follow(self, prompt: Prompt, after: After, delivery: Delivery) -> None:
        """Let happen what happens to a prompt after its end."""
        await self._sleep(self._config.late_s)
        if after is After.PAID_LATE:
            paid, _ = self._settle(prompt, PAID)
            await self._postman.deliver(paid, PAID, delivery)
        elif prompt.receipt is None:
            return
        elif after is After.PAID_AGAIN:
            now = self._clock()
            receipt = self._core.receipt_of_prompt(prompt.number, now, again=True)
            again = replace(prompt, receipt=receipt, settled_at=now)
            self._pay(again)
            await self._postman.deliver(again, PAID, delivery)
        else:
            await self._postman.deliver(prompt, CANCELLED, delivery)

    async def _forge(self, prompt: Prompt) -> None:
        """Send a success that is not true; the receipt is in no ledger."""
        receipt = rules.forged_receipt(self._core.rng("forged", prompt.number))
        await self._postman.deliver(replace(prompt, receipt=receipt), PAID, Delivery())

    def _settle(self, prompt: Prompt, result: Result) -> tuple[Prompt, asyncio.Task[None] | None]:
        """End a prompt, move its money if it is paid, and give the confirmation that is then under way."""
        now = self._clock()
        receipt = self._core.receipt_of_prompt(prompt.number, now) if result.is_paid else None
        settled = self.ledger.settle(prompt, result, receipt=receipt, at=now)
        return settled, self._pay(settled) if result.is_paid else None

    def _pay(self, prompt: Prompt) -> asyncio.Task[None] | None:
        push = prompt.push
        assert prompt.receipt is not None, "money moves under a receipt"  # noqa: S101
        payment = self._core.pay(
            self._core.merchants.by_shortcode[push.shortcode],
            phone=push.phone,
            amount=push.amount,
            account=push.account_reference,
            receipt=prompt.receipt,
            initiated_at=prompt.accepted_at,
            checkout_request_id=prompt.checkout_request_id,
        )
        return self._c2b.confirm_later(payment)

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

    def _write_script(
        self, chosen: QueuedOutcome, answer: Answer, push: PushRequest
    ) -> tuple[Script, tuple[Fault, ...]]:
        """Take the script of an outcome, and let the faults that are on change it."""
        script = SCRIPTS[chosen.outcome]
        script = replace(script, delivery=chosen.delivery or script.delivery or self.delivery)
        if answer is not Answer.ACCEPTED:
            script = replace(script, answer=answer)
        return self._gate.board.rewrite(script, push.phone, push.shortcode)

    def _accept(
        self,
        number: int,
        push: PushRequest,
        outcome: Outcome,
        rng: Random,
        script: Script,
        faults: tuple[Fault, ...],
    ) -> Prompt:
        now = self._clock()
        fraction = now.microsecond // 1_000
        candidates = (
            rules.checkout_request_id(now, push.phone, fraction=fraction + shift)
            for shift in range(rules.CHECKOUT_FRACTIONS)
        )
        free = next((candidate for candidate in candidates if self.ledger.find(candidate) is None), None)
        if free is None:
            raise busy_refusal()
        merchant_request_id = rules.request_id(number, rng)
        prompt = Prompt(
            number, free, merchant_request_id, push, outcome, accepted_at=now, faults=faults, mood=script.query
        )
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
        return QueuedOutcome(rules.outcome_by_phone(self._config.mix, self.default_outcome, push.phone, rng))

    def _check_spike(self, app: str, now: datetime) -> None:
        if not self._gate.faults.query_spike_arrest:
            return
        if now < self._next_query_at.get(app, now):
            raise SpikeArrested
        self._next_query_at[app] = now + timedelta(seconds=rules.QUERY_SPIKE_INTERVAL_S * self._config.time_scale)
