"""Reads of identity."""

from uuid import UUID

from payme.identity.models import (
    Business,
    BusinessLink,
    Invitation,
    InvitationLink,
    Login,
    Member,
    Membership,
    Opener,
    OwnLogin,
    Session,
    Standing,
    User,
)
from payme.identity.rules import state_of
from payme.identity.types import InvitationState
from payme.kit.db.transaction import Tx
from payme.kit.paging import After


async def find_standing(tx: Tx, token_hash: bytes, business_id: UUID | None) -> Standing | None:
    """Return whose session it is and the role in the business; the one read that every request makes."""
    return await tx.row(
        Standing,
        """
        SELECT session.id AS session_id, session.user_id, member.role
          FROM sessions AS session
          LEFT JOIN members AS member
            ON member.business_id = $2 AND member.user_id = session.user_id AND member.removed_at IS NULL
         WHERE session.token_hash = $1 AND session.revoked_at IS NULL AND session.expires_at > $3
        """,
        token_hash,
        business_id,
        tx.now,
    )


async def find_login(tx: Tx, email: str) -> Login | None:
    """Return what a sign-in with this address is compared with."""
    return await tx.row(Login, "SELECT id AS user_id, password_hash FROM users WHERE email = $1", email)


async def get_own_login(tx: Tx) -> OwnLogin:
    """Return what the password of the person who acts is compared with."""
    own = await tx.row(
        OwnLogin, "SELECT email, id AS user_id, password_hash FROM users WHERE id = $1", tx.actor.user_id
    )
    assert own is not None, "a session's user exists"  # noqa: S101
    return own


async def get_me(tx: Tx) -> User:
    """Return the person who acts."""
    me = await tx.row(User, "SELECT id, email, name, created_at FROM users WHERE id = $1", tx.actor.user_id)
    assert me is not None, "a session's user exists"  # noqa: S101
    return me


async def get_opener(tx: Tx) -> Opener:
    """Return the name of the person who acts, and to how many businesses they belong."""
    person = await tx.row(
        Opener,
        """
        SELECT name, (SELECT count(*) FROM user_businesses WHERE user_id = $1) AS businesses
          FROM users
         WHERE id = $1
        """,
        tx.actor.user_id,
    )
    assert person is not None, "only a person opens or joins a business"  # noqa: S101
    return person


async def list_sessions(tx: Tx) -> list[Session]:
    """Return the open sessions of the person who acts, newest first; there are at most ``SESSIONS_MAX``."""
    return await tx.rows(
        Session,
        """
        SELECT id, device, address, created_at, expires_at, id = $3 AS current
          FROM sessions
         WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
         ORDER BY created_at DESC, id DESC
         LIMIT 100
        """,
        tx.actor.user_id,
        tx.now,
        tx.actor.session_id,
    )


async def list_businesses(tx: Tx, after: After | None, limit: int) -> list[BusinessLink]:
    """Return which businesses the person who acts may open, oldest first; each is then read in its own context."""
    return await tx.rows(
        BusinessLink,
        """
        SELECT business_id, created_at
          FROM user_businesses
         WHERE user_id = $1 AND ($2::timestamptz IS NULL OR (created_at, business_id) > ($2, $3::uuid))
         ORDER BY created_at, business_id
         LIMIT $4
        """,
        tx.actor.user_id,
        after and after.at,
        after and after.id,
        limit,
    )


async def find_membership(tx: Tx) -> Membership | None:
    """Return this business as the person who acts sees it, or None for a stranger."""
    return await tx.row(
        Membership,
        """
        SELECT business.business_id, business.name, member.role
          FROM businesses AS business
          JOIN members AS member ON member.business_id = business.business_id
         WHERE business.business_id = $1 AND member.business_id = $1
           AND member.user_id = $2 AND member.removed_at IS NULL
        """,
        tx.business_id,
        tx.actor.user_id,
    )


async def get_business(tx: Tx) -> Business:
    """Return the business of this transaction."""
    business = await tx.row(
        Business,
        """
        SELECT business_id, name, phone, time_zone, created_at, updated_at
          FROM businesses
         WHERE business_id = $1
        """,
        tx.business_id,
    )
    assert business is not None, "an admitted actor's business exists"  # noqa: S101
    return business


async def list_members(tx: Tx, after: After | None, limit: int) -> list[Member]:
    """Return who works here, longest first."""
    return await tx.rows(
        Member,
        """
        SELECT id, user_id, name, role, created_at
          FROM members
         WHERE business_id = $1 AND removed_at IS NULL
           AND ($2::timestamptz IS NULL OR (created_at, id) > ($2, $3::uuid))
         ORDER BY created_at, id
         LIMIT $4
        """,
        tx.business_id,
        after and after.at,
        after and after.id,
        limit,
    )


async def list_invitations(tx: Tx, after: After | None, limit: int) -> list[tuple[Invitation, InvitationState]]:
    """Return all invitations and where each stands now, newest first."""
    invitations = await tx.rows(
        Invitation,
        """
        SELECT id, role, invited_by, created_at, expires_at, accepted_at, accepted_by, revoked_at
          FROM invitations
         WHERE business_id = $1 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $4
        """,
        tx.business_id,
        after and after.at,
        after and after.id,
        limit,
    )
    return [(invitation, state_of(invitation, tx.now)) for invitation in invitations]


async def find_invitation_link(tx: Tx, token_hash: bytes) -> InvitationLink | None:
    """Return where a link leads, whoever follows it."""
    return await tx.row(
        InvitationLink,
        "SELECT business_id, invitation_id FROM invitation_links WHERE token_hash = $1",
        token_hash,
    )


async def list_directory(tx: Tx, after: UUID | None, limit: int) -> list[UUID]:
    """Return the ids of all businesses there are, in their order, after one of them."""
    records = await tx.records(
        """
        SELECT business_id FROM business_directory
         WHERE $1::uuid IS NULL OR business_id > $1
         ORDER BY business_id
         LIMIT $2
        """,
        after,
        limit,
    )
    return [record["business_id"] for record in records]
