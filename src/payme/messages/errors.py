"""What cannot be read."""

from dataclasses import dataclass

from payme.kit.errors import Invalid


class UnreadableNotice(ValueError):
    """A body is not what it should be; the message says what is missing, and never what was there."""


@dataclass(eq=False)
class MessageNotUnderstood(Invalid):
    """The text is no M-PESA message about a payment."""

    code = "message_not_understood"
    title = "This is not a message about an M-PESA payment."
    advice = "Copy the whole message of M-PESA, from the receipt number to its end, and paste it again."
    missing: str
