"""What the simulator's own (not Daraja's) endpoints take."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from payme.simulator.models import COPIES_MAX, Delivery, Faults
from payme.simulator.types import BalanceItem, Outage, Outcome, PayerAnswer

DELAY_MAX_S = 7 * 24 * 3600

Phone = Annotated[str, Field(pattern=r"^254[17][0-9]{8}$")]
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
