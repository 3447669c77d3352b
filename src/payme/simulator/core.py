"""The core: chance that a seed repeats, receipts that never repeat, and money that moves."""

import secrets
from datetime import datetime
from random import Random

from payme.simulator import payloads, rules, sms
from payme.simulator.ledger import Ledger
from payme.simulator.merchants import Merchants
from payme.simulator.models import Merchant, PayerName, Payment, Reversal, SimulatorConfig
from payme.simulator.types import Clock, Origin

RECEIPT_KINDS = 4  # of prompts, of a prompt paid twice, of payments by hand, of reversals


class Core:
    """What all of Daraja's products stand on."""

    def __init__(self, config: SimulatorConfig, ledger: Ledger, *, clock: Clock) -> None:
        """Begin with the merchants of the settings and no money anywhere."""
        self.config = config
        self.ledger = ledger
        self.merchants = Merchants(config.merchants, config.merchants_max)
        self.clock = clock
        self._seed = secrets.randbits(64) if config.seed is None else config.seed
        self._receipt_offset = self.rng("receipts").randrange(rules.RECEIPTS_PER_DAY)
        self._dialled = 0
        self._conversations = 0

    def rng(self, *purpose: object) -> Random:
        """Make a source of chance for one purpose, so that one draw never shifts another."""
        return Random(":".join(map(str, (self._seed, *purpose))))  # noqa: S311 - nothing here is secret

    def receipt_of_prompt(self, number: int, at: datetime, *, again: bool = False) -> str:
        """Make the receipt of a prompt, or of its second payment."""
        return self._receipt(number * RECEIPT_KINDS + int(again), at)

    def receipt_of_dialling(self, at: datetime) -> str:
        """Make the receipt of the next payment by hand."""
        self._dialled += 1
        return self._receipt(self._dialled * RECEIPT_KINDS + 2, at)

    def conversation(self, at: datetime) -> tuple[str, str]:
        """Make an OriginatorConversationID and a ConversationID."""
        self._conversations += 1
        rng = self.rng("conversation", self._conversations)
        return rules.request_id(self._conversations, rng), rules.conversation_id(at, rng)

    def pay(
        self,
        merchant: Merchant,
        *,
        phone: str,
        amount: int,
        account: str,
        receipt: str,
        initiated_at: datetime,
        name: PayerName | None = None,
        origin: Origin = Origin.PROMPT,
        checkout_request_id: str | None = None,
        third_party_id: str = "",
    ) -> Payment:
        """Move the money, charge the merchant's fee, and send the customer's SMS."""
        now = self.clock()
        payment = Payment(
            number=self.ledger.totals.payments + 1,
            receipt=receipt,
            merchant=merchant,
            phone=phone,
            name=name or payloads.name_of(phone),
            amount=amount,
            fee=rules.fee(merchant, amount),
            balance=self.ledger.balance(merchant.shortcode) + amount,
            account_reference="" if merchant.till else account,
            origin=origin,
            initiated_at=initiated_at,
            paid_at=now,
            conversation_id=rules.conversation_id(now, self.rng("paid", receipt)),
            checkout_request_id=checkout_request_id,
            third_party_id=third_party_id,
        )
        self.ledger.pay(payment)
        left = sms.wallet_left(self.rng("wallet", receipt))
        self.ledger.send_message(now, phone, sms.paid_in_english(payment, left), sms.paid_in_swahili(payment, left))
        return payment

    def reverse(self, payment: Payment, amount: int) -> Payment:
        """Give money back and tell the customer."""
        now = self.clock()
        receipt = self._receipt(payment.number * RECEIPT_KINDS + 3, now)
        balance = self.ledger.balance(payment.merchant.shortcode) - amount
        given_back = self.ledger.reverse(payment, Reversal(receipt, amount, balance, now))
        left = sms.wallet_left(self.rng("wallet", receipt))
        english, swahili = sms.reversed_in_english(given_back, left), sms.reversed_in_swahili(given_back, left)
        self.ledger.send_message(now, payment.phone, english, swahili)
        return given_back

    def _receipt(self, number: int, at: datetime) -> str:
        return rules.receipt_number(number, at, offset=self._receipt_offset)
