"""Commands of repayments: take cash for debts, ask a phone for them, and count money that came for an account."""

from decimal import Decimal
from uuid import UUID

from payme import credit, drawers, payments
from payme.credit import Funds, Repaid
from payme.drawers import Movement, MovementKind, Tender
from payme.kit.db.transaction import Tx
from payme.payments import ForDebt, Payment, Terms
from payme.repayments import rules


async def repay_in_cash(
    tx: Tx,
    customer_id: UUID,
    amount: Decimal,
    tendered: Decimal | None = None,
    sale_id: UUID | None = None,
    drawer_id: UUID | None = None,
) -> Repaid:
    """Take cash for what a customer owes; what no debt needs becomes customer credit.

    Locks: CREDIT_ACCOUNT. Raises: CreditAccountUnknown, DebtUnknown, TenderedTooLittle, DrawerNotOpen,
    DrawerUnclear, DrawerNeeded. Emits: CashTaken, CreditMoved.
    """
    handed_over = rules.handed_over(amount, tendered)
    drawers.look_up(tx)  # the account's lock takes it along
    account = await credit.hold_account(tx, customer_id)
    drawer = await drawers.choose(tx, drawer_id)
    debt = ForDebt(account.id, await _debt(tx, sale_id))
    payment = await payments.take_cash(tx, None, amount, handed_over, drawer, debt)
    return await credit.repay(tx, account, amount, Funds(payment.id), sale_id)


async def ask_mpesa(
    tx: Tx,
    customer_id: UUID,
    amount: Decimal | None,
    phone: str,
    sale_id: UUID | None,
    terms: Terms,
    drawer_id: UUID | None = None,
) -> Payment:
    """Ask a phone for what a customer owes: all whole shillings of it, of the named debt, or an amount.

    One request an account at a time; the drawer where it is asked counts the money. Locks: CREDIT_ACCOUNT, PUSH_COUNT.
    Raises: CreditAccountUnknown, DebtUnknown, PaymentInProgress, PaymentConfigMissing, EnvironmentNotOffered,
    MpesaUnavailable, NotWholeShillings, PhoneNotValid, PushLimitReached, DrawerNotOpen, DrawerUnclear, DrawerNeeded.
    Emits: PaymentRequested.
    """
    drawers.look_up(tx)  # the account's lock takes it along
    account = await credit.hold_account(tx, customer_id)
    drawer = await drawers.choose(tx, drawer_id)
    owed = account.balance_due
    if sale_id is not None:
        debts = await credit.list_open_debts(tx, account.id)
        owed = credit.open_debt(debts, sale_id).outstanding
    wanted = rules.whole_shillings(owed) if amount is None else amount
    debt = ForDebt(account.id, sale_id, drawer.id if drawer else None)
    return await payments.ask_for_debt(tx, debt, wanted, phone, terms)


async def settle_prompt(tx: Tx, payment: Payment, amount: Decimal, money_in_id: UUID) -> Repaid:
    """Count money that came for the prompt of an account, however late; also where the account was merged meanwhile.

    The debt that was named is paid first if it is still open. It is counted on the drawer where it was asked for, if
    that is still open. Locks: CREDIT_ACCOUNT. Raises: nothing. Emits: CreditMoved, MoneyAfterClosing.
    """
    assert payment.credit_account_id is not None, "a prompt for debts names an account"  # noqa: S101
    account = await credit.hold_account_by_id(tx, payment.credit_account_id)
    named = await _still_open(tx, account.id, payment.debt_sale_id)
    repaid = await credit.repay(tx, account, amount, Funds(payment.id, money_in_id), named)
    await drawers.count_for_sale(tx, payment.drawer_id, _mpesa(repaid))
    return repaid


async def repay_with(tx: Tx, customer_id: UUID, amount: Decimal, money_in_id: UUID, sale_id: UUID | None) -> Repaid:
    """Count M-Pesa money that a person says is for what a customer owes, also on that person's own drawer.

    Locks: CREDIT_ACCOUNT; the caller holds the money. Raises: CreditAccountUnknown, DebtUnknown. Emits: CreditMoved.
    """
    drawers.look_up(tx)  # the account's lock takes it along
    account = await credit.hold_account(tx, customer_id)
    drawer = await drawers.choose_own(tx)
    repaid = await credit.repay(tx, account, amount, Funds(None, money_in_id), sale_id)
    drawers.count(tx, drawer, _mpesa(repaid))
    return repaid


def _mpesa(repaid: Repaid) -> Movement:
    return Movement(Tender.MPESA, MovementKind.REPAYMENT, repaid.payment.amount, repaid.payment.id)


async def _debt(tx: Tx, sale_id: UUID | None) -> UUID | None:
    """Return the sale if it has a debt at all, so that the payment can name it; whether it is open is asked later."""
    return sale_id if sale_id is not None and await credit.find_debt(tx, sale_id) else None


async def _still_open(tx: Tx, account_id: UUID, sale_id: UUID | None) -> UUID | None:
    debts = await credit.list_open_debts(tx, account_id) if sale_id is not None else []
    return sale_id if any(debt.sale_id == sale_id for debt in debts) else None
