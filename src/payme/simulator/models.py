"""What the simulator knows: its merchants, its settings, and every prompt with its truth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from payme.simulator.types import (
    After,
    Answer,
    BalanceItem,
    Fault,
    JsonObject,
    LetterKind,
    MsisdnForm,
    NamesShown,
    Origin,
    Outage,
    Outcome,
    Pace,
    PromptState,
    QueryMood,
    ResponseType,
)

SANDBOX_SHORTCODE = "174379"
SANDBOX_PASSKEY = "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919"  # public, not a secret
FAST_SCALE = 0.005
LATE_AFTER_S = 150.0
COPIES_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Merchant:
    """A business that may push prompts.

    `till` is the till number of a Buy Goods merchant, whose `shortcode` is then the store number;
    without it the shortcode is a paybill. Merchants may share one consumer key (one app, many shortcodes).
    `initiator` is who may ask for a transaction's status or reversal. `validates` says that Safaricom has switched
    external validation on; `msisdn` and `names` how much of a payer this shortcode's C2B payloads show.
    """

    shortcode: str = SANDBOX_SHORTCODE
    passkey: str = SANDBOX_PASSKEY
    consumer_key: str = "simulator"
    consumer_secret: str = "simulator"  # noqa: S105 - the pretended Daraja guards no real money
    till: str | None = None
    name: str = "PayMe Simulator"
    initiator: str = "testapi"
    validates: bool = False
    msisdn: MsisdnForm = MsisdnForm.MASKED
    names: NamesShown = NamesShown.ALL

    @property
    def transaction_type(self) -> str:
        """The only TransactionType this shortcode is set up for."""
        return "CustomerBuyGoodsOnline" if self.till else "CustomerPayBillOnline"

    @property
    def party_b(self) -> str:
        """Where the money must be sent: the till, or the paybill itself."""
        return self.till or self.shortcode


@dataclass(frozen=True, slots=True)
class FaultRule:
    """A fault, or a mix of them, that strikes a share of the requests it is meant for.

    A mix strikes with one of its faults at each stage of a request. `left` is how often it still strikes; None is
    for ever. With a phone or a shortcode it is meant for their prompts and payments alone.
    """

    faults: tuple[Fault, ...]
    share: float = 1.0
    left: int | None = None
    phone: str | None = None
    shortcode: str | None = None


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """How this Daraja behaves.

    Times are Daraja's own seconds; they are multiplied by `scale` (`fast` is a scale of 0.005: a payment in 40 to
    150 ms). Four are never scaled: `late_after_s` when given, `ask_life_s` (a person presses the buttons),
    `callback_timeout_s` and `validation_timeout_s`.

    `register_again` is the sandbox's rule for C2B addresses; without it they are registered once, as in production.

    `seed` makes outcomes, delays and ids repeatable. Without one each start is different, as it must be when a
    database outlives the simulator: the same seed on the same day gives the same receipt numbers again.
    `mix` weighs the outcomes of phones the table does not name; empty means `default_outcome` for all of them.
    """

    seed: int | None = None
    fast: bool = False
    scale: float | None = None
    merchants: tuple[Merchant, ...] = (Merchant(),)
    default_outcome: Outcome = Outcome.PAID
    mix: Mapping[Outcome, int] = field(default_factory=dict)
    faults: tuple[FaultRule, ...] = ()
    strict_callback_urls: bool = False
    register_again: bool = False
    late_after_s: float | None = None
    slow_answer_after_s: float = 35.0
    prompt_life_s: float = 60.0
    ask_life_s: float = 60.0
    query_stuck_s: float = 600.0
    callback_timeout_s: float = 10.0
    validation_timeout_s: float = 8.0
    queue_timeout_s: float = 60.0
    token_life_s: int = 3599
    prompts_max: int = 100_000
    payments_max: int = 100_000
    merchants_max: int = 10_000
    live_max: int = 20_000
    deliveries_at_once_max: int = 100

    @property
    def time_scale(self) -> float:
        """Real seconds for each of Daraja's seconds."""
        if self.scale is not None:
            return self.scale
        return FAST_SCALE if self.fast else 1.0

    @property
    def late_s(self) -> float:
        """Real seconds from the payment to a late callback."""
        return LATE_AFTER_S * self.time_scale if self.late_after_s is None else self.late_after_s


@dataclass(frozen=True, slots=True)
class Result:
    """A ResultCode with the words the callback uses and the words the query uses; they differ in real life."""

    code: int | str
    callback_desc: str
    query_desc: str

    @property
    def is_paid(self) -> bool:
        """Whether money moved."""
        return self.code == 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a callback is sent. The default is one true copy at once. Seconds here are real, not scaled."""

    copies: int = 1
    delay_s: float = 0.0
    gap_s: float = 0.0
    amount_off_by: int = 0
    wrong_phone: bool = False
    without_metadata: bool = False
    string_code: bool = False
    masked_phone: bool = False
    float_amount: bool = False
    old_wording: bool = False
    wrong_shortcode: bool = False
    balance: BalanceItem = BalanceItem.ABSENT


@dataclass(frozen=True, slots=True)
class Script:
    """One outcome, told in full: the answer, the payer, the callback and the query.

    The callback comes `late_by_s` of Daraja's seconds after the payer, or as late as the settings say with `late`.
    """

    result: Result
    answer: Answer = Answer.ACCEPTED
    pace: Pace = Pace.ENTERS_PIN
    delivery: Delivery | None = None
    query: QueryMood = QueryMood.HONEST
    asks: bool = False
    late: bool = False
    late_by_s: float | None = None
    before_answer: bool = False
    after_confirmation: bool = False
    reordered: bool = False
    forged: bool = False
    after: After = After.NOTHING


@dataclass(frozen=True, slots=True)
class Timeline:
    """Real seconds: the answer after the request, the payer after the request, the callback after the payer."""

    answer_after_s: float
    settle_after_s: float
    callback_after_s: float


@dataclass(frozen=True, slots=True)
class QueuedOutcome:
    """An outcome somebody asked for, with its delivery if that was asked for too."""

    outcome: Outcome
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with Daraja as a whole until somebody sets it right."""

    outage: Outage | None = None
    outage_until: datetime | None = None
    query_flaky_share: float = 0.0
    query_spike_arrest: bool = False


@dataclass(frozen=True, slots=True)
class PushRequest:
    """A checked STK push. `amount` is whole shillings; phones are 12 digits."""

    shortcode: str
    password: str
    timestamp: str
    transaction_type: str
    amount: int
    party_a: str
    party_b: str
    phone: str
    callback_url: str
    account_reference: str
    description: str


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A checked STK query."""

    shortcode: str
    password: str
    timestamp: str
    checkout_request_id: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt on one phone, and what truly became of it."""

    number: int
    checkout_request_id: str
    merchant_request_id: str
    push: PushRequest
    outcome: Outcome
    accepted_at: datetime
    state: PromptState = PromptState.WAITING
    result: Result | None = None
    settled_at: datetime | None = None
    receipt: str | None = None
    queries: int = 0
    faults: tuple[Fault, ...] = ()
    mood: QueryMood = QueryMood.HONEST


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One try to deliver one letter: the status it was answered with, or the error that stopped it."""

    at: datetime
    kind: LetterKind
    result_code: int | str | None
    status: int | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """One POST to a merchant's address."""

    kind: LetterKind
    url: str
    shortcode: str
    body: JsonObject
    result_code: int | str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a merchant's server said to a letter. `status` is None when nobody answered."""

    status: int | None
    body: bytes = b""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PayerName:
    """The three names M-PESA knows of a customer, in capitals."""

    first: str
    middle: str = ""
    last: str = ""

    @property
    def full(self) -> str:
        """All of them, in one line."""
        return " ".join(filter(None, (self.first, self.middle, self.last)))


@dataclass(frozen=True, slots=True)
class Urls:
    """The C2B addresses of one shortcode."""

    confirmation: str
    validation: str
    response_type: ResponseType


@dataclass(frozen=True, slots=True)
class C2bOrder:
    """What a person types to pay a till or a paybill. `to` is the till number or the paybill."""

    to: str
    amount: int
    phone: str
    account: str = ""
    name: PayerName | None = None
    origin: Origin = Origin.HAND


@dataclass(frozen=True, slots=True)
class Reversal:
    """Money given back to the payer, under a receipt of its own; `balance` is what the account held after it."""

    receipt: str
    amount: int
    balance: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that truly moved from a phone to a shortcode. `amount` is whole shillings; `fee` is the merchant's.

    `balance` is what the merchant's account held just after the amount came in and before the fee went out.
    """

    number: int
    receipt: str
    merchant: Merchant
    phone: str
    name: PayerName
    amount: int
    fee: Decimal
    balance: Decimal
    account_reference: str
    origin: Origin
    initiated_at: datetime
    paid_at: datetime
    conversation_id: str
    checkout_request_id: str | None = None
    third_party_id: str = ""
    reversal: Reversal | None = None


@dataclass(frozen=True, slots=True)
class Sms:
    """The message a customer's phone gets, in both languages."""

    number: int
    at: datetime
    phone: str
    english: str
    swahili: str


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token and the app it speaks for."""

    value: str
    consumer_key: str
    life_s: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Totals:
    """The whole truth in numbers, counting what is already forgotten too. Amounts are whole shillings.

    The first four are about prompts; `payments` counts every movement of money, prompted or by hand.
    """

    accepted: int = 0
    paid: int = 0
    paid_amount: int = 0
    forgotten: int = 0
    payments: int = 0
    payments_amount: int = 0
    payments_forgotten: int = 0
    reversed: int = 0
    reversed_amount: int = 0
