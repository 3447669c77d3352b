"""Pure decisions of credit: who may owe how much until when, which debt money pays, and how old a debt is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

from payme.credit.errors import (
    CreditAccountNotActive,
    CreditAccountNotEmpty,
    CreditLimitExceeded,
    CustomerCreditShort,
    DebtUnknown,
    DueDateNotPossible,
    OverLimitNotAllowed,
)
from payme.credit.events import AccountTerms
from payme.credit.models import (
    AccountChange,
    AccountDraft,
    Change,
    Charge,
    CreditAccount,
    CreditTerms,
    Debt,
    OfSale,
    Part,
    PrintedStatement,
    TakenBack,
)
from payme.credit.types import ACCOUNT_MOVES, DEBT_MOVES, DUE_AHEAD_MAX_DAYS, AccountState, Bucket, DebtState, EntryKind
from payme.documents import Column, Document, Kind, Row, Table
from payme.kit.money import ZERO

BUCKETS: Sequence[tuple[int, Bucket]] = (
    (0, Bucket.CURRENT),
    (30, Bucket.DAYS_1_30),
    (60, Bucket.DAYS_31_60),
    (90, Bucket.DAYS_61_90),
)
"""Up to how many days overdue a debt is in which bucket; older ones are in the last."""


def account(draft: AccountDraft, account_id: UUID, customer_id: UUID, at: datetime, today: date) -> CreditAccount:
    """Make an account on which nothing happened yet."""
    return CreditAccount(
        id=account_id,
        customer_id=customer_id,
        state=AccountState.ACTIVE,
        credit_limit=draft.credit_limit,
        terms_days=draft.terms_days,
        balance_due=ZERO,
        customer_credit=ZERO,
        moved_on=today,
        merged_into=None,
        created_at=at,
        updated_at=at,
    )


def changed(before: CreditAccount, change: AccountChange) -> CreditAccount:
    """Return an account as it is agreed anew; raises CreditAccountNotEmpty where it is closed too early."""
    state = before.state
    if change.state is not None and change.state is not state:
        assert change.state in ACCOUNT_MOVES[state], "every state of an account leads to every other"  # noqa: S101
        state = change.state
    if state is AccountState.CLOSED is not before.state:
        check_empty(before)
    return replace(
        before,
        state=state,
        credit_limit=before.credit_limit if change.credit_limit is None else change.credit_limit,
        terms_days=before.terms_days if change.terms_days is None else change.terms_days,
    )


def check_empty(account: CreditAccount) -> None:
    """Raise CreditAccountNotEmpty where anybody owes anything on an account."""
    if account.balance_due or account.customer_credit:
        raise CreditAccountNotEmpty(account.id, account.balance_due, account.customer_credit)


def terms_of(account: CreditAccount) -> AccountTerms:
    """Return what is agreed on an account, for the audit."""
    return AccountTerms(account.credit_limit, account.terms_days, account.state)


# Buying on credit


def charge(
    account: CreditAccount,
    sale_id: UUID,
    amount: Decimal,
    terms: CreditTerms,
    *,
    may_exceed: bool,
    at: datetime,
    today: date,
) -> Charge:
    """Decide how an amount goes on an account: what the shop owes the customer first, the rest is a debt.

    Raises CreditAccountNotActive, DueDateNotPossible, CreditLimitExceeded, OverLimitNotAllowed where a debt is left.
    """
    used = min(account.customer_credit, amount)
    owed = amount - used
    if not owed:
        return Charge(used, None)
    if account.state is not AccountState.ACTIVE:
        raise CreditAccountNotActive(account.id, account.state, account.balance_due)
    due_on = _due_on(account, terms, today)
    passes = account.balance_due + owed > account.credit_limit
    if passes:
        _may_pass(account, owed, terms, may_exceed=may_exceed)
    debt = Debt(
        sale_id=sale_id,
        account_id=account.id,
        state=DebtState.OPEN,
        amount=owed,
        repaid=ZERO,
        taken_off=ZERO,
        written_off=ZERO,
        outstanding=owed,
        due_on=due_on,
        limit_then=account.credit_limit,
        over_limit_reason=terms.over_limit_reason if passes else "",
        opened_on=today,
        created_at=at,
        updated_at=at,
    )
    return Charge(used, debt)


def _due_on(account: CreditAccount, terms: CreditTerms, today: date) -> date:
    due_on = terms.due_on or today + timedelta(days=account.terms_days)
    latest = today + timedelta(days=DUE_AHEAD_MAX_DAYS)
    if not today < due_on <= latest:
        raise DueDateNotPossible(due_on, today + timedelta(days=1), latest)
    return due_on


def _may_pass(account: CreditAccount, owed: Decimal, terms: CreditTerms, *, may_exceed: bool) -> None:
    figures = (account.id, account.balance_due, account.credit_limit, owed, account.balance_due + owed)
    if not terms.over_limit_reason:
        raise CreditLimitExceeded(*figures)
    if not may_exceed:
        raise OverLimitNotAllowed(*figures)


def changes_of_charge(sale_id: UUID, charged: Charge) -> list[Change]:
    """Return the entries that a charge makes."""
    changes = []
    if charged.credit_used:
        changes.append(Change(EntryKind.CREDIT_USED, ZERO, -charged.credit_used, sale_id))
    if charged.debt is not None:
        changes.append(
            Change(EntryKind.SALE, charged.debt.amount, ZERO, sale_id, reason=charged.debt.over_limit_reason)
        )
    return changes


def usable(account: CreditAccount, wanted: Decimal | None, most: Decimal) -> Decimal:
    """Say how much customer credit pays: as much as there is and is needed, or what was asked.

    Raises CustomerCreditShort.
    """
    left = min(account.customer_credit, most)
    if not left or (wanted is not None and wanted > left):
        raise CustomerCreditShort(account.id, most if wanted is None else wanted, left)
    return left if wanted is None else wanted


# Paying back


def allocate(debts: Sequence[Debt], amount: Decimal, named: UUID | None) -> list[Part]:
    """Say which debts money pays: the named one first, then what is due first; what is left over is no part.

    ``debts`` are the open ones of one account. Raises DebtUnknown where the named one is not among them.
    """
    if named is not None:
        open_debt(debts, named)
    in_order = sorted(debts, key=lambda debt: (debt.sale_id != named, debt.due_on, debt.created_at, debt.sale_id))
    parts, left = [], amount
    for debt in in_order:
        paid = min(left, debt.outstanding)
        if paid:
            parts.append(Part(debt.sale_id, paid))
            left -= paid
    return parts


def total_of(parts: Iterable[Part]) -> Decimal:
    """Add up what went to debts."""
    return sum((part.amount for part in parts), ZERO)


def repaid(debts: Sequence[Debt], parts: Sequence[Part]) -> list[Debt]:
    """Return the debts that were paid, as they are then."""
    by_sale: Mapping[UUID, Debt] = {debt.sale_id: debt for debt in debts}
    return [_lowered(by_sale[part.sale_id], repaid=part.amount) for part in parts]


def _lowered(debt: Debt, *, repaid: Decimal = ZERO, taken_off: Decimal = ZERO, written_off: Decimal = ZERO) -> Debt:
    after = replace(
        debt,
        repaid=debt.repaid + repaid,
        taken_off=debt.taken_off + taken_off,
        written_off=debt.written_off + written_off,
        outstanding=debt.outstanding - repaid - taken_off - written_off,
    )
    state = DebtState.PART_PAID if after.repaid else DebtState.OPEN
    if not after.outstanding:
        state = DebtState.WRITTEN_OFF if written_off else DebtState.SETTLED
    return replace(after, state=moved(debt.state, state))


def moved(current: DebtState, target: DebtState) -> DebtState:
    """Return the state that a debt moves to, or stays in; that the move is legal is our own doing."""
    assert target is current or target in DEBT_MOVES[current], f"{current} to {target}"  # noqa: S101
    return target


# Taking back


def take_off(of: OfSale, amount: Decimal, back_before: Decimal) -> tuple[TakenBack, Debt | None]:
    """Decide what a return of ``amount`` does: off the debt first, then what was paid through the account.

    What was given up of the debt was never paid, so it comes before anything that was; ``back_before`` is what earlier
    returns took off the debt or found given up.
    """
    if of.debt is None:
        return TakenBack(ZERO, min(amount, of.paid_from_account)), None
    off = min(amount, of.outstanding)
    given_up = min(amount - off, of.debt.written_off - (back_before - of.debt.taken_off))
    taken = TakenBack(off, min(amount - off - given_up, of.paid_from_account), given_up)
    return taken, _lowered(of.debt, taken_off=off) if off else None


def reverse(of: OfSale) -> tuple[TakenBack, Debt | None]:
    """Decide what a void does: nothing of the debt is left, and what was paid through the account is the customer's."""
    taken = TakenBack(of.outstanding, of.paid_from_account)
    if of.debt is None or of.debt.state is DebtState.WRITTEN_OFF:
        return taken, None
    after = replace(of.debt, taken_off=of.debt.taken_off + of.outstanding, outstanding=ZERO)
    return taken, replace(after, state=moved(of.debt.state, DebtState.REVERSED))


def open_debt(debts: Sequence[Debt], sale_id: UUID) -> Debt:
    """Return the open debt of a sale; raises DebtUnknown."""
    found = next((debt for debt in debts if debt.sale_id == sale_id), None)
    if found is None:
        raise DebtUnknown(sale_id)
    return found


def write_off(debt: Debt) -> Debt:
    """Give up what is outstanding of an open debt."""
    return _lowered(debt, written_off=debt.outstanding)


# Merging


def folded(stays: CreditAccount, goes: CreditAccount) -> CreditAccount:
    """Return the account that stays as it is agreed after a merge: its own terms; debts never come to a closed one."""
    closed = stays.state is AccountState.CLOSED and goes.balance_due
    return replace(stays, state=AccountState.SUSPENDED) if closed else stays


# Ageing


def bucket_of(due_on: date, today: date) -> Bucket:
    """Say how long a debt is overdue on a day."""
    late = (today - due_on).days
    return next((bucket for days, bucket in BUCKETS if late <= days), Bucket.OVER_90)


def aged(debts: Iterable[tuple[date, Decimal]], today: date) -> dict[Bucket, Decimal]:
    """Add up what is outstanding, by how long it is overdue."""
    amounts = dict.fromkeys(Bucket, ZERO)
    for due_on, outstanding in debts:
        amounts[bucket_of(due_on, today)] += outstanding
    return amounts


# Statements

_KINDS: Mapping[EntryKind, str] = MappingProxyType(
    {
        EntryKind.SALE: "Sale on credit",
        EntryKind.CREDIT_USED: "Paid with credit",
        EntryKind.CREDIT_RETURNED: "Sale cancelled",
        EntryKind.CREDIT_GIVEN: "Credit given",
        EntryKind.REPAYMENT: "Repayment",
        EntryKind.RETURN: "Goods returned",
        EntryKind.VOID: "Sale voided",
        EntryKind.WRITE_OFF: "Written off",
        EntryKind.MERGED_OUT: "Moved to other account",
        EntryKind.MERGED_IN: "From other account",
    }
)


def statement_document(printed: PrintedStatement) -> Document:
    """Lay out a statement: what was owed before, each entry with what it left owed, and what is owed at the end."""
    statement = printed.statement
    opening, closing = statement.opening, statement.closing
    money = Kind.MONEY
    rows: list[Row] = [
        (statement.from_day, "Brought forward", None, opening.balance_due, None, opening.customer_credit)
    ]
    rows += [
        (
            entry.entered_on,
            _KINDS[entry.kind],
            entry.change_due,
            entry.due_after,
            entry.change_credit,
            entry.credit_after,
        )
        for entry in statement.entries
    ]
    table = Table(
        (
            Column("Day", Kind.DATE),
            Column("What"),
            Column("Change", money),
            Column("Owed", money),
            Column("Credit +/-", money),
            Column("Credit", money),
        ),
        tuple(rows),
        ((statement.to_day, "At the end", None, closing.balance_due, None, closing.customer_credit),),
    )
    period = f"From {statement.from_day or 'the beginning'} to {statement.to_day or 'today'}"
    return Document("statement", "Statement", printed.shop, (printed.customer_name or "-", period), (table,))
