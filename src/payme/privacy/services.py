"""Commands of privacy: hand over, and forget."""

from uuid import UUID

from payme import credit, customers, sales, sms
from payme.customers import Customer
from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.privacy import queries
from payme.privacy.events import CustomerExported
from payme.privacy.models import LEDGER_MAX, Held
from payme.sales import SaleFilter


async def export_customer(tx: Tx, customer_id: UUID, after: After | None, limit: int) -> Held:
    """Read everything the shop holds about a person, of up to ``limit`` sales; that it was read is recorded.

    Whichever id of the person is asked for.
    Locks: none. Raises: CustomerUnknown. Emits: CustomerExported.
    """
    customer = await customers.get_customer(tx, customer_id)
    if customer.merged_into is not None:
        customer = await customers.get_customer(tx, customer.merged_into)
    merged = await customers.list_merged(tx, [customer.id])
    totals = await sales.get_customer_totals(tx, customer_id)
    bought = await sales.list_sales(tx, SaleFilter(customer_id=customer_id), after, limit)
    sale_ids = [sale.id for sale in bought]
    ids = [customer.id, *(other.id for other in merged)]
    phones = [phone for one in (customer, *merged) for phone in (one.phone, *one.other_phones) if phone]
    account = await credit.find_account(tx, customer.id)
    held = Held(
        customer=customer,
        merged=merged,
        totals=totals,
        sales=bought,
        items=await sales.list_items(tx, sale_ids),
        payments=await queries.list_payments_of(tx, sale_ids),
        receipts=await queries.list_receipts_of(tx, sale_ids),
        claims=await queries.list_claims_of(tx, sale_ids),
        messages=await sms.list_held(tx, ids, phones),
        wish=(await sms.preferences_of(tx, [customer.id])).get(customer.id),
        account=account,
        ledger=await credit.list_entries(tx, account.id, None, None, None, LEDGER_MAX) if account else [],
        repayments=await credit.list_payments(tx, account.id, None, LEDGER_MAX) if account else [],
        exported_at=tx.now,
    )
    tx.emit(CustomerExported(customer.id, len(bought)))
    return held


async def erase_customer(tx: Tx, customer_id: UUID) -> Customer:
    """Forget a person who asks for it; the books stay, and name an id that nobody is behind.

    What forbids it is asked here, because only this floor knows every room with books of a person: nobody is forgotten
    who owes money, or to whom the shop owes some. Locks: CUSTOMER, CREDIT_ACCOUNT.
    Raises: CustomerUnknown, CustomerMerged, CreditAccountNotEmpty. Emits: PersonErased, CreditAccountChanged.
    """
    erased = await customers.erase_customer(tx, customer_id)
    await credit.close_for_erasure(tx, customer_id)
    return erased
