"""What an initiator may ask: the status of a transaction, and its reversal. Acknowledged at once, answered later."""

import base64
import binascii
from collections.abc import Callable, Mapping

from payme.simulator import payloads, validation
from payme.simulator.core import Core
from payme.simulator.delivery import Postman
from payme.simulator.errors import bad_field
from payme.simulator.gate import Gate
from payme.simulator.models import Delivery, Letter, Merchant, Payment, Result
from payme.simulator.types import Fault, JsonObject, JsonValue, LetterKind, Stage

RESULT_WITHIN_S = (1.0, 6.0)
REMARKS_MAX = 100

_DONE = Result(0, *("The service request is processed successfully.",) * 2)
_NO_INITIATOR = Result(2001, *("The initiator information is invalid.",) * 2)
_NOT_ALLOWED = Result(21, *("The initiator is not allowed to initiate this request.",) * 2)
_UNKNOWN = Result("R000002", *("The OriginalTransactionID is invalid.",) * 2)
_REVERSED = Result("R000001", *("The transaction has already been reversed.",) * 2)
_NO_MONEY = Result(1, *("The balance is insufficient for the transaction.",) * 2)

_Work = Callable[[], tuple[Result, list[JsonValue] | None, str]]


class Initiator:
    """The asynchronous products of a shortcode's initiator."""

    def __init__(self, core: Core, gate: Gate, postman: Postman) -> None:
        """Share the core's money and the gate's tokens."""
        self._core = core
        self._gate = gate
        self._postman = postman

    def ask_status(self, authorization: str, content_type: str, body: bytes) -> JsonObject:
        """Promise to tell what became of a transaction. Raises GatewayRefusal."""
        app = self._gate.authorize(authorization, invalid=(400, "400.003.01"))
        asked = validation.parse_body(content_type, body)
        merchant = self._requester(app, asked, "PartyA", "TransactionStatusQuery")
        validation.one_of(asked, "IdentifierType", {"1", "2", "4"})
        receipt = str(asked.get("TransactionID") or "")
        conversation = str(asked.get("OriginalConversationID") or asked.get("OriginatorConversationID") or "")
        if not receipt and not conversation:
            raise bad_field("TransactionID")
        self._postman.check_room()
        originator_id, conversation_id = self._core.conversation(self._core.clock())

        def tell() -> tuple[Result, list[JsonValue] | None, str]:
            payment = self._find(receipt, conversation)
            failure = self._failure(asked, merchant, payment)
            if failure or payment is None:
                return failure or _UNKNOWN, None, receipt
            return _DONE, payloads.status_parameters(payment, originator_id), payment.receipt

        reference: JsonValue = {"Key": "Occasion"}
        self._postman.start(self._answer(asked, merchant, tell, (originator_id, conversation_id), reference))
        return payloads.accepted(originator_id, conversation_id)

    def ask_reversal(self, authorization: str, content_type: str, body: bytes) -> JsonObject:
        """Promise to give a payment back. Raises GatewayRefusal."""
        app = self._gate.authorize(authorization)
        asked = validation.parse_body(content_type, body)
        merchant = self._requester(app, asked, "ReceiverParty", "TransactionReversal")
        validation.one_of(asked, "RecieverIdentifierType", {"11"})
        receipt = validation.text_of(asked, "TransactionID")
        amount = validation.amount_of(asked)
        self._postman.check_room()

        def give_back() -> tuple[Result, list[JsonValue] | None, str]:
            payment = self._core.ledger.payment(receipt)
            failure = self._failure(asked, merchant, payment)
            if failure or payment is None or amount > payment.amount:
                return failure or _UNKNOWN, None, receipt
            if payment.reversal:
                return _REVERSED, None, receipt
            if self._core.ledger.balance(merchant.shortcode) < amount:
                return _NO_MONEY, None, receipt
            payment = self._core.reverse(payment, amount)
            balance = f"{self._core.ledger.balance(merchant.shortcode):.2f}"
            return _DONE, payloads.reversal_parameters(payment, balance), receipt

        ids = self._core.conversation(self._core.clock())
        reference: JsonValue = {"Key": "QueueTimeoutURL", "Value": str(asked["QueueTimeOutURL"])}
        self._postman.start(self._answer(asked, merchant, give_back, ids, reference))
        return payloads.accepted(*ids)

    def _requester(self, app: str, asked: Mapping[str, object], party: str, command: str) -> Merchant:
        """Check what both requests have. Raises GatewayRefusal 400.002.02 naming the field."""
        validation.text_of(asked, "Initiator")
        try:
            base64.b64decode(validation.text_of(asked, "SecurityCredential"), validate=True)
        except (binascii.Error, ValueError):
            raise bad_field("SecurityCredential") from None
        validation.one_of(asked, "CommandID", {command})
        merchant = self._core.merchants.of_app(app, validation.text_of(asked, party))
        if merchant is None:
            raise bad_field(party)
        strict = self._core.config.strict_callback_urls
        for name in ("ResultURL", "QueueTimeOutURL"):
            if not validation.is_usable_url(validation.text_of(asked, name), strict=strict):
                raise bad_field(name)
        if len(validation.text_of(asked, "Remarks")) > REMARKS_MAX:
            raise bad_field("Remarks")
        return merchant

    def _find(self, receipt: str, conversation: str) -> Payment | None:
        ledger = self._core.ledger
        return ledger.payment(receipt) if receipt else ledger.payment_of_conversation(conversation)

    @staticmethod
    def _failure(asked: Mapping[str, object], merchant: Merchant, payment: Payment | None) -> Result | None:
        if asked["Initiator"] != merchant.initiator:
            return _NO_INITIATOR
        if payment and payment.merchant.shortcode != merchant.shortcode:
            return _NOT_ALLOWED
        return None if payment else _UNKNOWN

    async def _answer(
        self, asked: Mapping[str, object], merchant: Merchant, work: _Work, ids: tuple[str, str], reference: JsonValue
    ) -> None:
        config = self._core.config
        struck = self._gate.board.draw(Stage.RESULT, shortcode=merchant.shortcode)
        wait_s = self._core.rng("result", ids[1]).uniform(*RESULT_WITHIN_S) * config.time_scale
        if Fault.QUEUE_TIMEOUT in struck:
            await self._postman.sleep(config.queue_timeout_s * config.time_scale)
            notice = payloads.timeout_notice(*ids)
            address = str(asked["QueueTimeOutURL"])
            await self._postman.send(Letter(LetterKind.TIMEOUT, address, merchant.shortcode, notice, 1), "")
        is_late = Fault.RESULT_LATE in struck or Fault.QUEUE_TIMEOUT in struck
        await self._postman.sleep(config.late_s if is_late else wait_s)
        outcome, parameters, receipt = work()
        if Fault.RESULT_LOST not in struck:
            body = payloads.result(outcome, *ids, parameters, reference)
            letter = Letter(LetterKind.RESULT, str(asked["ResultURL"]), merchant.shortcode, body, outcome.code)
            copies = 2 if Fault.RESULT_DOUBLED in struck else 1
            await self._postman.send_copies(letter, receipt, Delivery(copies=copies))
