"""What the simulator's own (not Daraja's) endpoints take."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from payme.simulator.models import (
    COPIES_MAX,
    SANDBOX_SHORTCODE,
    C2bOrder,
    Delivery,
    FaultRule,
    Faults,
    Merchant,
    PayerName,
)
from payme.simulator.types import BalanceItem, Fault, MsisdnForm, NamesShown, Outage, Outcome, PayerAnswer
from payme.simulator.validation import AMOUNT_MAX

FORGERIES_MAX = 100_000
DELAY_MAX_S = 7 * 24 * 3600

Phone = Annotated[str, Field(pattern=r"^254[17][0-9]{8}$")]
Shortcode = Annotated[str, Field(pattern=r"^[0-9]{5,7}$")]
Secret = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[str, Field(max_length=50)]
Seconds = Annotated[float, Field(ge=0, le=DELAY_MAX_S)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DeliveryIn(_In):
    """How callbacks are to be sent; see `Delivery`."""

    copies: int = Field(default=1, ge=0, le=COPIES_MAX)
    delay_s: Seconds = 0.0
    gap_s: Seconds = 0.0
    amount_off_by: int = 0
    wrong_phone: bool = False
    without_metadata: bool = False
    string_code: bool = False
    masked_phone: bool = False
    float_amount: bool = False
    old_wording: bool = False
    wrong_shortcode: bool = False
    balance: BalanceItem = BalanceItem.ABSENT

    def to_delivery(self) -> Delivery:
        """Give the delivery meant."""
        return Delivery(**self.model_dump())


class OutcomesIn(_In):
    """The next outcomes, in order, for one phone or (without one) for whoever pushes next."""

    outcomes: list[Outcome] = Field(min_length=1, max_length=1_000)
    phone: Phone | None = None
    delivery: DeliveryIn | None = None


class FaultsIn(_In):
    """What is to be wrong from now on; see `Faults`."""

    outage: Outage | None = None
    outage_for_s: Seconds | None = None
    query_flaky_share: float = Field(default=0.0, ge=0, le=1)
    query_spike_arrest: bool = False

    def to_faults(self, now: datetime) -> Faults:
        """Give the faults meant, from now on."""
        until = None if self.outage_for_s is None else now + timedelta(seconds=self.outage_for_s)
        return Faults(self.outage, until, self.query_flaky_share, self.query_spike_arrest)


class FaultRuleIn(_In):
    """A fault to switch on, or a mix; without a list it is every fault there is. See `FaultRule`."""

    faults: list[Fault] = Field(default_factory=lambda: list(Fault), min_length=1, max_length=len(Fault))
    share: float = Field(default=1.0, gt=0, le=1)
    times: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    phone: Phone | None = None
    shortcode: Shortcode | None = None

    def to_rule(self) -> FaultRule:
        """Give the rule meant."""
        return FaultRule(tuple(self.faults), self.share, self.times, self.phone, self.shortcode)


class ForgeryIn(_In):
    """A storm of forged successes. In the URL, `{secret}` becomes another guess each time."""

    url: Annotated[str, Field(pattern=r"^https?://", max_length=500)]
    count: Annotated[int, Field(ge=1, le=FORGERIES_MAX)] = 1
    per_s: Annotated[float, Field(gt=0, le=10_000)] = 1_000.0
    shortcode: Shortcode = SANDBOX_SHORTCODE
    phone: Phone = "254722000123"
    amount: Annotated[int, Field(ge=1, le=AMOUNT_MAX)] = 100


class PayerAnswerIn(_In):
    """What the person at the phone pressed."""

    answer: PayerAnswer


class MerchantIn(_In):
    """A merchant to register; what is left out of the credentials is made up and told in the answer."""

    name: Annotated[str, Field(min_length=1, max_length=60)] = "Simulated Shop"
    till: Shortcode | None = None
    passkey: Secret | None = None
    consumer_key: Secret | None = None
    consumer_secret: Secret | None = None
    initiator: Secret = "testapi"
    validates: bool = False
    msisdn: MsisdnForm = MsisdnForm.MASKED
    names: NamesShown = NamesShown.ALL

    def to_merchant(self, shortcode: str, passkey: str, key: str, secret: str) -> Merchant:
        """Give the merchant meant; the three are used where the body has none."""
        return Merchant(
            shortcode=shortcode,
            passkey=self.passkey or passkey,
            consumer_key=self.consumer_key or key,
            consumer_secret=self.consumer_secret or secret,
            till=self.till,
            name=self.name,
            initiator=self.initiator,
            validates=self.validates,
            msisdn=self.msisdn,
            names=self.names,
        )


class NameIn(_In):
    """What M-PESA calls the payer."""

    first: Words
    middle: Words = ""
    last: Words = ""


class PaymentIn(_In):
    """What a person types on the phone to pay a till (its number) or a paybill (with an account)."""

    to: Shortcode
    amount: Annotated[int, Field(ge=1, le=AMOUNT_MAX)]
    phone: Phone
    account: Annotated[str, Field(max_length=20)] = ""
    name: NameIn | None = None

    def to_order(self) -> C2bOrder:
        """Give the order meant."""
        name = PayerName(self.name.first, self.name.middle, self.name.last) if self.name else None
        return C2bOrder(self.to, self.amount, self.phone, self.account, name)


class PayerIn(_In):
    """What phones outside the table do from now on."""

    default_outcome: Outcome
