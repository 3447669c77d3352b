"""Commands of claims."""

from uuid import UUID

from payme import money, receipts, sales, settlement
from payme.kit.db.transaction import Tx
from payme.messages import read_message
from payme.money import Claim, ClaimState, ReceiptNotClaimable, ReceiptTaken
from payme.sales import SaleNotOpen, SaleState


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
    await settlement.claim_money(tx, booked.id, sale_id)
    return await money.claim(tx, sale_id, said.receipt, said.amount, said.payer_name, said.paid_at, booked)
