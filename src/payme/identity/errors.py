"""What identity refuses."""

from dataclasses import dataclass
from uuid import UUID

# The refusals of a closed door are known to every route, so they stand one floor below; identity is who raises them.
from payme.http.errors import NoSuchThing, NotAllowed, RateLimited, SignInRequired
from payme.kit.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated

__all__ = [
    "AlreadyMember",
    "EmailTaken",
    "InvalidEmail",
    "InvalidPhone",
    "InvitationExpired",
    "InvitationNotFound",
    "InvitationRevoked",
    "InvitationUsed",
    "LastOwner",
    "MemberNotFound",
    "NoSuchThing",
    "NotAllowed",
    "RateLimited",
    "SessionNotFound",
    "SignInRequired",
    "TooManyBusinesses",
    "WeakPassword",
    "WrongEmailOrPassword",
    "WrongPassword",
]


@dataclass(eq=False)
class WrongEmailOrPassword(Unauthenticated):
    """The same answer for an unknown e-mail address and for a wrong password."""

    code = "wrong_email_or_password"
    title = "The e-mail address or the password is wrong."
    advice = "Check both and try again."


class WrongPassword(Forbidden):
    """One's own password, asked for again before something that decides about money; the session stays."""

    code = "wrong_password"
    title = "This is not your password."
    advice = "Type the password with which you sign in."


@dataclass(eq=False)
class EmailTaken(Conflict):
    """Somebody signed up with this e-mail address."""

    code = "email_taken"
    title = "There is an account with this e-mail address."
    advice = "Sign in with it, or use another address."


@dataclass(eq=False)
class WeakPassword(Invalid):
    """A password that is guessed first."""

    code = "weak_password"
    title = "This password is too easy to guess."
    advice = "Use at least 10 characters that nobody would try first; a few words together are good."
    reason: str


@dataclass(eq=False)
class InvalidEmail(Invalid):
    """Not an e-mail address."""

    code = "invalid_email"
    title = "This is not an e-mail address."
    advice = "Write it like duka@example.com."


@dataclass(eq=False)
class InvalidPhone(Invalid):
    """Not a telephone number."""

    code = "invalid_phone"
    title = "This is not a telephone number."
    advice = "Write it with its country, like +254712345678, or like 0712345678 within Kenya."


@dataclass(eq=False)
class SessionNotFound(NotFound):
    """No such session of this person is open."""

    code = "session_not_found"
    title = "This session is not one of yours, or has ended."
    advice = "List your sessions to see the open ones."


@dataclass(eq=False)
class MemberNotFound(NotFound):
    """Nobody with this id works here."""

    code = "member_not_found"
    title = "There is no such member."
    advice = "List the members; this one may have been removed."
    member_id: UUID


@dataclass(eq=False)
class LastOwner(Conflict):
    """A business always has an owner."""

    code = "last_owner"
    title = "A business keeps at least one owner."
    advice = "Make somebody else an owner first."
    member_id: UUID


@dataclass(eq=False)
class TooManyBusinesses(Conflict):
    """A person may belong to so many businesses."""

    code = "too_many_businesses"
    title = "You belong to as many businesses as one person may."
    advice = "Leave one of them first, or use another account."
    limit: int


@dataclass(eq=False)
class AlreadyMember(Conflict):
    """The person works here already."""

    code = "already_member"
    title = "You are a member of this business already."
    advice = "Open the business; an owner can change your role."
    business_id: UUID


@dataclass(eq=False)
class InvitationNotFound(NotFound):
    """No such invitation."""

    code = "invitation_not_found"
    title = "There is no such invitation."
    advice = "Check the link, or ask for a new one."


@dataclass(eq=False)
class InvitationUsed(Conflict):
    """An invitation is for one person."""

    code = "invitation_used"
    title = "This invitation has been used."
    advice = "Ask an owner of the business for a new one."


@dataclass(eq=False)
class InvitationRevoked(Conflict):
    """An owner took it back."""

    code = "invitation_revoked"
    title = "This invitation was taken back."
    advice = "Ask an owner of the business for a new one."


@dataclass(eq=False)
class InvitationExpired(Conflict):
    """Nobody accepted it in time."""

    code = "invitation_expired"
    title = "This invitation is too old."
    advice = "Ask an owner of the business for a new one."
