"""What the simulator's own (not Daraja's) endpoints take."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from payme.simulator.models import COPIES_MAX, C2bOrder, Delivery, Faults, Merchant, PayerName
from payme.simulator.types import BalanceItem, MsisdnForm, NamesShown, Outage, Outcome, PayerAnswer
from payme.simulator.validation import AMOUNT_MAX

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
    query_flaky_share: float = Field(default=0.0, ge=0, le=1)
    query_spike_arrest: bool = False

    def to_faults(self) -> Faults:
        """Give the faults meant."""
        return Faults(**self.model_dump())


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
