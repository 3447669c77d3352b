"""Commands of returns: take goods back and give their money back; void a sale, alone or as two people."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from payme import credit, drawers, money, refunds, sales
from payme.credit import NOTHING_BACK
from payme.drawers import Movement, MovementKind, Tender
from payme.kit.days import business_day
from payme.kit.db.transaction import Tx
from payme.kit.money import ZERO
from payme.money import SaleMoney
from payme.refunds import RefundDraft
from payme.returns import queries, repository, rules
from payme.returns.errors import VoidAsked
from payme.returns.events import GoodsReturned, VoidLimitChanged, VoidMoved, VoidRequested
from payme.returns.models import Approval, MoneyBack, Return, ReturnView, Void, VoidLimit, VoidView
from payme.returns.types import REASON_MAX, VoidState, Way
from payme.sales import Cancellation, Sale, WantedBack


async def return_goods(
    tx: Tx, sale_id: UUID, wanted: Sequence[WantedBack], drawer_id: UUID | None = None
) -> ReturnView:
    """Take goods of a sale back, and give back what they were sold for the way it came.

    A refund by M-Pesa is asked for; somebody else agrees to it. The token stays charged.
    Locks: SALE, PRODUCT, CREDIT_ACCOUNT, RECEIPT_COUNTER. Raises: SaleNotFound, SaleNotReturnable, SaleLineUnknown,
    MoreThanSold, DrawerNotOpen, DrawerUnclear, DrawerNeeded. Emits: GoodsReturned, SaleReturned, MoneyAfterClosing,
    and what stock, credit, money and refunds emit.
    """
    sale = await sales.hold_sale(tx, sale_id)
    return_id = tx.new_id()
    taken = await sales.take_back(tx, sale, return_id, wanted)
    mpesa = sum((part.amount for part in await money.sale_money(tx, sale_id)), ZERO)
    gone = await queries.given_back(tx, sale_id)
    of_account = NOTHING_BACK
    if sale.on_account:
        of_account = await credit.take_back(tx, sale_id, taken.amount, gone.get(Way.DEBT, ZERO))
    ways = rules.ways_back(taken.amount, of_account, rules.standing(sale, mpesa, gone))
    released = await money.release(tx, sale_id, ways[Way.MPESA]) if Way.MPESA in ways else []
    await _count(tx, sale, return_id, ways, drawer_id)
    reason = f"return of receipt {sale.number}: {taken.lines[0].reason}"
    parts = await _give_back(tx, sale_id, ways, released, reason, tx.actor.person_id, return_id=return_id)
    document = Return(
        id=return_id,
        number=await repository.count_return(tx),
        sale_id=sale_id,
        sale_number=sale.number,
        sale_state=taken.sale.state,
        total=taken.amount,
        business_day=business_day(tx.now),
        returned_by=tx.actor.person_id,
        created_at=tx.now,
    )
    repository.insert_return(tx, document)
    tx.emit(GoodsReturned(return_id, document.number, sale_id, document.total, rules.told(parts)))
    return ReturnView(document, tuple(rules.shown(return_id, line) for line in taken.lines), tuple(parts))


async def void_sale(tx: Tx, sale_id: UUID, cancellation: Cancellation) -> VoidView:
    """Undo a completed sale on its day: at once up to the business's limit, above it once somebody else agrees.

    Locks: SALE, PRODUCT, CREDIT_ACCOUNT, WALLET. Raises: SaleNotFound, SaleNotVoidable, VoidTooLate, VoidAsked,
    PaymentStillLive, DrawerNotOpen, DrawerUnclear, DrawerNeeded.
    Emits: VoidRequested, VoidMoved, SaleVoided, and what stock, wallet, money and refunds emit.
    """
    sale = await sales.hold_sale(tx, sale_id)
    today = business_day(tx.now)
    rules.check_voidable(sale, today)
    asked = await queries.find_asked(tx, sale_id)
    if asked is not None:
        raise VoidAsked(void_id=asked)
    limit = await queries.get_void_limit(tx)
    void = Void(
        id=tx.new_id(),
        sale_id=sale_id,
        sale_number=sale.number,
        state=VoidState.REQUESTED,
        reason=cancellation.reason,
        total=sale.total,
        two_people=sale.total > limit.amount,
        note="",
        requested_by=tx.actor.person_id,
        decided_by=None,
        business_day=today,
        created_at=tx.now,
        updated_at=tx.now,
    )
    tx.emit(VoidRequested(void.id, sale_id, void.total, void.reason, void.two_people))
    repository.insert_void(tx, void)
    return VoidView(void) if void.two_people else await _carry_out(tx, sale, void, void, cancellation)


async def approve_void(tx: Tx, void_id: UUID, approval: Approval) -> VoidView:
    """Agree to a void that somebody else asked for, and carry it out.

    Locks: SALE, PRODUCT, CREDIT_ACCOUNT, WALLET. Raises: VoidNotFound, OwnVoid, VoidNotMovable,
    SaleNotVoidable, VoidTooLate, PaymentStillLive, DrawerNotOpen, DrawerUnclear, DrawerNeeded.
    Emits: VoidMoved, SaleVoided, and what stock, wallet, money and refunds emit.
    """
    sale, void = await _hold(tx, void_id)
    rules.check_other_person(void, tx.actor.person_id)
    rules.move(void, VoidState.DONE)
    rules.check_voidable(sale, business_day(tx.now))
    agreed = replace(void, decided_by=tx.actor.person_id, note=approval.note)
    cancellation = Cancellation(void.reason, approval.even_if_paying, approval.drawer_id)
    return await _carry_out(tx, sale, void, agreed, cancellation)


async def reject_void(tx: Tx, void_id: UUID, reason: str) -> VoidView:
    """Refuse a void that somebody else asked for; the sale stays as it is.

    Locks: SALE. Raises: VoidNotFound, OwnVoid, VoidNotMovable. Emits: VoidMoved.
    """
    _, void = await _hold(tx, void_id)
    rules.check_other_person(void, tx.actor.person_id)
    return VoidView(_move(tx, void, replace(void, decided_by=tx.actor.person_id, note=reason), VoidState.REJECTED, ()))


async def withdraw_void(tx: Tx, void_id: UUID, reason: str) -> VoidView:
    """Take one's own wish back.

    Locks: SALE. Raises: VoidNotFound, NotYourVoid, VoidNotMovable. Emits: VoidMoved.
    """
    _, void = await _hold(tx, void_id)
    rules.check_own(void, tx.actor.person_id)
    return VoidView(_move(tx, void, replace(void, note=reason), VoidState.WITHDRAWN, ()))


async def set_void_limit(tx: Tx, amount: Decimal) -> VoidLimit:
    """Say up to which total one person may void a sale alone; 0 always asks for two.

    Locks: none. Raises: nothing. Emits: VoidLimitChanged.
    """
    before = await queries.get_void_limit(tx)
    repository.write_void_limit(tx, amount)
    tx.emit(VoidLimitChanged(tx.business_id, before.amount, amount))
    return VoidLimit(amount)


async def _count(tx: Tx, sale: Sale, return_id: UUID, ways: Mapping[Way, Decimal], drawer_id: UUID | None) -> None:
    """Count cash out of the drawer that is open here, and M-Pesa money off the sale's own."""
    if Way.CASH in ways:
        drawers.look_up(tx)
        drawer = await drawers.choose(tx, drawer_id, of_sale=sale.drawer_id)
        drawers.count(tx, drawer, Movement(Tender.CASH, MovementKind.RETURNED, ways[Way.CASH], return_id))
    on_account = ways.get(Way.DEBT, ZERO) + ways.get(Way.CUSTOMER_CREDIT, ZERO)
    movement = Movement(Tender.ACCOUNT, MovementKind.RETURNED, on_account, return_id)
    await drawers.count_for_sale(tx, sale.drawer_id, movement)
    if Way.MPESA in ways:
        movement = Movement(Tender.MPESA, MovementKind.RETURNED, ways[Way.MPESA], return_id)
        await drawers.count_for_sale(tx, sale.drawer_id, movement)


async def _carry_out(tx: Tx, sale: Sale, before: Void, void: Void, cancellation: Cancellation) -> VoidView:
    voided = await sales.void_sale(tx, sale, cancellation)
    given = {Way.DEBT: voided.debt, Way.CUSTOMER_CREDIT: voided.customer_credit, Way.CASH: voided.cash}
    ways = {way: amount for way, amount in given.items() if amount}
    reason = f"receipt {sale.number} is voided: {void.reason}"
    parts = await _give_back(tx, sale.id, ways, voided.mpesa, reason, void.requested_by, void_id=void.id)
    return VoidView(_move(tx, before, void, VoidState.DONE, parts), tuple(parts))


async def _give_back(
    tx: Tx,
    sale_id: UUID,
    ways: Mapping[Way, Decimal],
    released: Sequence[SaleMoney],
    reason: str,
    asked_by: UUID,
    *,
    return_id: UUID | None = None,
    void_id: UUID | None = None,
) -> list[MoneyBack]:
    """Write how money goes back; of M-Pesa money that was released a refund is asked for."""

    def part(way: Way, amount: Decimal, refund_id: UUID | None = None, receipt: str | None = None) -> MoneyBack:
        return MoneyBack(tx.new_id(), sale_id, return_id, void_id, way, amount, refund_id, receipt)

    parts = [part(way, amount) for way, amount in ways.items() if way is not Way.MPESA]
    for money_of in released:
        # What is asked for and what is free grow by the same, so other refunds of the receipt need not be waited for.
        draft = RefundDraft(money_of.money_in_id, money_of.amount, reason[:REASON_MAX])
        refund = refunds.ask(tx, draft, await money.get_money_in(tx, money_of.money_in_id), asked_by)
        parts.append(part(Way.MPESA, money_of.amount, refund.id, money_of.receipt))
    repository.insert_money_back(tx, parts)
    return rules.in_order(parts)


async def _hold(tx: Tx, void_id: UUID) -> tuple[Sale, Void]:
    """Hold the sale of a void, which guards it, and read the void under it."""
    found = await queries.get_void(tx, void_id)
    sale = await sales.hold_sale(tx, found.sale_id)
    return sale, await queries.get_void(tx, void_id)


def _move(tx: Tx, before: Void, void: Void, target: VoidState, parts: Sequence[MoneyBack]) -> Void:
    after = replace(void, state=rules.move(before, target), updated_at=tx.now)
    repository.update_void(tx, after)
    tx.emit(VoidMoved(void.id, before.state, target, void.sale_id, void.total, rules.told(parts), after.note))
    return after
