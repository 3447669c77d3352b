"""Commands of claims."""

from uuid import UUID

from payme import money, payments, receipts, repayments, sales
from payme.claims.models import Claimed, DebtMove
from payme.credit import Repaid
from payme.kit.db.transaction import Tx
from payme.kit.money import ZERO
from payme.messages import read_message
from payme.money import Claim, ClaimState, MoneyClaimed, Purpose, ReceiptNotClaimable, ReceiptTaken, Share
from payme.sales import SaleNotOpen, SaleState
from payme.settlement import Overpaid


async def paste_message(tx: Tx, sale_id: UUID, text: str) -> Claim:
    """Say that an open sale was paid, by the message that the customer shows.

    Where Safaricom has told of the receipt the money is claimed at once; else the claim is unverified, which is no
    money, until Safaricom tells. Locks: RECEIPT, MONEY_IN, SALE, WALLET. Raises: MessageNotUnderstood, SaleNotFound,
    SaleNotOpen, ReceiptTaken, ReceiptNotClaimable, MoneyOfPlatform.
    Emits: ReceiptClaimed, ClaimConfirmed, and what claim_money emits.
    """
    said = read_message(text)
    sale = await sales.get_sale(tx, sale_id)
    if sale.state is not SaleState.OPEN:
        raise SaleNotOpen(sale_id=sale_id, state=sale.state)
    await money.guard_receipt(tx, said.receipt)
    standing = await money.find_claim(tx, said.receipt)
    if standing is not None and standing.state is not ClaimState.DENIED:
        raise ReceiptTaken(receipt=said.receipt, sale_id=standing.sale_id)
    booked = await money.find_by_receipt(tx, said.receipt)
    if booked is None:
        if await money.is_known_elsewhere(tx, said.receipt):
            raise ReceiptNotClaimable(receipt=said.receipt)
        claim = await money.claim(tx, sale_id, said.receipt, said.amount, said.payer_name, said.paid_at, None)
        await receipts.ask_about(tx, claim)
        return claim
    taken = await money.sales_of(tx, booked.id)
    if taken:
        raise ReceiptTaken(receipt=said.receipt, sale_id=taken[0])
    await claim_money(tx, booked.id, sale_id)
    return await money.claim(tx, sale_id, said.receipt, said.amount, said.payer_name, said.paid_at, booked)


async def claim_for_debts(tx: Tx, money_in_id: UUID, customer_id: UUID, sale_id: UUID | None) -> Repaid:
    """Say that money which waits is for what a customer owes; what no debt needs becomes customer credit.

    Locks: MONEY_IN, CREDIT_ACCOUNT. Raises: MoneyNotFound, MoneyOfPlatform, MoneyClaimed, CreditAccountUnknown,
    DebtUnknown. Emits: MoneyAllocated, MoneySettled, CreditMoved.
    """
    booking = await money.hold(tx, money_in_id)
    await payments.require_own_money(tx, money_in_id)
    if booking.loose == ZERO:
        raise MoneyClaimed(money_in_id=money_in_id, sale_ids=await money.sales_of(tx, money_in_id))
    repaid = await repayments.repay_with(tx, customer_id, booking.loose, money_in_id, sale_id)
    await money.allocate(tx, booking, [Share(Purpose.CREDIT, None, booking.loose)])
    return repaid


async def move_to_debts(tx: Tx, money_in_id: UUID, move: DebtMove) -> Repaid:
    """Give unallocated or overpaid money, all or a part, to what a customer owes, and keep why.

    What no debt needs becomes customer credit. Locks: MONEY_IN, CREDIT_ACCOUNT. Raises: MoneyNotFound,
    MoneyOfPlatform, MoneyShort, CreditAccountUnknown, DebtUnknown.
    Emits: MoneyAllocated, MoneyMoved, MoneySettled, CreditMoved.
    """
    await money.hold(tx, money_in_id)
    await payments.require_own_money(tx, money_in_id)
    await money.move(tx, money_in_id, Share(Purpose.CREDIT, None, move.amount), move.reason)
    return await repayments.repay_with(tx, move.customer_id, move.amount, money_in_id, move.sale_id)


async def claim_money(tx: Tx, money_in_id: UUID, sale_id: UUID) -> Claimed:
    """Say that money which waits is for an open sale; each shilling is claimed once.

    Locks: MONEY_IN, SALE, WALLET. Raises: MoneyNotFound, MoneyOfPlatform, MoneyClaimed, SaleNotFound,
    SaleNotOpen. Emits: MoneyAllocated, SalePaid, SaleCompleted, Overpaid.
    """
    booking = await money.hold(tx, money_in_id)
    await payments.require_own_money(tx, money_in_id)
    if booking.loose == ZERO:
        raise MoneyClaimed(money_in_id=money_in_id, sale_ids=await money.sales_of(tx, money_in_id))
    received = await sales.receive_money(tx, sale_id, booking.loose)
    if received.applied == ZERO:
        raise SaleNotOpen(sale_id=sale_id, state=received.sale_state)
    shares = money.share_out(booking.loose, received.applied, sale_id, sale_is_terminal=False)
    await money.allocate(tx, booking, shares)
    if booking.loose > received.applied:
        tx.emit(Overpaid(money_in_id, sale_id, booking.loose - received.applied))
    return Claimed(money_in_id, sale_id, booking.loose, received.applied, received.sale_state)
