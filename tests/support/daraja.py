"""Daraja as a test plays it: every push is answered as told, and callbacks are written as Daraja writes them."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from secrets import randbelow
from uuid import UUID

from payme import callbacks, payments, sales, token_purchases
from payme.app.assembly import account_of
from payme.callbacks import Arrival, CallbackState, repository, rules
from payme.inquiries.jobs import InquiryDesk, check_payment
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.ids import short_code
from payme.mpesa import (
    MpesaAccount,
    PushAccepted,
    PushAnswer,
    PushOrder,
    QueryAnswer,
    QueryUnknown,
    TransactionType,
)
from payme.payment_configs import Strongbox
from payme.payments import Accounts, Collector, Payment, Terms
from payme.payments.jobs import PushDesk, submit_payment
from payme.push_limits import PushLimits
from payme.settlement.jobs import apply_callback
from payme.token_purchases import TokenPurchase
from tests.support.database import in_time
from tests.support.shops import BOX, Shop

SHORTCODE = "650880"
PHONE = "254712345678"
DEADLINE_S = 120


def new_phone() -> str:
    """A phone that nobody else is asked on."""
    return f"2547{randbelow(10**8):08}"


UNLIMITED = PushLimits(10_000, 10_000, 0, 0, key=lambda: b"a key of the tests")
"""Tests ask one phone again and again; limits are tested where they are the subject."""
TERMS = Terms(DEADLINE_S, BOX.base_urls, UNLIMITED, Collector(SHORTCODE, "http://daraja.invalid", None, "37605544"))
PLATFORM = MpesaAccount(
    base_url="http://daraja.invalid",
    consumer_key="key",
    consumer_secret="secret",
    shortcode=SHORTCODE,
    passkey="passkey",
    party_b=SHORTCODE,
    transaction_type=TransactionType.PAYBILL,
)


@dataclass
class PlayedDaraja:
    """Answers pushes and remembers where their callbacks go."""

    answer: PushAnswer | None = None
    query_answer: QueryAnswer = field(default_factory=lambda: QueryUnknown("not asked"))
    orders: list[PushOrder] = field(default_factory=list)
    accounts: list[MpesaAccount] = field(default_factory=list, repr=False)
    """With what each push was ordered."""
    queries: int = 0
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    """By the request id that Daraja gave."""

    async def push(self, account: MpesaAccount, order: PushOrder) -> PushAnswer:
        self.accounts.append(account)
        self.orders.append(order)
        if self.answer is not None:
            return self.answer
        checkout_id = f"ws_CO_{order.account_reference}"
        if checkout_id in self.secrets:  # the platform's account has one reference for all
            checkout_id += f"_{len(self.secrets)}"
        self.secrets[checkout_id] = order.callback_url.rsplit("/", 1)[1]
        return PushAccepted("merchant-1", checkout_id, "Success")

    async def query(self, _: MpesaAccount, __: str) -> QueryAnswer:
        self.queries += 1
        return self.query_answer

    def secret_of(self, payment: Payment) -> str:
        """The secret of a payment's callback path, which only Daraja was told."""
        if payment.checkout_request_id in self.secrets:
            return self.secrets[payment.checkout_request_id]
        for order in self.orders:
            if order.account_reference == payment.account_reference:
                return order.callback_url.rsplit("/", 1)[1]
        raise AssertionError("this payment was not pushed")


@dataclass
class Counter:
    """A shop with Daraja across the counter."""

    shop: Shop
    daraja: PlayedDaraja = field(default_factory=PlayedDaraja)
    box: Strongbox = BOX

    @property
    def desk(self) -> PushDesk:
        return PushDesk(self.shop.database, self.daraja, Accounts(PLATFORM, self.box), "http://shop.invalid")

    async def asks(self, sale_id: UUID, amount: str | None = None, phone: str = PHONE) -> Payment:
        """Ask the customer for money, and let the job send the push."""
        wanted = None if amount is None else Decimal(amount)
        payment = await self.shop.transact(sales.ask_mpesa, sale_id, phone, wanted, TERMS)
        await self.submits(payment)
        return await self.payment(payment.id)

    async def buys_tokens(self, tokens: int = 30, phone: str = PHONE) -> TokenPurchase:
        """Buy a package, and let the job send the push."""
        bought = await self.shop.transact(token_purchases.buy_tokens, tokens, phone, TERMS)
        await self.submits(await self.payment(bought.payment_id))
        return await self.purchase(bought.id)

    async def purchase(self, purchase_id: UUID) -> TokenPurchase:
        return await self.shop.transact(token_purchases.get_purchase, purchase_id)

    async def submits(self, payment: Payment) -> None:
        await submit_payment(self.desk, self._address(payment))

    def inquiries_at(self, at: datetime) -> InquiryDesk:
        """The desk of inquiries at an instant of a day to come."""
        return InquiryDesk(in_time(self.shop.database, at), self.daraja, account_of(Accounts(PLATFORM, self.box)))

    async def visited(self, payment: Payment, after_s: float) -> Payment:
        """Look after the payment so many seconds after it was wanted."""
        at = payment.created_at + timedelta(seconds=after_s)
        await check_payment(self.inquiries_at(at), self._address(payment))
        return await self.payment(payment.id)

    async def deadline_passes(self, payment: Payment) -> Payment:
        return await self.visited(payment, DEADLINE_S)

    def _address(self, payment: Payment) -> dict[str, str]:
        return {"business_id": str(self.shop.business_id), "payment_id": str(payment.id)}

    async def payment(self, payment_id: UUID) -> Payment:
        return await self.shop.transact(payments.get_payment, payment_id)

    async def stores(self, body: bytes, secret: str, shortcode: str = "") -> UUID:
        """Let a callback arrive; nobody has applied it yet."""
        return await stores(self.shop.database, Arrival(secret, body, shortcode, "196.201.214.200"))

    async def receives(self, body: bytes, payment: Payment, shortcode: str | None = None) -> CallbackState:
        """Let a callback arrive on the payment's own path, and apply it."""
        header = (payment.shortcode or "") if shortcode is None else shortcode
        return await self.receives_at(body, self.daraja.secret_of(payment), header)

    async def receives_at(self, body: bytes, secret: str, shortcode: str = "") -> CallbackState:
        """Let a callback arrive on a path, and apply it."""
        callback_id = await self.stores(body, secret, shortcode)
        await applies(self.shop.database, callback_id)
        return await callback_state(self.shop, callback_id)


async def stores(database: Database, arrival: Arrival) -> UUID:
    """Keep a callback as the door does."""
    callback = rules.new_callback(arrival, database.seams.new_id(), database.seams.clock.now())
    await repository.store_callback(database, callback)
    return callback.id


async def applies(database: Database, callback_id: UUID) -> CallbackState:
    """Apply a stored callback as the worker does, at once and as often as a test likes."""
    addresses = await database.transact(Scope.system("test"), callbacks.find_addresses, [callback_id])
    return await apply_callback(database, callback_id, addresses[callback_id])


async def callback_state(shop: Shop, callback_id: UUID) -> CallbackState:
    """What became of a callback."""

    async def read(tx: Tx) -> CallbackState:
        return CallbackState(await tx.value("SELECT state FROM callbacks WHERE id = $1", callback_id))

    return await shop.transact(read)


def paid(
    payment: Payment, receipt: str | None = None, amount: str | None = None, phone: str = PHONE, checkout: str = ""
) -> bytes:
    """Write the callback of a success, as observed."""
    items: list[dict[str, object]] = [
        {"Name": "Amount", "Value": float(amount or payment.amount)},
        {"Name": "MpesaReceiptNumber", "Value": receipt_of(payment) if receipt is None else receipt},
        {"Name": "TransactionDate", "Value": 20261122103000},
        {"Name": "PhoneNumber", "Value": int(phone)},
    ]
    return _body(payment, 0, "The service request is processed successfully.", checkout, items)


def receipt_of(payment: Payment) -> str:
    """The receipt number of a payment: unique in the world, as M-Pesa's are."""
    return f"U{short_code(payment.id, 9)}"


def not_paid(payment: Payment, code: int | str = 1032, text: str = "Request cancelled by user") -> bytes:
    """Write the callback of a failure, which has no metadata."""
    return _body(payment, code, text, "", None)


def _body(payment: Payment, code: int | str, text: str, checkout: str, items: list[dict[str, object]] | None) -> bytes:
    result: dict[str, object] = {
        "MerchantRequestID": "merchant-1",
        "CheckoutRequestID": checkout or payment.checkout_request_id or f"ws_CO_{payment.account_reference}",
        "ResultCode": code,
        "ResultDesc": text,
    }
    if items is not None:
        result["CallbackMetadata"] = {"Item": items}
    return json.dumps({"Body": {"stkCallback": result}}).encode()
