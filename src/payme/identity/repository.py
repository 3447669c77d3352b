"""The SQL that identity writes, and the rows it locks."""

from datetime import datetime
from uuid import UUID

from payme.identity.models import Business, Invitation, Login, Member, Session, User, UserDraft
from payme.identity.types import Role
from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx


async def insert_user(tx: Tx, draft: UserDraft) -> User | None:
    """Write a person, or nothing where the address is taken."""
    return await tx.row(
        User,
        """
        INSERT INTO users (id, email, name, password_hash, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $5)
            ON CONFLICT (email) DO NOTHING
        RETURNING id, email, name, created_at
        """,
        tx.new_id(),
        draft.email,
        draft.name,
        draft.password_hash,
        tx.now,
    )


async def insert_session(tx: Tx, session: Session, login: Login, token_hash: bytes) -> User | None:
    """Write a session and return whose it is, or nothing where the password is no longer the one that was checked."""
    return await tx.row(
        User,
        """
        WITH person AS (
            SELECT id, email, name, created_at FROM users WHERE id = $2 AND password_hash = $4
        ), written AS (
            INSERT INTO sessions (id, user_id, token_hash, device, address, created_at, expires_at)
            SELECT $1, id, $3, $5, $6, $7, $8 FROM person
        )
        SELECT id, email, name, created_at FROM person
        """,
        session.id,
        login.user_id,
        token_hash,
        login.password_hash,
        session.device,
        session.address,
        session.created_at,
        session.expires_at,
    )


def forget_ended_sessions(tx: Tx, user_id: UUID) -> None:
    """Delete what can never be used again."""
    tx.write(
        "DELETE FROM sessions WHERE user_id = $1 AND (revoked_at IS NOT NULL OR expires_at <= $2)", user_id, tx.now
    )


def retire_sessions(tx: Tx, user_id: UUID, replaced: bytes, keep: int) -> None:
    """Revoke the session that a new one replaces, whosever it was, and a person's oldest beyond ``keep``."""
    tx.write(
        """
        UPDATE sessions SET revoked_at = $2
         WHERE revoked_at IS NULL
           AND (token_hash = $3 OR id IN (
                SELECT id FROM sessions
                 WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
                 ORDER BY created_at DESC, id DESC
                OFFSET $4))
        """,
        user_id,
        tx.now,
        replaced,
        keep,
    )


async def update_password(tx: Tx, user_id: UUID, password_hash: str) -> bool:
    """Give a person another password."""
    written = await tx.records(
        "UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1 RETURNING id",
        user_id,
        password_hash,
        tx.now,
    )
    return bool(written)


def revoke_sessions(tx: Tx, user_id: UUID) -> None:
    """End every open session of a person."""
    tx.write(
        "UPDATE sessions SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2",
        user_id,
        tx.now,
    )


async def revoke_session(tx: Tx, user_id: UUID, session_id: UUID) -> bool:
    """End one open session of a person."""
    ended = await tx.records(
        """
        UPDATE sessions SET revoked_at = $3
         WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL AND expires_at > $3
        RETURNING id
        """,
        user_id,
        session_id,
        tx.now,
    )
    return bool(ended)


def insert_business(tx: Tx, business: Business) -> None:
    """Write a business and its line in the directory."""
    tx.write(
        """
        INSERT INTO businesses (business_id, name, phone, time_zone, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        business.business_id,
        business.name,
        business.phone,
        business.time_zone,
        business.created_at,
        business.updated_at,
    )
    tx.write(
        "INSERT INTO business_directory (business_id, created_at) VALUES ($1, $2)",
        business.business_id,
        business.created_at,
    )


async def lock_business(tx: Tx) -> Business:
    """Return the business, ours until the transaction ends. It and its people are one rank: who the business is."""
    locked = await tx.lock(
        Business,
        LockRank.MEMBER,
        """
        SELECT business_id, name, phone, time_zone, created_at, updated_at
          FROM businesses
         WHERE business_id = $1
        """,
        tx.business_id,
    )
    return locked[0]


def update_business(tx: Tx, business: Business) -> None:
    """Write what may change."""
    tx.write(
        "UPDATE businesses SET name = $2, phone = $3, updated_at = $4 WHERE business_id = $1",
        business.business_id,
        business.name,
        business.phone,
        business.updated_at,
    )


def insert_owner(tx: Tx, owner: Member) -> None:
    """Write the first member of a new business."""
    tx.write(
        """
        INSERT INTO members (business_id, id, user_id, name, role, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6)
        """,
        tx.business_id,
        owner.id,
        owner.user_id,
        owner.name,
        owner.role,
        owner.created_at,
    )


async def insert_member(tx: Tx, member: Member) -> bool:
    """Write a member, or nothing where the person is one already."""
    written = await tx.records(
        """
        INSERT INTO members (business_id, id, user_id, name, role, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6)
            ON CONFLICT (business_id, user_id) WHERE removed_at IS NULL DO NOTHING
        RETURNING id
        """,
        tx.business_id,
        member.id,
        member.user_id,
        member.name,
        member.role,
        member.created_at,
    )
    return bool(written)


def link_user(tx: Tx, user_id: UUID) -> None:
    """Let the person find the business."""
    tx.write(
        "INSERT INTO user_businesses (user_id, business_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        user_id,
        tx.business_id,
        tx.now,
    )


def unlink_user(tx: Tx, user_id: UUID) -> None:
    """Take the business off the person's list."""
    tx.write("DELETE FROM user_businesses WHERE user_id = $1 AND business_id = $2", user_id, tx.business_id)


async def lock_owners_and(tx: Tx, member_id: UUID) -> list[Member]:
    """Return every owner and one more member, ours until the transaction ends."""
    return await tx.lock(
        Member,
        LockRank.MEMBER,
        """
        SELECT id, user_id, name, role, created_at
          FROM members
         WHERE business_id = $1 AND removed_at IS NULL AND (role = 'owner' OR id = $2)
         ORDER BY id
        """,
        tx.business_id,
        member_id,
    )


def update_role(tx: Tx, member_id: UUID, role: Role) -> None:
    """Give a member another role."""
    tx.write(
        "UPDATE members SET role = $3, updated_at = $4 WHERE business_id = $1 AND id = $2",
        tx.business_id,
        member_id,
        role,
        tx.now,
    )


def mark_removed(tx: Tx, member_id: UUID) -> None:
    """Let a member in no longer; the row stays, since books name it."""
    tx.write(
        "UPDATE members SET removed_at = $3, updated_at = $3 WHERE business_id = $1 AND id = $2",
        tx.business_id,
        member_id,
        tx.now,
    )


def insert_invitation(tx: Tx, invitation: Invitation, token_hash: bytes) -> None:
    """Write an invitation and where its link leads."""
    tx.write(
        """
        INSERT INTO invitations (business_id, id, role, invited_by, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        tx.business_id,
        invitation.id,
        invitation.role,
        invitation.invited_by,
        invitation.created_at,
        invitation.expires_at,
    )
    tx.write(
        "INSERT INTO invitation_links (token_hash, business_id, invitation_id) VALUES ($1, $2, $3)",
        token_hash,
        tx.business_id,
        invitation.id,
    )


async def lock_invitation(tx: Tx, invitation_id: UUID) -> Invitation | None:
    """Return an invitation, ours until the transaction ends."""
    locked = await tx.lock(
        Invitation,
        LockRank.MEMBER,
        """
        SELECT id, role, invited_by, created_at, expires_at, accepted_at, accepted_by, revoked_at
          FROM invitations
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        invitation_id,
    )
    return locked[0] if locked else None


def mark_accepted(tx: Tx, invitation_id: UUID, user_id: UUID, at: datetime) -> None:
    """Use an invitation up."""
    tx.write(
        "UPDATE invitations SET accepted_at = $3, accepted_by = $4 WHERE business_id = $1 AND id = $2",
        tx.business_id,
        invitation_id,
        at,
        user_id,
    )


def mark_revoked(tx: Tx, invitation_id: UUID, at: datetime) -> None:
    """Take an invitation back."""
    tx.write(
        "UPDATE invitations SET revoked_at = $3 WHERE business_id = $1 AND id = $2",
        tx.business_id,
        invitation_id,
        at,
    )
