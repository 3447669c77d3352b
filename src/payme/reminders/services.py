"""Commands of reminders: choose how, look beforehand, remind, and heed what a customer wants."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from payme import credit, customers, sms
from payme.credit import DueAccount
from payme.customers import Customer
from payme.identity import get_business
from payme.kit.days import business_day
from payme.kit.db.transaction import Tx
from payme.reminders import queries, repository, rules
from payme.reminders.events import CustomersReminded, ReminderSettingsChanged
from payme.reminders.models import Plan, Preview, ReminderSettings, Round, Shop
from payme.reminders.types import AT_ONCE
from payme.sms import REMINDED_EVERY, Language, SmsDraft, SmsPreference, SmsPrice, SmsPurpose

Dues = Mapping[SmsPurpose, Sequence[DueAccount]]
"""Accounts with debts, by what their customers would be told."""


async def change_settings(tx: Tx, settings: ReminderSettings) -> ReminderSettings:
    """Turn reminders on or off, and choose when and in which language.

    Locks: none. Raises: nothing. Emits: ReminderSettingsChanged where something differs.
    """
    before = await queries.get_settings(tx)
    if before != settings:
        repository.keep_settings(tx, settings)
        await sms.set_language(tx, settings.language)
        event = ReminderSettingsChanged(
            tx.business_id, before.enabled, settings.enabled, settings.due_soon_days, settings.language
        )
        tx.emit(event)
    return settings


async def set_preference(tx: Tx, customer_id: UUID, language: Language | None, reminders: bool) -> SmsPreference:  # noqa: FBT001  a command's arguments stand in order
    """Write what a customer wants, whichever id of the person is named; what waits against it is withdrawn.

    Locks: CUSTOMER. Raises: CustomerUnknown, CustomerErased. Emits: SmsPreferenceChanged, SmsEnded.
    """
    living = await customers.get_named(tx, customer_id)
    await customers.hold_customers(tx, [living])
    living = await customers.get_named(tx, living)
    return await sms.set_preference(tx, await customers.ids_of_person(tx, living), living, language, reminders)


async def get_preference(tx: Tx, customer_id: UUID) -> SmsPreference:
    """Return what a customer wants: everything, in the shop's language, where nothing was said.

    Locks: none. Raises: CustomerUnknown, CustomerErased. Emits: nothing.
    """
    living = await customers.get_named(tx, customer_id)
    return (await sms.preferences_of(tx, [living])).get(living) or SmsPreference(living, None, None)


async def preview(tx: Tx, price: SmsPrice, at_once: int = AT_ONCE) -> Preview:
    """Say who would be reminded of what now, also where reminders are off; nothing is written.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    dues = await _due_now(tx, await queries.get_settings(tx), at_once)
    people = await customers.customers_by_id(tx, _ids(dues))
    plan = await _plan(tx, dues, people)
    cost = sms.estimated(sum(reminder.segments for reminder in plan.reminders), price)
    return Preview(plan, cost, is_whole=all(len(some) < at_once for some in dues.values()))


async def remind_now(tx: Tx) -> Round:
    """Write the reminders that the preview shows.

    Locks: CUSTOMER. Raises: RemindersOff. Emits: SmsQueued, CustomersReminded.
    """
    settings = await queries.get_settings(tx)
    rules.must_be_on(settings)
    return await _write(tx, await _due_now(tx, settings, AT_ONCE))


async def remind(tx: Tx, purpose: SmsPurpose, after_id: UUID | None, at_once: int = AT_ONCE) -> Round:
    """Write reminders for some of those who owe, from the account after ``after_id``; they leave when they may.

    Overdue goes before due soon: who was told of the one within a week is not told of the other.
    Locks: CUSTOMER. Raises: RemindersOff. Emits: SmsQueued, CustomersReminded.
    """
    settings = await queries.get_settings(tx)
    rules.must_be_on(settings)
    dues = await _due(tx, purpose, settings, after_id, at_once)
    done = await _write(tx, {purpose: dues})
    return replace(done, next_id=dues[-1].account_id if len(dues) == at_once else None)


async def _write(tx: Tx, dues: Dues) -> Round:
    # Held, so that nobody is erased, merged or opts out between what is read here and what is written.
    people = await customers.hold_customers(tx, _ids(dues))
    plan = await _plan(tx, dues, people)
    queued = 0
    for reminder in plan.reminders:
        draft = SmsDraft(reminder.purpose, reminder.language, reminder.phone, reminder.text, reminder.customer_id)
        queued += await sms.queue_message(tx, draft) is not None
    if queued:
        why = plan.skipped
        tx.emit(CustomersReminded(tx.business_id, queued, why.no_phone, why.opted_out, why.reminded_lately))
    return Round(queued, plan.skipped, None)


async def _due_now(tx: Tx, settings: ReminderSettings, at_once: int) -> Dues:
    overdue = await _due(tx, SmsPurpose.OVERDUE, settings, None, at_once)
    soon = await _due(tx, SmsPurpose.DUE_SOON, settings, None, at_once)
    told = {due.customer_id for due in overdue}
    return {SmsPurpose.OVERDUE: overdue, SmsPurpose.DUE_SOON: [due for due in soon if due.customer_id not in told]}


async def _due(
    tx: Tx, purpose: SmsPurpose, settings: ReminderSettings, after_id: UUID | None, at_once: int
) -> list[DueAccount]:
    today = business_day(tx.now)
    if purpose is SmsPurpose.OVERDUE:
        return await credit.list_overdue(tx, today, after_id, at_once)
    if not settings.due_soon_days:
        return []
    return await credit.list_due_soon(tx, today, settings.due_soon_days, after_id, at_once)


def _ids(dues: Dues) -> list[UUID]:
    return [due.customer_id for some in dues.values() for due in some]


async def _plan(tx: Tx, dues: Dues, people: dict[UUID, Customer]) -> Plan:
    business = await get_business(tx)
    shop = Shop(business.name, business.phone, await sms.get_language(tx))
    wishes = await sms.preferences_of(tx, people)
    lately = await sms.reminded_since(tx, people, tx.now - REMINDED_EVERY)
    return rules.plan(dues, people, wishes, lately, shop)
