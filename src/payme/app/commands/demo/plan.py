"""The day as it will be traded, decided from a seed before it begins: goods, deliveries, customers, baskets."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal
from enum import StrEnum
from random import Random

from payme.kit.money import CENT, ZERO, round_half_up

SALES_MIN = 12
"""So many sales show every way a sale can go."""
_BASKET_MAX = 5
_PHONES_MAX = 10_000
REGULARS = 3
"""So many customers of each shop have a credit account."""


class Course(StrEnum):
    """How a sale goes."""

    CASH = "cash"
    SPLIT = "split"
    ON_CREDIT = "on_credit"
    PART_CREDIT = "part_credit"
    CANCELLED = "cancelled"
    PAID = "paid"
    CUSTOMER_CANCELS = "customer_cancels"
    WRONG_PIN = "wrong_pin"
    NO_ANSWER = "no_answer"
    LATE = "late"
    LATE_AFTER_CANCEL = "late_after_cancel"
    CANCELLED_WHILE_ASKED = "cancelled_while_asked"

    @property
    def uses_phone(self) -> bool:
        """Whether the customer is asked to pay by M-Pesa."""
        return self not in {Course.CASH, Course.CANCELLED} and not self.is_on_credit

    @property
    def is_on_credit(self) -> bool:
        """Whether the customer has an account, and all or a part of the sale goes on it."""
        return self in {Course.ON_CREDIT, Course.PART_CREDIT}

    @property
    def pays_late(self) -> bool:
        """Whether the money comes when nobody waits for it any more."""
        return self in {Course.LATE, Course.LATE_AFTER_CANCEL, Course.CANCELLED_WHILE_ASKED}


class Afterwards(StrEnum):
    """What a customer does whose payment failed."""

    CASH = "cash"
    SECOND_PHONE = "second_phone"
    LEAVE = "leave"


_WEIGHTS: Mapping[Course, int] = {
    Course.CASH: 44,
    Course.SPLIT: 8,
    Course.ON_CREDIT: 4,
    Course.PART_CREDIT: 2,
    Course.CANCELLED: 5,
    Course.PAID: 25,
    Course.CUSTOMER_CANCELS: 3,
    Course.WRONG_PIN: 3,
    Course.NO_ANSWER: 3,
    Course.LATE: 1,
    Course.LATE_AFTER_CANCEL: 1,
    Course.CANCELLED_WHILE_ASKED: 1,
}
# The last four digits choose what the simulator's customer does; 9002 pays, and the callback is lost until sent again.
_DIGITS: Mapping[Course, str] = {
    Course.SPLIT: "0000",
    Course.PAID: "0000",
    Course.CUSTOMER_CANCELS: "1032",
    Course.WRONG_PIN: "2001",
    Course.NO_ANSWER: "1037",
    Course.LATE: "9002",
    Course.LATE_AFTER_CANCEL: "9002",
    Course.CANCELLED_WHILE_ASKED: "9002",
}
PAYS = "0000"

# Name, unit, price, cost, and whether it is weighed.
_GOODS = (
    ("Sugar 1 kg", "packet", 165, "142.00", False),
    ("Maize flour 2 kg", "packet", 150, "128.00", False),
    ("Atta flour 2 kg", "packet", 210, "181.00", False),
    ("Pishori rice", "kg", 220, "178.00", True),
    ("Beans", "kg", 180, "141.00", True),
    ("Cooking oil 1 l", "bottle", 310, "268.00", False),
    ("Fresh milk 500 ml", "packet", 60, "51.00", False),
    ("White bread 400 g", "loaf", 65, "56.00", False),
    ("Tea leaves 250 g", "packet", 140, "112.00", False),
    ("Salt 500 g", "packet", 25, "17.50", False),
    ("Egg", "piece", 18, "13.50", False),
    ("Bar soap 800 g", "bar", 190, "158.00", False),
    ("Washing powder 500 g", "packet", 130, "104.00", False),
    ("Toilet paper roll", "roll", 35, "25.00", False),
    ("Matchbox", "box", 10, "6.00", False),
    ("Candle", "piece", 20, "13.00", False),
    ("Battery AA", "piece", 40, "27.00", False),
    ("Tomatoes", "kg", 120, "82.00", True),
    ("Onions", "kg", 110, "76.00", True),
    ("Soda 500 ml", "bottle", 75, "58.00", False),
)


@dataclass(frozen=True, slots=True)
class Good:
    """A thing on the shelf; ``sku`` is its name in the plan."""

    sku: str
    name: str
    unit: str
    price: Decimal
    cost: Decimal
    weighed: bool


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One line of a basket."""

    sku: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class PlannedSale:
    """A customer at a till."""

    course: Course
    lines: tuple[PlannedLine, ...]
    total: Decimal
    cash: Decimal | None
    """What is handed over when the sale is rung up."""
    regular: int
    """Which of the shop's regular customers it is, where the sale goes on an account."""
    phone: str
    second_phone: str
    afterwards: Afterwards


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """One line of a delivery."""

    sku: str
    quantity: Decimal
    unit_cost: Decimal


@dataclass(frozen=True, slots=True)
class ShopPlan:
    """The day of one shop: the morning's and the noon's delivery, and who comes to which till."""

    name: str
    goods: tuple[Good, ...]
    morning: tuple[PlannedDelivery, ...]
    noon: tuple[PlannedDelivery, ...]
    tills: tuple[tuple[PlannedSale, ...], ...]
    regulars: tuple[tuple[str, Decimal], ...]
    """The phone of each customer with a credit account, and the limit."""

    @property
    def sales(self) -> int:
        """How many customers come."""
        return sum(len(till) for till in self.tills)


@dataclass(frozen=True, slots=True)
class Day:
    """The whole day."""

    seed: int
    shops: tuple[ShopPlan, ...]

    @property
    def sales(self) -> int:
        """How many customers come."""
        return sum(shop.sales for shop in self.shops)


def plan_day(*, seed: int, sales: int, shops: int, tills: int) -> Day:
    """Decide a day of ``sales`` customers in all; every course is taken at least once. The same seed, the same day."""
    chance = Random(seed)  # noqa: S311  a pretended day
    courses = list(Course)
    courses += chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=sales - len(courses))
    chance.shuffle(courses)
    courses = _late_ones_early(courses)
    goods = tuple(
        Good(f"DEMO-{number:02}", name, unit, Decimal(price), Decimal(cost), weighed)
        for number, (name, unit, price, cost, weighed) in enumerate(_GOODS, start=1)
    )
    customers = [_customer(chance, goods, course, number) for number, course in enumerate(courses)]
    return Day(seed, tuple(_shop(chance, goods, customers[number::shops], number, tills) for number in range(shops)))


def _late_ones_early(courses: list[Course]) -> list[Course]:
    """Let those who pay late come in the first half, so that the day need not wait for them in the evening."""
    late = [course for course in courses if course.pays_late]
    others = [course for course in courses if not course.pays_late]
    for place, course in enumerate(late):
        others.insert(len(others) * place // (2 * len(late)), course)
    return others


def _customer(chance: Random, goods: tuple[Good, ...], course: Course, number: int) -> PlannedSale:
    # Only notes and coins pay for cents, so whoever pays by phone alone buys what is not weighed.
    choice = [good for good in goods if not good.weighed or course is Course.SPLIT or not course.uses_phone]
    basket = chance.sample(choice, chance.randint(1, _BASKET_MAX))
    lines = tuple(PlannedLine(good.sku, _quantity(chance, good)) for good in basket)
    total = sum((round_half_up(line.quantity * good.price) for line, good in zip(lines, basket, strict=True)), ZERO)
    first, second = (number * 2) % _PHONES_MAX, (number * 2 + 1) % _PHONES_MAX
    return PlannedSale(
        course=course,
        lines=lines,
        total=total,
        cash=_cash(chance, course, total),
        regular=number % REGULARS,
        phone=f"2547{first:04}{_DIGITS[course]}" if course.uses_phone else "",
        second_phone=f"2547{second:04}{PAYS}",
        afterwards=chance.choice(list(Afterwards)),
    )


def _quantity(chance: Random, good: Good) -> Decimal:
    return Decimal(chance.randint(1, 12)) / 4 if good.weighed else Decimal(chance.choice((1, 1, 1, 2, 2, 3, 4)))


def _cash(chance: Random, course: Course, total: Decimal) -> Decimal | None:
    if course is Course.CASH:
        note = Decimal(chance.choice((1, 50, 100, 500, 1000)))
        return (total / note).to_integral_value(ROUND_CEILING) * note
    if course is Course.PART_CREDIT:
        return (total * chance.randint(20, 60) / 100).quantize(CENT)
    if course is Course.SPLIT:
        # The cents and about half of the rest in cash; the phone pays whole shillings, at least one.
        by_phone = max((total * chance.randint(30, 70) / 100).quantize(Decimal(1), ROUND_DOWN), Decimal(1))
        return (total - by_phone).quantize(CENT)
    return None


def _shop(chance: Random, goods: tuple[Good, ...], customers: list[PlannedSale], number: int, tills: int) -> ShopPlan:
    demand: dict[str, Decimal] = defaultdict(Decimal)
    for customer in customers:
        for line in customer.lines:
            demand[line.sku] += line.quantity
    return ShopPlan(
        name=f"Demo shop {number + 1}",
        goods=goods,
        morning=tuple(_delivery(chance, good, demand[good.sku], "0.6", "1.00") for good in goods),
        noon=tuple(_delivery(chance, good, demand[good.sku], "0.7", "1.04") for good in goods),
        tills=tuple(tuple(customers[till::tills]) for till in range(tills)),
        regulars=tuple(_regular(customers, number, one) for one in range(REGULARS)),
    )


def _regular(customers: list[PlannedSale], shop: int, one: int) -> tuple[str, Decimal]:
    """Return a phone that pays, and a limit that is just enough for the day."""
    buys = sum((sale.total for sale in customers if sale.course.is_on_credit and sale.regular == one), ZERO)
    return f"2547{_PHONES_MAX - 1 - shop * REGULARS - one:04}{PAYS}", (buys / 1000 + 1).to_integral_value() * 1000


def _delivery(chance: Random, good: Good, demand: Decimal, share: str, dearer: str) -> PlannedDelivery:
    noise = Decimal(chance.randint(98, 102)) / 100
    cost = (good.cost * Decimal(dearer) * noise).quantize(CENT)
    return PlannedDelivery(good.sku, (demand * Decimal(share)).to_integral_value() + 5, cost)
