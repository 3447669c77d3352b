"""Routes of reminders."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from payme.customers import CustomerErased, CustomerUnknown
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.reminders import queries, services
from payme.reminders.errors import RemindersOff
from payme.reminders.schemas import (
    PreviewOut,
    RemindedOut,
    ReminderSettingsIn,
    ReminderSettingsOut,
    SmsPreferenceIn,
    SmsPreferenceOut,
)
from payme.sms import SmsPrice

settings = APIRouter(tags=["messages"])
reminders = APIRouter(tags=["messages"])
of_customer = APIRouter(tags=["customers"])
Reading = Annotated[Transact, needs("reminders.read")]


async def _price(request: Request) -> SmsPrice:
    price: SmsPrice = request.app.state.sms_price
    return price


@settings.get("", response_model=ReminderSettingsOut)
async def get_reminder_settings(transact: Reading) -> Response:
    """Read whether and how customers are reminded."""
    return await transact(queries.get_settings, reply=ReminderSettingsOut.of)


@settings.put("", response_model=ReminderSettingsOut)
async def change_reminder_settings(
    transact: Annotated[Transact, needs("reminders.change")], body: ReminderSettingsIn
) -> Response:
    """Turn reminders on or off, and choose how many days ahead and in which language."""
    return await transact(services.change_settings, body.to_settings(), reply=ReminderSettingsOut.of)


@reminders.get("/preview", response_model=PreviewOut)
async def preview_reminders(transact: Reading, price: Annotated[SmsPrice, Depends(_price)]) -> Response:
    """Look who would be reminded of what now, and what it would cost; nothing is sent."""
    return await transact(services.preview, price, reply=PreviewOut.of)


@reminders.post("", status_code=202, response_model=RemindedOut, responses=problems(RemindersOff))
async def remind_customers(transact: Annotated[Transact, needs("reminders.send")]) -> Response:
    """Remind customers now instead of waiting for the day's round; nobody is reminded twice in a week."""
    return await transact(services.remind_now, reply=RemindedOut.of, status=202)


@of_customer.get(
    "/{customer_id}/sms-preference",
    response_model=SmsPreferenceOut,
    responses=problems(CustomerUnknown, CustomerErased),
)
async def get_sms_preference(transact: Annotated[Transact, needs("customers.read")], customer_id: UUID) -> Response:
    """Read whether a customer wants reminders, and in which language messages."""
    return await transact(services.get_preference, customer_id, reply=SmsPreferenceOut.of)


@of_customer.put(
    "/{customer_id}/sms-preference",
    response_model=SmsPreferenceOut,
    responses=problems(CustomerUnknown, CustomerErased),
)
async def set_sms_preference(
    transact: Annotated[Transact, needs("customers.change")], customer_id: UUID, body: SmsPreferenceIn
) -> Response:
    """Write whether a customer wants reminders, and in which language messages; reminders that wait are taken back."""
    return await transact(
        services.set_preference, customer_id, body.language, body.reminders, reply=SmsPreferenceOut.of
    )
