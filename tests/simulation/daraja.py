"""Daraja and the customers behind it: what they do is the seed's choice, and what they did is the truth.

Shares no code with the product's client: it writes callbacks as they stand on record and knows who paid what.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from random import Random

from payme.mpesa import (
    MpesaAccount,
    NotAsked,
    PushAccepted,
    PushAnswer,
    PushOrder,
    PushRefused,
    PushUnknown,
    QueryAnswer,
    QueryPending,
    QueryResult,
    QueryUnknown,
)
from tests.simulation.faults import Fault, Faults
from tests.simulation.scheduler import START, Scheduler, Violation

PROMPT_LIVES_S = 60.0
SHOP_TIME = timedelta(hours=3)
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


class Habit(StrEnum):
    """What a customer does with a prompt."""

    PAYS = "pays"
    CANCELS = "cancels"
    WRONG_PIN = "wrong_pin"
    SILENT = "silent"
    PAYS_LATE = "pays_late"
    FAILS_THEN_PAYS = "fails_then_pays"
    PAYS_THEN_FAILS = "pays_then_fails"
    STUCK_THEN_PAYS = "stuck_then_pays"


WEIGHTS = {
    Habit.PAYS: 9,
    Habit.CANCELS: 2,
    Habit.WRONG_PIN: 1,
    Habit.SILENT: 2,
    Habit.PAYS_LATE: 4,
    Habit.FAILS_THEN_PAYS: 1,
    Habit.PAYS_THEN_FAILS: 1,
    Habit.STUCK_THEN_PAYS: 1,
}


@dataclass
class Prompt:
    """One prompt on one phone."""

    order: PushOrder = field(repr=False)
    shortcode: str
    merchant_id: str
    checkout_id: str
    result: str | None = None
    """The code a query answers; None while Daraja is at work."""
    receipt: str | None = None
    bodies: list[bytes] = field(default_factory=list, repr=False)

    @property
    def secret(self) -> str:
        """The secret of the callback path."""
        return self.order.callback_url.rsplit("/", 1)[1]


@dataclass(frozen=True)
class Receipt:
    """A customer's money that moved: the truth."""

    receipt: str
    amount: int
    account_reference: str
    shortcode: str
    phone: str
    paid_at: datetime = field(default=START, compare=False)


Arrived = tuple[bytes, bytes]
"""A callback by the SHA-256 of its path's secret and of its body."""


def arrived(secret: str, body: bytes) -> Arrived:
    """Name a callback."""
    return hashlib.sha256(secret.encode()).digest(), hashlib.sha256(body).digest()


Post = Callable[[str, bytes, str], Awaitable[bool]]
"""Posts a callback: secret, body, shortcode header; True where it was answered 200."""


class SimDaraja:
    """The Daraja of one seed."""

    def __init__(self, scheduler: Scheduler, randomness: Random, faults: Faults) -> None:
        """``post`` must be set before the first push."""
        self._scheduler = scheduler
        self._randomness = randomness
        self._faults = faults
        self.post: Post | None = None
        self.prompts: list[Prompt] = []
        self.truth: dict[str, Receipt] = {}
        self.proofs: dict[Arrived, str] = {}
        """The genuine callbacks that prove a payment, and their receipts."""
        self.habits: dict[str, int] = {}
        self.tell: Callable[[Receipt], Awaitable[None]] | None = None
        """Confirms a payment, besides the callback of its prompt."""

    async def push(self, account: MpesaAccount, order: PushOrder) -> PushAnswer:
        """Show a prompt on a phone, or fail to; raises Violation where the customer was asked before."""
        await self._scheduler.sleep(self._randomness.uniform(0.2, 2.0))
        if self._faults.strikes(Fault.PUSH_REFUSED):
            return PushRefused("500.001.1001", "Unable to lock subscriber", "Ask again.")
        if self._faults.strikes(Fault.PUSH_LOST):
            return PushUnknown("timeout, and nothing arrived")
        asked = (order.account_reference, order.phone)  # whoever buys tokens has a phone for each purchase
        if any((prompt.order.account_reference, prompt.order.phone) == asked for prompt in self.prompts):
            raise Violation("TWICE", f"the customer was asked twice for {order.account_reference}")
        number = len(self.prompts)
        prompt = Prompt(order, account.shortcode, f"merchant-{number}", f"ws_CO_{number:06d}")
        self.prompts.append(prompt)
        early = self._faults.strikes(Fault.CALLBACK_EARLY)
        customer = self._scheduler.spawn(f"customer{number}", partial(self._customer, prompt, early=early))
        if early:
            await self._scheduler.join(customer, patience_s=20.0)
            await self._scheduler.sleep(3.0)
        if self._faults.strikes(Fault.PUSH_ANSWER_LOST):
            return PushUnknown("timeout")
        return PushAccepted(prompt.merchant_id, prompt.checkout_id, "Success. Request accepted for processing")

    async def query(self, account: MpesaAccount, checkout_request_id: str) -> QueryAnswer:
        """Say what became of a prompt; never a receipt."""
        await self._scheduler.sleep(self._randomness.uniform(0.2, 2.0))
        if self._faults.strikes(Fault.QUERY_HELD):
            return NotAsked("left alone", self._scheduler.now() + timedelta(seconds=20))
        if self._faults.strikes(Fault.QUERY_LOST):
            return QueryUnknown("timeout")
        found = [prompt for prompt in self.prompts if prompt.checkout_id == checkout_request_id]
        if not found or found[0].shortcode != account.shortcode:
            return QueryUnknown("no such prompt")
        if self._faults.strikes(Fault.QUERY_STUCK):
            return QueryPending("still processing, for ever")
        if self._faults.strikes(Fault.QUERY_LIES):
            return QueryResult(self._randomness.choice(["0", "1032", "1037", "77777"]), "a lie")
        result = found[0].result
        return QueryPending("still processing") if result is None else QueryResult(result, "as asked")

    async def _customer(self, prompt: Prompt, *, early: bool) -> None:
        habit = self._randomness.choices(list(Habit), list(WEIGHTS.values()))[0]
        self.habits[habit] = self.habits.get(habit, 0) + 1
        self._scheduler.note(f"habit {habit}")
        await self._scheduler.sleep(0.1 if early else self._randomness.uniform(3.0, 30.0))
        if habit is Habit.PAYS:
            await self._pays(prompt)
        elif habit is Habit.CANCELS:
            await self._fails(prompt, "1032")
        elif habit is Habit.WRONG_PIN:
            await self._fails(prompt, "2001")
        elif habit is Habit.PAYS_LATE:
            await self._scheduler.sleep(self._randomness.choice([80.0, 150.0, 1_000.0, 40_000.0]))
            await self._pays(prompt)
        elif habit is Habit.FAILS_THEN_PAYS:
            await self._fails(prompt, "1037")
            await self._scheduler.sleep(self._randomness.uniform(1.0, 100.0))
            await self._pays(prompt)
        elif habit is Habit.STUCK_THEN_PAYS:
            await self._call_back(prompt, failure_body(prompt, "4999"))
            await self._pays(prompt)
        elif habit is Habit.PAYS_THEN_FAILS:
            await self._pays(prompt)
            await self._fails(prompt, "1037")
        else:
            await self._scheduler.sleep(PROMPT_LIVES_S)
            prompt.result = "1037"

    async def _pays(self, prompt: Prompt) -> None:
        receipt = "U" + "".join(self._randomness.choice(LETTERS) for _ in range(9))
        order = prompt.order
        prompt.result, prompt.receipt = "0", receipt
        self.truth[receipt] = Receipt(
            receipt, int(order.amount), order.account_reference, prompt.shortcode, order.phone, self._scheduler.now()
        )
        self._scheduler.note(f"pays {order.amount}")
        if self._faults.strikes(Fault.CALLBACK_UNREADABLE):
            bare = success_body(prompt, receipt, int(order.amount), order.phone, self._scheduler, with_items=False)
            await self._call_back(prompt, bare)
        body = success_body(prompt, receipt, int(order.amount), order.phone, self._scheduler)
        self.proofs[arrived(prompt.secret, body)] = receipt
        tellings: list[Callable[[], Awaitable[None]]] = [partial(self._call_back, prompt, body)]
        if self.tell is not None:
            tellings.append(partial(self.tell, self.truth[receipt]))
        for telling in self._randomness.sample(tellings, len(tellings)):
            await telling()

    async def _fails(self, prompt: Prompt, code: str) -> None:
        prompt.result = prompt.result or code
        await self._call_back(prompt, failure_body(prompt, code))

    async def _call_back(self, prompt: Prompt, body: bytes) -> None:
        prompt.bodies.append(body)
        if self._faults.strikes(Fault.CALLBACK_LOST):
            return
        times = self._randomness.choice([2, 3, 8]) if self._faults.strikes(Fault.CALLBACK_DOUBLED) else 1
        for _ in range(times):
            late = self._faults.strikes(Fault.CALLBACK_DELAYED)
            delay_s = self._randomness.choice([20.0, 150.0, 3_600.0]) if late else 0.0
            self._scheduler.spawn(f"daraja-post{len(prompt.bodies)}", partial(self._post, prompt, body, delay_s))
        await self._scheduler.point("called back")

    async def _post(self, prompt: Prompt, body: bytes, delay_s: float) -> None:
        if delay_s:
            await self._scheduler.sleep(delay_s)
        assert self.post is not None
        await self.post(prompt.secret, body, prompt.shortcode)


def success_body(
    prompt: Prompt,
    receipt: str,
    amount: int,
    phone: str,
    scheduler: Scheduler,
    *,
    with_items: bool = True,
) -> bytes:
    """Write the callback of a payment."""
    stamp = (scheduler.now() + SHOP_TIME).strftime("%Y%m%d%H%M%S")
    said: dict[str, object] = {
        "MerchantRequestID": prompt.merchant_id,
        "CheckoutRequestID": prompt.checkout_id,
        "ResultCode": 0,
        "ResultDesc": "The service request is processed successfully.",
    }
    if with_items:
        said["CallbackMetadata"] = {
            "Item": [
                {"Name": "Amount", "Value": amount},
                {"Name": "MpesaReceiptNumber", "Value": receipt},
                {"Name": "Balance"},
                {"Name": "TransactionDate", "Value": int(stamp)},
                {"Name": "PhoneNumber", "Value": int(phone)},
            ]
        }
    return json.dumps({"Body": {"stkCallback": said}}).encode()


def failure_body(prompt: Prompt, code: str) -> bytes:
    """Write the callback of a prompt that ended without a payment."""
    said = {
        "MerchantRequestID": prompt.merchant_id,
        "CheckoutRequestID": prompt.checkout_id,
        "ResultCode": int(code),
        "ResultDesc": "Not paid",
    }
    return json.dumps({"Body": {"stkCallback": said}}).encode()
