"""Commands of credit: agree on an account, let a customer buy on it, take money against debts, and take debts back.

Each takes the lock of the one account that it is about, so a transaction calls one of them, or holds an account first
and hands it on.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from payme import customers
from payme.credit import queries, repository, rules
from payme.credit.errors import CreditAccountExists, CreditAccountUnknown
from payme.credit.events import (
    CreditAccountChanged,
    CreditAccountMerged,
    CreditAccountOpened,
    CreditLimitPassed,
    CreditMoved,
)
from payme.credit.models import (
    NOTHING_BACK,
    AccountChange,
    AccountDraft,
    Change,
    Charge,
    CreditAccount,
    CreditPayment,
    CreditTerms,
    Entry,
    Funds,
    Repaid,
    TakenBack,
)
from payme.credit.types import EXCEED_PERMISSION, TERMS_DAYS, AccountState, EntryKind
from payme.customers import Customer
from payme.kit.days import business_day
from payme.kit.db.transaction import Tx
from payme.kit.errors import Busy
from payme.kit.money import ZERO

# What is agreed


async def open_account(tx: Tx, customer_id: UUID, draft: AccountDraft) -> CreditAccount:
    """Let a customer buy on credit.

    Locks: CREDIT_ACCOUNT. Raises: CustomerUnknown, CustomerErased, CreditAccountExists. Emits: CreditAccountOpened.
    """
    account, is_new = await _claim(tx, await customers.get_named(tx, customer_id), draft)
    if not is_new:
        raise CreditAccountExists(account.customer_id, account.id)
    return account


async def change_account(tx: Tx, customer_id: UUID, change: AccountChange) -> CreditAccount:
    """Agree anew with a customer on the limit, the terms, or whether to buy on credit at all.

    A limit under what is owed stops buying until enough is paid. Locks: CREDIT_ACCOUNT.
    Raises: CreditAccountUnknown, CreditAccountNotEmpty. Emits: CreditAccountChanged where something differs.
    """
    before = await hold_account(tx, customer_id)
    after = rules.changed(before, change)
    if after != before:
        repository.update_account(tx, after)
        tx.emit(CreditAccountChanged(before.id, rules.terms_of(before), rules.terms_of(after), change.reason))
    return after


async def _claim(tx: Tx, customer_id: UUID, draft: AccountDraft) -> tuple[CreditAccount, bool]:
    new = rules.account(draft, tx.new_id(), customer_id, tx.now, business_day(tx.now))
    account = await repository.claim_account(tx, new)
    if account.id == new.id:
        tx.emit(CreditAccountOpened(new.id, customer_id, new.credit_limit, new.terms_days))
    return _standing(account), account.id == new.id


async def hold_account(tx: Tx, customer_id: UUID) -> CreditAccount:
    """Return the account of a person, ours until the transaction ends; whichever id of the person is asked for.

    Locks: CREDIT_ACCOUNT. Raises: CreditAccountUnknown. Emits: nothing.
    """
    account = await repository.lock_of_customer(tx, customer_id)
    if account is None:
        raise CreditAccountUnknown(customer_id)
    return _standing(account)


async def hold_account_by_id(tx: Tx, account_id: UUID) -> CreditAccount:
    """Return an account, or the one it was folded into, ours until the transaction ends.

    Locks: CREDIT_ACCOUNT. Raises: nothing. Emits: nothing.
    """
    account = await repository.lock_account(tx, account_id)
    assert account is not None, "an account is never deleted"  # noqa: S101
    return _standing(account)


def _standing(account: CreditAccount) -> CreditAccount:
    # Folded while we waited for it: whoever asks again finds the account it was folded into.
    if account.merged_into is not None:
        raise Busy
    return account


# Buying


async def charge(tx: Tx, account: CreditAccount, sale_id: UUID, amount: Decimal, terms: CreditTerms) -> Charge:
    """Put what is still due of a sale on an account: what the shop owes the customer is used up, the rest is a debt.

    Over the limit only with a reason, and by a role that may; it becomes an issue for somebody to look at.
    Locks: none; the caller holds the account and the sale. Raises: CreditAccountNotActive, DueDateNotPossible,
    CreditLimitExceeded, OverLimitNotAllowed. Emits: CreditMoved, CreditLimitPassed.
    """
    charged = rules.charge(
        account,
        sale_id,
        amount,
        terms,
        may_exceed=tx.actor.may(EXCEED_PERMISSION),
        at=tx.now,
        today=business_day(tx.now),
    )
    after = _post(tx, account, rules.changes_of_charge(sale_id, charged))
    debt = charged.debt
    if debt is not None:
        repository.insert_debt(tx, debt)
        if debt.over_limit_reason:
            reason = debt.over_limit_reason
            tx.emit(CreditLimitPassed(account.id, sale_id, debt.limit_then, after.balance_due, debt.due_on, reason))
    return charged


async def use_customer_credit(
    tx: Tx, customer_id: UUID, sale_id: UUID, most: Decimal, wanted: Decimal | None
) -> Decimal:
    """Pay a sale, of which ``most`` is due, with what the shop owes the customer; returns how much was used.

    Locks: CREDIT_ACCOUNT; the caller holds the sale. Raises: CreditAccountUnknown, CustomerCreditShort.
    Emits: CreditMoved.
    """
    account = await hold_account(tx, customer_id)
    used = rules.usable(account, wanted, most)
    _post(tx, account, [Change(EntryKind.CREDIT_USED, ZERO, -used, sale_id)])
    return used


async def return_customer_credit(tx: Tx, sale_id: UUID) -> Decimal:
    """Give back the customer credit that an open sale used, because it is cancelled; returns how much.

    Locks: CREDIT_ACCOUNT; the caller holds the sale. Raises: nothing. Emits: CreditMoved.
    """
    account = await repository.lock_of_sale(tx, sale_id)
    assert account is not None, "the sale is on an account"  # noqa: S101
    used = (await queries.get_of_sale(tx, sale_id)).credit_used
    _post(tx, _standing(account), [Change(EntryKind.CREDIT_RETURNED, ZERO, used, sale_id)])
    return used


# Paying back


async def repay(tx: Tx, account: CreditAccount, amount: Decimal, funds: Funds, named: UUID | None) -> Repaid:
    """Count money against an account: the named debt first, then what is due first; the rest becomes customer credit.

    Locks: none; the caller holds the account. Raises: DebtUnknown. Emits: CreditMoved.
    """
    debts = await queries.list_open_debts(tx, account.id)
    parts = rules.allocate(debts, amount, named)
    to_debts = rules.total_of(parts)
    payment = CreditPayment(
        id=tx.new_id(),
        account_id=account.id,
        amount=amount,
        to_debts=to_debts,
        to_credit=amount - to_debts,
        payment_id=funds.payment_id,
        money_in_id=funds.money_in_id,
        received_by=tx.actor.user_id,
        received_on=max(business_day(tx.now), account.moved_on),
        created_at=tx.now,
    )
    repository.insert_payment(tx, payment, parts)
    if parts:
        repository.update_debts(tx, rules.repaid(debts, parts))
    entry = Change(EntryKind.REPAYMENT, -to_debts, payment.to_credit, credit_payment_id=payment.id)
    return Repaid(payment, tuple(parts), _post(tx, account, [entry]))


# Taking back


async def take_back(tx: Tx, sale_id: UUID, amount: Decimal, back_before: Decimal) -> TakenBack:
    """Take goods of ``amount`` back from a sale that is on an account: the debt is less by what of it is outstanding.

    Of the rest, what was given up is nobody's, and what was paid through the account (debt repaid, customer credit
    used, not given back yet) becomes customer credit; what was paid in money is not an account's to give.
    ``back_before`` is what earlier returns took off the debt or found given up. Nothing where no account is concerned.
    Locks: CREDIT_ACCOUNT; the caller holds the sale. Raises: nothing. Emits: CreditMoved.
    """
    account = await repository.lock_of_sale(tx, sale_id)
    if account is None:
        return NOTHING_BACK
    taken, debt = rules.take_off(await queries.get_of_sale(tx, sale_id), amount, back_before)
    if debt is not None:
        repository.update_debts(tx, [debt])
    if taken.off_debt or taken.to_credit:
        _post(tx, _standing(account), [Change(EntryKind.RETURN, -taken.off_debt, taken.to_credit, sale_id)])
    return taken


async def reverse(tx: Tx, sale_id: UUID) -> TakenBack:
    """Undo what a sale did to its account, because the sale is voided (N19): the unpaid part of the debt is gone.

    What was paid through the account becomes customer credit. Nothing where the sale is on no account.
    Locks: CREDIT_ACCOUNT; the caller holds the sale. Raises: nothing. Emits: CreditMoved.
    """
    account = await repository.lock_of_sale(tx, sale_id)
    if account is None:
        return NOTHING_BACK
    taken, debt = rules.reverse(await queries.get_of_sale(tx, sale_id))
    if debt is not None:
        repository.update_debts(tx, [debt])
    if taken.off_debt or taken.to_credit:
        _post(tx, _standing(account), [Change(EntryKind.VOID, -taken.off_debt, taken.to_credit, sale_id)])
    return taken


async def give_customer_credit(
    tx: Tx, customer_id: UUID, sale_id: UUID | None, amount: Decimal, reason: str
) -> CreditAccount:
    """Let the shop owe a customer something, for a sale or for none; who has no account gets one with a limit of 0.

    Locks: CREDIT_ACCOUNT. Raises: CustomerUnknown, CustomerErased. Emits: CreditAccountOpened, CreditMoved.
    """
    person = await customers.get_named(tx, customer_id)
    account, _ = await _claim(tx, person, AccountDraft(ZERO, TERMS_DAYS))
    return _post(tx, account, [Change(EntryKind.CREDIT_GIVEN, ZERO, amount, sale_id, reason=reason)])


async def write_off(tx: Tx, account: CreditAccount, sale_id: UUID, reason: str) -> Decimal:
    """Give up what is outstanding of a debt; returns how much. Two people agreed on it.

    Locks: none; the caller holds the account. Raises: DebtUnknown. Emits: CreditMoved.
    """
    debt = rules.open_debt(await queries.list_open_debts(tx, account.id), sale_id)
    repository.update_debts(tx, [rules.write_off(debt)])
    _post(tx, account, [Change(EntryKind.WRITE_OFF, -debt.outstanding, ZERO, sale_id, reason=reason)])
    return debt.outstanding


# One person


async def merge_customers(tx: Tx, survivor_id: UUID, duplicate_id: UUID) -> Customer:
    """Make one of two customers, and one of their accounts: debts and customer credit move to the one that stays.

    Its limit, terms and state stay; who has no account takes the duplicate's over. Together they may owe more than the
    limit; then nothing is sold on credit until enough is paid. Locks: CUSTOMER, CREDIT_ACCOUNT.
    Raises: SameCustomer, CustomerUnknown, CustomerMerged, CustomerErased, MergedTooLarge.
    Emits: CustomersMerged, CreditAccountOpened, CreditAccountChanged, CreditAccountMerged, CreditMoved.
    """
    merged = await customers.merge_customers(tx, survivor_id, duplicate_id)
    accounts = await repository.lock_of_customers(tx, [survivor_id, duplicate_id])
    by_customer = {account.customer_id: account for account in accounts}
    goes = by_customer.get(duplicate_id)
    if goes is None or goes.merged_into is not None:
        return merged
    stays = by_customer.get(survivor_id)
    if stays is None:
        draft = AccountDraft(goes.credit_limit, goes.terms_days)
        stays = replace(rules.account(draft, tx.new_id(), survivor_id, tx.now, business_day(tx.now)), state=goes.state)
        repository.insert_account(tx, stays)
        tx.emit(CreditAccountOpened(stays.id, survivor_id, stays.credit_limit, stays.terms_days))
    agreed = rules.folded(stays, goes)
    if agreed != stays:
        reason = "the account of the same person has debts"
        tx.emit(CreditAccountChanged(stays.id, rules.terms_of(stays), rules.terms_of(agreed), reason))
    if goes.balance_due or goes.customer_credit:
        _post(tx, goes, [Change(EntryKind.MERGED_OUT, -goes.balance_due, -goes.customer_credit)], keep=False)
        _post(tx, agreed, [Change(EntryKind.MERGED_IN, goes.balance_due, goes.customer_credit)])
    repository.fold_account(tx, goes.id, stays.id)
    tx.emit(CreditAccountMerged(stays.id, goes.id))
    return merged


async def close_for_erasure(tx: Tx, customer_id: UUID) -> None:
    """Close the account of a person who is to be forgotten; refused while anybody owes anything on it.

    Locks: CREDIT_ACCOUNT. Raises: CreditAccountNotEmpty. Emits: CreditAccountChanged.
    """
    account = await repository.lock_of_customer(tx, customer_id)
    if account is None:
        return
    rules.check_empty(account)
    closed = replace(account, state=AccountState.CLOSED)
    if closed != account:
        repository.update_account(tx, closed)
        tx.emit(
            CreditAccountChanged(account.id, rules.terms_of(account), rules.terms_of(closed), "the person is erased")
        )


def _post(tx: Tx, account: CreditAccount, changes: Sequence[Change], *, keep: bool = True) -> CreditAccount:
    """Write entries of an account that is ours, in order, and what they leave on it."""
    entries, before = [], account
    day = max(business_day(tx.now), account.moved_on)
    for change in changes:
        after = replace(
            before,
            balance_due=before.balance_due + change.change_due,
            customer_credit=before.customer_credit + change.change_credit,
            moved_on=day,
        )
        entries.append(_entry(tx, change, after))
        tx.emit(_told(change, before, after))
        before = after
    repository.insert_entries(tx, account.id, entries)
    if keep:
        repository.update_account(tx, before)
    return before


def _entry(tx: Tx, change: Change, after: CreditAccount) -> Entry:
    return Entry(
        id=tx.new_id(),
        kind=change.kind,
        change_due=change.change_due,
        due_after=after.balance_due,
        change_credit=change.change_credit,
        credit_after=after.customer_credit,
        sale_id=change.sale_id,
        credit_payment_id=change.credit_payment_id,
        reason=change.reason,
        entered_by=tx.actor.user_id,
        entered_on=after.moved_on,
        created_at=tx.now,
    )


def _told(change: Change, before: CreditAccount, after: CreditAccount) -> CreditMoved:
    return CreditMoved(
        subject_id=after.id,
        kind=change.kind,
        sale_id=change.sale_id,
        credit_payment_id=change.credit_payment_id,
        due_before=before.balance_due,
        due_after=after.balance_due,
        credit_before=before.customer_credit,
        credit_after=after.customer_credit,
        reason=change.reason,
    )
