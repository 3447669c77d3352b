"""The truth: every prompt, every payment, and every delivery tried. Bounded; the oldest are forgotten."""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import islice

from payme.simulator.models import DeliveryAttempt, Payment, Prompt, Result, Reversal, Sms, Totals
from payme.simulator.types import PromptState

DELIVERIES_KEPT_MAX = 1_000
ATTEMPTS_KEPT_MAX = 500_000
MESSAGES_KEPT_MAX = 1_000
ZERO = Decimal("0.00")


class Ledger:
    """All prompts in the order of acceptance, all payments in the order of payment. Totals never forget."""

    def __init__(self, prompts_max: int, payments_max: int) -> None:
        """Begin with nothing known."""
        self._prompts_max = prompts_max
        self._payments_max = payments_max
        self._prompts: OrderedDict[str, Prompt] = OrderedDict()
        self._payments: OrderedDict[str, Payment] = OrderedDict()
        self._deliveries: dict[str, deque[DeliveryAttempt]] = {}
        self._attempts = 0
        self._waiting: dict[str, str] = {}
        self._balances: dict[str, Decimal] = {}
        self._sent_messages = 0
        self._messages: deque[Sms] = deque(maxlen=MESSAGES_KEPT_MAX)
        self.totals = Totals()
        self.refusals: Counter[str] = Counter()

    # Prompts

    def add(self, prompt: Prompt) -> None:
        """Enter a new waiting prompt, and forget the oldest beyond the limit."""
        self._prompts[prompt.checkout_request_id] = prompt
        self._waiting[prompt.push.phone] = prompt.checkout_request_id
        self.totals = replace(self.totals, accepted=self.totals.accepted + 1)
        while len(self._prompts) > self._prompts_max:
            forgotten, _ = self._prompts.popitem(last=False)
            self._forget_deliveries(forgotten)
            self.totals = replace(self.totals, forgotten=self.totals.forgotten + 1)

    def find(self, checkout_request_id: str) -> Prompt | None:
        """Give the prompt, or None when it never was or is forgotten."""
        return self._prompts.get(checkout_request_id)

    def is_phone_busy(self, phone: str) -> bool:
        """Whether a prompt is live on this phone: M-Pesa shows one at a time."""
        return phone in self._waiting

    def settle(self, prompt: Prompt, result: Result, *, receipt: str | None, at: datetime) -> Prompt:
        """Record how a prompt ended, and give the settled prompt. Money is counted once."""
        settled = replace(
            self._prompts.get(prompt.checkout_request_id, prompt),
            state=PromptState.PAID if result.is_paid else PromptState.FAILED,
            result=result,
            receipt=receipt,
            settled_at=at,
        )
        if self._waiting.get(prompt.push.phone) == prompt.checkout_request_id:
            del self._waiting[prompt.push.phone]
        self._keep(settled)
        if result.is_paid:
            self.totals = replace(
                self.totals, paid=self.totals.paid + 1, paid_amount=self.totals.paid_amount + prompt.push.amount
            )
        return settled

    def count_query(self, prompt: Prompt) -> int:
        """Note one more query, and tell how many that makes."""
        self._keep(replace(prompt, queries=prompt.queries + 1))
        return prompt.queries + 1

    def waiting(self) -> list[Prompt]:
        """List the prompts on phones now, oldest first."""
        found = (self._prompts.get(checkout_request_id) for checkout_request_id in self._waiting.values())
        return [prompt for prompt in found if prompt]

    def page(self, *, after: int, limit: int, phone: str | None, state: PromptState | None) -> list[Prompt]:
        """List prompts with a number above `after`, oldest first."""
        return list(islice(self._matching(after, phone, state), limit))

    # Payments

    def balance(self, shortcode: str) -> Decimal:
        """Tell what the account of a shortcode holds."""
        return self._balances.get(shortcode, ZERO)

    def pay(self, payment: Payment) -> None:
        """Enter a payment, move its money and its fee, and forget the oldest payment beyond the limit."""
        shortcode = payment.merchant.shortcode
        self._payments[payment.receipt] = payment
        self._balances[shortcode] = payment.balance - payment.fee
        self.totals = replace(
            self.totals,
            payments=self.totals.payments + 1,
            payments_amount=self.totals.payments_amount + payment.amount,
        )
        while len(self._payments) > self._payments_max:
            forgotten, _ = self._payments.popitem(last=False)
            self._forget_deliveries(forgotten)
            self.totals = replace(self.totals, payments_forgotten=self.totals.payments_forgotten + 1)

    def reverse(self, payment: Payment, reversal: Reversal) -> Payment:
        """Give money back, and give the payment as it stands now."""
        self._balances[payment.merchant.shortcode] = reversal.balance
        self.totals = replace(
            self.totals,
            reversed=self.totals.reversed + 1,
            reversed_amount=self.totals.reversed_amount + reversal.amount,
        )
        reversed_now = replace(payment, reversal=reversal)
        if payment.receipt in self._payments:
            self._payments[payment.receipt] = reversed_now
        return reversed_now

    def payment(self, receipt: str) -> Payment | None:
        """Give the payment with this receipt, or None when it never was or is forgotten."""
        return self._payments.get(receipt)

    def payment_of_conversation(self, conversation_id: str) -> Payment | None:
        """Give the payment made in this conversation, or None."""
        found = (payment for payment in self._payments.values() if payment.conversation_id == conversation_id)
        return next(found, None)

    def payments(self, *, after: int = 0, shortcode: str | None = None, phone: str | None = None) -> Iterator[Payment]:
        """Go through the payments entered after that number, oldest first. The number is `Payment.number`."""
        for payment in list(self._payments.values()):
            if (
                payment.number > after
                and shortcode in {None, payment.merchant.shortcode}
                and phone in {None, payment.phone}
            ):
                yield payment

    # Letters and messages

    def record_delivery(self, about: str, attempt: DeliveryAttempt) -> None:
        """Note one try to deliver a letter about a prompt (its CheckoutRequestID) or a payment (its receipt)."""
        if about not in self._prompts and about not in self._payments:
            return
        kept = self._deliveries.setdefault(about, deque(maxlen=DELIVERIES_KEPT_MAX))
        self._attempts += int(len(kept) < DELIVERIES_KEPT_MAX)
        kept.append(attempt)
        while self._attempts > ATTEMPTS_KEPT_MAX:
            self._forget_deliveries(next(iter(self._deliveries)))

    def deliveries(self, about: str) -> tuple[DeliveryAttempt, ...]:
        """Every delivery tried, oldest first; the last thousand."""
        return tuple(self._deliveries.get(about, ()))

    def send_message(self, at: datetime, phone: str, english: str, swahili: str) -> None:
        """Put an SMS on a phone; the last thousand of all phones are kept."""
        self._sent_messages += 1
        self._messages.append(Sms(self._sent_messages, at, phone, english, swahili))

    def messages(self, *, phone: str | None, limit: int) -> list[Sms]:
        """List the newest messages first."""
        return list(islice((sms for sms in reversed(self._messages) if phone in {None, sms.phone}), limit))

    def _matching(self, after: int, phone: str | None, state: PromptState | None) -> Iterator[Prompt]:
        for prompt in self._prompts.values():
            if prompt.number > after and phone in {None, prompt.push.phone} and state in {None, prompt.state}:
                yield prompt

    def _forget_deliveries(self, about: str) -> None:
        self._attempts -= len(self._deliveries.pop(about, ()))

    def _keep(self, prompt: Prompt) -> None:
        if prompt.checkout_request_id in self._prompts:
            self._prompts[prompt.checkout_request_id] = prompt
