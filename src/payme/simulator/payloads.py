"""What Daraja writes about money that moved: C2B letters, results of the asynchronous calls, pulled rows. Pure."""

import hashlib
from datetime import datetime

from payme.simulator.models import C2bOrder, Merchant, PayerName, Payment, Result
from payme.simulator.types import EAT, JsonObject, JsonValue, MsisdnForm, NamesShown

_FIRST = ("BAHARI", "MWEZI", "NYOTA", "JUA", "MVUA", "UPEPO", "MTO", "ZIWA", "MLIMA", "WINGU", "THELUJI", "RADI")
_LAST = ("MBUYU", "MWEMBE", "MNAZI", "MKOKO", "MTINI", "MNINGA", "MVULE", "MSONOBARI", "MIANZI", "MTENDE", "MKANJU")


def name_of(phone: str) -> PayerName:
    """Give the owner of a phone a name, the same each time: a thing of the sky and a tree, for nobody is meant."""
    number = int(phone)
    return PayerName(_FIRST[number % len(_FIRST)], "", _LAST[number % len(_LAST)])


def stamp(at: datetime) -> str:
    """Write an instant in fourteen East African digits."""
    return f"{at.astimezone(EAT):%Y%m%d%H%M%S}"


def masked(phone: str) -> str:
    """Hide the middle of a number, as statements do."""
    return f"{phone[:4]}****{phone[-3:]}"


def shown_msisdn(form: MsisdnForm, phone: str) -> str:
    """Show a number as much as this shortcode may see of it."""
    hashed = hashlib.sha256(phone.encode()).hexdigest()
    match form:
        case MsisdnForm.PLAIN:
            return phone
        case MsisdnForm.MASKED:
            return f"{phone[:4]} ***** {phone[-3:]}"
        case MsisdnForm.HASHED:
            return hashed
        case _:
            return f"{hashed[:8]}{'*' * 48}{hashed[-8:]}"


def validation(merchant: Merchant, order: C2bOrder, receipt: str, at: datetime) -> JsonObject:
    """Ask a merchant whether it wants a payment. The balance is not told yet."""
    name = order.name or name_of(order.phone)
    account = "" if merchant.till else order.account
    return _c2b(merchant, order.phone, name, receipt, at, order.amount, account, balance="", third_party_id="")


def confirmation(payment: Payment) -> JsonObject:
    """Tell a merchant of money that is already there."""
    return _c2b(
        payment.merchant,
        payment.phone,
        payment.name,
        payment.receipt,
        payment.paid_at,
        payment.amount,
        payment.account_reference,
        balance=f"{payment.balance:.2f}",
        third_party_id=payment.third_party_id,
    )


def _c2b(
    merchant: Merchant,
    phone: str,
    name: PayerName,
    receipt: str,
    at: datetime,
    amount: int,
    account: str,
    *,
    balance: str,
    third_party_id: str,
) -> JsonObject:
    body: JsonObject = {
        "TransactionType": "Customer Merchant Payment" if merchant.till else "Pay Bill",
        "TransID": receipt,
        "TransTime": stamp(at),
        "TransAmount": f"{amount}.00",
        "BusinessShortCode": merchant.shortcode,
        "BillRefNumber": account,
        "InvoiceNumber": "",
        "OrgAccountBalance": balance,
        "ThirdPartyTransID": third_party_id,
        "MSISDN": shown_msisdn(merchant.msisdn, phone),
    }
    if merchant.names is not NamesShown.NONE:
        body["FirstName"] = name.first
    if merchant.names is NamesShown.ALL:
        body |= {"MiddleName": name.middle, "LastName": name.last}
    return body


def accepted(originator_id: str, conversation_id: str) -> JsonObject:
    """Acknowledge an asynchronous request."""
    return {
        "OriginatorConversationID": originator_id,
        "ConversationID": conversation_id,
        "ResponseCode": "0",
        "ResponseDescription": "Accept the service request successfully.",
    }


def result(
    outcome: Result, originator_id: str, conversation_id: str, parameters: list[JsonValue] | None, reference: JsonValue
) -> JsonObject:
    """Write the result of an asynchronous request; a failure has no parameters."""
    body: JsonObject = {
        "ResultType": 0,
        "ResultCode": outcome.code,
        "ResultDesc": outcome.callback_desc,
        "OriginatorConversationID": originator_id,
        "ConversationID": conversation_id,
        "TransactionID": f"{conversation_id[-3:].upper()}0000000",
    }
    if parameters is not None:
        body["ResultParameters"] = {"ResultParameter": parameters}
    return {"Result": body | {"ReferenceData": {"ReferenceItem": reference}}}


def timeout_notice(originator_id: str, conversation_id: str) -> JsonObject:
    """Say that a request waits too long in the queue. Safaricom documents no body; this one is ours."""
    return {
        "Result": {
            "ResultType": 1,
            "ResultCode": 1,
            "ResultDesc": "The service request timed out in the queue.",
            "OriginatorConversationID": originator_id,
            "ConversationID": conversation_id,
            "TransactionID": f"{conversation_id[-3:].upper()}0000000",
        }
    }


def status_parameters(payment: Payment, originator_id: str) -> list[JsonValue]:
    """Describe a payment as the transaction status does."""
    merchant = payment.merchant
    return [
        {"Key": "DebitPartyName", "Value": f"{payment.phone} - {payment.name.full}"},
        {"Key": "CreditPartyName", "Value": f"{merchant.shortcode} - {merchant.name}"},
        {"Key": "OriginatorConversationID", "Value": originator_id},
        {"Key": "InitiatedTime", "Value": int(stamp(payment.initiated_at))},
        {"Key": "CreditAccountType", "Value": "Merchant Account" if merchant.till else "Utility Account"},
        {"Key": "DebitAccountType", "Value": "MMF Account For Customer"},
        {"Key": "DebitPartyCharges", "Value": ""},
        {"Key": "TransactionReason"},
        {"Key": "ReasonType", "Value": reason_type(payment)},
        {"Key": "TransactionStatus", "Value": "Reversed" if payment.reversal else "Completed"},
        {"Key": "FinalisedTime", "Value": int(stamp(payment.paid_at))},
        {"Key": "Amount", "Value": payment.amount},
        {"Key": "ConversationID", "Value": payment.conversation_id},
        {"Key": "ReceiptNo", "Value": payment.receipt},
    ]


def reversal_parameters(payment: Payment, balance: str) -> list[JsonValue]:
    """Describe a reversal that succeeded. The payment must be reversed."""
    back = payment.reversal
    assert back is not None, "only a reversed payment is described so"  # noqa: S101
    merchant = payment.merchant
    account = "Merchant Account" if merchant.till else "Utility Account"
    return [
        {"Key": "DebitAccountBalance", "Value": f"{account}|KES|{balance}|{balance}|0.00|0.00"},
        {"Key": "Amount", "Value": float(back.amount)},
        {"Key": "TransCompletedTime", "Value": int(stamp(back.at))},
        {"Key": "OriginalTransactionID", "Value": payment.receipt},
        {"Key": "Charge", "Value": 0.0},
        {"Key": "CreditPartyPublicName", "Value": f"{payment.phone} - {payment.name.full}"},
        {"Key": "DebitPartyPublicName", "Value": f"{merchant.shortcode} - {merchant.name}"},
    ]


def reason_type(payment: Payment) -> str:
    """Name the kind of payment as the portal does."""
    online = payment.checkout_request_id is not None
    if payment.merchant.till:
        return "Online Merchant Payment" if online else "Customer Merchant Payment"
    return "Pay Bill Online" if online else "Pay Bill"


def pulled_row(payment: Payment) -> JsonObject:
    """Write one row of the pull API. The Z is Safaricom's; the time is East Africa's."""
    return {
        "transactionId": payment.receipt,
        "trxDate": f"{payment.paid_at.astimezone(EAT):%Y-%m-%dT%H:%M:%S}Z",
        "msisdn": int(payment.phone),
        "sender": "MPESA",
        "transactiontype": "c2b-buy-goods-debit" if payment.merchant.till else "c2b-pay-bill-debit",
        "billreference": payment.account_reference,
        "amount": f"{payment.amount}.0",
        "organizationname": payment.merchant.name,
    }
