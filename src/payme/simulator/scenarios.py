"""The table of phones and outcomes: dial a number and know what will happen.

The last four digits choose, so any network prefix works: 254 722 00 **1032** cancels. Result codes stand for
themselves; 90xx numbers are for what goes wrong around a payment that is truly made.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from payme.simulator.models import Delivery, Result, Script
from payme.simulator.types import After, Answer, BalanceItem, Outcome, Pace, QueryMood

PAID: Final = Result(
    0, "The service request is processed successfully.", "The service request is processed successfully."
)
INSUFFICIENT: Final = Result(
    1, "The balance is insufficient for the transaction.", "The balance is insufficient for the transaction."
)
CANCELLED: Final = Result(1032, "Request cancelled by user", "Request cancelled by user")
NO_ANSWER: Final = Result(1037, "No response from user.", "DS timeout user cannot be reached.")
WRONG_PIN: Final = Result(2001, "The initiator information is invalid.", "The initiator information is invalid.")
EXPIRED: Final = Result(1019, "Transaction has expired", "Transaction has expired")
PUSH_FAILED: Final = Result(
    1025, "An error occurred while sending a push request.", "An error occurred while sending a push request."
)
RULE_LIMITED: Final = Result(17, "Rule limited.", "Rule limited.")
NOT_PERMITTED: Final = Result(
    2028,
    "The request is not permitted according to product assignment",
    "The request is not permitted according to product assignment",
)
NO_OPERATOR: Final = Result("SFC_IC0003", "The operator does not exist.", "The operator does not exist.")
PIN_LOCKED: Final = Result(8006, "The security credential is locked.", "The security credential is locked.")
UNKNOWN: Final = Result(7777, "Something nobody has documented.", "Something nobody has documented.")
UNKNOWN_TEXT: Final = Result("ZX_0099", "Something nobody has documented.", "Something nobody has documented.")
BAD_DEBT: Final = Result(
    "E3008", "Error, the user has a bad debt contract.", "Error, the user has a bad debt contract."
)

SCRIPTS: Final[Mapping[Outcome, Script]] = MappingProxyType(
    {
        Outcome.PAID: Script(PAID),
        Outcome.INSUFFICIENT_BALANCE: Script(INSUFFICIENT),
        Outcome.CANCELLED: Script(CANCELLED, pace=Pace.HESITATES),
        Outcome.NO_ANSWER: Script(NO_ANSWER, pace=Pace.NEVER),
        Outcome.WRONG_PIN: Script(WRONG_PIN),
        Outcome.EXPIRED: Script(EXPIRED, pace=Pace.NEVER),
        Outcome.PUSH_FAILED: Script(PUSH_FAILED, pace=Pace.INSTANT),
        Outcome.RULE_LIMITED: Script(RULE_LIMITED),
        Outcome.NOT_PERMITTED: Script(NOT_PERMITTED),
        Outcome.NO_OPERATOR: Script(NO_OPERATOR),
        Outcome.PIN_LOCKED: Script(PIN_LOCKED),
        Outcome.UNKNOWN_CODE: Script(UNKNOWN),
        Outcome.UNKNOWN_TEXT: Script(UNKNOWN_TEXT),
        Outcome.BAD_DEBT: Script(BAD_DEBT),
        Outcome.ASK: Script(NO_ANSWER, pace=Pace.NEVER, asks=True),
        Outcome.LATE: Script(PAID, late=True),
        Outcome.LOST: Script(PAID, delivery=Delivery(copies=0)),
        Outcome.DUPLICATE: Script(PAID, delivery=Delivery(copies=2)),
        Outcome.EARLY: Script(PAID, pace=Pace.INSTANT, before_answer=True),
        Outcome.CANCELLED_THEN_PAID: Script(CANCELLED, pace=Pace.HESITATES, after=After.PAID_LATE),
        Outcome.PAID_TWICE: Script(PAID, after=After.PAID_AGAIN),
        Outcome.PAID_THEN_FAILED: Script(PAID, after=After.SAID_TO_FAIL),
        Outcome.FORGED: Script(CANCELLED, pace=Pace.HESITATES, forged=True),
        Outcome.WRONG_AMOUNT: Script(PAID, delivery=Delivery(amount_off_by=-1)),
        Outcome.WRONG_PHONE: Script(PAID, delivery=Delivery(wrong_phone=True)),
        Outcome.NO_METADATA: Script(PAID, delivery=Delivery(without_metadata=True)),
        Outcome.STRING_CODE: Script(PAID, delivery=Delivery(string_code=True)),
        Outcome.MASKED_PHONE: Script(PAID, delivery=Delivery(masked_phone=True)),
        Outcome.BALANCE_ITEM: Script(PAID, delivery=Delivery(balance=BalanceItem.EMPTY)),
        Outcome.FLOAT_AMOUNT: Script(PAID, delivery=Delivery(float_amount=True)),
        Outcome.OLD_WORDING: Script(CANCELLED, pace=Pace.HESITATES, delivery=Delivery(old_wording=True)),
        Outcome.WRONG_SHORTCODE: Script(PAID, delivery=Delivery(wrong_shortcode=True)),
        Outcome.FLOOD: Script(PAID, delivery=Delivery(copies=50)),
        Outcome.QUERY_LIES: Script(PAID, query=QueryMood.LIES),
        Outcome.QUERY_STUCK: Script(PAID, query=QueryMood.STUCK),
        Outcome.SLOW_ANSWER: Script(PAID, answer=Answer.SLOW),
        Outcome.RESET: Script(PAID, answer=Answer.RESET),
        Outcome.TRUNCATED: Script(PAID, answer=Answer.TRUNCATED),
        Outcome.UNAVAILABLE: Script(PUSH_FAILED, answer=Answer.UNAVAILABLE),
        Outcome.SPIKE_ARREST: Script(PUSH_FAILED, answer=Answer.SPIKE_ARREST),
        Outcome.BUSY: Script(PUSH_FAILED, answer=Answer.BUSY),
        Outcome.MAINTENANCE: Script(PUSH_FAILED, answer=Answer.MAINTENANCE),
        Outcome.PHONE_LOCKED: Script(PUSH_FAILED, answer=Answer.PHONE_LOCKED),
        Outcome.NO_ICCID: Script(PUSH_FAILED, answer=Answer.NO_ICCID),
    }
)

LAST_DIGITS: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "0000": Outcome.PAID,
        "0001": Outcome.INSUFFICIENT_BALANCE,
        "0003": Outcome.NO_OPERATOR,
        "0017": Outcome.RULE_LIMITED,
        "1019": Outcome.EXPIRED,
        "1025": Outcome.PUSH_FAILED,
        "1032": Outcome.CANCELLED,
        "1037": Outcome.NO_ANSWER,
        "2001": Outcome.WRONG_PIN,
        "2028": Outcome.NOT_PERMITTED,
        "3008": Outcome.BAD_DEBT,
        "7777": Outcome.UNKNOWN_CODE,
        "7778": Outcome.UNKNOWN_TEXT,
        "8006": Outcome.PIN_LOCKED,
        "9000": Outcome.ASK,
        "9001": Outcome.LATE,
        "9002": Outcome.LOST,
        "9003": Outcome.DUPLICATE,
        "9004": Outcome.EARLY,
        "9005": Outcome.CANCELLED_THEN_PAID,
        "9006": Outcome.PAID_TWICE,
        "9007": Outcome.PAID_THEN_FAILED,
        "9008": Outcome.FORGED,
        "9011": Outcome.WRONG_AMOUNT,
        "9012": Outcome.WRONG_PHONE,
        "9013": Outcome.NO_METADATA,
        "9014": Outcome.STRING_CODE,
        "9015": Outcome.MASKED_PHONE,
        "9016": Outcome.BALANCE_ITEM,
        "9017": Outcome.FLOAT_AMOUNT,
        "9018": Outcome.OLD_WORDING,
        "9019": Outcome.WRONG_SHORTCODE,
        "9020": Outcome.FLOOD,
        "9021": Outcome.QUERY_LIES,
        "9022": Outcome.QUERY_STUCK,
        "9031": Outcome.SLOW_ANSWER,
        "9032": Outcome.RESET,
        "9033": Outcome.TRUNCATED,
        "9034": Outcome.UNAVAILABLE,
        "9035": Outcome.SPIKE_ARREST,
        "9036": Outcome.BUSY,
        "9037": Outcome.MAINTENANCE,
        "9038": Outcome.PHONE_LOCKED,
        "9039": Outcome.NO_ICCID,
    }
)

SANDBOX_TEST_PHONE: Final = "254708374149"
"""The sandbox's public test number, which never answers."""
