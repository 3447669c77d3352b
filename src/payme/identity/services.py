"""Commands of identity: one function, one verb, one transaction."""

import asyncio
import math
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar, TypeVarTuple
from uuid import UUID

from payme.identity import queries, repository, rules
from payme.identity.errors import (
    AlreadyMember,
    EmailTaken,
    InvitationNotFound,
    RateLimited,
    SessionNotFound,
    WrongEmailOrPassword,
    WrongPassword,
)
from payme.identity.events import (
    BusinessChanged,
    BusinessOpened,
    InvitationWithdrawn,
    MemberInvited,
    MemberJoined,
    MemberRemoved,
    RoleChanged,
)
from payme.identity.models import (
    Business,
    BusinessChange,
    Invitation,
    InvitationLink,
    Login,
    Member,
    Membership,
    NewInvitation,
    NewSession,
    OwnLogin,
    Session,
    User,
    UserDraft,
)
from payme.identity.types import InvitationState, Role
from payme.kit.actor import Actor
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.errors import Busy
from payme.kit.seams import Seams

Result = TypeVar("Result")
Args = TypeVarTuple("Args")

TIME_ZONE = "Africa/Nairobi"
BUSINESSES_A_PAGE = 1000


async def admit(tx: Tx, token: str, permission: str | None) -> Actor:
    """Let the holder of a session in: every request comes through here, with one statement.

    Locks: none. Raises: SignInRequired, NoSuchThing, NotAllowed. Emits: nothing.
    """
    business_id = tx.business_id if permission is not None and tx.has_business else None
    standing = await queries.find_standing(tx, rules.digest(token), business_id)
    return rules.admitted(standing, permission)


async def sign_up(tx: Tx, draft: UserDraft) -> User:
    """Make a person known.

    A taken address is said openly: without a letter to confirm it by, any other answer would tell a lie to its owner,
    and the limit on sign-ups of one address keeps the question expensive.
    Locks: none. Raises: InvalidEmail, EmailTaken. Emits: nothing, a person belongs to no audit.
    """
    user = await repository.insert_user(tx, replace(draft, email=rules.email_address(draft.email)))
    if user is None:
        raise EmailTaken
    return user


async def open_session(tx: Tx, login: Login, device: str, address: str, replaced_token: str | None) -> NewSession:
    """Sign a person in whose password was checked against ``login``; the session they came with ends.

    Locks: none. Raises: WrongEmailOrPassword where the password changed meanwhile. Emits: nothing.
    """
    token = tx.new_secret()
    session = Session(tx.new_id(), device[:200], address[:64], tx.now, tx.now + rules.SESSION_LASTS, current=True)
    repository.forget_ended_sessions(tx, login.user_id)
    repository.retire_sessions(tx, login.user_id, rules.digest(replaced_token or ""), rules.SESSIONS_MAX - 1)
    user = await repository.insert_session(tx, session, login, rules.digest(token))
    if user is None:
        raise WrongEmailOrPassword
    return NewSession(session, user, token)


async def set_password(tx: Tx, user_id: UUID, password_hash: str) -> None:
    """Give a person another password, and end every session that the old one opened; only a part of the system does.

    Locks: none. Raises: nothing. Emits: nothing, a person belongs to no audit.
    """
    assert tx.actor.kind == "system", "no request sets another's password"  # noqa: S101
    known = await repository.update_password(tx, user_id, password_hash)
    assert known, "who was found has a password to set"  # noqa: S101
    repository.revoke_sessions(tx, user_id)


async def revoke_sessions(tx: Tx, user_id: UUID) -> None:
    """End every session of a person; only a part of the system does.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    assert tx.actor.kind == "system", "no request ends another's sessions"  # noqa: S101
    repository.revoke_sessions(tx, user_id)


async def revoke_session(tx: Tx, session_id: UUID) -> None:
    """End one of one's own sessions, at once: the next request with it finds nothing.

    Locks: none. Raises: SessionNotFound. Emits: nothing.
    """
    if not await repository.revoke_session(tx, tx.actor.person_id, session_id):
        raise SessionNotFound


async def sign_out(tx: Tx) -> None:
    """End the session that asks.

    Locks: none. Raises: SessionNotFound where another request ended it this moment. Emits: nothing.
    """
    assert tx.actor.session_id is not None, "only a session signs out"  # noqa: S101
    await revoke_session(tx, tx.actor.session_id)


async def open_business(tx: Tx, name: str, phone: str | None) -> Business:
    """Open a business under the transaction's new id, with the person who acts as its owner.

    Locks: none. Raises: InvalidPhone, TooManyBusinesses. Emits: BusinessOpened.
    """
    phone = rules.phone_number(phone)
    person = await queries.get_opener(tx)
    rules.may_join_another(person)
    business = Business(tx.business_id, name, phone, TIME_ZONE, tx.now, tx.now)
    repository.insert_business(tx, business)
    owner = Member(tx.new_id(), tx.actor.person_id, person.name, Role.OWNER, tx.now)
    repository.insert_owner(tx, owner)
    repository.link_user(tx, owner.user_id)
    tx.emit(BusinessOpened(business.business_id, name, phone, owner.user_id))
    return business


async def change_business(tx: Tx, change: BusinessChange) -> Business:
    """Give the business another name or telephone number.

    Locks: MEMBER. Raises: InvalidPhone. Emits: BusinessChanged.
    """
    before = await repository.lock_business(tx)
    after = rules.changed(before, change, tx.now)
    if (after.name, after.phone) == (before.name, before.phone):
        return before
    repository.update_business(tx, after)
    tx.emit(BusinessChanged(before.business_id, before.name, after.name, before.phone, after.phone))
    return after


async def change_role(tx: Tx, member_id: UUID, role: Role) -> Member:
    """Give a member another role.

    Locks: MEMBER. Raises: NotAllowed, MemberNotFound, LastOwner. Emits: RoleChanged.
    """
    members = await repository.lock_owners_and(tx, member_id)
    member = rules.member_to_change(members, member_id, tx.actor)
    if member.role is role:
        return member
    rules.keep_an_owner(members, without=member)
    repository.update_role(tx, member_id, role)
    tx.emit(RoleChanged(member_id, member.role, role))
    return replace(member, role=role)


async def remove_member(tx: Tx, member_id: UUID) -> Member:
    """Let a member in no longer, from the next request on.

    Locks: MEMBER. Raises: NotAllowed, MemberNotFound, LastOwner. Emits: MemberRemoved.
    """
    members = await repository.lock_owners_and(tx, member_id)
    member = rules.member_to_change(members, member_id, tx.actor)
    rules.keep_an_owner(members, without=member)
    repository.mark_removed(tx, member_id)
    repository.unlink_user(tx, member.user_id)
    tx.emit(MemberRemoved(member_id, member.user_id, member.role))
    return member


async def invite_member(tx: Tx, role: Role) -> NewInvitation:
    """Make a link by which one person may join with a role.

    Locks: none. Raises: nothing. Emits: MemberInvited.
    """
    token = tx.new_secret()
    until = tx.now + rules.INVITATION_LASTS
    invitation = Invitation(tx.new_id(), role, tx.actor.person_id, tx.now, until, None, None, None)
    repository.insert_invitation(tx, invitation, rules.digest(token))
    tx.emit(MemberInvited(invitation.id, role))
    return NewInvitation(invitation, token)


async def revoke_invitation(tx: Tx, invitation_id: UUID) -> None:
    """Take an invitation back before somebody accepts it.

    Locks: MEMBER. Raises: InvitationNotFound, InvitationUsed, InvitationRevoked, InvitationExpired.
    Emits: InvitationWithdrawn.
    """
    invitation = await repository.lock_invitation(tx, invitation_id)
    if invitation is None:
        raise InvitationNotFound
    rules.move(invitation, InvitationState.REVOKED, tx.now)
    repository.mark_revoked(tx, invitation_id, tx.now)
    tx.emit(InvitationWithdrawn(invitation_id, invitation.role))


async def follow_link(tx: Tx, token: str) -> InvitationLink:
    """Find the business and invitation of a link.

    Locks: none. Raises: InvitationNotFound. Emits: nothing.
    """
    link = await queries.find_invitation_link(tx, rules.digest(token))
    if link is None:
        raise InvitationNotFound
    return link


async def accept_invitation(tx: Tx, invitation_id: UUID) -> Membership:
    """Join the business of a link that was followed, once.

    Locks: MEMBER. Raises: InvitationUsed, InvitationRevoked, InvitationExpired, AlreadyMember, TooManyBusinesses.
    Emits: MemberJoined.
    """
    invitation = await repository.lock_invitation(tx, invitation_id)
    assert invitation is not None, "a link leads to an invitation"  # noqa: S101
    if invitation.accepted_by == tx.actor.person_id and await queries.find_membership(tx) is not None:
        raise AlreadyMember(tx.business_id)  # the answer to the first time was lost on its way
    rules.move(invitation, InvitationState.ACCEPTED, tx.now)
    person = await queries.get_opener(tx)
    rules.may_join_another(person)
    member = Member(tx.new_id(), tx.actor.person_id, person.name, invitation.role, tx.now)
    if not await repository.insert_member(tx, member):
        raise AlreadyMember(tx.business_id)
    repository.mark_accepted(tx, invitation_id, member.user_id, tx.now)
    repository.link_user(tx, member.user_id)
    tx.emit(MemberJoined(member.id, invitation_id, member.user_id, member.role))
    business = await queries.get_business(tx)
    return Membership(business.business_id, business.name, member.role)


@dataclass(slots=True)
class _Failures:
    """How often somebody was wrong, and until when they wait."""

    count: int
    until: datetime
    seen_at: datetime


async def every_business(database: Database) -> AsyncIterator[UUID]:
    """Visit every business there is, a page at a time, for work that goes through them one by one.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    scope = Scope.system("identity")
    last: UUID | None = None
    while page := await database.transact(scope, queries.list_directory, last, BUSINESSES_A_PAGE):
        for last in page:
            yield last


class SignInLimits:
    """What sign-in needs beside the database: patience with mistakes, none with guessing, and few hashes at a time.

    Waits are kept for an account *and* the address that was wrong about it, so nobody locks another person out; a
    second count for the address alone slows one that tries many accounts. Kept in memory, bounded, forgotten after an
    hour of quiet.
    """

    FORGET_AFTER = timedelta(hours=1)
    REMEMBERED_MAX = 20_000
    HASHES_AT_ONCE = 2
    HASHES_WAITING_MAX = 64

    def __init__(self, seams: Seams, matches: Callable[[str, str], bool] = rules.password_matches) -> None:
        """Take the clock and randomness, and what compares a hash with a password."""
        self._seams = seams
        self._matches = matches
        self._by_both: OrderedDict[str, _Failures] = OrderedDict()
        self._by_address: OrderedDict[str, _Failures] = OrderedDict()
        self._hashing = asyncio.Semaphore(self.HASHES_AT_ONCE)
        self._waiting = 0

    def attempt(self, email: str, address: str) -> None:
        """Count an attempt as a failure until ``succeeded`` says otherwise, so that many at once do not slip through.

        Raises RateLimited, and then counts nothing.
        """
        network = rules.network_of(address)
        places = (
            (self._by_both, f"{email} {network}", rules.FREE_FAILURES),
            (self._by_address, network, rules.FREE_FAILURES_OF_ADDRESS),
        )
        now = self._seams.clock.now()
        for failures, key, _ in places:
            self._wait(failures, key, now)
        for failures, key, free in places:
            self._count(failures, key, free, now)

    def succeeded(self, email: str, address: str) -> None:
        """Forget the failures of this address about this account."""
        network = rules.network_of(address)
        self._by_both.pop(f"{email} {network}", None)
        of_address = self._by_address.get(network)
        if of_address is not None:
            of_address.count -= 1
            of_address.until = of_address.seen_at

    async def hash(self, password: str) -> str:
        """Hash a password in a thread; raises Busy where too many wait."""
        salt = rules.digest(self._seams.new_secret())[: rules.SALT_BYTES]
        return await self._in_thread(rules.hash_password, password, salt)

    async def verify(self, login: Login | None, password: str) -> Login:
        """Compare in a thread, an unknown person with nobody's hash; raises WrongEmailOrPassword and Busy."""
        hashed = rules.NOBODYS_HASH if login is None else login.password_hash
        matches = await self._in_thread(self._matches, hashed, password)
        if login is None or not matches:
            raise WrongEmailOrPassword
        return login

    async def confirm(self, own: OwnLogin, password: str, address: str) -> None:
        """Compare a password that is asked for again, with the same patience as at the sign-in.

        Raises WrongPassword, RateLimited and Busy.
        """
        self.attempt(own.email, address)
        try:
            await self.verify(own.login, password)
        except WrongEmailOrPassword:
            raise WrongPassword from None
        self.succeeded(own.email, address)

    async def _in_thread(self, work: Callable[[*Args], Result], *args: *Args) -> Result:
        if self._waiting >= self.HASHES_WAITING_MAX:
            raise Busy
        self._waiting += 1
        try:
            async with self._hashing:
                return await asyncio.to_thread(work, *args)
        finally:
            self._waiting -= 1

    @staticmethod
    def _wait(failures: OrderedDict[str, _Failures], key: str, now: datetime) -> None:
        found = failures.get(key)
        if found is not None and now < found.until:
            raise RateLimited(math.ceil((found.until - now).total_seconds()))

    def _count(self, failures: OrderedDict[str, _Failures], key: str, free: int, now: datetime) -> None:
        found = failures.pop(key, None)
        count = 1 if found is None or now - found.seen_at > self.FORGET_AFTER else found.count + 1
        failures[key] = _Failures(count, now + timedelta(seconds=rules.wait_s(count, free)), now)
        if len(failures) > self.REMEMBERED_MAX:
            failures.popitem(last=False)
