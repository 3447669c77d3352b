"""Facts of identity. Those of a business stand in its audit; those of a person alone are logged."""

from dataclasses import dataclass
from uuid import UUID

from payme.identity.types import Role
from payme.kit.events import Event


@dataclass(frozen=True)
class BusinessOpened(Event):
    """A business opened; the subject is the business."""

    name: str
    phone: str | None
    owner_user_id: UUID


@dataclass(frozen=True)
class BusinessChanged(Event):
    """A business has another name or telephone number; the subject is the business."""

    name_before: str
    name_after: str
    phone_before: str | None
    phone_after: str | None


@dataclass(frozen=True)
class MemberInvited(Event):
    """A link was made; the subject is the invitation."""

    role: Role


@dataclass(frozen=True)
class InvitationWithdrawn(Event):
    """A link was taken back; the subject is the invitation."""

    role: Role


@dataclass(frozen=True)
class MemberJoined(Event):
    """Somebody accepted an invitation; the subject is the member."""

    invitation_id: UUID
    joined_user_id: UUID
    role: Role


@dataclass(frozen=True)
class RoleChanged(Event):
    """A member has another role; the subject is the member."""

    role_before: Role
    role_after: Role


@dataclass(frozen=True)
class MemberRemoved(Event):
    """A member may no longer enter; the subject is the member."""

    removed_user_id: UUID
    role: Role
