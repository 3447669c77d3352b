"""Customer to business: addresses that are registered once, payments dialled by hand, and the letters about them."""

import asyncio
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from payme.simulator import payloads, sms, validation
from payme.simulator.core import Core
from payme.simulator.delivery import Postman
from payme.simulator.errors import GatewayRefusal, NoSuchNumber, c2b_refusal
from payme.simulator.gate import Gate
from payme.simulator.models import C2bOrder, Delivery, Letter, Merchant, Payment, Reply, Urls
from payme.simulator.types import Fault, JsonObject, LetterKind, Origin, ResponseType, Stage

CONFIRMATION_WITHIN_S = 5.0
REASONS: Mapping[str, str] = {
    "C2B00011": "Invalid MSISDN",
    "C2B00012": "Invalid Account Number",
    "C2B00013": "Invalid Amount",
    "C2B00014": "Invalid KYC Details",
    "C2B00015": "Invalid Shortcode",
    "C2B00016": "Other Error",
}

_WORDS = re.compile(r"m-?pesa|safaricom|exec?|cmd|sql|query", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialled:
    """What became of a payment by hand: the payment, or the code and words of its refusal."""

    payment: Payment | None
    code: str = "0"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Verdict:
    code: str
    third_party_id: str = ""


class CustomerToBusiness:
    """The C2B product, for payments of every origin."""

    def __init__(self, core: Core, gate: Gate, postman: Postman) -> None:
        """Share the core's money and the gate's tokens."""
        self._core = core
        self._gate = gate
        self._postman = postman

    def register_urls(self, authorization: str, content_type: str, body: bytes) -> JsonObject:
        """Take a shortcode's addresses, once. Raises GatewayRefusal 400.003.01, 400.003.02, 500.003.1001."""
        app = self._gate.authorize(authorization, invalid=(400, "400.003.01"))
        asked = validation.parse_body(content_type, body)
        merchant = self._merchant(app, asked)
        if asked.get("ResponseType") not in set(ResponseType):
            raise c2b_refusal("Invalid ResponseType")
        response_type = ResponseType(str(asked["ResponseType"]))
        urls = Urls(self._url(asked, "ConfirmationURL"), self._url(asked, "ValidationURL"), response_type)
        if self._core.merchants.urls(merchant.shortcode) and not self._core.config.register_again:
            raise GatewayRefusal(500, "500.003.1001", "Urls are already registered.")
        self._core.merchants.set_urls(merchant.shortcode, urls)
        originator_id, _ = self._core.conversation(self._core.clock())
        return {"OriginatorCoversationID": originator_id, "ResponseCode": "0", "ResponseDescription": "Success"}

    def simulate(self, authorization: str, content_type: str, body: bytes) -> JsonObject:
        """Pay by Daraja's own simulation of the sandbox. Raises GatewayRefusal."""
        app = self._gate.authorize(authorization, invalid=(400, "400.003.01"))
        asked = validation.parse_body(content_type, body)
        merchant = self._merchant(app, asked)
        if asked.get("CommandID") != merchant.transaction_type:
            raise c2b_refusal("Invalid CommandID")
        phone = validation.phone_of(asked, "Msisdn")
        account = asked.get("BillRefNumber") or ""
        order = C2bOrder(
            merchant.party_b, validation.amount_of(asked), phone, str(account)[:20], origin=Origin.SIMULATED
        )
        self._postman.check_room()
        originator_id, _ = self._core.conversation(self._core.clock())
        self._postman.start(self._dial_unseen(order))
        answer = payloads.accepted(originator_id, "")
        return {"OriginatorCoversationID": originator_id} | {
            name: answer[name] for name in ("ResponseCode", "ResponseDescription")
        }

    async def dial(self, order: C2bOrder) -> Dialled:
        """Pay a till or a paybill by hand: ask the merchant if it validates, move the money, confirm.

        Raises NoSuchNumber, and GatewayRefusal when too much is under way.
        """
        core = self._core
        merchant = core.merchants.paid_at(order.to)
        if merchant is None:
            raise NoSuchNumber
        self._postman.check_room()
        begun = core.clock()
        receipt = core.receipt_of_dialling(begun)
        verdict = await self._validate(merchant, order, receipt)
        if verdict.code != "0":
            reason = REASONS.get(verdict.code, verdict.code)
            english = sms.refused_in_english(order.amount, merchant.name, reason)
            core.ledger.send_message(
                core.clock(), order.phone, english, sms.refused_in_swahili(order.amount, merchant.name, reason)
            )
            return Dialled(None, verdict.code, reason)
        payment = core.pay(
            merchant,
            phone=order.phone,
            amount=order.amount,
            account=order.account,
            receipt=receipt,
            initiated_at=begun,
            name=order.name,
            origin=order.origin,
            third_party_id=verdict.third_party_id,
        )
        self.confirm_later(payment)
        return Dialled(payment)

    def confirm_later(self, payment: Payment) -> asyncio.Task[None] | None:
        """Send the confirmation of a payment, if its merchant has registered an address."""
        urls = self._core.merchants.urls(payment.merchant.shortcode)
        if urls is None:
            return None
        return self._postman.start(self._confirm(payment, urls.confirmation))

    def confirm_again(self, receipt: str, delivery: Delivery) -> None:
        """Send the confirmation of a payment again. Raises NoSuchNumber when there is no such receipt or address."""
        payment = self._core.ledger.payment(receipt)
        urls = self._core.merchants.urls(payment.merchant.shortcode) if payment else None
        if payment is None or urls is None:
            raise NoSuchNumber
        self._postman.check_room()
        self._postman.start(self._postman.send_copies(_confirmation(payment, urls.confirmation), receipt, delivery))

    async def _dial_unseen(self, order: C2bOrder) -> None:
        with suppress(GatewayRefusal):  # busy by now: the sandbox loses some, too
            await self.dial(order)

    async def _confirm(self, payment: Payment, url: str) -> None:
        config = self._core.config
        struck = self._gate.board.draw(Stage.CONFIRMATION, phone=payment.phone, shortcode=payment.merchant.shortcode)
        wait_s = self._core.rng("confirmation", payment.receipt).uniform(0, CONFIRMATION_WITHIN_S) * config.time_scale
        await self._postman.sleep(config.late_s if Fault.CONFIRMATION_LATE in struck else wait_s)
        if Fault.CONFIRMATION_LOST not in struck:
            copies = 2 if Fault.CONFIRMATION_DOUBLED in struck else 1
            await self._postman.send_copies(_confirmation(payment, url), payment.receipt, Delivery(copies=copies))

    async def _validate(self, merchant: Merchant, order: C2bOrder, receipt: str) -> _Verdict:
        urls = self._core.merchants.urls(merchant.shortcode)
        if urls is None or not merchant.validates:
            return _Verdict("0")
        body = payloads.validation(merchant, order, receipt, self._core.clock())
        letter = Letter(LetterKind.VALIDATION, urls.validation, merchant.shortcode, body)
        reply = await self._postman.send(letter, receipt, timeout_s=self._core.config.validation_timeout_s)
        return _verdict(reply) or _Verdict("0" if urls.response_type is ResponseType.COMPLETED else "C2B00016")

    def _merchant(self, app: str, asked: Mapping[str, object]) -> Merchant:
        merchant = self._core.merchants.of_app(app, str(asked.get("ShortCode", "")))
        if merchant is None:
            raise c2b_refusal("Invalid ShortCode")
        return merchant

    def _url(self, asked: Mapping[str, object], name: str) -> str:
        url = asked.get(name)
        strict = self._core.config.strict_callback_urls
        if not isinstance(url, str) or not validation.is_usable_url(url, strict=strict):
            raise c2b_refusal(f"Invalid {name}")
        word = _WORDS.search(url)
        if word:
            raise c2b_refusal(f"Invalid {name} - URL has the word {word[0].upper()}")
        return url


def _confirmation(payment: Payment, url: str) -> Letter:
    shortcode = payment.merchant.shortcode
    return Letter(LetterKind.CONFIRMATION, url, shortcode, payloads.confirmation(payment))


def _verdict(reply: Reply) -> _Verdict | None:
    """Read a validation's answer; None when there is none to be understood."""
    if reply.status is None or reply.status >= 300:  # noqa: PLR2004 - anything but success
        return None
    try:
        answer = json.loads(reply.body)
    except ValueError:
        return None
    if not isinstance(answer, dict) or "ResultCode" not in answer:
        return None
    return _Verdict(str(answer["ResultCode"]), str(answer.get("ThirdPartyTransID") or ""))
