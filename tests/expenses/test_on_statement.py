"""What the portal paid out leaves M-Pesa once, whoever says it first: the statement, or the shop."""

from decimal import Decimal

import pytest

from payme import ledger
from payme.adjustments import Adjustment, approve_adjustment, request_adjustment
from payme.expenses import (
    Category,
    Expense,
    ExpenseAmountWrong,
    ExpenseLeftTill,
    ExpensePurpose,
    PaidFrom,
    record_expense,
    repository,
    reverse_expense,
    rules,
)
from payme.kit.db.transaction import Tx
from payme.refunds import Method, Payout, RefundDraft, approve_refund, record_payout, request_refund
from payme.statements import DifferenceSettled, Fix, Reason
from tests.statements.conftest import Street
from tests.statements.portal import Portal
from tests.support.by_hand import new_receipt
from tests.support.expenses import adjusts_what_moved, an_expense, records
from tests.support.together import count, together

ENTRY = Fix.WRITE_ENTRY


async def accounts(street: Street) -> dict[str, Decimal]:
    """What stands on each account but for the goods that were delivered, debits less credits."""
    trial = await street.shop.transact(ledger.trial_balance, None)
    assert trial.difference == 0
    return {
        one.account.code: one.closing
        for one in trial.balances
        if one.closing and one.account.code not in {"1200", "2200"}
    }


async def mpesa(street: Street) -> tuple[Decimal, Decimal]:
    """What stands on M-Pesa, and on M-Pesa by its statement alone."""
    found = await accounts(street)
    return found.get("1010", Decimal(0)), found.get("2130", Decimal(0))


def stands(portal: Portal) -> Decimal:
    """What the statement says is left."""
    return sum((row.change for row in portal.rows), Decimal(0))


async def paid_out(street: Street, amount: str = "1000") -> str:
    """The portal paid something out, and the statement was brought."""
    receipt = new_receipt(street.shop)
    street.portal.pays_out(receipt, street.at(2), amount)
    await street.brings()
    return receipt


async def test_what_was_adjusted_is_explained_by_its_expense_and_counts_once(street: Street) -> None:
    await street.paid_by_hand(1, "1500")
    receipt = await paid_out(street)
    assert await street.told() == [(Reason.MOVED, ENTRY, Decimal(-1000))]
    assert [kind for kind, _ in await street.issues()] == ["statement_moved"]
    assert await mpesa(street) == (1500, 0)

    await adjusts_what_moved(street.shop)
    assert await mpesa(street) == (stands(street.portal), 1000) == (500, 1000)

    expense = await records(street.shop, receipt=receipt, category=Category.WAGES)

    assert expense.adjusted == 1000
    found = await accounts(street)
    assert (found["1010"], found.get("2130", 0), found["6610"]) == (stands(street.portal), 0, 1000)
    assert found["2100"] == -1500  # the customer's, which still waits
    assert await street.told() == []
    assert await street.issues() == []
    await street.brings()
    assert await street.told() == []
    assert await street.shop.disagreements() == []


async def test_what_was_recorded_first_is_no_difference(street: Street) -> None:
    receipt = new_receipt(street.shop)
    expense = await records(street.shop, "640.50", receipt=receipt)
    street.portal.pays_out(receipt, street.at(2), "640.50")
    await street.brings()

    assert expense.adjusted == 0
    assert await street.told() == []
    assert await mpesa(street) == (stands(street.portal), 0) == (Decimal("-640.50"), 0)
    assert await street.shop.disagreements() == []


async def test_recording_settles_the_difference_and_its_issue_at_once(street: Street) -> None:
    receipt = await paid_out(street)

    expense = await records(street.shop, receipt=receipt)

    assert expense.adjusted == 0
    assert await street.told() == []
    assert await street.issues() == []
    assert [kind for kind, _ in await street.issues("resolved")] == ["statement_moved"]
    assert await mpesa(street) == (-1000, 0)
    assert await street.shop.disagreements() == []


@pytest.mark.parametrize("is_adjusted", [False, True])
async def test_an_expense_that_was_wrong_leaves_what_the_statement_says(
    street: Street,
    is_adjusted: bool,
) -> None:
    receipt = await paid_out(street)
    if is_adjusted:
        await adjusts_what_moved(street.shop)
    wrong = await records(street.shop, receipt=receipt, category=Category.REPAIRS)

    await street.shop.transact(reverse_expense, wrong.id, "it was no repair")

    # Adjusted, it waits on 2130 for another word; not adjusted, it is a difference again.
    assert await mpesa(street) == ((-1000, 1000) if is_adjusted else (0, 0))
    assert await street.told() == ([] if is_adjusted else [(Reason.MOVED, ENTRY, Decimal(-1000))])
    right = await records(street.shop, receipt=receipt, purpose=ExpensePurpose.OWNER, category=None)
    assert right.adjusted == (1000 if is_adjusted else 0)
    assert await accounts(street) == {"1010": -1000, "3000": 1000}
    assert await street.told() == []
    assert await street.shop.disagreements() == []


async def test_what_went_to_the_bank_is_there(street: Street) -> None:
    receipt = await paid_out(street, "20000")
    await adjusts_what_moved(street.shop)

    await records(street.shop, "20000", receipt=receipt, purpose=ExpensePurpose.BANK, category=None)

    assert await accounts(street) == {"1010": -20000, "1020": 20000}


async def test_less_recorded_than_the_statement_shows_stays_a_difference_until_it_is_made_right(
    street: Street,
) -> None:
    receipt = new_receipt(street.shop)
    wrong = await records(street.shop, "800.00", receipt=receipt)
    street.portal.pays_out(receipt, street.at(2), "1000")
    await street.brings()
    assert await street.told() == [(Reason.MOVED, ENTRY, Decimal(-200))]
    await adjusts_what_moved(street.shop)
    assert await mpesa(street) == (-1000, 200)

    await street.shop.transact(reverse_expense, wrong.id, "it was more")
    assert await street.told() == [(Reason.MOVED, ENTRY, Decimal(-800))]
    right = await records(street.shop, receipt=receipt)

    assert right.adjusted == 200
    assert await street.told() == []
    assert await accounts(street) == {"1010": -1000, "6600": 1000}
    assert await street.shop.disagreements() == []


async def test_more_recorded_than_the_statement_shows_is_put_back_and_agrees(street: Street) -> None:
    receipt = new_receipt(street.shop)
    wrong = await records(street.shop, "1200.00", receipt=receipt)
    street.portal.pays_out(receipt, street.at(2), "1000")
    await street.brings()
    assert await street.told() == [(Reason.MOVED, ENTRY, Decimal(200))]

    await adjusts_what_moved(street.shop)

    assert wrong.adjusted == 0
    assert await mpesa(street) == (-1000, -200)
    assert await street.told() == []
    assert await street.shop.disagreements() == []


async def test_the_statement_knows_the_amount_and_where_it_left(street: Street) -> None:
    receipt = await paid_out(street)

    with pytest.raises(ExpenseAmountWrong) as refused:
        await records(street.shop, "999.00", receipt=receipt)
    assert refused.value.facts() == {"receipt": receipt, "wanted": Decimal("999.00"), "paid": Decimal("1000.00")}
    with pytest.raises(ExpenseLeftTill) as left:
        await records(street.shop, receipt=receipt, paid_from=PaidFrom.OWNER)
    assert left.value.facts() == {"receipt": receipt, "shortcode": street.portal.shortcode}
    assert await mpesa(street) == (0, 0)


async def test_a_refund_that_was_paid_by_the_portal_is_no_difference(street: Street) -> None:
    back = await street.booked(await street.paid_by_hand(1, "70"))
    assert back is not None
    asked = await street.shop.transact(request_refund, RefundDraft(back.id, Decimal(70), "late"), role="cashier")
    await street.shop.transact(approve_refund, asked.id, "")
    receipt = await paid_out(street, "70")
    assert await street.told() == [(Reason.MOVED, ENTRY, Decimal(-70))]

    await street.shop.transact(record_payout, asked.id, Payout(Method.MPESA, receipt))
    await street.brings()

    assert await street.told() == []
    assert await mpesa(street) == (stands(street.portal), 0) == (0, 0)


async def test_money_that_came_by_the_portal_is_adjusted_like_what_left(street: Street) -> None:
    receipt = new_receipt(street.shop)
    street.portal.pays(receipt, street.at(1), "3000", reason="Organization Settlement")
    await street.brings()

    assert await street.told() == [(Reason.MOVED, ENTRY, Decimal(3000))]
    await adjusts_what_moved(street.shop)
    assert await mpesa(street) == (3000, -3000)
    await street.brings()
    assert await street.told() == []
    assert await street.shop.disagreements() == []


async def test_the_second_line_of_a_receipt_is_not_explained_by_the_first_ones_expense(street: Street) -> None:
    receipt = await paid_out(street)
    street.portal.pays_out(receipt, street.at(3), "45")
    await street.brings()

    await records(street.shop, receipt=receipt)

    assert await street.told() == [(Reason.MOVED, ENTRY, Decimal(-45))]


async def test_of_an_entry_and_an_expense_at_once_both_count_once(street: Street) -> None:
    """Whichever is first: the entry is written and explained, or the expense leaves nothing to adjust."""
    for amount in ("1000.00", "1001.00", "1002.00", "1003.00"):
        receipt = await paid_out(street, amount)
        asked = await street.shop.transact(request_adjustment, (await street.only()).id, "seen", role="manager")
        draft = an_expense(street.shop, amount, receipt=receipt)
        works = (
            lambda asked=asked: street.shop.transact(approve_adjustment, asked.id, ""),
            lambda draft=draft: street.shop.transact(record_expense, draft),
        )

        results = await together(2, lambda which, works=works: works[which]())  # type: ignore[misc]  # two of two kinds

        assert count(results, Expense) == 1
        assert count(results, Adjustment) + count(results, DifferenceSettled) == 1
        assert await mpesa(street) == (stands(street.portal), 0)
        assert await street.told() == []
    assert await street.shop.disagreements() == []


async def test_an_entry_is_refused_where_an_expense_explained_the_line_unseen(street: Street) -> None:
    """The line was on its way in when the expense was recorded, so nobody compared them."""
    receipt = await paid_out(street)
    asked = await street.shop.transact(request_adjustment, (await street.only()).id, "seen", role="manager")

    async def records_unseen(tx: Tx) -> None:
        draft = an_expense(street.shop, receipt=receipt)
        repository.insert_expense(
            tx,
            rules.recorded(
                draft, adjusted=Decimal(0), expense_id=tx.new_id(), recorded_by=tx.actor.person_id, at=tx.now
            ),
        )

    await street.shop.transact(records_unseen)
    with pytest.raises(DifferenceSettled):
        await street.shop.transact(approve_adjustment, asked.id, "")
    assert await mpesa(street) == (-1000, 0)
