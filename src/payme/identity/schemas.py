"""What identity takes and shows."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from payme.http.fields import In, Name, Out
from payme.identity.models import (
    Business,
    BusinessChange,
    Invitation,
    Member,
    Membership,
    NewInvitation,
    NewSession,
    Session,
    User,
)
from payme.identity.rules import EMAIL, EMAIL_MAX, PASSWORD_MAX, PASSWORD_MIN
from payme.identity.types import InvitationState, Role

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, max_length=EMAIL_MAX, pattern=f"^{EMAIL}$"),
    Field(examples=["duka@example.com"]),
]
Phone = Annotated[str, StringConstraints(max_length=30), Field(examples=["+254712345678"])]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=128)]


def _example(value: dict[str, JsonValue]) -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [value]})


class SignUpIn(In):
    """A new person."""

    model_config = _example({"email": "duka@example.com", "name": "Duka", "password": "sukari mchele unga"})

    email: Email
    name: Name
    password: Annotated[str, StringConstraints(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX)] = Field(repr=False)


class SignInIn(In):
    """Who signs in."""

    model_config = _example({"email": "duka@example.com", "password": "sukari mchele unga"})

    email: Email
    password: Secret = Field(repr=False)


class UserOut(Out):
    """A person."""

    id: UUID
    email: str
    name: str
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> Self:
        """Show a person."""
        return cls.model_validate(user, from_attributes=True)


class SessionOut(Out):
    """One device that is signed in."""

    id: UUID
    device: str
    address: str
    created_at: datetime
    expires_at: datetime
    current: bool = Field(description="Whether it is the session that asks.")

    @classmethod
    def of(cls, session: Session) -> Self:
        """Show a session."""
        return cls.model_validate(session, from_attributes=True)


class SessionsOut(Out):
    """All open sessions of a person."""

    items: list[SessionOut]

    @classmethod
    def of(cls, sessions: list[Session]) -> Self:
        """Show sessions."""
        return cls(items=[SessionOut.of(session) for session in sessions])


class SignedInOut(Out):
    """A new session, with its token for the only time."""

    token: str = Field(description="Send it as a Bearer token; a browser has it as a cookie already.", repr=False)
    session: SessionOut
    user: UserOut

    @classmethod
    def of(cls, opened: NewSession) -> Self:
        """Show a new session."""
        return cls(token=opened.token, session=SessionOut.of(opened.session), user=UserOut.of(opened.user))


class BusinessOut(Out):
    """A business."""

    business_id: UUID
    name: str
    phone: str | None
    time_zone: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, business: Business) -> Self:
        """Show a business."""
        return cls.model_validate(business, from_attributes=True)


class BusinessChangeIn(In):
    """What shall be different; what is left out stays."""

    model_config = _example({"name": "Duka la Mtaa", "phone": "0712345678"})

    name: Name | None = None
    phone: Phone | None = Field(default=None, description="null takes the number away.")

    def to_change(self) -> BusinessChange:
        """Return the change."""
        return BusinessChange(self.name, self.phone, "phone" in self.model_fields_set)


class MembershipOut(Out):
    """A business, and what the person is in it."""

    business_id: UUID
    name: str
    role: Role

    @classmethod
    def of(cls, membership: Membership) -> Self:
        """Show a membership."""
        return cls.model_validate(membership, from_attributes=True)


class MemberOut(Out):
    """Somebody who works here."""

    id: UUID
    user_id: UUID
    name: str
    role: Role
    created_at: datetime

    @classmethod
    def of(cls, member: Member) -> Self:
        """Show a member."""
        return cls.model_validate(member, from_attributes=True)


class RoleIn(In):
    """A role."""

    model_config = _example({"role": "cashier"})

    role: Role


class InvitationOut(Out):
    """An invitation, without its secret."""

    id: UUID
    role: Role
    state: InvitationState
    invited_by: UUID
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    accepted_by: UUID | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, standing: tuple[Invitation, InvitationState]) -> Self:
        """Show an invitation and where it stands."""
        invitation, state = standing
        return cls(
            id=invitation.id,
            role=invitation.role,
            state=state,
            invited_by=invitation.invited_by,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
            accepted_at=invitation.accepted_at,
            accepted_by=invitation.accepted_by,
            revoked_at=invitation.revoked_at,
        )


class NewInvitationOut(Out):
    """A new invitation, with the secret of its link for the only time."""

    token: str = Field(description="Hand it to the one person who shall join.", repr=False)
    invitation: InvitationOut

    @classmethod
    def of(cls, invited: NewInvitation) -> Self:
        """Show a new invitation."""
        return cls(token=invited.token, invitation=InvitationOut.of((invited.invitation, InvitationState.OPEN)))


class AcceptIn(In):
    """The secret of an invitation's link."""

    model_config = _example({"token": "qv0Yd2mS6uJ1bX8nZt4rK7wLh3cGf5aEoPiQxTsVyUM"})

    token: Secret = Field(repr=False)
