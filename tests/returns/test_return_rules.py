"""What a part of a line is worth, which batches it goes back into and which way its money goes, against slow models."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from payme.credit import TakenBack
from payme.identity import Business
from payme.kit.money import ZERO
from payme.money import SaleMoney
from payme.money.rules import part_of
from payme.returns import Way, rules
from payme.returns.models import MoneyBack, Return, ReturnReceipt, ReturnView, Standing
from payme.sales import Condition, ReturnedLine
from payme.sales.rules import worth_of_part
from payme.stock import GoodsBack, Taking
from payme.stock import rules as stock_rules
from payme.stock.models import BatchLeft

grams = st.integers(1, 5_000)
shillings = st.integers(0, 5_000_00).map(lambda cents: Decimal(cents) / 100)


def cut(data: st.DataObject, whole: int) -> list[int]:
    """A whole, cut into parts."""
    edges = data.draw(st.lists(st.integers(1, max(whole - 1, 1)), max_size=6))
    return [end - start for start, end in pairwise(sorted({0, *(edge for edge in edges if edge < whole), whole}))]


@given(shillings, grams, st.data())
def test_parts_of_a_line_are_worth_the_line_whatever_their_order(
    total: Decimal, sold: int, data: st.DataObject
) -> None:
    before, worth = 0, Decimal(0)
    for part in cut(data, sold):
        amount = worth_of_part(total, Decimal(sold) / 1000, Decimal(before) / 1000, Decimal(part) / 1000)
        before, worth = before + part, worth + amount
        exact = Fraction(total) * before / sold * 100
        cents = exact.numerator // exact.denominator + (exact % 1 >= Fraction(1, 2))  # the model: round what is back
        assert amount >= 0
        assert worth == Decimal(cents) / 100 <= total
    assert worth == total


@given(st.lists(grams, min_size=1, max_size=5), st.data())
def test_what_comes_back_is_what_was_taken_last(taken: list[int], data: st.DataObject) -> None:
    product_id, batch_ids = uuid4(), [uuid4() for _ in taken]
    takings = [
        Taking(product_id, batch_id, Decimal(quantity) / 1000, Decimal(7))
        for batch_id, quantity in zip(batch_ids, taken, strict=True)
    ]
    pile = [batch_id for batch_id, quantity in zip(batch_ids, taken, strict=True) for _ in range(quantity)]
    before = 0
    for part in cut(data, sum(taken)):
        back = stock_rules.last_taken(takings, Decimal(before) / 1000, Decimal(part) / 1000)
        model: dict[UUID, int] = {}
        for _ in range(part):  # one gram after the other off the end of the pile
            batch_id = pile.pop()
            model[batch_id] = model.get(batch_id, 0) + 1
        assert {one.batch_id: int(one.quantity * 1000) for one in back} == model
        before += part


@given(st.lists(st.tuples(grams, grams), min_size=1, max_size=4), st.data())
def test_goods_back_leave_in_each_batch_what_a_slow_model_leaves(
    rows: list[tuple[int, int]], data: st.DataObject
) -> None:
    product_id = uuid4()
    batches = [BatchLeft(uuid4(), product_id, Decimal(left) / 1000, Decimal(5)) for left, _ in rows]
    takings = tuple(
        Taking(product_id, batch.id, Decimal(took) / 1000, Decimal(5))
        for batch, (_, took) in zip(batches, rows, strict=True)
    )
    shuffled = tuple(data.draw(st.permutations(takings)))
    parts = cut(data, sum(took for _, took in rows))
    parts = parts[: data.draw(st.integers(1, len(parts)))]
    reasons = [data.draw(st.sampled_from([None, "wet", "broken"])) for _ in parts]
    goods, before = [], 0
    for part, reason in zip(parts, reasons, strict=True):
        goods.append(GoodsBack(product_id, shuffled, Decimal(before) / 1000, Decimal(part) / 1000, reason))
        before += part

    brought = stock_rules.bring_back(goods, batches)

    pile = [batch.id for batch, (_, took) in zip(batches, rows, strict=True) for _ in range(took)]
    left = {batch.id: int(batch.quantity_available * 1000) for batch in batches}
    lost: dict[tuple[str, UUID], int] = {}
    for part, reason in zip(parts, reasons, strict=True):
        for _ in range(part):
            batch_id = pile.pop()
            if reason is None:
                left[batch_id] += 1
            else:
                lost[reason, batch_id] = lost.get((reason, batch_id), 0) + 1
    ended = {batch.id: int(batch.quantity_available * 1000) for batch in batches}
    for change in (*brought.into, *(change for _, changes in brought.spoiled for change in changes)):
        assert change.available_before == Decimal(ended[change.batch_id]) / 1000  # each continues the one before
        assert change.unit_cost == 5
        ended[change.batch_id] = int(change.available_after * 1000)
    assert ended == left
    assert {
        (reason, change.batch_id): int(-change.change * 1000)
        for reason, changes in brought.spoiled
        for change in changes
    } == lost


@given(st.tuples(shillings, shillings, shillings, shillings), st.data())
def test_money_goes_back_the_way_it_came(came: tuple[Decimal, ...], data: st.DataObject) -> None:
    owed, account, mpesa, cash = (int(part * 100) for part in came)
    amount = data.draw(st.integers(0, owed + account + mpesa + cash))

    off_debt = min(owed, amount)
    to_credit = min(account, amount - off_debt)

    ways = rules.ways_back(
        Decimal(amount) / 100,
        TakenBack(Decimal(off_debt) / 100, Decimal(to_credit) / 100),
        Standing(Decimal(mpesa) / 100, Decimal(cash) / 100),
    )

    model: dict[Way, int] = {}
    rest = amount
    for way, there in zip(Way, (owed, account, mpesa, cash), strict=True):
        part = min(there, rest)
        rest -= part
        if part:
            model[way] = part
    assert rest == 0
    assert {way: int(part * 100) for way, part in ways.items()} == model


def test_what_was_given_up_before_is_nobodys_to_give_back() -> None:
    written_off = rules.ways_back(
        Decimal(300), TakenBack(ZERO, Decimal(50), Decimal(150)), Standing(ZERO, Decimal(200))
    )

    assert written_off == {Way.DEBT: 150, Way.CUSTOMER_CREDIT: 50, Way.CASH: 100}


@given(st.lists(st.integers(1, 500), min_size=1, max_size=5), st.data())
def test_a_refund_is_of_one_whole_receipt_where_it_can_be(amounts: list[int], data: st.DataObject) -> None:
    standing = [SaleMoney(uuid4(), f"R{number}", Decimal(amount)) for number, amount in enumerate(amounts)]
    wanted = data.draw(st.integers(1, sum(amounts)))

    parts = part_of(standing, Decimal(wanted))

    there = {part.money_in_id: part.amount for part in standing}
    assert sum(part.amount for part in parts) == wanted
    assert all(0 < part.amount <= there[part.money_in_id] for part in parts)
    if wanted in amounts:
        assert len(parts) == 1
        assert there[parts[0].money_in_id] == wanted


def test_a_receipt_names_the_shop_its_telephone_and_each_way_back() -> None:
    at = datetime(2026, 11, 22, 21, 30, tzinfo=UTC)
    return_id, sale_id = uuid4(), uuid4()
    document = Return(return_id, 12, sale_id, 345, "returned", Decimal("300.00"), date(2026, 11, 23), uuid4(), at)
    line = ReturnedLine(
        return_id, 1, uuid4(), "Sugar", "kg", Decimal(150), Decimal(2), Decimal(300), Condition.RESTOCK, "wrong one"
    )
    ways = [(Way.DEBT, None), (Way.CUSTOMER_CREDIT, None), (Way.CASH, None), (Way.MPESA, "SKA1B2C3D4")]
    parts = tuple(MoneyBack(uuid4(), sale_id, return_id, None, way, Decimal(75), None, which) for way, which in ways)
    shop = Business(uuid4(), "Mama Njeri Shop", "+254712345678", "Africa/Nairobi", at, at)

    text = rules.receipt_text(ReturnReceipt(shop, ReturnView(document, (line,), parts)))

    assert text.splitlines() == [
        "        Mama Njeri Shop",
        "         +254712345678",
        "RETURN 12",
        "of receipt 345  23.11.2026 00:30",
        "-" * 32,
        "Sugar",
        "  2 kg                       300",
        "-" * 32,
        "RETURNED KES              300.00",
        "OFF DEBT                      75",
        "TO ACCOUNT                    75",
        "CASH                          75",
        "MPESA SKA1B2C3D4              75",
    ]
