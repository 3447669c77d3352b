"""Messages: what M-PESA says of money, read. Pure; knows no other room."""

from payme.messages.errors import MessageNotUnderstood, UnreadableNotice
from payme.messages.rules import payment_code, read_message, read_notice, read_result, receipt_number
from payme.messages.types import ApiResult, C2bNotice, MessageKind, PhoneMessage

__all__ = [
    "ApiResult",
    "C2bNotice",
    "MessageKind",
    "MessageNotUnderstood",
    "PhoneMessage",
    "UnreadableNotice",
    "payment_code",
    "read_message",
    "read_notice",
    "read_result",
    "receipt_number",
]
