"""Customers who were asked to pay by M-Pesa, made through the services, and what Daraja says when they do."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from stage import StagedShop, acting_in, stage

from payme import payments, sales
from payme.app.assembly import Assembly, terms_of
from payme.kit.db.transaction import Scope, Tx
from payme.mpesa import PushAccepted
from payme.payment_configs import ConfigDraft, Environment, SecretField, ShortcodeKind, add_config
from payme.sales import DraftLine, SaleDraft

CUSTOMERS_OF_A_SHOP = 50
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """A customer whose phone shows a prompt."""

    secret: str
    """Of the path on which Daraja will call back."""
    checkout_request_id: str
    merchant_request_id: str
    phone: str
    amount: int
    shortcode: str = "174379"
    business_id: UUID | None = None
    payment_id: UUID | None = None


def paid_body(asked: Asked, number: int, *, amount: int | None = None) -> bytes:
    """Write the callback of a customer who paid, ``number`` making the receipt; Daraja's own types and names."""
    items = [
        {"Name": "Amount", "Value": float(asked.amount if amount is None else amount)},
        {"Name": "MpesaReceiptNumber", "Value": receipt_of(number)},
        {"Name": "TransactionDate", "Value": 20261122143000},
        {"Name": "PhoneNumber", "Value": int(f"254{asked.phone[1:]}")},
    ]
    callback = {
        "MerchantRequestID": asked.merchant_request_id,
        "CheckoutRequestID": asked.checkout_request_id,
        "ResultCode": 0,
        "ResultDesc": "The service request is processed successfully.",
        "CallbackMetadata": {"Item": items},
    }
    return json.dumps({"Body": {"stkCallback": callback}}).encode()


def receipt_of(number: int) -> str:
    """Make the receipt number of a payment."""
    return f"UKM{number:07d}"


async def ask_customers(assembly: Assembly, customers: int) -> list[Asked]:
    """Ring up sales in several shops and ask a customer of each; Daraja is taken to have accepted every prompt."""
    shops = await stage(assembly.database, -(-customers // CUSTOMERS_OF_A_SHOP))
    asked: list[Asked] = []
    for number, shop in enumerate(shops):
        await set_up_paybill(assembly, shop, str(600_000 + number))
        wanted = range(number * CUSTOMERS_OF_A_SHOP, min((number + 1) * CUSTOMERS_OF_A_SHOP, customers))
        for start in range(wanted.start, wanted.stop, _AT_ONCE):
            group = range(start, min(start + _AT_ONCE, wanted.stop))
            asked += await asyncio.gather(*(_ask(assembly, shop, customer) for customer in group))
    return asked


async def set_up_paybill(assembly: Assembly, shop: StagedShop, shortcode: str) -> None:
    """Give a shop a paybill of its own at the pretended M-Pesa."""
    draft = ConfigDraft(
        environment=Environment.SIMULATOR,
        kind=ShortcodeKind.PAYBILL,
        shortcode=shortcode,
        till_number=None,
        initiator_name=None,
        pull_number=None,
        secrets=dict.fromkeys((SecretField.CONSUMER_KEY, SecretField.CONSUMER_SECRET), "simulator")
        | {SecretField.PASSKEY: assembly.settings.platform_passkey},
    )
    await assembly.database.transact(acting_in(shop), add_config, draft, assembly.desk.accounts.strongbox)


async def _ask(assembly: Assembly, shop: StagedShop, customer: int) -> Asked:
    database, phone = assembly.database, f"07{customer:08d}"
    terms = terms_of(assembly.settings, assembly.desk.accounts.strongbox)

    product_id = shop.product_ids[customer % len(shop.product_ids)]
    draft = SaleDraft((DraftLine(product_id, Decimal(2), None, Decimal(0)),), None, "")
    view = await database.transact(acting_in(shop), sales.open_sale, draft)
    payment = await database.transact(acting_in(shop), sales.ask_mpesa, view.sale.id, phone, None, terms)
    system = Scope.system("bench", shop.business_id)
    submission = await database.transact(system, payments.begin_submission, payment.id)
    assert submission is not None, "a new payment is to be sent"  # noqa: S101
    answer = PushAccepted(f"bench-{customer}", f"ws_CO_{customer}", "Success. Request accepted for processing")
    await database.transact(system, payments.record_answer, payment.id, answer)
    return Asked(
        submission.secret,
        answer.checkout_request_id,
        answer.merchant_request_id,
        phone,
        int(payment.amount),
        payment.shortcode or "",
        shop.business_id,
        payment.id,
    )


async def receipts_in_books(assembly: Assembly, asked: Sequence[Asked]) -> dict[UUID, tuple[str, Decimal]]:
    """Return the receipt and amount that the books have for each payment that succeeded."""
    found: dict[UUID, tuple[str, Decimal]] = {}
    for business_id in {one.business_id for one in asked}:
        rows = await assembly.database.transact(Scope.system("bench", business_id), _booked)
        found |= {row[0]: (row[1], row[2]) for row in rows}
    return found


async def _booked(tx: Tx) -> list[tuple[UUID, str, Decimal]]:
    records = await tx.records(
        """
        SELECT payment.id AS payment_id, money.receipt, money.amount
          FROM payments AS payment
          JOIN money_in AS money ON money.business_id = payment.business_id AND money.id = payment.money_in_id
         WHERE payment.business_id = $1
        """,
        tx.business_id,
    )
    return [(record["payment_id"], record["receipt"], record["amount"]) for record in records]
