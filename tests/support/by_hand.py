"""Customers who pay by hand, and Safaricom, which tells of it: by a confirmation, and on their phones."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from payme import c2b, payment_configs
from payme.callbacks import Arrival, CallbackState
from payme.daraja import EAT
from tests.support.daraja import PHONE, applies, callback_state, stores
from tests.support.shops import Shop

OWN = "the number that was paid"
MASKED = "2547 ***** 678"


def hashed(phone: str) -> str:
    """Write a phone as M-PESA does where it tells no number."""
    return hashlib.sha256(phone.encode()).hexdigest()


HASHED = hashed(PHONE)


@dataclass
class Safaricom:
    """The addresses at which a shop is told of money paid by hand."""

    shop: Shop
    config_id: UUID
    shortcode: str
    confirmation: str = field(repr=False)
    validation: str = field(repr=False)

    async def stores(self, body: bytes) -> UUID:
        """Let a confirmation arrive; nobody has applied it yet."""
        told = body.replace(OWN.encode(), self.shortcode.encode())
        return await stores(self.shop.database, Arrival(self.confirmation, told, self.shortcode, "196.201.214.200"))

    async def confirms(self, body: bytes) -> CallbackState:
        """Let a confirmation arrive, and apply it."""
        callback_id = await self.stores(body)
        await applies(self.shop.database, callback_id)
        return await callback_state(self.shop, callback_id)


async def registers(shop: Shop, *, rejects: bool = False) -> Safaricom:
    """Let Safaricom know where to tell of money paid by hand."""
    config = await shop.transact(payment_configs.get_active)
    await shop.transact(c2b.request_c2b, config.id, rejects)
    secrets = await shop.transact(c2b.open_c2b, config.id)
    return Safaricom(shop, config.id, config.shortcode, secrets.confirmation, secrets.validation)


def new_receipt(shop: Shop) -> str:
    """A receipt number that nobody has."""
    return f"U{shop.database.seams.new_secret()[:24].encode().hex()[-17:].upper()}"[:10]


def notice(
    receipt: str,
    amount: str = "300.00",
    account: str = "",
    phone: str = MASKED,
    shortcode: str = OWN,
    at: str = "20261122103000",
) -> bytes:
    """Write a C2B confirmation as Safaricom does: every value is text."""
    return json.dumps(
        {
            "TransactionType": "Pay Bill" if account else "Customer Merchant Payment",
            "TransID": receipt,
            "TransTime": at,
            "TransAmount": amount,
            "BusinessShortCode": shortcode,
            "BillRefNumber": account,
            "InvoiceNumber": "",
            "OrgAccountBalance": "1025.00",
            "ThirdPartyTransID": "",
            "MSISDN": phone,
            "FirstName": "NYOTA",
            "MiddleName": "",
            "LastName": "MBUYU",
        }
    ).encode()


def status_result(
    receipt: str,
    shortcode: str,
    amount: str = "300",
    phone: str = PHONE,
    reason: str = "Pay Bill Online",
    at: datetime | None = None,
) -> bytes:
    """Write what Safaricom answers of a receipt: it names no account, and how it was paid."""
    stamp = int(f"{(at or datetime.now(UTC)).astimezone(EAT):%Y%m%d%H%M%S}")
    said = {
        "DebitPartyName": f"{phone} - NYOTA MBUYU",
        "CreditPartyName": f"{shortcode} - DUKA MOJA",
        "ReasonType": reason,
        "TransactionStatus": "Completed",
        "FinalisedTime": stamp,
        "Amount": float(amount),
        "ReceiptNo": receipt,
    }
    return json.dumps(
        {
            "Result": {
                "ResultType": 0,
                "ResultCode": 0,
                "ResultDesc": "The service request is processed successfully.",
                "OriginatorConversationID": "3213-416199-2",
                "ConversationID": "AG_20261122_0000493344ae97d86f75",
                "TransactionID": "UKM0000000",
                "ResultParameters": {"ResultParameter": [{"Key": key, "Value": value} for key, value in said.items()]},
            }
        }
    ).encode()


def message(receipt: str, amount: str = "300.00") -> str:
    """Write what stands on the payer's phone."""
    return (
        f"{receipt} Confirmed. Ksh{amount} paid to DUKA MOJA. on 22/11/26 at 10:30 AM.New M-PESA balance is "
        "Ksh1,200.00. Transaction cost, Ksh0.00. Amount you can transact within the day is 499,700.00."
    )
