"""Every fault that can be switched on: where it strikes, what it does, and the board of those that are on."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType
from typing import Final

from payme.simulator.errors import TooManyFaults
from payme.simulator.models import Delivery, FaultRule, Script
from payme.simulator.scenarios import SCRIPTS
from payme.simulator.types import After, Answer, BalanceItem, Fault, Outcome, Pace, QueryMood, Stage

RULES_MAX = 1_000
HOUR_S = 3_600.0
DAYS_S = 3 * 24 * 3_600.0

Change = Callable[[Script], Script]


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """Where a fault strikes, in words what it does, and how it changes the script of a prompt if it does so."""

    stage: Stage
    meaning: str
    change: Change | None = None
    answer: Answer | None = None


def _answers(answer: Answer, meaning: str) -> FaultSpec:
    return FaultSpec(Stage.REQUEST, meaning, answer=answer)


def _pays_like(outcome: Outcome, meaning: str) -> FaultSpec:
    like = SCRIPTS[outcome]

    def change(script: Script) -> Script:
        return replace(script, result=like.result, pace=like.pace, after=like.after, asks=False)

    return FaultSpec(Stage.PAYER, meaning, change)


def _delivers(meaning: str, **changes: object) -> FaultSpec:
    def change(script: Script) -> Script:
        return replace(script, delivery=replace(script.delivery or Delivery(), **changes))  # type: ignore[arg-type]

    return FaultSpec(Stage.CALLBACK, meaning, change)


def _acts(stage: Stage, meaning: str, **changes: object) -> FaultSpec:
    def change(script: Script) -> Script:
        return replace(script, **changes)  # type: ignore[arg-type]

    return FaultSpec(stage, meaning, change)


def _letters(stage: Stage, meaning: str) -> FaultSpec:
    return FaultSpec(stage, meaning)


FAULTS: Final[Mapping[Fault, FaultSpec]] = MappingProxyType(
    {
        Fault.TOKEN_DOWN: FaultSpec(Stage.TOKEN, "the token endpoint answers 503 with a page"),
        Fault.TOKEN_REVOKED: _answers(Answer.TOKEN_REVOKED, "the token dies in the middle of its hour: 404.001.03"),
        Fault.WRONG_PRODUCT: _answers(Answer.WRONG_PRODUCT, "the product is not on the app: 401.003.01"),
        Fault.CONNECTION_RESET: _answers(Answer.CUT, "the connection is reset and nothing happened"),
        Fault.SERVER_ERROR: _answers(Answer.SERVER_ERROR, "500 Internal Server Error, nothing happened"),
        Fault.UNAVAILABLE: _answers(Answer.UNAVAILABLE, "503 with the firewall's page"),
        Fault.HTML: _answers(Answer.HTML, "200 with a page of HTML, nothing happened"),
        Fault.SPIKE_ARREST: _answers(Answer.SPIKE_ARREST, "429 from the gateway"),
        Fault.QUOTA: _answers(Answer.QUOTA, "500.003.03 Quota Violation"),
        Fault.BUSY: _answers(Answer.BUSY, "500.003.02 System is busy"),
        Fault.MAINTENANCE: _answers(Answer.MAINTENANCE, "the service is under maintenance"),
        Fault.PHONE_LOCKED: _answers(Answer.PHONE_LOCKED, "500.001.1001 Unable to lock subscriber"),
        Fault.NO_ICCID: _answers(Answer.NO_ICCID, "500.001.1001 No ICCID found"),
        Fault.ANSWER_LOST: _answers(Answer.RESET, "the work is done, and the connection reset instead of an answer"),
        Fault.ANSWER_TRUNCATED: _answers(Answer.TRUNCATED, "the work is done, and the answer stops in the middle"),
        Fault.ANSWER_SLOW: _answers(Answer.SLOW, "the answer takes 35 s"),
        Fault.INSUFFICIENT_BALANCE: _pays_like(Outcome.INSUFFICIENT_BALANCE, "the payer has no money: 1"),
        Fault.CANCELLED: _pays_like(Outcome.CANCELLED, "the payer cancels: 1032"),
        Fault.NO_ANSWER: _pays_like(Outcome.NO_ANSWER, "the payer never answers: 1037"),
        Fault.WRONG_PIN: _pays_like(Outcome.WRONG_PIN, "the PIN is wrong: 2001"),
        Fault.EXPIRED: _pays_like(Outcome.EXPIRED, "the transaction expires: 1019"),
        Fault.PUSH_FAILED: _pays_like(Outcome.PUSH_FAILED, "the prompt cannot be sent: 1025"),
        Fault.RULE_LIMITED: _pays_like(Outcome.RULE_LIMITED, "the same amount too soon: 17"),
        Fault.PIN_LOCKED: _pays_like(Outcome.PIN_LOCKED, "the PIN is blocked: 8006"),
        Fault.UNKNOWN_CODE: _pays_like(Outcome.UNKNOWN_CODE, "a code nobody documented: 7777"),
        Fault.UNKNOWN_TEXT: _pays_like(Outcome.UNKNOWN_TEXT, "a code nobody documented, as text: ZX_0099"),
        Fault.PAID_AFTER_CANCEL: _pays_like(Outcome.CANCELLED_THEN_PAID, "cancelled, and paid two minutes later"),
        Fault.PAID_TWICE: _acts(
            Stage.PAYER, "money moves twice for one prompt: two successes, two receipts", after=After.PAID_AGAIN
        ),
        Fault.PAID_THEN_FAILED: _acts(
            Stage.PAYER, "a success, then a failure for the same prompt, which is not true", after=After.SAID_TO_FAIL
        ),
        Fault.CALLBACK_LOST: _delivers("no callback", copies=0),
        Fault.CALLBACK_DOUBLED: _delivers("the callback comes twice", copies=2),
        Fault.CALLBACK_FLOOD: _delivers("the callback comes 50 times at once", copies=50),
        Fault.CALLBACK_REORDERED: _acts(
            Stage.CALLBACK, "callbacks overtake one another, within a minute", reordered=True
        ),
        Fault.CALLBACK_EARLY: _acts(
            Stage.CALLBACK, "the callback comes before the answer to the push", before_answer=True, pace=Pace.INSTANT
        ),
        Fault.CALLBACK_AFTER_C2B: _acts(
            Stage.CALLBACK, "the C2B confirmation comes before the callback", after_confirmation=True
        ),
        Fault.CALLBACK_LATE: _acts(Stage.CALLBACK, "the callback comes two and a half minutes late", late=True),
        Fault.CALLBACK_LATE_HOUR: _acts(Stage.CALLBACK, "the callback comes an hour late", late_by_s=HOUR_S),
        Fault.CALLBACK_LATE_DAYS: _acts(Stage.CALLBACK, "the callback comes three days late", late_by_s=DAYS_S),
        Fault.CALLBACK_FORGED: _acts(
            Stage.CALLBACK, "somebody who knows the address sends a success with a made-up receipt", forged=True
        ),
        Fault.WRONG_AMOUNT: _delivers("the callback says a shilling less", amount_off_by=-1),
        Fault.WRONG_PHONE: _delivers("the callback names another phone", wrong_phone=True),
        Fault.WRONG_SHORTCODE: _delivers("the callback's header names another shortcode", wrong_shortcode=True),
        Fault.NO_METADATA: _delivers("a success without metadata", without_metadata=True),
        Fault.STRING_CODE: _delivers("ResultCode is text", string_code=True),
        Fault.MASKED_PHONE: _delivers("the phone is masked", masked_phone=True),
        Fault.FLOAT_AMOUNT: _delivers("the amount is a float", float_amount=True),
        Fault.BALANCE_ITEM: _delivers("an item Balance without a value", balance=BalanceItem.EMPTY),
        Fault.OLD_WORDING: _delivers("ResultDesc is worded as in 2018", old_wording=True),
        Fault.QUERY_LIES: _acts(Stage.MOOD, "the query says cancelled of a paid prompt", query=QueryMood.LIES),
        Fault.QUERY_STUCK: _acts(Stage.MOOD, "the query says 4999 for ten minutes", query=QueryMood.STUCK),
        Fault.QUERY_FLAKY: FaultSpec(Stage.QUERY, "the query answers 500.001.1001 with no message"),
        Fault.CONFIRMATION_LOST: _letters(Stage.CONFIRMATION, "no C2B confirmation"),
        Fault.CONFIRMATION_DOUBLED: _letters(Stage.CONFIRMATION, "the C2B confirmation comes twice"),
        Fault.CONFIRMATION_LATE: _letters(Stage.CONFIRMATION, "the C2B confirmation is two and a half minutes late"),
        Fault.RESULT_LOST: _letters(Stage.RESULT, "no result of a status or reversal"),
        Fault.RESULT_DOUBLED: _letters(Stage.RESULT, "the result comes twice"),
        Fault.RESULT_LATE: _letters(Stage.RESULT, "the result is two and a half minutes late"),
        Fault.QUEUE_TIMEOUT: _letters(Stage.RESULT, "a notice to the QueueTimeOutURL, then the result, late"),
    }
)


def read_rule(text: str) -> FaultRule:
    """Read `NAME` or `NAME=SHARE`; the name `any` is a mix of all there are.

    Raises ValueError, which says what is wrong.
    """
    name, _, given = text.partition("=")
    try:
        faults = tuple(Fault) if name == "any" else (Fault(name),)
    except ValueError:
        raise ValueError(f"{name!r} is no fault; payme simulator --list-faults shows them all") from None
    try:
        share = float(given or 1)
    except ValueError:
        share = -1.0
    if not 0 < share <= 1:
        raise ValueError(f"{text!r}: a share is more than 0 and at most 1, as in {name}=0.2")
    return FaultRule(faults, share)


class FaultBoard:
    """The faults that are switched on, in the order they were, at most RULES_MAX rules of them."""

    def __init__(self, rules: Iterable[FaultRule], rng: Callable[..., Random]) -> None:
        """Begin with these; `rng` gives a source of chance for each draw."""
        self._rng = rng
        self._rules: dict[int, FaultRule] = {}
        self._numbered = 0
        self._draws: Counter[Stage] = Counter()
        self.strikes: Counter[Fault] = Counter()
        for rule in rules:
            self.add(rule)

    def add(self, rule: FaultRule) -> int:
        """Switch on a rule, and give its number. Raises TooManyFaults."""
        if len(self._rules) >= RULES_MAX:
            raise TooManyFaults
        self._numbered += 1
        self._rules[self._numbered] = rule
        return self._numbered

    def remove(self, number: int) -> None:
        """Switch off a rule, if it is on."""
        self._rules.pop(number, None)

    def clear(self) -> None:
        """Switch off everything."""
        self._rules.clear()

    def rules(self) -> dict[int, FaultRule]:
        """Give what is on, by number."""
        return dict(self._rules)

    def draw(self, stage: Stage, *, phone: str | None = None, shortcode: str | None = None) -> list[Fault]:
        """Tell which faults strike now; each draw of a stage has its own chance, so that a seed repeats it."""
        self._draws[stage] += 1
        rng = self._rng("fault", stage, self._draws[stage])
        struck: list[Fault] = []
        for number, rule in list(self._rules.items()):
            fitting = [fault for fault in rule.faults if FAULTS[fault].stage is stage]
            is_meant = rule.phone in {None, phone} and rule.shortcode in {None, shortcode}
            if not fitting or not is_meant or rng.random() >= rule.share:
                continue
            struck.append(rng.choice(fitting))
            if rule.left is not None:
                self._rules[number] = replace(rule, left=rule.left - 1)
                if rule.left <= 1:
                    del self._rules[number]
        self.strikes.update(struck)
        return struck

    def draw_answer(self, *, phone: str | None = None, shortcode: str | None = None) -> Answer:
        """Tell how a request is answered: the first fault that strikes decides."""
        for fault in self.draw(Stage.REQUEST, phone=phone, shortcode=shortcode):
            answer = FAULTS[fault].answer
            if answer is not None:
                return answer
        return Answer.ACCEPTED

    def rewrite(self, script: Script, phone: str, shortcode: str) -> tuple[Script, tuple[Fault, ...]]:
        """Change the script of a prompt by every fault that strikes it, and tell which did."""
        struck: list[Fault] = []
        for stage in (Stage.PAYER, Stage.CALLBACK, Stage.MOOD):
            struck += self.draw(stage, phone=phone, shortcode=shortcode)
        for fault in struck:
            change = FAULTS[fault].change
            script = change(script) if change else script
        return script, tuple(struck)
