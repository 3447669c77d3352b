"""Commands of sales: ring up, take money, complete, cancel, take back, void."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from payme import credit, customers, drawers, money, payments, stock, wallet
from payme.credit import CreditAccount, CreditTerms
from payme.drawers import Movement, MovementKind, Tender
from payme.kit.days import business_day
from payme.kit.db.transaction import Tx
from payme.kit.money import ZERO
from payme.money import SaleMoney
from payme.payments import Payment, Terms
from payme.sales import queries, repository, rules
from payme.sales.errors import (
    AskForLess,
    CustomerPaidAlready,
    NothingDue,
    PaymentStillLive,
    SaleNotFound,
    SaleNotOpen,
    SaleWithoutCustomer,
)
from payme.sales.events import (
    CustomerNamed,
    LineSold,
    SaleCancelled,
    SaleCompleted,
    SaleOpened,
    SalePaid,
    SalePutOnAccount,
    SaleReturned,
    SaleVoided,
)
from payme.sales.models import (
    Cancellation,
    Received,
    Sale,
    SaleDraft,
    SaleItem,
    SaleView,
    TakenBack,
    Voided,
    WantedBack,
)
from payme.sales.types import PRICE_PERMISSION, SaleState


async def open_sale(tx: Tx, draft: SaleDraft) -> SaleView:
    """Ring up a draft: goods leave the shelf, one token is reserved, and the cash that was handed over is taken.

    With cash for the whole total, or with the rest on the customer's account, the sale is completed at once. All stock
    is checked before anything is written.
    Locks: PRODUCT, CREDIT_ACCOUNT, RECEIPT_COUNTER, WALLET. Raises: SaleProductUnknown, ProductNotForSale,
    PriceNotAllowed, DiscountTooLarge, SaleTooLarge, StockShort, WalletExhausted, CustomerUnknown, CustomerErased,
    SaleWithoutCustomer, CreditAccountUnknown, CreditAccountNotActive, CreditLimitExceeded, OverLimitNotAllowed,
    DueDateNotPossible, DrawerNotOpen, DrawerUnclear, DrawerNeeded.
    Emits: SaleOpened, SalePaid, SalePutOnAccount, SaleCompleted, CreditMoved, CreditLimitPassed.
    """
    sale_id = tx.new_id()
    customer_id = await _named(tx, draft.customer_id)
    drawers.look_up(tx)  # the products' lock takes it along
    products = await stock.lock_products(tx, {line.product_id for line in draft.lines})
    drawer = await drawers.choose(tx, draft.drawer_id)
    items = rules.price_lines(
        draft.lines, products.by_id, sale_id=sale_id, may_price=tx.actor.may(PRICE_PERMISSION), new_id=tx.new_id
    )
    total = rules.total_of(items)
    tendered = draft.cash_tendered
    paid_now = ZERO if tendered is None else min(tendered, total)
    on_account = ZERO if draft.credit is None else total - paid_now
    account = await _hold_account(tx, sale_id, customer_id) if on_account else None
    repository.count_receipt(tx)
    wallet.look_up(tx)  # the read of the batches takes both along
    takings = await stock.take_from(tx, products, rules.quantity_by_product(items), sale_id)
    completes = (tendered is not None and paid_now == total) or on_account > ZERO
    await (wallet.spend_token(tx, sale_id) if completes else wallet.reserve_token(tx, sale_id))
    sale = Sale(
        id=sale_id,
        number=await repository.counted_receipt(tx),
        state=SaleState.COMPLETED if completes else SaleState.OPEN,
        total=total,
        paid=paid_now,
        on_account=on_account,
        opened_by=tx.actor.user_id,
        opened_at=tx.now,
        completed_at=tx.now if completes else None,
        cancelled_at=None,
        cancel_reason="",
        note=draft.note,
        business_day=business_day(tx.now),
        customer_id=customer_id,
        drawer_id=drawer.id if drawer else None,
    )
    _write_opened(tx, sale, items)
    repository.insert_takings(tx, sale_id, rules.share_takings(items, takings))
    cash: tuple[Payment, ...] = ()
    if tendered is not None and paid_now:
        cash = (await payments.take_cash(tx, sale_id, paid_now, tendered, drawer),)
        tx.emit(SalePaid(sale_id, ZERO, paid_now, total))
    if account is not None and draft.credit is not None:
        await credit.charge(tx, account, sale_id, on_account, draft.credit)
        drawers.count(tx, drawer, Movement(Tender.ACCOUNT, MovementKind.SALE, on_account, sale_id))
        tx.emit(SalePutOnAccount(sale_id, ZERO, on_account, total))
    if completes:
        tx.emit(SaleCompleted(sale_id, sale.number, total))
    return SaleView(sale, tuple(items), cash)


def _write_opened(tx: Tx, sale: Sale, items: Sequence[SaleItem]) -> None:
    repository.insert_sale(tx, sale)
    repository.insert_items(tx, items)
    steps: list[tuple[SaleState | None, SaleState]] = [(None, SaleState.OPEN)]
    if sale.state is SaleState.COMPLETED:
        steps.append((SaleState.OPEN, SaleState.COMPLETED))
    repository.insert_steps(tx, sale.id, steps)
    lines = tuple(
        LineSold(item.product_id, item.quantity, item.list_price, item.unit_price, item.discount, item.line_total)
        for item in items
    )
    tx.emit(SaleOpened(sale.id, sale.number, sale.total, lines, sale.customer_id))


async def name_customer(tx: Tx, sale_id: UUID, customer_id: UUID | None) -> SaleView:
    """Say who buys on an open sale; None takes the name off it. One who was merged is the one that stayed.

    Locks: SALE. Raises: SaleNotFound, SaleNotOpen, CustomerUnknown, CustomerErased, CustomerPaidAlready.
    Emits: CustomerNamed where it differs.
    """
    sale = await _lock_open(tx, sale_id)
    named = await _named(tx, customer_id)
    if named != sale.customer_id:
        if sale.on_account:
            raise CustomerPaidAlready(sale_id=sale_id, on_account=sale.on_account)
        repository.update_customer(tx, sale_id, named)
        tx.emit(CustomerNamed(sale_id, sale.customer_id, named))
    return await queries.get_sale_view(tx, sale_id)


async def _named(tx: Tx, customer_id: UUID | None) -> UUID | None:
    return None if customer_id is None else await customers.get_named(tx, customer_id)


async def take_cash(tx: Tx, sale_id: UUID, tendered: Decimal, drawer_id: UUID | None = None) -> SaleView:
    """Take cash for an open sale, give change, and complete it where nothing is due any more.

    Locks: SALE, WALLET. Raises: SaleNotFound, SaleNotOpen, DrawerNotOpen, DrawerUnclear, DrawerNeeded.
    Emits: SalePaid, SaleCompleted.
    """
    drawers.look_up(tx)  # the sale's lock takes it along
    sale = await _lock_open(tx, sale_id)
    amount = min(tendered, sale.balance_due)
    if amount:
        drawer = await drawers.choose(tx, drawer_id, of_sale=sale.drawer_id)
        await payments.take_cash(tx, sale_id, amount, tendered, drawer)
    await _count_money(tx, sale, amount)
    return await queries.get_sale_view(tx, sale_id)


async def put_on_credit(tx: Tx, sale_id: UUID, terms: CreditTerms) -> SaleView:
    """Put all that is still due of an open sale on its customer's account, and complete it.

    Locks: SALE, CREDIT_ACCOUNT, WALLET. Raises: SaleNotFound, SaleNotOpen, SaleWithoutCustomer, NothingDue,
    PaymentStillLive, CustomerErased, CreditAccountUnknown, CreditAccountNotActive, CreditLimitExceeded,
    OverLimitNotAllowed, DueDateNotPossible. Emits: SalePutOnAccount, SaleCompleted, CreditMoved, CreditLimitPassed.
    """
    sale = await _lock_for_account(tx, sale_id)
    account = await _hold_account(tx, sale_id, await _named(tx, sale.customer_id))
    await credit.charge(tx, account, sale_id, sale.balance_due, terms)
    await _count_on_account(tx, sale, sale.balance_due)
    return await queries.get_sale_view(tx, sale_id)


async def use_customer_credit(tx: Tx, sale_id: UUID, amount: Decimal | None) -> SaleView:
    """Pay an open sale, or a part of it, with what the shop owes its customer.

    Locks: SALE, CREDIT_ACCOUNT, WALLET. Raises: SaleNotFound, SaleNotOpen, SaleWithoutCustomer, NothingDue,
    PaymentStillLive, CustomerErased, CreditAccountUnknown, CustomerCreditShort.
    Emits: SalePutOnAccount, SaleCompleted, CreditMoved.
    """
    sale = await _lock_for_account(tx, sale_id)
    customer_id = await _named(tx, sale.customer_id)
    assert customer_id is not None, "the sale names its customer"  # noqa: S101
    used = await credit.use_customer_credit(tx, customer_id, sale_id, sale.balance_due, amount)
    await _count_on_account(tx, sale, used)
    return await queries.get_sale_view(tx, sale_id)


async def _count_on_account(tx: Tx, sale: Sale, amount: Decimal) -> None:
    await _count_money(tx, sale, ZERO, on_account=amount)
    await drawers.count_for_sale(tx, sale.drawer_id, Movement(Tender.ACCOUNT, MovementKind.SALE, amount, sale.id))


async def _lock_for_account(tx: Tx, sale_id: UUID) -> Sale:
    sale = await _lock_open(tx, sale_id)
    if sale.customer_id is None:
        raise SaleWithoutCustomer(sale_id=sale_id)
    if not sale.balance_due:
        raise NothingDue(sale_id=sale_id)
    live = await payments.find_live(tx, sale_id)
    if live is not None:
        raise PaymentStillLive(payment_id=live.id, state=live.state)
    return sale


async def _hold_account(tx: Tx, sale_id: UUID, customer_id: UUID | None) -> CreditAccount:
    if customer_id is None:
        raise SaleWithoutCustomer(sale_id=sale_id)
    return await credit.hold_account(tx, customer_id)


async def ask_mpesa(tx: Tx, sale_id: UUID, phone: str, amount: Decimal | None, terms: Terms) -> Payment:
    """Ask the customer on the phone for the balance, or for a part of it.

    Locks: SALE, PUSH_COUNT. Raises: SaleNotFound, SaleNotOpen, AskForLess, PaymentInProgress, PaymentConfigMissing,
    EnvironmentNotOffered, MpesaUnavailable, NotWholeShillings, PhoneNotValid, PushLimitReached.
    Emits: PaymentRequested.
    """
    sale = await _lock_open(tx, sale_id)
    wanted = sale.balance_due if amount is None else amount
    if wanted > sale.balance_due:
        raise AskForLess(balance_due=sale.balance_due, amount=wanted)
    return await payments.ask_mpesa(tx, sale_id, wanted, phone, terms)


async def receive_money(tx: Tx, sale_id: UUID, amount: Decimal) -> Received:
    """Count M-Pesa money towards a sale: as much as is due where it is open, nothing where it is not.

    Locks: SALE, WALLET. Raises: SaleNotFound. Emits: SalePaid, SaleCompleted, MoneyAfterClosing.
    """
    sale = await _lock(tx, sale_id)
    if sale.state is not SaleState.OPEN:
        return Received(ZERO, sale.state)
    applied = min(amount, sale.balance_due)
    sale = await _count_money(tx, sale, applied)
    await drawers.count_for_sale(tx, sale.drawer_id, Movement(Tender.MPESA, MovementKind.SALE, applied, sale_id))
    return Received(applied, sale.state)


async def cancel_sale(tx: Tx, sale_id: UUID, cancellation: Cancellation) -> SaleView:
    """Undo an open sale: goods back into their batches, token, cash and customer credit back; M-Pesa money waits.

    Locks: SALE, PRODUCT, CREDIT_ACCOUNT, WALLET. Raises: SaleNotFound, SaleNotOpen, PaymentStillLive, DrawerNotOpen,
    DrawerUnclear, DrawerNeeded. Emits: SaleCancelled, MoneyAfterClosing, CreditMoved.
    """
    drawers.look_up(tx)  # the sale's lock takes it along
    sale = await _lock_open(tx, sale_id)
    was_asked = await _stop_asking(tx, sale_id, even_if_paying=cancellation.even_if_paying)
    rules.move(sale, SaleState.CANCELLED)
    cash, released = await _give_money_back(tx, sale, cancellation.drawer_id)
    mpesa = sum((part.amount for part in released), ZERO)
    await stock.give_back(tx, sale_id)
    if sale.on_account:
        await credit.return_customer_credit(tx, sale_id)
    await wallet.refund_token(tx, sale_id)
    repository.update_cancelled(tx, sale_id, cancellation.reason)
    repository.insert_steps(tx, sale_id, [(sale.state, SaleState.CANCELLED)])
    tx.emit(SaleCancelled(sale_id, sale.number, cancellation.reason, cash, mpesa, was_asked, sale.on_account))
    return await queries.get_sale_view(tx, sale_id)


async def hold_sale(tx: Tx, sale_id: UUID) -> Sale:
    """Return a sale, ours until the transaction ends.

    Locks: SALE. Raises: SaleNotFound. Emits: nothing.
    """
    return await _lock(tx, sale_id)


async def take_back(tx: Tx, sale: Sale, return_id: UUID, wanted: Sequence[WantedBack]) -> TakenBack:
    """Take goods of a completed sale back: into their batches, or written off; what they were sold for is due back.

    The token stays charged. Locks: PRODUCT; the caller holds the sale. Raises: SaleNotReturnable, SaleLineUnknown,
    MoreThanSold. Emits: SaleReturned, and what stock emits.
    """
    items = await queries.list_items(tx, [sale.id])
    lines = rules.take_back(sale, items, wanted)
    steps = rules.after_return(sale, items, lines)
    amount = sum((line.amount for line in lines), ZERO)
    after = replace(sale, returned=sale.returned + amount, state=steps[-1][1] if steps else sale.state)
    await stock.bring_back(tx, return_id, rules.goods_back(lines, await queries.list_takings(tx, sale.id)))
    repository.insert_back(tx, sale.id, return_id, lines)
    repository.update_returned(tx, after)
    if steps:
        repository.insert_steps(tx, sale.id, steps)
    tx.emit(SaleReturned(sale.id, sale.number, return_id, amount, sale.returned, after.returned, after.state))
    return TakenBack(after, tuple(lines))


async def void_sale(tx: Tx, sale: Sale, cancellation: Cancellation) -> Voided:
    """Undo a completed sale: goods, token, cash back; M-Pesa money waits for a person; the customer owes none of it.

    What was repaid of its debt, and customer credit that it used, is the customer's credit again (N19).
    Locks: PRODUCT, CREDIT_ACCOUNT, WALLET; the caller holds the sale, and has seen to it that it may.
    Raises: SaleNotOpen, PaymentStillLive, DrawerNotOpen, DrawerUnclear, DrawerNeeded.
    Emits: SaleVoided, MoneyAfterClosing, CreditMoved.
    """
    rules.move(sale, SaleState.VOIDED)
    drawers.look_up(tx)  # the next read takes it along
    was_asked = await _stop_asking(tx, sale.id, even_if_paying=cancellation.even_if_paying)
    cash, released = await _give_money_back(tx, sale, cancellation.drawer_id)
    mpesa = sum((part.amount for part in released), ZERO)
    await stock.give_back(tx, sale.id, stock.MovementKind.SALE_VOIDED)
    to_credit = (await credit.reverse(tx, sale.id)).to_credit if sale.on_account else ZERO
    await wallet.refund_token(tx, sale.id)
    repository.update_voided(tx, sale.id)
    repository.insert_steps(tx, sale.id, [(sale.state, SaleState.VOIDED)])
    reason = cancellation.reason
    tx.emit(SaleVoided(sale.id, sale.number, reason, sale.total, cash, mpesa, was_asked, sale.on_account))
    after = replace(sale, state=SaleState.VOIDED, paid=ZERO, on_account=ZERO, voided_at=tx.now)
    return Voided(after, cash, released, sale.on_account - to_credit, to_credit)


async def _stop_asking(tx: Tx, sale_id: UUID, *, even_if_paying: bool) -> bool:
    """Withdraw what was not sent yet; whether a customer was being asked. Raises PaymentStillLive."""
    live = await payments.find_live(tx, sale_id)
    if live is not None and not even_if_paying:
        raise PaymentStillLive(payment_id=live.id, state=live.state)
    await payments.withdraw(tx, sale_id)
    return live is not None


async def _give_money_back(tx: Tx, sale: Sale, drawer_id: UUID | None) -> tuple[Decimal, tuple[SaleMoney, ...]]:
    """Return the cash of a sale that is undone, and let its M-Pesa money wait; returns both.

    Drawers count it, and what was on account too. The caller let a read take the drawers along.
    """
    released = tuple(await money.release(tx, sale.id))
    mpesa = sum((part.amount for part in released), ZERO)
    cash = sale.paid - mpesa
    if cash:
        drawer = await drawers.choose(tx, drawer_id, of_sale=sale.drawer_id)
        await payments.return_cash(tx, sale.id, cash, drawer)
    for tender, amount in ((Tender.MPESA, mpesa), (Tender.ACCOUNT, sale.on_account)):
        undone = Movement(tender, MovementKind.CANCELLED, amount, sale.id)
        await drawers.count_for_sale(tx, sale.drawer_id, undone)
    return cash, released


async def _count_money(tx: Tx, sale: Sale, amount: Decimal, *, on_account: Decimal = ZERO) -> Sale:
    completes = amount + on_account == sale.balance_due
    after = replace(
        sale,
        paid=sale.paid + amount,
        on_account=sale.on_account + on_account,
        state=rules.move(sale, SaleState.COMPLETED) if completes else sale.state,
        completed_at=tx.now if completes else None,
    )
    repository.update_money(tx, after)
    if on_account:
        tx.emit(SalePutOnAccount(sale.id, sale.on_account, after.on_account, sale.total))
    else:
        tx.emit(SalePaid(sale.id, sale.paid, after.paid, sale.total))
    if completes:
        repository.insert_steps(tx, sale.id, [(sale.state, SaleState.COMPLETED)])
        await wallet.charge_token(tx, sale.id)
        tx.emit(SaleCompleted(sale.id, sale.number, sale.total))
    return after


async def _lock(tx: Tx, sale_id: UUID) -> Sale:
    sale = await repository.lock_sale(tx, sale_id)
    if sale is None:
        raise SaleNotFound(sale_id=sale_id)
    return sale


async def _lock_open(tx: Tx, sale_id: UUID) -> Sale:
    sale = await _lock(tx, sale_id)
    if sale.state is not SaleState.OPEN:
        raise SaleNotOpen(sale_id=sale_id, state=sale.state)
    return sale
