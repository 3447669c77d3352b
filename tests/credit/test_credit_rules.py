"""Allocation and ageing against brute force; the moves of accounts, debts and write-offs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme.credit import AccountState, Bucket, Debt, DebtState, rules
from payme.credit.models import OfSale
from payme.credit.types import ACCOUNT_MOVES, DEBT_MOVES
from payme.write_offs import MOVES, WriteOffNotMovable, WriteOffState
from payme.write_offs import rules as write_off_rules
from payme.write_offs.models import WriteOff

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
CENTS = st.integers(1, 2_000).map(lambda cents: Decimal(cents) / 100)


def debt(number: int, outstanding: Decimal, due_on: date) -> Debt:
    return Debt(
        sale_id=UUID(int=number),
        account_id=UUID(int=0),
        state=DebtState.OPEN,
        amount=outstanding,
        repaid=Decimal(0),
        taken_off=Decimal(0),
        written_off=Decimal(0),
        outstanding=outstanding,
        due_on=due_on,
        limit_then=Decimal(1000),
        over_limit_reason="",
        opened_on=TODAY - timedelta(days=200),
        created_at=AT,
        updated_at=AT,
    )


def debts_of(drawn: list[tuple[Decimal, int]]) -> list[Debt]:
    return [debt(number, amount, TODAY + timedelta(days=days)) for number, (amount, days) in enumerate(drawn)]


def by_the_cent(debts: list[Debt], amount: Decimal, named: UUID | None) -> dict[UUID, Decimal]:
    """Pay one cent after the other: the named debt, then whichever is due first."""
    left = {one.sale_id: one.outstanding for one in debts}
    due = {one.sale_id: (one.due_on, one.sale_id) for one in debts}
    for _ in range(int(amount * 100)):
        owed = [sale_id for sale_id in left if left[sale_id]]
        if not owed:
            break
        meant = named if named in owed and named is not None else min(owed, key=lambda sale_id: due[sale_id])
        left[meant] -= Decimal("0.01")
    return {one.sale_id: one.outstanding - left[one.sale_id] for one in debts if one.outstanding != left[one.sale_id]}


@given(st.lists(st.tuples(CENTS, st.integers(-120, 60)), max_size=6), CENTS, st.integers(0, 5), st.booleans())
def test_money_pays_as_a_patient_clerk_would(
    drawn: list[tuple[Decimal, int]], amount: Decimal, place: int, name_one: bool
) -> None:
    debts = debts_of(drawn)
    named = debts[place].sale_id if name_one and place < len(debts) else None

    parts = rules.allocate(debts, amount, named)

    assert {part.sale_id: part.amount for part in parts} == by_the_cent(debts, amount, named)
    assert rules.total_of(parts) == min(amount, sum((one.outstanding for one in debts), Decimal(0)))
    for after in rules.repaid(debts, parts):
        assert after.outstanding == after.amount - after.repaid
        assert after.state is (DebtState.PART_PAID if after.outstanding else DebtState.SETTLED)


@given(st.lists(st.tuples(CENTS, st.integers(-200, 200)), max_size=30))
def test_debts_age_as_if_counted_on_fingers(drawn: list[tuple[Decimal, int]]) -> None:
    fingers = dict.fromkeys(Bucket, Decimal("0.00"))
    for amount, days in drawn:
        late = 0
        while TODAY + timedelta(days=days) + timedelta(days=late) < TODAY:
            late += 1
        bucket = (
            Bucket.CURRENT
            if late == 0
            else Bucket.DAYS_1_30
            if late in range(1, 31)
            else Bucket.DAYS_31_60
            if late in range(31, 61)
            else Bucket.DAYS_61_90
            if late in range(61, 91)
            else Bucket.OVER_90
        )
        fingers[bucket] += amount

    assert rules.aged([(TODAY + timedelta(days=days), amount) for amount, days in drawn], TODAY) == fingers


def test_every_account_state_leads_to_every_other() -> None:
    legal = {(current, target) for current, targets in ACCOUNT_MOVES.items() for target in targets}

    assert legal == {(one, other) for one, other in product(AccountState, repeat=2) if one is not other}


@pytest.mark.parametrize("current", list(DebtState))
@pytest.mark.parametrize("target", list(DebtState))
def test_a_debt_makes_only_legal_moves(current: DebtState, target: DebtState) -> None:
    ended = {DebtState.WRITTEN_OFF, DebtState.REVERSED}
    legal = {
        (DebtState.OPEN, DebtState.PART_PAID),
        *product((DebtState.OPEN, DebtState.PART_PAID), (DebtState.SETTLED, *ended)),
        (DebtState.SETTLED, DebtState.REVERSED),
    }
    assert (target in DEBT_MOVES[current]) is ((current, target) in legal)
    if current is target or (current, target) in legal:
        assert rules.moved(current, target) is target
    else:
        with pytest.raises(AssertionError):
            rules.moved(current, target)


@pytest.mark.parametrize("current", list(WriteOffState))
@pytest.mark.parametrize("target", list(WriteOffState))
def test_a_write_off_is_decided_once(current: WriteOffState, target: WriteOffState) -> None:
    asked = WriteOff(UUID(int=1), UUID(int=2), Decimal(1), "", current, UUID(int=3), None, "", AT, AT)
    if current is WriteOffState.REQUESTED and target is not current:
        assert target in MOVES[current]
        assert write_off_rules.move(asked, target) is target
    else:
        with pytest.raises(WriteOffNotMovable):
            write_off_rules.move(asked, target)


def test_a_debt_that_was_given_up_stays_so_where_its_sale_is_voided() -> None:
    given_up = rules.write_off(debt(1, Decimal(5), TODAY))
    taken, after = rules.reverse(OfSale(given_up, Decimal(0)))

    assert (given_up.state, given_up.outstanding, after) == (DebtState.WRITTEN_OFF, 0, None)
    assert (taken.off_debt, taken.to_credit) == (0, 0)
    assert replace(given_up, written_off=Decimal(0)).state is DebtState.WRITTEN_OFF
