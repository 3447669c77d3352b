"""Decisions of reminders: who is told what."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from payme.credit import DueAccount
from payme.customers import Customer
from payme.reminders.errors import RemindersOff
from payme.reminders.models import Plan, Reminder, ReminderSettings, Shop, Skipped
from payme.sms import Language, SmsPreference, SmsPurpose, language_of, reminder_text, segments


def plan(
    dues: Mapping[SmsPurpose, Sequence[DueAccount]],
    people: Mapping[UUID, Customer],
    wishes: Mapping[UUID, SmsPreference],
    lately: Collection[UUID],
    shop: Shop,
) -> Plan:
    """Decide who of those with debts is reminded of what; who was erased or merged is neither reminded nor counted."""
    reminders = []
    skipped = Skipped()
    for purpose, some in dues.items():
        for due in some:
            person, wish = people[due.customer_id], wishes.get(due.customer_id)
            if person.name is None or person.merged_into is not None:
                continue  # merged since the debts were read: the next round finds who stayed
            if person.id in lately:
                skipped += Skipped(reminded_lately=1)
            elif wish is not None and wish.opted_out_at is not None:
                skipped += Skipped(opted_out=1)
            elif person.phone is None:
                skipped += Skipped(no_phone=1)
            else:
                reminders.append(
                    _reminder(purpose, due, person.name, person.phone, language_of(wish, shop.language), shop)
                )
    return Plan(tuple(reminders), skipped)


def _reminder(purpose: SmsPurpose, due: DueAccount, name: str, phone: str, language: Language, shop: Shop) -> Reminder:
    text = reminder_text(purpose, language, shop.name, shop.phone, due.amount, due.first_due_on)
    return Reminder(due.customer_id, name, phone, purpose, language, due.amount, due.first_due_on, text, segments(text))


def must_be_on(settings: ReminderSettings) -> None:
    """Raise RemindersOff where the shop reminds nobody."""
    if not settings.enabled:
        raise RemindersOff
