"""Rent, wages, power and a supplier are each paid in another way: profit and M-Pesa are right by hand."""

from decimal import Decimal

from payme import drawers, ledger
from payme.drawers import CashMove, CashPurpose, MovementKind
from payme.expenses import Category, ExpensePurpose, PaidFrom, reverse_expense
from payme.kit.db.transaction import Database
from payme.ledger import BalanceSheet
from payme.statement_files import read_statement
from payme.statements import import_statement
from tests.statements.portal import Portal
from tests.support.by_hand import new_receipt, registers
from tests.support.daraja import Counter, paid
from tests.support.drawers import opens_drawer
from tests.support.expenses import adjusts_what_moved, records
from tests.support.goods import has_stock, has_tokens, opens_sale
from tests.support.shops import make_shop


def figures(sheet: BalanceSheet) -> dict[str, Decimal]:
    return {one.account.code: one.amount for one in (*sheet.assets, *sheet.liabilities, *sheet.equity)}


async def test_profit_is_what_is_left_after_everything_that_was_paid(database: Database) -> None:
    shop = await make_shop(database)
    await has_tokens(shop, 50)
    sugar = await has_stock(shop, "Sugar", price="150.00", quantity="100", cost="100.00")
    safaricom = await registers(shop)
    counter = Counter(shop)
    drawer = (await opens_drawer(shop, "2000.00")).drawer
    await opens_sale(shop, (sugar, "20"), cash="3000")
    by_phone = await opens_sale(shop, (sugar, "60"))
    asked = await counter.asks(by_phone.sale.id)
    receipt = new_receipt(shop)
    await counter.receives(paid(asked, receipt), asked)
    portal = Portal(safaricom.shortcode)
    booked = await counter.payment(asked.id)
    portal.pays(receipt, booked.updated_at, "9000", account=booked.account_reference or "")

    # Wages from the drawer, the meter by the owner, the supplier by the bank, rent and airtime by the portal.
    out = CashMove(MovementKind.CASH_OUT, Decimal(700), "wages of the week", CashPurpose.EXPENSE)
    await shop.transact(drawers.move_cash, drawer.id, out)
    await records(shop, "450.00", category=Category.POWER_AND_WATER, paid_from=PaidFrom.OWNER)
    await records(shop, "2500.00", purpose=ExpensePurpose.SUPPLIER, category=None, paid_from=PaidFrom.BANK)
    to_bank, rent, airtime = (new_receipt(shop) for _ in range(3))
    await records(shop, "3000.00", purpose=ExpensePurpose.BANK, category=None, receipt=to_bank)
    wrong = await records(shop, "250.00", category=Category.OTHER, receipt=airtime)
    await shop.transact(reverse_expense, wrong.id, "it was airtime")
    await records(shop, "250.00", category=Category.AIRTIME_AND_INTERNET, receipt=airtime)
    for moved, amount in ((to_bank, "3000"), (rent, "1000"), (airtime, "250")):
        portal.pays_out(moved, booked.updated_at, amount)
    await import_statement(shop.transact, read_statement(portal.csv()), "", None)
    await adjusts_what_moved(shop)  # the rent, which nobody had recorded
    await records(shop, "1000.00", receipt=rent)

    earned = await shop.transact(ledger.profit_and_loss, None, None)
    assert {one.account.code: one.amount for one in earned.expenses} == {
        "6200": 700,
        "6600": 1000,
        "6620": 450,
        "6640": 250,
    }
    assert (earned.revenue, earned.gross_profit) == (12000, 4000)
    assert earned.profit == 4000 - 700 - 1000 - 450 - 250
    sheet = await shop.transact(ledger.balance_sheet, None)
    assert sheet.difference == 0
    assert figures(sheet) == {
        "1000": 3000 - 700,
        "1010": sum(row.change for row in portal.rows),
        "1020": 3000 - 2500,
        "1200": 2000,
        "2200": 10000 - 2500,
        "3000": 450,
    }
    assert (figures(sheet)["1010"], sheet.profit) == (4750, earned.profit)
    assert await shop.disagreements() == []
