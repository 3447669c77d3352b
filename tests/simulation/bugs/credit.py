"""Planted where customers owe: limits, repayments, what the shop owes them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from unittest.mock import patch
from uuid import UUID

from payme import credit, customers, repayments
from payme.callbacks import Callback, CallbackState
from payme.credit import Charge, CreditAccount, CreditTerms, Debt, Funds, Part, Repaid, TakenBack
from payme.credit import rules as credit_rules
from payme.credit.models import OfSale
from payme.kit.db.transaction import Tx
from payme.payments import Payment, PaymentState
from payme.settlement import services as settlement_services
from payme.settlement.models import Paid
from tests.simulation.world import World


@contextmanager
def limit_read_before_lock(_: World) -> Iterator[None]:
    """What a customer owes is read, then the account is locked, and the limit is held against what was read."""

    async def hold_account(tx: Tx, customer_id: UUID) -> CreditAccount:
        read = await credit.find_account(tx, customer_id)
        account = await honest_hold(tx, customer_id)
        stale[tx] = read or account
        return account

    async def charge(tx: Tx, account: CreditAccount, sale_id: UUID, amount: Decimal, terms: CreditTerms) -> Charge:
        believed.append(stale.pop(tx, account))
        return await honest_charge(tx, account, sale_id, amount, terms)

    def decide(account: CreditAccount, *given: object, **more: object) -> Charge:
        read = replace(account, balance_due=believed.pop().balance_due)
        return honest_rule(read, *given, **more)  # type: ignore[arg-type]  # handed on as it came

    stale: dict[Tx, CreditAccount] = {}
    believed: list[CreditAccount] = []
    honest_hold, honest_charge, honest_rule = credit.hold_account, credit.charge, credit_rules.charge
    with (
        patch.object(credit, "hold_account", hold_account),
        patch.object(credit, "charge", charge),
        patch.object(credit_rules, "charge", decide),
    ):
        yield


@contextmanager
def newest_debt_first(_: World) -> Iterator[None]:
    """Money pays what is due last first."""

    def allocate(debts: Sequence[Debt], amount: Decimal, named: UUID | None) -> list[Part]:
        if named is not None:
            return honest(debts, amount, named)
        parts, left = [], amount
        for debt in sorted(debts, key=lambda debt: debt.due_on, reverse=True):
            paid = min(left, debt.outstanding)
            if paid:
                parts.append(Part(debt.sale_id, paid))
                left -= paid
        return parts

    honest = credit_rules.allocate
    with patch.object(credit_rules, "allocate", allocate):
        yield


@contextmanager
def repayment_counted_twice(_: World) -> Iterator[None]:
    """Every success that comes for a prompt is counted against the account, also when it came before."""

    async def apply_paid(
        tx: Tx, callback: Callback, payment: Payment, paid: Paid, *, by_hand: bool = False
    ) -> tuple[CallbackState, str]:
        if payment.state is PaymentState.SUCCEEDED and payment.credit_account_id is not None and payment.money_in_id:
            await repayments.settle_prompt(tx, payment, paid.amount, payment.money_in_id)
            return CallbackState.APPLIED, ""
        return await honest(tx, callback, payment, paid, by_hand=by_hand)

    honest = settlement_services._apply_paid  # noqa: SLF001
    with patch.object(settlement_services, "_apply_paid", apply_paid):
        yield


@contextmanager
def excess_dropped(_: World) -> Iterator[None]:
    """What no debt needs of a repayment is nobody's."""

    async def repay(tx: Tx, account: CreditAccount, amount: Decimal, funds: Funds, named: UUID | None) -> Repaid:
        needed = min(amount, account.balance_due)
        return await honest(tx, account, needed or amount, funds, named)

    honest = credit.repay
    with patch.object(credit, "repay", repay):
        yield


@contextmanager
def repayment_without_lock(_: World) -> Iterator[None]:
    """An account that is paid is read and not locked."""
    with patch.object(credit, "hold_account", credit.get_account):
        yield


@contextmanager
def void_keeps_the_debt(_: World) -> Iterator[None]:
    """A sale that is voided stays on its customer's account."""

    async def reverse(tx: Tx, sale_id: UUID) -> TakenBack:
        return TakenBack(Decimal("0.00"), Decimal("0.00"))

    with patch.object(credit, "reverse", reverse):
        yield


@contextmanager
def return_forgets_what_was_repaid(_: World) -> Iterator[None]:
    """Goods that come back when their debt is paid already are taken for nothing."""

    def take_off(of: OfSale, amount: Decimal, back_before: Decimal) -> tuple[TakenBack, Debt | None]:
        taken, debt = honest(of, amount, back_before)
        return replace(taken, to_credit=Decimal("0.00")), debt

    honest = credit_rules.take_off
    with patch.object(credit_rules, "take_off", take_off):
        yield


@contextmanager
def customer_credit_kept_by_a_cancelled_sale(_: World) -> Iterator[None]:
    """A sale that is cancelled keeps the customer credit that paid a part of it."""

    async def return_customer_credit(tx: Tx, sale_id: UUID) -> Decimal:
        return Decimal("0.00")

    with patch.object(credit, "return_customer_credit", return_customer_credit):
        yield


@contextmanager
def customer_credit_used_twice(_: World) -> Iterator[None]:
    """What the shop owes a customer is still there when it was used."""

    def usable(account: CreditAccount, wanted: Decimal | None, most: Decimal) -> Decimal:
        return honest(replace(account, customer_credit=max(account.customer_credit, most)), wanted, most)

    honest = credit_rules.usable
    with patch.object(credit_rules, "usable", usable):
        yield


@contextmanager
def account_left_behind_by_a_merge(_: World) -> Iterator[None]:
    """Two customers become one, and the debts of one of them are nobody's."""
    with patch.object(credit, "merge_customers", customers.merge_customers):
        yield
