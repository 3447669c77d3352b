"""Facts of alerts; the subject is the business. They never hold an address or a number: audit is for ever."""

from dataclasses import dataclass

from payme.kit.events import Event


@dataclass(frozen=True)
class AlertSettingsChanged(Event):
    """Other people are told, or of other things."""

    email_at_least: str | None
    emails: int
    sms_at_least: str | None
    phones: int
    sms_at_night: bool
    an_hour: int
