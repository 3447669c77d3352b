"""What webhooks take and show."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from payme.http.fields import In, Note, Out
from payme.webhooks.models import Endpoint, EndpointChange, EndpointDraft, Message, MessageView, NewEndpoint, Try
from payme.webhooks.types import CHOSEN, URL_MAX, EndpointState, EventType, MessageState

_SALE = "019ac0de-0000-7000-8000-000000000011"
_PAYMENT = "019ac0de-0000-7000-8000-000000000012"
_RETURN = "019ac0de-0000-7000-8000-000000000015"
_MONEY = "019ac0de-0000-7000-8000-000000000013"
_ACCOUNT = "019ac0de-0000-7000-8000-000000000016"
_REPAYMENT = "019ac0de-0000-7000-8000-000000000017"
_OF_SALE: dict[str, str | int] = {"sale_id": _SALE, "number": 42, "total": "300.00"}
_OF_PAYMENT: dict[str, str | int] = {"payment_id": _PAYMENT, "sale_id": _SALE, "method": "mpesa"}

_OF_ISSUE: dict[str, str | int] = {
    "issue_id": "019ac0de-0000-7000-8000-000000000018",
    "kind": "late_money",
    "severity": "high",
    "subject_id": "019ac0de-0000-7000-8000-000000000019",
    "opened_at": "2026-11-22T10:30:00+00:00",
}
EXAMPLES: dict[EventType, tuple[str, dict[str, str | int]]] = {
    EventType.SALE_OPENED: ("A sale was rung up.", _OF_SALE),
    EventType.SALE_COMPLETED: ("Money equals the total of a sale.", _OF_SALE),
    EventType.SALE_CANCELLED: (
        "An open sale was undone; cash went back, and M-Pesa money waits for a person.",
        {"sale_id": _SALE, "number": 42, "cash_returned": "0.00", "mpesa_released": "0.00"},
    ),
    EventType.SALE_RETURNED: (
        "Goods of a completed sale came back; `amount` is what they were sold for.",
        {"sale_id": _SALE, "number": 42, "return_id": _RETURN, "amount": "150.00", "state": "partly_returned"},
    ),
    EventType.SALE_VOIDED: (
        "A completed sale was undone; cash went back, and of M-Pesa money a refund was asked for.",
        {"sale_id": _SALE, "number": 42, "cash_returned": "300.00", "mpesa_released": "0.00"},
    ),
    EventType.DEBT_OPENED: (
        "What was left of a sale was sold on credit.",
        {
            "credit_account_id": _ACCOUNT,
            "sale_id": _SALE,
            "amount": "250.00",
            "balance_due": "400.00",
        },
    ),
    EventType.DEBT_REPAID: (
        "Money came for what a customer owes, in cash or by M-Pesa.",
        {
            "credit_account_id": _ACCOUNT,
            "credit_payment_id": _REPAYMENT,
            "to_customer_credit": "0.00",
            "amount": "150.00",
            "balance_due": "250.00",
        },
    ),
    EventType.PAYMENT_REQUESTED: (
        "A customer is to be asked on the phone.",
        {**_OF_PAYMENT, "amount": "300.00", "account_reference": "7QX2M4K9T1ZB"},
    ),
    EventType.PAYMENT_SUCCEEDED: (
        "Money came. Cash has no receipt of M-Pesa.",
        {**_OF_PAYMENT, "amount": "300.00", "receipt": "UKL7A2B9XC"},
    ),
    EventType.PAYMENT_FAILED: ("The customer did not pay. Money may still come: then it succeeded.", _OF_PAYMENT),
    EventType.PAYMENT_EXPIRED: ("It is not known whether the customer paid.", _OF_PAYMENT),
    EventType.MONEY_RECEIVED: (
        "A receipt of M-Pesa was booked, by prompt or paid by hand.",
        {"money_in_id": _MONEY, "receipt": "UKL7A2B9XC", "amount": "300.00", "shortcode": "174379"},
    ),
    EventType.MONEY_LATE: (
        "Money came for a sale that was cancelled, voided or returned whole meanwhile.",
        {"money_in_id": _MONEY, "sale_id": _SALE, "amount": "300.00"},
    ),
    EventType.MONEY_OVERPAID: (
        "More money came than a sale needed.",
        {"money_in_id": _MONEY, "sale_id": _SALE, "amount": "20.00"},
    ),
    EventType.ISSUE_OPENED: ("A person must look at something: late money, a difference, broken books.", _OF_ISSUE),
    EventType.ISSUE_RESOLVED: (
        "An issue was closed by a person, or by itself.",
        {**_OF_ISSUE, "state": "resolved"},
    ),
    EventType.TEST: ("Somebody tries the endpoint.", {"endpoint_id": "019ac0de-0000-7000-8000-000000000014"}),
}
"""What each type means, and the ``data`` of an example; ``business_id`` is in every one."""

EventTypes = Annotated[
    tuple[EventType, ...],
    Field(min_length=1, max_length=len(CHOSEN), description="What to tell; see the webhooks of this description."),
]


class EndpointIn(In):
    """An endpoint to be registered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://books.example/payme", "event_types": ["sale.completed", "payment.succeeded"]}]
        }
    )
    url: Annotated[str, StringConstraints(min_length=8, max_length=URL_MAX)]
    event_types: EventTypes
    note: Note = ""

    def to_draft(self) -> EndpointDraft:
        """Return what the service takes."""
        return EndpointDraft(self.url, self.note, tuple(dict.fromkeys(self.event_types)))


class EndpointChangeIn(In):
    """What shall change."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "paused"}]})
    event_types: EventTypes | None = None
    note: Note | None = None
    state: Literal[EndpointState.ACTIVE, EndpointState.PAUSED] | None = None

    def to_change(self) -> EndpointChange:
        """Return what the service takes."""
        types = None if self.event_types is None else tuple(dict.fromkeys(self.event_types))
        return EndpointChange(self.note, types, None if self.state is None else EndpointState(self.state))


class ReplayIn(In):
    """What shall be sent again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"since": "2026-11-22T06:00:00Z"}]})
    since: AwareDatetime
    only_failed: bool = Field(default=True, description="False sends what was delivered again, too.")


class EndpointOut(Out):
    """Where a business wants to be told."""

    id: UUID
    url: str
    note: str
    event_types: list[str]
    state: EndpointState
    old_until: datetime | None = Field(description="Until then messages are signed with the secret before, too.")
    failing_since: datetime | None = Field(description="Since then nothing was delivered.")
    held_until: datetime | None = Field(description="The receiver asked to be spared until then (Retry-After).")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, endpoint: Endpoint) -> Self:
        """Show an endpoint."""
        return cls.model_validate(endpoint, from_attributes=True)


class EndpointsOut(Out):
    """All endpoints."""

    items: list[EndpointOut]

    @classmethod
    def of(cls, endpoints: list[Endpoint]) -> Self:
        """Show the endpoints."""
        return cls(items=[EndpointOut.of(endpoint) for endpoint in endpoints])


class NewEndpointOut(EndpointOut):
    """An endpoint with its secret, which is shown this once."""

    secret: str = Field(repr=False, description="Keep it: it is not shown again.", examples=["whsec_…"])

    @classmethod
    def of_new(cls, new: NewEndpoint) -> Self:
        """Show an endpoint and its secret."""
        return cls(**dict(EndpointOut.of(new.endpoint)), secret=new.secret)


class MessageOut(Out):
    """One piece of news for one endpoint."""

    id: UUID
    type: str
    state: MessageState
    tries: int
    due_at: datetime = Field(description="When it is tried next, while it waits.")
    payload: str = Field(description="The body, as it is signed and sent.")
    created_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, message: Message) -> Self:
        """Show a message."""
        return cls.model_validate(message, from_attributes=True)


class TryOut(Out):
    """One attempt to deliver."""

    at: datetime
    duration_ms: int
    status: int | None
    error: str
    body: str = Field(description="The beginning of what the receiver answered.")

    @classmethod
    def of(cls, one: Try) -> Self:
        """Show a try."""
        return cls.model_validate(one, from_attributes=True)


class MessageViewOut(MessageOut):
    """A message with its tries."""

    attempts: list[TryOut]

    @classmethod
    def of_view(cls, view: MessageView) -> Self:
        """Show a message and its tries."""
        return cls(**dict(MessageOut.of(view.message)), attempts=[TryOut.of(one) for one in view.tries])


class ReplayedOut(Out):
    """How many messages are sent again."""

    messages: int

    @classmethod
    def of(cls, messages: int) -> Self:
        """Show the number."""
        return cls(messages=messages)


def webhook_descriptions() -> dict[str, Any]:
    """Return the ``webhooks`` of the OpenAPI description: what we send to an endpoint."""
    return {kind.value: {"post": _operation(kind, *EXAMPLES[kind])} for kind in EventType}


def _operation(kind: EventType, summary: str, data: dict[str, str | int]) -> dict[str, Any]:
    headers = {
        "webhook-id": "The same for every try and replay of a message.",
        "webhook-timestamp": "When this try was signed, in seconds since 1970.",
        "webhook-signature": "`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; several with spaces between.",
    }
    example = {
        "type": kind.value,
        "timestamp": "2026-11-22T10:30:00+00:00",
        "data": {"business_id": "019ac0de-0000-7000-8000-000000000001", **data},
    }
    schema = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": kind.value},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {"type": "object", "additionalProperties": True},
        },
    }
    return {
        "summary": summary,
        "operationId": kind.value.replace(".", "_"),
        "tags": ["webhooks"],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": meaning, "schema": {"type": "string"}}
            for name, meaning in headers.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}},
        "responses": {"2XX": {"description": "Taken. Anything else, and it is sent again."}},
    }
