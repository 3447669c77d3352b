"""Rows of identity."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from payme.identity.types import Role


@dataclass(frozen=True, slots=True)
class User:
    """A person with a sign-in."""

    id: UUID
    email: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class UserDraft:
    """A person who signs up; the password is hashed already."""

    email: str
    name: str
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Login:
    """What sign-in compares with."""

    user_id: UUID
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnLogin:
    """What one's own password is compared with, when it is asked for again."""

    email: str
    user_id: UUID
    password_hash: str = field(repr=False)

    @property
    def login(self) -> Login:
        """The same as at the sign-in."""
        return Login(self.user_id, self.password_hash)


@dataclass(frozen=True, slots=True)
class Session:
    """One device of a person that is signed in."""

    id: UUID
    device: str
    address: str
    created_at: datetime
    expires_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session at its start: the only time its token is known."""

    session: Session
    user: User
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """Who a session is, and what in one business."""

    session_id: UUID
    user_id: UUID
    role: str | None


@dataclass(frozen=True, slots=True)
class Business:
    """A shop; the tenant."""

    business_id: UUID
    name: str
    phone: str | None
    time_zone: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class BusinessChange:
    """What shall change; None keeps the name, ``phone_given`` False keeps the phone."""

    name: str | None = None
    phone: str | None = None
    phone_given: bool = False


@dataclass(frozen=True, slots=True)
class Opener:
    """Who opens or joins a business."""

    name: str
    businesses: int


@dataclass(frozen=True, slots=True)
class BusinessLink:
    """One business that a person may open."""

    business_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    """A business as one of its members sees it."""

    business_id: UUID
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a business."""

    id: UUID
    user_id: UUID
    name: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link by which one person may join."""

    id: UUID
    role: Role
    invited_by: UUID
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    accepted_by: UUID | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation at its start: the only time its secret is known."""

    invitation: Invitation
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class InvitationLink:
    """Where a link leads."""

    business_id: UUID
    invitation_id: UUID
