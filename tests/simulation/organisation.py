"""What Daraja does for the organisation behind a shortcode: tells of money, says what a receipt is, gives it back.

Money paid by hand is as true as money paid on a prompt, and it is told of in the same ways: by a confirmation, in the
answer to a question, and in a list.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from random import Random

from payme.daraja import Access
from payme.shortcodes import (
    Initiator,
    OrderAnswer,
    PullAnswer,
    Pulled,
    PulledMoney,
    ResultPaths,
    Taken,
    Unknown,
)
from tests.simulation.daraja import LETTERS, SHOP_TIME, Receipt, SimDaraja, arrived
from tests.simulation.faults import Fault, Faults
from tests.simulation.scheduler import Scheduler, Violation

DELAYS_S = (20.0, 150.0, 3_600.0)
ALREADY_REVERSED = "R000001"
NO_SUCH_RECEIPT = "R000002"


@dataclass(frozen=True)
class PaidOut:
    """Money that left a shortcode by the portal."""

    receipt: str
    shortcode: str
    amount: Decimal
    at: datetime


class SimOrganisation:
    """The organisation's desk at the Daraja of one seed."""

    def __init__(self, scheduler: Scheduler, randomness: Random, faults: Faults, daraja: SimDaraja) -> None:
        """Share the truth with ``daraja``, and hear of each payment from it."""
        self._scheduler = scheduler
        self._randomness = randomness
        self._faults = faults
        self._daraja = daraja
        self._confirmations: dict[str, list[str]] = {}
        self._posts = 0
        self._conversations = 0
        self.reversed: dict[str, str] = {}
        """Receipts that were given back, and by which payout."""
        self.reversed_in_portal: dict[str, str] = {}
        """Those that the shop's own people gave back there, of which nobody tells PayMe."""
        self.reversed_at: dict[str, datetime] = {}
        """By payout, to the second."""
        self.paid_out: dict[str, PaidOut] = {}
        """What the shops' own people paid others there, by receipt."""
        daraja.tell = self._confirm

    async def pay_by_hand(
        self, shortcode: str, phone: str, amount: int, account: str, *, in_silence: bool = False
    ) -> Receipt:
        """Let a customer pay; whatever the shop is told of it, ``in_silence`` nothing, it is true."""
        paid = Receipt(self._new_receipt(), amount, account, shortcode, phone, self._scheduler.now())
        self._daraja.truth[paid.receipt] = paid
        self._scheduler.note(f"pays {amount} by hand")
        if not in_silence:
            await self._confirm(paid)
        return paid

    @property
    def given_back(self) -> dict[str, str]:
        """All receipts that were given back, whoever wanted it, and by which payout."""
        return self.reversed | self.reversed_in_portal

    def reverse_in_portal(self, receipt: str) -> None:
        """Give money back at the portal, once."""
        if receipt not in self.given_back:
            self.reversed_in_portal[receipt] = payout = self._new_receipt()
            self.reversed_at[payout] = self._scheduler.now().replace(microsecond=0)

    def pay_out(self, shortcode: str, amount: int) -> str:
        """Pay somebody at the portal; returns the receipt."""
        receipt = self._new_receipt()
        at = self._scheduler.now().replace(microsecond=0)
        self.paid_out[receipt] = PaidOut(receipt, shortcode, Decimal(amount), at)
        self._scheduler.note(f"pays {amount} out")
        return receipt

    def _new_receipt(self) -> str:
        return "H" + "".join(self._randomness.choice(LETTERS) for _ in range(9))

    async def _confirm(self, paid: Receipt) -> None:
        """Tell a shop of its money at the last address that it gave."""
        secrets = self._confirmations.get(paid.shortcode)
        if not secrets or self._faults.strikes(Fault.CONFIRMATION_LOST):
            return
        body = confirmation_body(paid)
        self._daraja.proofs[arrived(secrets[-1], body)] = paid.receipt
        for _ in range(self._randomness.choice([2, 3]) if self._faults.strikes(Fault.CONFIRMATION_DOUBLED) else 1):
            self._post(paid.shortcode, secrets[-1], body, late=self._faults.strikes(Fault.CONFIRMATION_DELAYED))
        await self._scheduler.point("confirmed")

    def _post(self, shortcode: str, secret: str, body: bytes, *, late: bool) -> None:
        self._posts += 1
        delay_s = self._randomness.choice(DELAYS_S) if late else 0.0
        self._scheduler.spawn(f"organisation-post{self._posts}", partial(self._sends, shortcode, secret, body, delay_s))

    async def _sends(self, shortcode: str, secret: str, body: bytes, delay_s: float) -> None:
        if delay_s:
            await self._scheduler.sleep(delay_s)
        assert self._daraja.post is not None
        await self._daraja.post(secret, body, shortcode)

    # What the product asks

    async def register_urls(self, access: Access, confirmation_url: str, validation_url: str) -> OrderAnswer:
        """Keep where payments by hand are told."""
        self._confirmations.setdefault(access.shortcode, []).append(secret_of(confirmation_url))
        return Taken("")

    async def ask_status(self, access: Access, initiator: Initiator, receipt: str, paths: ResultPaths) -> OrderAnswer:
        """Say later what a receipt is; of one that does not exist, that there is none."""
        paid = self._daraja.truth.get(receipt)
        if paid is None:
            return await self._answer_later(access, paths, NO_SUCH_RECEIPT, {})
        said = {
            "ReceiptNo": receipt,
            "TransactionStatus": "Reversed" if receipt in self.given_back else "Completed",
            "Amount": paid.amount,
            "CreditPartyName": f"{paid.shortcode} - DUKA",
            "DebitPartyName": f"{paid.phone} - NYOTA MBUYU",
            "FinalisedTime": int(stamp(paid.paid_at)),
        }
        return await self._answer_later(access, paths, "0", said)

    async def reverse(
        self, access: Access, initiator: Initiator, receipt: str, amount: Decimal, paths: ResultPaths
    ) -> OrderAnswer:
        """Give a payment back once; raises Violation where another amount than was paid is to be given back."""
        paid = self._daraja.truth.get(receipt)
        if paid is None or paid.amount != amount or paid.shortcode != access.shortcode:
            raise Violation("TRUTH", f"{amount} of {receipt} were to be given back, and {paid} was paid")
        if receipt in self.given_back:
            return await self._answer_later(access, paths, ALREADY_REVERSED, {})
        if self._faults.strikes(Fault.REVERSAL_REFUSED):
            return await self._answer_later(access, paths, "1", {})
        self.reversed[receipt] = payout = self._new_receipt()
        self.reversed_at[payout] = self._scheduler.now().replace(microsecond=0)
        said = {"Amount": paid.amount, "OriginalTransactionID": receipt}
        return await self._answer_later(access, paths, "0", said, payout)

    async def _answer_later(
        self, access: Access, paths: ResultPaths, code: str, said: Mapping[str, object], payout: str = "SKE0000000"
    ) -> OrderAnswer:
        await self._scheduler.sleep(self._randomness.uniform(0.2, 2.0))
        self._conversations += 1
        conversation = f"AG_{self._conversations}"
        body = result_body(code, conversation, payout, said)
        if not self._faults.strikes(Fault.RESULT_LOST):
            self._post(
                access.shortcode,
                secret_of(paths.result_url),
                body,
                late=self._faults.strikes(Fault.RESULT_DELAYED),
            )
        if self._faults.strikes(Fault.ORDER_ANSWER_LOST):
            return Unknown("timeout")
        return Taken(conversation)

    async def register_pull(self, access: Access, nominated_phone: str, callback_url: str) -> OrderAnswer:
        """Give lists from now on."""
        return Taken("")

    async def pull(self, access: Access, start: datetime, end: datetime, offset: int) -> PullAnswer:
        """List what a shortcode was paid, by prompt or by hand."""
        if self._faults.strikes(Fault.PULL_LOST):
            return Unknown("timeout")
        rows = tuple(
            PulledMoney(paid.receipt, Decimal(paid.amount), paid.account_reference, paid.phone, paid.paid_at)
            for paid in self._daraja.truth.values()
            if paid.shortcode == access.shortcode and start <= paid.paid_at <= end
        )
        return Pulled(rows[offset : offset + 100], len(rows[offset : offset + 100]))


def secret_of(url: str) -> str:
    """Return the secret of a callback address."""
    return url.rsplit("/", 1)[1]


def stamp(at: datetime) -> str:
    """Write an instant as Safaricom does."""
    return f"{at + SHOP_TIME:%Y%m%d%H%M%S}"


def masked(phone: str) -> str:
    """Write a phone as the portal's statement does."""
    return f"{phone[:4]}****{phone[-3:]}"


def confirmation_body(paid: Receipt) -> bytes:
    """Write the confirmation of a payment: every value is text."""
    return json.dumps(
        {
            "TransactionType": "Pay Bill",
            "TransID": paid.receipt,
            "TransTime": stamp(paid.paid_at),
            "TransAmount": f"{paid.amount}.00",
            "BusinessShortCode": paid.shortcode,
            "BillRefNumber": paid.account_reference,
            "MSISDN": paid.phone,
            "FirstName": "NYOTA",
        }
    ).encode()


def result_body(code: str, conversation: str, payout: str, said: Mapping[str, object]) -> bytes:
    """Write the later result of an order; a failure says nothing more."""
    result: dict[str, object] = {
        "ResultType": 0,
        "ResultCode": code,
        "ResultDesc": "As asked",
        "OriginatorConversationID": "originator",
        "ConversationID": conversation,
        "TransactionID": payout,
    }
    if said:
        items = [{"Key": key, "Value": value} for key, value in said.items()]
        result["ResultParameters"] = {"ResultParameter": items}
    return json.dumps({"Result": result}).encode()


def phone_message(receipt: str, amount: int, at: datetime) -> str:
    """Write what stands on the payer's phone."""
    local = at + SHOP_TIME
    return (
        f"{receipt} Confirmed. Ksh{amount}.00 paid to DUKA MOJA. on {local:%d/%m/%y} at {local:%I:%M %p}."
        f"New M-PESA balance is Ksh1,200.00. Transaction cost, Ksh0.00."
    )
