"""Commands of customers: add, change, merge, erase."""

from collections.abc import Collection
from uuid import UUID

from payme import sms
from payme.customers import queries, repository, rules
from payme.customers.errors import CustomerPhoneTaken
from payme.customers.events import CustomerAdded, CustomerChanged, CustomersMerged, PersonErased
from payme.customers.models import Customer
from payme.customers.types import CustomerChange, CustomerDraft, CustomerState
from payme.kit.db.transaction import Tx


async def add_customer(tx: Tx, draft: CustomerDraft) -> Customer:
    """Add a customer; a number is one customer's.

    Locks: none. Raises: InvalidPhone, CustomerPhoneTaken. Emits: CustomerAdded.
    """
    customer = rules.customer(draft, tx.new_id(), tx.now)
    if not await repository.insert_customer(tx, customer):
        raise CustomerPhoneTaken(await repository.holder_of(tx, customer.phone))
    repository.keep_words(tx, customer.id, rules.words_of(customer))
    tx.emit(CustomerAdded(customer.id))
    return customer


async def change_customer(tx: Tx, customer_id: UUID, change: CustomerChange) -> Customer:
    """Change what is known of a customer.

    Locks: CUSTOMER. Raises: CustomerUnknown, CustomerMerged, CustomerErased, InvalidPhone, OtherPhoneUnknown,
    CustomerPhoneTaken. Emits: CustomerChanged where something differs.
    """
    before = rules.living(await _lock(tx, [customer_id]), customer_id)
    changed = rules.change(before, change, tx.now)
    if not changed.fields:
        return before
    after = changed.customer
    if "phone" in changed.fields:
        holder = await repository.holder_of(tx, after.phone)
        if holder not in {None, customer_id}:
            raise CustomerPhoneTaken(holder)
    repository.drop_other_phones(tx, customer_id, changed.dropped_phones)
    await repository.update_customer(tx, after)
    repository.keep_words(tx, customer_id, rules.words_of(after, await queries.list_merged(tx, [customer_id])))
    tx.emit(CustomerChanged(customer_id, changed.fields))
    return after


async def merge_customers(tx: Tx, survivor_id: UUID, duplicate_id: UUID) -> Customer:
    """Make one of two customers that are one person, for good; a second time does nothing.

    Sales keep the customer they named. All that led to the duplicate leads to the one that stays.
    Who wanted no reminders under one of the names gets none.
    Locks: CUSTOMER. Raises: SameCustomer, CustomerUnknown, CustomerMerged, CustomerErased, MergedTooLarge.
    Emits: CustomersMerged, SmsPreferenceChanged, SmsEnded.
    """
    locked = await _lock(tx, [survivor_id, duplicate_id])
    duplicate = locked.get(duplicate_id)
    if duplicate is not None and duplicate.merged_into == survivor_id:
        return rules.living(locked, survivor_id)
    others = await queries.list_merged(tx, [survivor_id, duplicate_id])
    changed = rules.merge(locked, survivor_id, duplicate_id, others, tx.now)
    after = changed.customer
    repository.point_to(tx, survivor_id, duplicate_id, without=after.phone)
    await repository.update_customer(tx, after)
    repository.keep_words(tx, duplicate_id, [])
    repository.keep_words(tx, survivor_id, rules.words_of(after, [*others, locked[duplicate_id]]))
    await sms.join_preferences(tx, survivor_id, [duplicate_id, *(other.id for other in others)])
    tx.emit(CustomersMerged(survivor_id, duplicate_id, changed.fields))
    return await queries.get_customer(tx, survivor_id)


async def erase_customer(tx: Tx, customer_id: UUID) -> Customer:
    """Forget a person, for good: name, numbers, note and tags, also of all that was merged; a second time does nothing.

    The row stays without them, because books name it. Who must not be forgotten yet is decided by whoever calls.
    What was sent to the person loses number and text, and what waits is not sent.
    Locks: CUSTOMER. Raises: CustomerUnknown, CustomerMerged. Emits: PersonErased, SmsEnded.
    """
    locked = await _lock(tx, [customer_id])
    if customer_id in locked and locked[customer_id].state is CustomerState.ERASED:
        return locked[customer_id]
    person = [rules.living(locked, customer_id), *await queries.list_merged(tx, [customer_id])]
    phones = {phone for one in person for phone in (one.phone, *one.other_phones) if phone}
    await sms.forget_person(tx, [one.id for one in person], phones)
    repository.erase_customer(tx, customer_id)
    repository.keep_words(tx, customer_id, [])
    tx.emit(PersonErased(customer_id))
    return await queries.get_customer(tx, customer_id)


async def hold_customers(tx: Tx, customer_ids: Collection[UUID]) -> dict[UUID, Customer]:
    """Return customers of this business among the ids; nobody else changes them until the transaction ends.

    Locks: CUSTOMER. Raises: nothing. Emits: nothing.
    """
    return await _lock(tx, customer_ids)


async def _lock(tx: Tx, customer_ids: Collection[UUID]) -> dict[UUID, Customer]:
    # Locked first and read then: what was merged into them while we waited is seen too.
    await repository.lock_customers(tx, customer_ids)
    return await queries.customers_by_id(tx, customer_ids)
