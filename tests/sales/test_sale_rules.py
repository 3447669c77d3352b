"""Pricing, adding up and sharing goods out, against brute force."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme.identity import Business
from payme.kit.days import business_day
from payme.money import SaleMoney
from payme.payments import Payment, PaymentFor, PaymentMethod, PaymentState
from payme.sales import (
    DiscountTooLarge,
    DraftLine,
    PriceNotAllowed,
    ProductNotForSale,
    SaleItem,
    SaleNotOpen,
    SaleProductUnknown,
    SaleState,
    SaleTooLarge,
    rules,
)
from payme.sales.models import Receipt, Sale, SaleView
from payme.sales.types import MOVES
from payme.stock import Product, Taking

AT = datetime(2026, 11, 22, 21, 30, tzinfo=UTC)
quantities = st.decimals(min_value="0.001", max_value="99999", places=3)
prices = st.decimals(min_value="0.00", max_value="99999", places=2)


def product(price: str = "150.00", *, active: bool = True) -> Product:
    return Product(
        id=uuid4(),
        name="Sugar",
        sku=None,
        barcode=None,
        unit="kg",
        selling_price=Decimal(price),
        reorder_level=Decimal(0),
        active=active,
        created_at=AT,
        updated_at=AT,
    )


def line(of: Product, quantity: str = "1", price: str | None = None, discount: str = "0.00") -> DraftLine:
    return DraftLine(of.id, Decimal(quantity), None if price is None else Decimal(price), Decimal(discount))


def priced(*lines: DraftLine, products: list[Product], may_price: bool = True) -> list[SaleItem]:
    known = {one.id: one for one in products}
    return rules.price_lines(lines, known, sale_id=uuid4(), may_price=may_price, new_id=uuid4)


@given(quantities, prices)
def test_a_line_is_rounded_half_up_to_the_cent(quantity: Decimal, price: Decimal) -> None:
    sugar = product(str(price))

    [item] = priced(line(sugar, str(quantity)), products=[sugar])

    exact = Fraction(quantity) * Fraction(price) * 100
    cents = exact.numerator // exact.denominator + (exact % 1 >= Fraction(1, 2))
    assert item.line_total == Decimal(cents) / 100


def test_a_discount_comes_off_the_line() -> None:
    sugar = product()

    [item] = priced(line(sugar, "2", discount="30.00"), products=[sugar])

    assert item.line_total == Decimal("270.00")


def test_an_unknown_product_is_named_with_its_line() -> None:
    sugar, stranger = product(), product()

    with pytest.raises(SaleProductUnknown) as refused:
        priced(line(sugar), line(stranger), products=[sugar])

    assert (refused.value.product_id, refused.value.line) == (stranger.id, 2)


def test_a_product_out_of_the_range_is_not_sold() -> None:
    old = product(active=False)
    with pytest.raises(ProductNotForSale):
        priced(line(old), products=[old])


@pytest.mark.parametrize("asked", [{"price": "149.00"}, {"discount": "1.00"}])
def test_a_cashier_gives_no_other_price_and_no_discount(asked: dict[str, str]) -> None:
    sugar = product()
    with pytest.raises(PriceNotAllowed):
        priced(line(sugar, **asked), products=[sugar], may_price=False)


def test_a_cashier_may_say_the_price_that_is_on_the_shelf() -> None:
    sugar = product()
    assert priced(line(sugar, price="150.00"), products=[sugar], may_price=False)[0].unit_price == Decimal("150.00")


def test_a_discount_may_not_be_more_than_the_line() -> None:
    sugar = product()
    assert priced(line(sugar, discount="150.00"), products=[sugar])[0].line_total == 0
    with pytest.raises(DiscountTooLarge):
        priced(line(sugar, discount="150.01"), products=[sugar])


def test_more_than_the_books_can_hold_is_refused() -> None:
    dear = product("9999999999.99")
    with pytest.raises(SaleTooLarge):
        priced(line(dear, "2"), products=[dear])
    with pytest.raises(SaleTooLarge):
        rules.total_of(priced(line(dear), line(dear), products=[dear]))


@given(st.lists(st.tuples(st.sampled_from([0, 1, 2]), quantities), min_size=1, max_size=8), st.data())
def test_lines_share_what_was_taken_first_in_first_out(wanted: list[tuple[int, Decimal]], data: st.DataObject) -> None:
    products = [product(), product(), product()]
    items = priced(*(line(products[which], str(quantity)) for which, quantity in wanted), products=products)
    takings: list[Taking] = []
    for product_id, quantity in rules.quantity_by_product(items).items():
        cuts = data.draw(st.sets(st.integers(1, max(1, int(quantity * 1000) - 1)), max_size=4))
        edges = [0, *sorted(cut for cut in cuts if cut < quantity * 1000), int(quantity * 1000)]
        for start, end in pairwise(edges):
            takings.append(Taking(product_id, uuid4(), Decimal(end - start) / 1000, Decimal(1)))

    shares = rules.share_takings(items, takings)

    by_item: dict[UUID, Decimal] = {}
    by_batch: dict[UUID, Decimal] = {}
    for share in shares:
        by_item[share.sale_item_id] = by_item.get(share.sale_item_id, Decimal(0)) + share.quantity
        by_batch[share.batch_id] = by_batch.get(share.batch_id, Decimal(0)) + share.quantity
    assert by_item == {item.id: item.quantity for item in items}
    assert by_batch == {taking.batch_id: taking.quantity for taking in takings}


def sale(state: SaleState = SaleState.COMPLETED, total: str = "300.00", paid: str = "300.00") -> Sale:
    return Sale(
        id=uuid4(),
        number=7,
        state=state,
        total=Decimal(total),
        paid=Decimal(paid),
        on_account=Decimal("0.00"),
        opened_by=None,
        opened_at=AT,
        completed_at=AT if state not in {SaleState.OPEN, SaleState.CANCELLED} else None,
        cancelled_at=AT if state is SaleState.CANCELLED else None,
        cancel_reason="",
        note="",
        business_day=date(2026, 11, 23),
        drawer_id=None,
        customer_id=None,
    )


@pytest.mark.parametrize("current", list(SaleState))
@pytest.mark.parametrize("target", list(SaleState))
def test_only_the_legal_moves_are_made(current: SaleState, target: SaleState) -> None:
    legal = {
        (SaleState.OPEN, SaleState.COMPLETED),
        (SaleState.OPEN, SaleState.CANCELLED),
        (SaleState.COMPLETED, SaleState.PARTLY_RETURNED),
        (SaleState.COMPLETED, SaleState.VOIDED),
        (SaleState.PARTLY_RETURNED, SaleState.RETURNED),
    }
    assert (target in MOVES[current]) == ((current, target) in legal)
    if (current, target) in legal:
        assert rules.move(sale(current), target) is target
    else:
        with pytest.raises(SaleNotOpen):
            rules.move(sale(current), target)


def test_the_shops_day_begins_at_midnight_in_nairobi() -> None:
    assert business_day(datetime(2026, 11, 22, 20, 59, tzinfo=UTC)) == date(2026, 11, 22)
    assert business_day(datetime(2026, 11, 22, 21, 0, tzinfo=UTC)) == date(2026, 11, 23)


def cash(amount: str, tendered: str) -> Payment:
    return Payment(
        id=uuid4(),
        purpose=PaymentFor.SALE,
        sale_id=uuid4(),
        payment_config_id=None,
        method=PaymentMethod.CASH,
        state=PaymentState.SUCCEEDED,
        amount=Decimal(amount),
        tendered=Decimal(tendered),
        change_given=Decimal(tendered) - Decimal(amount),
        returned_at=None,
        phone=None,
        shortcode=None,
        account_reference=None,
        merchant_request_id=None,
        checkout_request_id=None,
        result_code=None,
        result_text=None,
        deadline_at=None,
        money_in_id=None,
        request_id="test",
        created_at=AT,
        updated_at=AT,
    )


def receipt(
    of: Sale,
    *payments: Payment,
    discount: str = "0.00",
    phone: str | None = "+254712345678",
    mpesa: tuple[SaleMoney, ...] = (),
) -> Receipt:
    sugar = product()
    items = priced(line(sugar, "2.000", discount=discount), products=[sugar])
    shop = Business(uuid4(), "Mama Njeri Shop", phone, "Africa/Nairobi", of.opened_at, of.opened_at)
    return Receipt(shop, SaleView(of, tuple(items), payments), mpesa)


def test_a_receipt_fits_a_58_mm_roll() -> None:
    text = rules.receipt_text(receipt(sale(), cash("300.00", "500.00")))

    assert max(map(len, text.splitlines())) <= rules.RECEIPT_WIDTH
    assert text.splitlines() == [
        "        Mama Njeri Shop",
        "         +254712345678",
        "Receipt 7       23.11.2026 00:30",
        "-" * 32,
        "Sugar",
        "  2 kg x 150.00           300.00",
        "-" * 32,
        "TOTAL KES                 300.00",
        "CASH                      500.00",
        "CHANGE                    200.00",
    ]


def test_a_receipt_shows_what_mpesa_money_paid_and_not_what_was_asked_for() -> None:
    part = SaleMoney(uuid4(), "SKA1B2C3D4", Decimal("120.00"))

    text = rules.receipt_text(receipt(sale(), cash("180.00", "180.00"), mpesa=(part,)))

    assert text.splitlines()[-2:] == ["CASH                      180.00", "MPESA SKA1B2C3D4          120.00"]


def test_a_receipt_shows_what_came_back_and_that_it_is_void() -> None:
    kept = receipt(sale(SaleState.PARTLY_RETURNED))
    (item,) = kept.view.items
    back = replace(item, returned_quantity=Decimal("0.500"), returned_amount=Decimal("75.00"))
    text = rules.receipt_text(replace(kept, view=replace(kept.view, items=(back,))))

    assert text.splitlines()[-2:] == ["RETURNED 0.5 kg Sugar", f"{'-75.00':>32}"]
    assert rules.receipt_text(receipt(sale(SaleState.VOIDED, paid="0.00"))).splitlines()[-1].strip() == "VOIDED"
    assert rules.receipt_text(receipt(sale(SaleState.RETURNED))).splitlines()[-1].strip() == "RETURNED"


def test_a_receipt_shows_discount_balance_and_cancellation() -> None:
    waiting = rules.receipt_text(receipt(sale(SaleState.OPEN, "270.00", "0.00"), discount="30.00", phone=None))
    undone = rules.receipt_text(receipt(sale(SaleState.CANCELLED, "300.00", "0.00")))

    assert "  less discount 30.00" in waiting
    assert "STILL DUE                 270.00" in waiting
    assert "CANCELLED" in undone
