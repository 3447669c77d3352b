"""Decisions of identity: who is let in, which passwords will do, what may happen to a member or an invitation."""

import hashlib
import ipaddress
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from payme.identity.errors import (
    InvalidEmail,
    InvalidPhone,
    InvitationExpired,
    InvitationRevoked,
    InvitationUsed,
    LastOwner,
    MemberNotFound,
    NoSuchThing,
    NotAllowed,
    SignInRequired,
    TooManyBusinesses,
    WeakPassword,
)
from payme.identity.models import Business, BusinessChange, Invitation, Member, Opener, Standing
from payme.identity.types import INVITATION_MOVES, PERMISSIONS, InvitationState, Role
from payme.kit.actor import Actor
from payme.kit.errors import Refusal
from payme.kit.phones import e164

SESSION_LASTS = timedelta(days=30)
INVITATION_LASTS = timedelta(days=7)
SESSIONS_MAX = 20
BUSINESSES_MAX = 500
EMAIL_MAX = 254
EMAIL = r"[!-?A-~]+@[!-?A-~]+"
PASSWORD_MIN = 10
PASSWORD_MAX = 128
SALT_BYTES = 16

FREE_FAILURES = 5
"""How often one address may be wrong about one account before it has to wait."""
FREE_FAILURES_OF_ADDRESS = 30
"""How often one address may be wrong about any account: a shop, or a mobile operator, shares one."""
WAIT_MAX_S = 900

# OWASP's least for argon2id: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, salt_len=SALT_BYTES)

NOBODYS_HASH = "$argon2id$v=19$m=19456,t=2,p=1$2Ii2H6/N86hibf146/+ivA$nYSfIVk86EEnzI3m9eBUUdwWMnePyT5S8W+Z7AL1Jm0"
"""What an unknown e-mail address is compared with, so that its answer takes as long."""

# What is tried first, among those that are long enough.
_TRIED_FIRST = """
    password12 password123 password1234 passw0rd123 mypassword thepassword passwordpassword changeme123 letmein123
    1234567890 12345678910 0123456789 0987654321 1111111111 123123123123 1q2w3e4r5t 1qaz2wsx3edc qwertyuiop
    qwerty12345 qwerty123456 qwertyqwerty asdfghjkl123 zxcvbnm123 abcdefghij abcd123456 iloveyou123 iloveyou12
    welcome123 welcome1234 administrator admin12345 superman123 football123 liverpool123 arsenal1234 manchester
    nairobi123 nairobi2024 nairobi2025 nairobi2026 mombasa123 kenya12345 harambee123 safaricom1 safaricom123
    mpesa12345 mpesa123456 paymepayme payme12345 jesuschrist jesus12345 godisgood1 godisgreat
"""
_OBVIOUS = frozenset(_TRIED_FIRST.split())


_ENDED: Mapping[InvitationState, type[Refusal]] = {
    InvitationState.ACCEPTED: InvitationUsed,
    InvitationState.REVOKED: InvitationRevoked,
    InvitationState.EXPIRED: InvitationExpired,
}


def digest(token: str) -> bytes:
    """Return the SHA-256 of a secret: the only form in which one is kept."""
    return hashlib.sha256(token.encode()).digest()


def admitted(standing: Standing | None, permission: str | None) -> Actor:
    """Decide who acts.

    Raises SignInRequired without a session, NoSuchThing where the person is no member (another tenant's business does
    not exist), NotAllowed where the role lacks the permission.
    """
    if standing is None:
        raise SignInRequired
    if permission is None:
        return Actor("user", "user", standing.user_id, standing.session_id)
    if standing.role is None:
        raise NoSuchThing
    permissions = PERMISSIONS[Role(standing.role)]
    if permission not in permissions:
        raise NotAllowed(permission)
    return Actor("member", standing.role, standing.user_id, standing.session_id, permissions)


def email_address(text: str) -> str:
    """Return an address as it is kept: capitals do not make another person. Raises InvalidEmail."""
    address = text.strip().lower()
    if len(address) > EMAIL_MAX or re.fullmatch(EMAIL, address) is None:
        raise InvalidEmail
    return address


def network_of(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 that one IPv6 customer is given."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)  # noqa: PLR2004  IPv6


def _normal(password: str) -> str:
    # The same letters typed on two keyboards are the same password.
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, email: str, name: str) -> None:
    """Refuse what is tried first; raises WeakPassword. Length counts, kinds of characters do not."""
    folded = _normal(password).casefold()
    if not PASSWORD_MIN <= len(folded) <= PASSWORD_MAX:
        raise WeakPassword(f"use {PASSWORD_MIN} to {PASSWORD_MAX} characters")
    own = {email.casefold(), email.partition("@")[0].casefold(), name.casefold(), "".join(name.casefold().split())}
    if folded in own:
        raise WeakPassword("it is your own name or address")
    if folded in _OBVIOUS or len(set(folded)) <= 2:  # noqa: PLR2004  one or two characters over and over
        raise WeakPassword("it is one of the first that are tried")


def hash_password(password: str, salt: bytes) -> str:
    """Return the argon2id hash; takes tens of milliseconds and 19 MiB, so never inside a transaction."""
    return _HASHER.hash(_normal(password), salt=salt)


def password_matches(password_hash: str, password: str) -> bool:
    """Say whether the password is the one that was hashed; as slow as hashing."""
    try:
        return _HASHER.verify(password_hash, _normal(password))
    except VerifyMismatchError:
        return False


def wait_s(failures: int, free: int) -> int:
    """Return how long to wait after so many failures, in seconds: none at first, then doubling up to a bound."""
    return min(2 ** min(failures - free, 30), WAIT_MAX_S) if failures >= free else 0


def phone_number(text: str | None) -> str | None:
    """Write a telephone number with its country (E.164), a local one as Kenyan; raises InvalidPhone."""
    if text is None:
        return None
    phone = e164(text)
    if phone is None:
        raise InvalidPhone
    return phone


def may_join_another(person: Opener) -> None:
    """Raise TooManyBusinesses at the limit, which keeps every list of businesses short."""
    if person.businesses >= BUSINESSES_MAX:
        raise TooManyBusinesses(BUSINESSES_MAX)


def changed(business: Business, change: BusinessChange, at: datetime) -> Business:
    """Return the business as it shall be."""
    return replace(
        business,
        name=business.name if change.name is None else change.name,
        phone=phone_number(change.phone) if change.phone_given else business.phone,
        updated_at=at,
    )


def member_to_change(members: Sequence[Member], member_id: UUID, actor: Actor) -> Member:
    """Find the member among the locked rows: all owners, and the one who shall change.

    Raises NotAllowed where whoever asks stopped being an owner a moment ago, MemberNotFound.
    """
    if actor.kind == "member" and not any(
        member.user_id == actor.user_id and member.role is Role.OWNER for member in members
    ):
        raise NotAllowed("members.change")
    for member in members:
        if member.id == member_id:
            return member
    raise MemberNotFound(member_id)


def keep_an_owner(members: Sequence[Member], without: Member) -> None:
    """Raise LastOwner if nobody else is an owner."""
    if not any(member.role is Role.OWNER and member.id != without.id for member in members):
        raise LastOwner(without.id)


def state_of(invitation: Invitation, at: datetime) -> InvitationState:
    """Return where an invitation stands at an instant."""
    if invitation.accepted_at is not None:
        return InvitationState.ACCEPTED
    if invitation.revoked_at is not None:
        return InvitationState.REVOKED
    return InvitationState.EXPIRED if invitation.expires_at <= at else InvitationState.OPEN


def move(invitation: Invitation, to: InvitationState, at: datetime) -> None:
    """Allow a move of an invitation; raises InvitationUsed, InvitationRevoked, InvitationExpired."""
    state = state_of(invitation, at)
    if to not in INVITATION_MOVES[state]:
        raise _ENDED[state]
