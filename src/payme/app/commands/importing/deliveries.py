"""Deliveries for a history that has none: a week's demand at a time, at a cost that drifts."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from payme.kit.money import CENT, ZERO
from payme.stock import DeliveryLine

DEMAND_DAYS = 7
DRIFT_A_DAY = Decimal("0.0008")
"""Goods become dearer by about a third in a year."""


class DeliveryPlan:
    """Decides what a wholesaler brings in the morning of each day.

    A product is delivered on a day that needs more than is left of it: what the coming seven days sell, a little more
    or less, but never less than the day itself. Its cost is 55 to 80 percent of what it sells for, with a drift and a
    little noise. The same seed gives the same amounts and costs for the same day, in whatever order days are asked for.
    """

    def __init__(
        self,
        demand: Mapping[date, Mapping[UUID, Decimal]],
        prices: Mapping[UUID, Decimal],
        names: Mapping[UUID, str],
        seed: int,
    ) -> None:
        """Know what is sold each day, what products sell for, and the names that the seed knows them by."""
        self._demand = demand
        self._prices = prices
        self._names = names
        self._seed = seed
        self._first = min(demand, default=date.min)

    def for_day(self, day: date, left: Mapping[UUID, Decimal]) -> list[DeliveryLine]:
        """Return the delivery of a day, ordered by product name; empty where enough is left."""
        lines = []
        for product_id, needed in self._demand.get(day, {}).items():
            short = needed - left.get(product_id, ZERO)
            if short > 0:
                lines.append(self._line(product_id, day, short, left.get(product_id, ZERO)))
        return sorted(lines, key=lambda line: self._names[line.product_id])

    def _line(self, product_id: UUID, day: date, short: Decimal, left: Decimal) -> DeliveryLine:
        chance = Random(f"{self._seed}/{self._names[product_id]}")  # noqa: S311  a pretended wholesaler
        margin = Decimal(chance.randint(550, 800)) / 1000
        chance.seed(f"{self._seed}/{self._names[product_id]}/{day}")
        week = sum(
            (self._demand.get(day + timedelta(days=ahead), {}).get(product_id, ZERO) for ahead in range(DEMAND_DAYS)),
            ZERO,
        )
        wanted = (week * chance.randint(80, 130) / 100).to_integral_value() - left
        drift = 1 + DRIFT_A_DAY * (day - self._first).days + Decimal(chance.randint(-30, 30)) / 1000
        cost = max((self._prices[product_id] * margin * drift).quantize(CENT), CENT)
        return DeliveryLine(product_id, max(wanted, short), cost)
