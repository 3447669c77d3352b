"""The pure decisions of drawers, against slow and obvious ones."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from payme.drawers import Count, Drawer, DrawerMode, DrawerRules, DrawerState, DrawerTotal, OpenDrawer, Tender, rules
from payme.drawers.errors import (
    CountUnclear,
    DrawerNeeded,
    DrawerNotCounted,
    DrawerNotOpen,
    DrawerUnclear,
    TooManyCashMoves,
    TooManyDrawers,
)
from payme.drawers.models import CashMove, Desk
from payme.drawers.schemas import CashMoveIn
from payme.drawers.types import BY_HAND_MAX, DENOMINATIONS, MOVES, OPEN_MAX, CashPurpose, MovementKind

ZERO = Decimal(0)
AMOUNT = st.decimals(min_value=-5000, max_value=50_000, places=2)
PEOPLE = [uuid4() for _ in range(3)]
IDS = [uuid4() for _ in range(4)]


def drawer(state: DrawerState = DrawerState.OPEN) -> Drawer:
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    return Drawer(uuid4(), "Till 1", state, ZERO, at.date(), None, at, None, None, [], [], None, "", None, None)


def total(tender: Tender, expected: Decimal) -> DrawerTotal:
    return DrawerTotal(tender, ZERO, expected, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, 1, expected, None)


@pytest.mark.parametrize("before", DrawerState)
@pytest.mark.parametrize("after", DrawerState)
def test_the_square_of_moves(before: DrawerState, after: DrawerState) -> None:
    if after in MOVES[before]:
        assert rules.move(drawer(before), after) is after
        return
    with pytest.raises(DrawerNotOpen if after is DrawerState.COUNTED else DrawerNotCounted):
        rules.move(drawer(before), after)


@given(
    cash=AMOUNT, mpesa=AMOUNT, found=AMOUNT, told=AMOUNT,
    percent=st.decimals(0, 100, places=2), allowance=st.decimals(0, 500, places=2),
)  # fmt: skip
def test_a_count_is_within_what_may_differ(
    cash: Decimal, mpesa: Decimal, found: Decimal, told: Decimal, percent: Decimal, allowance: Decimal
) -> None:
    agreed = DrawerRules(DrawerMode.OFF, percent, allowance, Decimal("0.5"), ZERO)
    totals = [total(Tender.CASH, cash), total(Tender.MPESA, mpesa), total(Tender.ACCOUNT, Decimal(7))]

    def close(counted: Decimal, expected: Decimal, percent: Fraction, allowance: Fraction) -> bool:
        return abs(Fraction(counted) - Fraction(expected)) <= max(abs(Fraction(expected)) * percent / 100, allowance)

    wanted = close(found, cash, Fraction(percent), Fraction(allowance)) and close(
        told, mpesa, Fraction(1, 2), Fraction(0)
    )
    assert rules.is_within(totals, {Tender.CASH: found, Tender.MPESA: told}, agreed) is wanted


@given(
    openers=st.lists(st.sampled_from([*PEOPLE, None]), max_size=4),
    asked=st.sampled_from([None, *IDS]),
    of_sale=st.sampled_from([None, *IDS]),
    person=st.sampled_from([*PEOPLE, None]),
    mode=st.sampled_from(DrawerMode),
)
def test_the_drawer_that_is_chosen(
    openers: list[UUID | None], asked: UUID | None, of_sale: UUID | None, person: UUID | None, mode: DrawerMode
) -> None:
    open_ones = [OpenDrawer(IDS[place], f"Till {place}", opener) for place, opener in enumerate(openers)]
    desk = Desk(mode, None, tuple(open_ones))

    def slowly() -> object:
        if asked is not None:
            return next((one for one in open_ones if one.id == asked), DrawerNotOpen)
        own = [one for one in open_ones if one.opened_by is not None and one.opened_by == person]
        meant = [one for one in open_ones if one.id == of_sale]
        for wishes in (own, meant, open_ones if len(open_ones) == 1 else []):
            if wishes:
                return wishes[-1]
        if mode is DrawerMode.OFF or (mode is DrawerMode.AUTOMATIC and not open_ones):
            return None
        return DrawerUnclear if open_ones else DrawerNeeded

    wanted = slowly()
    if isinstance(wanted, type):
        with pytest.raises(wanted):
            rules.choose(desk, asked, of_sale, person)
    else:
        assert rules.choose(desk, asked, of_sale, person) == wanted


def test_a_count_adds_notes_and_coins_up() -> None:
    count = Count(((Decimal(1000), 2), (Decimal("0.50"), 3), (Decimal(40), 1)), Decimal(70))

    assert rules.counted_of(count) == {Tender.CASH: Decimal("2041.50"), Tender.MPESA: Decimal(70)}
    assert len(set(DENOMINATIONS)) == len(DENOMINATIONS) == 11


@pytest.mark.parametrize("pieces", [((Decimal(25), 1),), ((Decimal(10), 1), (Decimal("10.00"), 1))])
def test_a_note_that_there_is_not_or_twice_is_refused(pieces: tuple[tuple[Decimal, int], ...]) -> None:
    with pytest.raises(CountUnclear):
        rules.counted_of(Count(pieces, ZERO))


def test_a_shop_has_so_many_tills_and_a_drawer_so_many_moves_by_hand() -> None:
    full = Desk(DrawerMode.OFF, None, tuple(OpenDrawer(uuid4(), f"Till {place}", None) for place in range(OPEN_MAX)))
    with pytest.raises(TooManyDrawers):
        rules.may_open(full, "One more")
    put_in = CashMove(MovementKind.CASH_IN, Decimal(1), "coins")
    cash = total(Tender.CASH, Decimal(5))
    assert rules.check_cash_move(drawer(), cash, put_in, BY_HAND_MAX - 1) == 6
    with pytest.raises(TooManyCashMoves):
        rules.check_cash_move(drawer(), cash, put_in, BY_HAND_MAX)


@given(today=st.dates(date(2026, 1, 1), date(2027, 1, 1)), ahead=st.integers(-5, 5))
def test_a_drawer_belongs_to_the_first_day_that_is_not_closed(today: date, ahead: int) -> None:
    closed = today + timedelta(days=ahead)

    assert rules.day_of(today, None) == today
    assert rules.day_of(today, closed) == (today if ahead < 0 else closed + timedelta(days=1))


def test_cash_that_nobody_explains_was_spent_or_is_the_owners() -> None:
    out = CashMove(MovementKind.CASH_OUT, Decimal(1), "bread")
    assert rules.purpose_of(out) is CashPurpose.EXPENSE
    assert rules.purpose_of(replace(out, kind=MovementKind.CASH_IN)) is CashPurpose.OWNER
    assert rules.purpose_of(replace(out, purpose=CashPurpose.BANK)) is CashPurpose.BANK


@pytest.mark.parametrize("purpose", ["expense", "supplier"])
def test_nobody_puts_cash_in_for_an_expense(purpose: str) -> None:
    with pytest.raises(ValidationError, match="comes in"):
        CashMoveIn.model_validate({"kind": "cash_in", "amount": "5.00", "reason": "bread", "purpose": purpose})
    body = {"kind": "cash_out", "amount": "5.00", "reason": "bread", "purpose": purpose}
    assert CashMoveIn.model_validate(body).to_move().purpose == purpose
