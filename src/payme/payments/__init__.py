"""Payments: attempts to collect, real money received, and what it was for."""

from payme.payments.errors import NotWholeShillings, PaymentInProgress, PaymentNotFound, PhoneNotValid
from payme.payments.events import (
    CashReturned,
    CashTaken,
    MoneyAllocated,
    MoneyReceived,
    PaymentMoved,
    PaymentRequested,
)
from payme.payments.models import Allocation, MoneyIn, Payment, Submission, Till
from payme.payments.queries import find_live, find_money_in, get_payment, list_payments
from payme.payments.schemas import PaymentOut
from payme.payments.services import (
    CHECK_PAYMENT,
    SUBMIT_PAYMENT,
    allocate,
    ask_mpesa,
    begin_submission,
    expire,
    fail,
    lock_payment,
    receive,
    record_answer,
    release,
    return_cash,
    take_cash,
    withdraw,
)
from payme.payments.types import Evidence, PaymentFor, PaymentMethod, PaymentState, Purpose

__all__ = [
    "CHECK_PAYMENT",
    "SUBMIT_PAYMENT",
    "Allocation",
    "CashReturned",
    "CashTaken",
    "Evidence",
    "MoneyAllocated",
    "MoneyIn",
    "MoneyReceived",
    "NotWholeShillings",
    "Payment",
    "PaymentFor",
    "PaymentInProgress",
    "PaymentMethod",
    "PaymentMoved",
    "PaymentNotFound",
    "PaymentOut",
    "PaymentRequested",
    "PaymentState",
    "PhoneNotValid",
    "Purpose",
    "Submission",
    "Till",
    "allocate",
    "ask_mpesa",
    "begin_submission",
    "expire",
    "fail",
    "find_live",
    "find_money_in",
    "get_payment",
    "list_payments",
    "lock_payment",
    "receive",
    "record_answer",
    "release",
    "return_cash",
    "take_cash",
    "withdraw",
]
