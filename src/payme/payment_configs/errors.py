"""What payment configs refuses."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.errors import Conflict, Invalid, NotFound
from payme.payment_configs.types import Environment


@dataclass(eq=False)
class PaymentConfigNotFound(NotFound):
    """No such payment config in this business."""

    code = "payment_config_not_found"
    title = "There is no such payment config."
    advice = "List the payment configs of the business."
    payment_config_id: UUID


class PaymentConfigMissing(Conflict):
    """The business has not said where its customers pay."""

    code = "payment_config_missing"
    title = "This shop has no paybill or till set up, so nobody can be asked by M-Pesa."
    advice = "Take cash; the owner can set up the paybill or till in the M-Pesa settings."


@dataclass(eq=False)
class NumberTaken(Conflict):
    """The paybill or till is set up already, here or in another business."""

    code = "number_taken"
    title = "This paybill or till number is in use already."
    advice = "If it is yours here, change its payment config; otherwise check the number, or tell support."
    number: str


class PaymentConfigsBusy(Conflict):
    """Two people set up where customers pay at the same moment."""

    code = "payment_configs_busy"
    title = "Somebody else changed the M-Pesa settings at the same moment."
    advice = "Look at the settings again, then repeat what is still needed."


@dataclass(eq=False)
class TooManyPaymentConfigs(Conflict):
    """The list of a business's payment configs stays short."""

    code = "too_many_payment_configs"
    title = "This business has as many payment configs as one may have."
    advice = "Activate one of those that are there, and change its credentials if need be."
    most: int


@dataclass(eq=False)
class EnvironmentNotOffered(Invalid):
    """This installation does not speak with that M-Pesa."""

    code = "environment_not_offered"
    title = "This server does not collect in that M-Pesa environment."
    advice = "Choose production for real money, or sandbox to try."
    environment: Environment


class TillNumberWrong(Invalid):
    """A till needs its own number beside the store's, a paybill has none."""

    code = "till_number_wrong"
    title = "A till has a till number besides its store number; a paybill has only its own."
    advice = "For a till give both numbers; for a paybill leave the till number out."


class InitiatorIncomplete(Invalid):
    """An initiator is a name and its security credential."""

    code = "initiator_incomplete"
    title = "The initiator's name and its security credential belong together."
    advice = "Give both, or neither."
