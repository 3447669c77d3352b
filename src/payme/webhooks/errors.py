"""What webhooks refuse."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class EndpointNotFound(NotFound):
    """No such endpoint in this business."""

    code = "webhook_endpoint_not_found"
    title = "There is no such webhook endpoint."
    advice = "List the endpoints of the business."
    endpoint_id: UUID


@dataclass(eq=False)
class MessageNotFound(NotFound):
    """No such message for this endpoint, or it is older than is kept."""

    code = "webhook_message_not_found"
    title = "There is no such message."
    advice = "List the messages of the endpoint; they are kept for 30 days."
    message_id: UUID


@dataclass(eq=False)
class AddressRefused(Invalid):
    """An address that we do not send to: not https, or a network of our own."""

    code = "webhook_address_refused"
    title = "Messages cannot be sent to this address."
    advice = "Give an https address that the public internet can reach."
    reason: str


@dataclass(eq=False)
class EndpointExists(Conflict):
    """The address is registered already."""

    code = "webhook_endpoint_exists"
    title = "This address is registered already."
    advice = "Change the endpoint that is there; for a new secret rotate it."
    url: str


@dataclass(eq=False)
class TooManyEndpoints(Conflict):
    """The list of a business's endpoints stays short."""

    code = "too_many_webhook_endpoints"
    title = "This business has as many webhook endpoints as one may have."
    advice = "Remove one that is not needed."
    limit: int


@dataclass(eq=False)
class EndpointNotMovable(Conflict):
    """The endpoint is in a state from which it cannot be moved there."""

    code = "webhook_endpoint_not_movable"
    title = "The endpoint cannot be changed like this now."
    advice = "Look at its state again."
    endpoint_id: UUID
    state: str
    wanted: str
