"""Commands of money that came in: book a receipt once in the world, say what it was for, and keep claims to it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.kit.money import ZERO
from payme.money import queries, repository, rules
from payme.money.errors import MoneyShort
from payme.money.events import (
    ClaimConfirmed,
    ClaimDenied,
    MoneyAllocated,
    MoneyMoved,
    MoneyReceived,
    MoneyReleased,
    MoneyReturned,
    MoneySettled,
    ReceiptClaimed,
    StandingShare,
)
from payme.money.models import Allocation, Booking, Claim, MoneyIn, NewMoney, SaleMoney, Share
from payme.money.types import NOT_NEEDED, ClaimState, Purpose


async def book(tx: Tx, new: NewMoney) -> Booking | None:
    """Book a real receipt of money, once in the world; None where another business has it.

    A receipt that is booked already is found and held, with what of it waits for a purpose.
    Locks: RECEIPT, MONEY_IN. Raises: nothing. Emits: MoneyReceived.
    """
    await repository.guard_receipt(tx, new.receipt)
    money = MoneyIn(
        id=tx.new_id(),
        shortcode=new.shortcode,
        receipt=new.receipt,
        amount=new.amount,
        phone=new.phone,
        payer_name=new.payer_name,
        account_reference=new.account_reference,
        paid_at=new.paid_at,
        source=new.source,
        callback_id=new.callback_id,
        created_at=tx.now,
    )
    if await repository.list_receipt(tx, new.shortcode, new.receipt, money.id):
        repository.insert_money_in(tx, money)
        tx.emit(MoneyReceived(money.id, money.shortcode, money.receipt, money.amount, money.source))
        return Booking(money, is_new=True, loose=money.amount)
    booked = await queries.find_booked(tx, new.shortcode, new.receipt)
    return None if booked is None else await hold(tx, booked.id)


async def hold(tx: Tx, money_in_id: UUID) -> Booking:
    """Return a receipt of money with what of it waits for a purpose, ours until the transaction ends.

    Locks: MONEY_IN. Raises: MoneyNotFound. Emits: nothing.
    """
    await repository.guard_money(tx, money_in_id)
    money = await queries.get_money_in(tx, money_in_id)
    return Booking(money, is_new=False, loose=await queries.loose_amount(tx, money_in_id))


async def allocate(tx: Tx, booking: Booking, shares: Sequence[Share]) -> None:
    """Say what the loose part of a receipt of money is for; the shares are all of it.

    Locks: none; the caller has just booked or held the money. Raises: nothing. Emits: MoneyAllocated, MoneySettled.
    """
    assert sum((share.amount for share in shares), ZERO) == booking.loose, "every shilling has one purpose"  # noqa: S101
    parts = []
    if not booking.is_new:
        loose = await queries.loose_shares(tx, booking.money.id)
        parts = [Share(Purpose.UNALLOCATED, sale_id, -amount) for sale_id, amount in loose]
    _book(tx, [_allocation(tx, booking.money.id, share) for share in [*parts, *shares]])
    if parts and all(share.purpose is not Purpose.UNALLOCATED for share in shares):
        tx.emit(MoneySettled(booking.money.id, Purpose.UNALLOCATED, "it was claimed"))


async def free_amount(tx: Tx, money_in_id: UUID) -> Decimal:
    """Return how much of a receipt of money no sale needs: what is unallocated, and what is overpaid.

    Locks: none; the caller holds the money. Raises: nothing. Emits: nothing.
    """
    return rules.total_of(await queries.standing_shares(tx, money_in_id), NOT_NEEDED)


async def move(tx: Tx, money_in_id: UUID, given: Share, reason: str) -> None:
    """Give money that no sale needs another purpose, as much as ``given`` says, and keep why.

    Locks: none; the caller holds the money. Raises: MoneyShort. Emits: MoneyAllocated, MoneyMoved, MoneySettled.
    """
    before = await queries.standing_shares(tx, money_in_id)
    left = rules.total_of(before, NOT_NEEDED)
    if given.amount > left:
        raise MoneyShort(money_in_id=money_in_id, wanted=given.amount, left=left)
    parts = [*rules.taken_from(before, NOT_NEEDED, given.amount), given]
    _move(tx, money_in_id, before, parts, given.amount, reason)


async def put_back(tx: Tx, money_in_id: UUID, amount: Decimal, reason: str) -> None:
    """Let money that was to be refunded wait for a purpose again.

    Locks: none; the caller holds the money. Raises: nothing. Emits: MoneyAllocated, MoneyMoved, MoneyReturned.
    """
    before = await queries.standing_shares(tx, money_in_id)
    parts = [*rules.taken_from(before, (Purpose.REFUND,), amount), Share(Purpose.UNALLOCATED, None, amount)]
    _move(tx, money_in_id, before, parts, amount, reason)
    tx.emit(MoneyReturned(money_in_id, amount, reason))


def _move(
    tx: Tx, money_in_id: UUID, before: Sequence[Share], parts: Sequence[Share], amount: Decimal, reason: str
) -> None:
    _book(tx, [_allocation(tx, money_in_id, part) for part in parts])
    after = rules.after_move(before, parts)
    tx.emit(MoneyMoved(money_in_id, amount, reason, _told(before), _told(after)))
    for purpose in NOT_NEEDED:
        if rules.total_of(before, {purpose}) and not rules.total_of(after, {purpose}):
            tx.emit(MoneySettled(money_in_id, purpose, reason))


def _told(shares: Sequence[Share]) -> tuple[StandingShare, ...]:
    return tuple(StandingShare(share.purpose, share.sale_id, share.amount) for share in shares)


async def release(tx: Tx, sale_id: UUID, amount: Decimal | None = None) -> list[SaleMoney]:
    """Take M-Pesa money out of a sale, all of it or ``amount``; it waits unallocated. Returns what, by receipt.

    Locks: none; the caller holds the sale. Raises: nothing. Emits: MoneyAllocated, MoneyReleased.
    """
    standing = await queries.sale_money(tx, sale_id)
    parts = standing if amount is None else rules.part_of(standing, amount)
    for purpose, sign in ((Purpose.SALE, -1), (Purpose.UNALLOCATED, 1)):
        shares = [(part.money_in_id, Share(purpose, sale_id, sign * part.amount)) for part in parts]
        _book(tx, [_allocation(tx, money_in_id, share) for money_in_id, share in shares])
    for part in parts:
        tx.emit(MoneyReleased(part.money_in_id, sale_id, part.amount))
    return parts


def _allocation(tx: Tx, money_in_id: UUID, share: Share) -> Allocation:
    return Allocation(tx.new_id(), money_in_id, share.purpose, share.sale_id, share.amount)


def _book(tx: Tx, allocations: list[Allocation]) -> None:
    if not allocations:
        return
    repository.insert_allocations(tx, allocations)
    for part in allocations:
        tx.emit(MoneyAllocated(part.money_in_id, part.purpose, part.sale_id, part.amount))


async def guard_receipt(tx: Tx, receipt: str) -> None:
    """Let nobody else of this business book or claim a receipt until the transaction ends.

    Locks: RECEIPT. Raises: nothing. Emits: nothing.
    """
    await repository.guard_receipt(tx, receipt)


async def claim(
    tx: Tx,
    sale_id: UUID,
    receipt: str,
    amount: Decimal,
    payer_name: str,
    paid_at: datetime | None,
    money: MoneyIn | None,
) -> Claim:
    """Write down that a receipt is said to be paid for a sale; unverified, unless Safaricom has told of the money.

    Locks: none; the caller guards the receipt. Raises: nothing. Emits: ReceiptClaimed, ClaimConfirmed.
    """
    said = Claim(
        id=tx.new_id(),
        receipt=receipt,
        sale_id=sale_id,
        amount=amount,
        payer_name=payer_name,
        paid_at=paid_at,
        state=ClaimState.UNVERIFIED if money is None else ClaimState.CONFIRMED,
        reason="",
        money_in_id=None if money is None else money.id,
        claimed_by=tx.actor.user_id,
        created_at=tx.now,
        updated_at=tx.now,
    )
    repository.insert_claim(tx, said)
    tx.emit(ReceiptClaimed(said.id, sale_id, receipt, amount))
    if money is not None:
        tx.emit(ClaimConfirmed(said.id, sale_id, money.id, amount, money.amount))
    return said


async def confirm_claim(tx: Tx, claim: Claim, money: MoneyIn) -> None:
    """Write that Safaricom told of the receipt of a claim.

    Locks: none; the caller guards the receipt. Raises: nothing. Emits: ClaimConfirmed.
    """
    assert rules.may_move(claim.state, ClaimState.CONFIRMED), claim.state  # noqa: S101
    repository.move_claim(tx, claim.id, ClaimState.CONFIRMED, "", money.id)
    tx.emit(ClaimConfirmed(claim.id, claim.sale_id, money.id, claim.amount, money.amount))


async def deny_claim(tx: Tx, claim: Claim, reason: str) -> bool:
    """Write that a claim is not true, or not for this sale; False where it is settled already.

    Locks: none; the caller guards the receipt. Raises: nothing. Emits: ClaimDenied.
    """
    if not rules.may_move(claim.state, ClaimState.DENIED):
        return False
    repository.move_claim(tx, claim.id, ClaimState.DENIED, reason, None)
    tx.emit(ClaimDenied(claim.id, claim.sale_id, claim.receipt, reason))
    return True
