"""Commands of receipt links: share a receipt, take it back, show it, send it."""

from uuid import UUID

from payme import customers, sales, sms
from payme.identity import digest, get_business, phone_number
from payme.kit.db.transaction import Tx
from payme.receipt_links import queries, repository, rules
from payme.receipt_links.errors import NoPhone, NothingBought, ReceiptGone
from payme.receipt_links.events import ReceiptLinksRevoked, ReceiptShared
from payme.receipt_links.models import LinkTarget, NewReceiptLink, ReceiptLink, Sharing
from payme.receipt_links.types import ADDRESS, LASTS
from payme.sales import Receipt, Sale, SaleState
from payme.sms import SmsDraft, SmsMessage, SmsPurpose


async def share_receipt(tx: Tx, sale_id: UUID, sharing: Sharing) -> NewReceiptLink:
    """Make an address at which whoever has it sees the receipt, for ``LASTS``.

    Locks: none. Raises: SaleNotFound, TooManyLinks. Emits: ReceiptShared.
    """
    await sales.get_sale(tx, sale_id)
    rules.may_share(await queries.list_links(tx, sale_id), tx.now)
    return _new_link(tx, sale_id, sharing)


def _new_link(tx: Tx, sale_id: UUID, sharing: Sharing) -> NewReceiptLink:
    link = ReceiptLink(tx.new_id(), sale_id, tx.now, tx.now + LASTS, None)
    token = rules.token_of(tx.new_secret())
    repository.insert_link(tx, link, digest(token))
    tx.emit(ReceiptShared(sale_id, link.id, link.expires_at.isoformat()))
    return NewReceiptLink(link, f"{sharing.public_url}{ADDRESS}{token}", token)


async def revoke_links(tx: Tx, sale_id: UUID) -> int:
    """Take back every address of a receipt; returns how many there were.

    Locks: none. Raises: SaleNotFound. Emits: ReceiptLinksRevoked where there were any.
    """
    await sales.get_sale(tx, sale_id)
    revoked = await repository.revoke_links(tx, sale_id)
    if revoked:
        tx.emit(ReceiptLinksRevoked(sale_id, revoked))
    return revoked


async def follow_link(tx: Tx, token: str) -> LinkTarget:
    """Return where an address leads; it may have ended.

    Locks: none. Raises: ReceiptGone. Emits: nothing.
    """
    target = await queries.find_target(tx, digest(token))
    if target is None:
        raise ReceiptGone
    return target


async def show_receipt(tx: Tx, link_id: UUID) -> Receipt:
    """Return the receipt of an address that was followed.

    Locks: none. Raises: ReceiptGone. Emits: nothing.
    """
    link = rules.good(await queries.find_link(tx, link_id), tx.now)
    return await sales.get_receipt(tx, link.sale_id)


async def send_receipt(tx: Tx, sale_id: UUID, phone: str | None, sharing: Sharing) -> SmsMessage:
    """Send the total of a sale and the address of its receipt, to a number or to the customer whom the sale names.

    Locks: CUSTOMER, SMS. Raises: SaleNotFound, NothingBought, InvalidPhone, NoPhone, TooManyReceipts, TooManyLinks,
    SecretKeysMissing. Emits: ReceiptShared, SmsQueued.
    """
    sale = await sales.get_sale(tx, sale_id)
    if sale.state in {SaleState.CANCELLED, SaleState.VOIDED}:
        raise NothingBought(sale_id, sale.state)
    customer_id, own_phone = await _buyer(tx, sale)
    number = phone_number(phone) or own_phone
    if number is None:
        raise NoPhone(sale_id)
    await sms.may_send_receipt(tx, sale_id, number)
    wish = (await sms.preferences_of(tx, [customer_id])).get(customer_id) if customer_id else None
    language = sms.language_of(wish, await sms.get_language(tx))
    rules.may_share(await queries.list_links(tx, sale_id), tx.now)
    new = _new_link(tx, sale_id, sharing)
    shop = await get_business(tx)
    text = sms.receipt_text(language, shop.name, sale.number, sale.total, new.address)
    draft = SmsDraft(SmsPurpose.RECEIPT, language, number, text, customer_id, sale_id, new.token)
    message = await sms.queue_message(tx, draft, sharing.keys)
    assert message is not None, "only a reminder can be one too many"  # noqa: S101
    return message


async def _buyer(tx: Tx, sale: Sale) -> tuple[UUID | None, str | None]:
    """Return the living customer whom a sale names, with the number; None for nobody, and for who was erased."""
    if sale.customer_id is None:
        return None, None
    ids = await customers.ids_of_person(tx, sale.customer_id)
    person = await customers.hold_customers(tx, ids)  # held, so that nobody erases the number while it is written
    customer = next(one for one in person.values() if one.merged_into is None)
    return (None, None) if customer.erased_at is not None else (customer.id, customer.phone)
