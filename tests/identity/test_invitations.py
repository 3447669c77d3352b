"""Joining a shop by a link."""

from uuid import uuid4

import pytest

from payme import identity
from payme.identity import (
    AlreadyMember,
    InvitationExpired,
    InvitationNotFound,
    InvitationRevoked,
    InvitationState,
    InvitationUsed,
    Membership,
    NewInvitation,
    Role,
    TooManyBusinesses,
    rules,
)
from payme.kit.db.transaction import Database, Tx
from tests.identity.conftest import TurnedClock
from tests.identity.test_businesses import belong_to_many
from tests.identity.test_members import last, member_of
from tests.support.shops import Person, Shop, make_person, make_shop
from tests.support.together import count, together


async def accept(database: Database, person: Person, token: str) -> Membership:
    link = await database.transact(person.scope(), identity.follow_link, token)
    return await database.transact(person.scope(link.business_id), identity.accept_invitation, link.invitation_id)


async def state_of(shop: Shop, invited: NewInvitation) -> InvitationState:
    listed = await shop.transact(identity.list_invitations, None, 100)
    return next(state for invitation, state in listed if invitation.id == invited.invitation.id)


@pytest.mark.parametrize("role", list(Role))
async def test_who_follows_a_link_joins_with_its_role(database: Database, shop: Shop, role: Role) -> None:
    person = await make_person(database, "Mgeni")
    invited = await shop.transact(identity.invite_member, role)
    assert await state_of(shop, invited) is InvitationState.OPEN

    joined = await accept(database, person, invited.token)

    assert joined == Membership(shop.business_id, "Duka", role)
    member = await member_of(shop, person)
    assert (member.name, member.role) == ("Mgeni", role)
    assert await state_of(shop, invited) is InvitationState.ACCEPTED
    assert [
        link.business_id for link in await database.transact(person.scope(), identity.list_businesses, None, 9)
    ] == [shop.business_id]
    assert (await last(shop, "member_invited")).facts == {"role": role.value}
    entry = await last(shop, "member_joined")
    assert (entry.subject_id, entry.user_id) == (member.id, person.user_id)
    assert entry.facts["invitation_id"] == str(invited.invitation.id)


async def test_the_secret_of_a_link_is_kept_nowhere(database: Database, shop: Shop) -> None:
    invited = await shop.transact(identity.invite_member, Role.CASHIER)

    async def kept(tx: Tx) -> str:
        rows = await tx.records(
            "SELECT row_to_json(invitations)::text || row_to_json(invitation_links)::text"
            " || (SELECT string_agg(row_to_json(audit_entries)::text, '') FROM audit_entries WHERE business_id = $1)"
            " FROM invitations JOIN invitation_links ON invitation_id = id"
            " WHERE invitations.business_id = $1 AND id = $2",
            tx.business_id,
            invited.invitation.id,
        )
        return str(rows[0][0])

    written = await shop.transact(kept)
    assert identity.digest(invited.token).hex() in written
    assert invited.token not in written
    assert invited.token not in repr(invited)


async def test_a_link_is_for_one_person(database: Database, shop: Shop) -> None:
    invited = await shop.transact(identity.invite_member, Role.CASHIER)
    people = [await make_person(database) for _ in range(8)]

    results = await together(8, lambda number: accept(database, people[number], invited.token))

    assert count(results, Membership) == 1
    assert count(results, InvitationUsed) == 7
    assert len(await shop.transact(identity.list_members, None, 100)) == 4


async def test_one_person_who_taps_twice_joins_once(database: Database, shop: Shop) -> None:
    invited = await shop.transact(identity.invite_member, Role.CASHIER)
    person = await make_person(database)

    results = await together(4, lambda _: accept(database, person, invited.token))

    assert count(results, Membership) == 1
    assert count(results, AlreadyMember) == 3


async def test_two_links_at_once_make_one_member(database: Database, shop: Shop) -> None:
    links = [await shop.transact(identity.invite_member, role) for role in (Role.CASHIER, Role.MANAGER)]
    person = await make_person(database)

    results = await together(2, lambda number: accept(database, person, links[number].token))

    assert count(results, Membership) == 1
    assert count(results, AlreadyMember) == 1
    assert {await state_of(shop, link) for link in links} == {InvitationState.OPEN, InvitationState.ACCEPTED}


async def test_a_member_does_not_use_up_a_link(database: Database, shop: Shop) -> None:
    invited = await shop.transact(identity.invite_member, Role.OWNER)

    with pytest.raises(AlreadyMember) as refused:
        await accept(database, shop.person("cashier"), invited.token)

    assert refused.value.business_id == shop.business_id
    assert await state_of(shop, invited) is InvitationState.OPEN
    assert (await member_of(shop, shop.person("cashier"))).role is Role.CASHIER


async def test_who_was_removed_does_not_return_by_the_old_link(database: Database, shop: Shop) -> None:
    invited = await shop.transact(identity.invite_member, Role.MANAGER)
    person = await make_person(database)
    await accept(database, person, invited.token)
    await shop.transact(identity.remove_member, (await member_of(shop, person)).id)

    with pytest.raises(InvitationUsed):
        await accept(database, person, invited.token)


async def test_a_link_taken_back_leads_nowhere(database: Database, shop: Shop) -> None:
    invited = await shop.transact(identity.invite_member, Role.CASHIER)
    await shop.transact(identity.revoke_invitation, invited.invitation.id)

    with pytest.raises(InvitationRevoked):
        await accept(database, await make_person(database), invited.token)
    with pytest.raises(InvitationRevoked):
        await shop.transact(identity.revoke_invitation, invited.invitation.id)

    assert await state_of(shop, invited) is InvitationState.REVOKED
    assert (await last(shop, "invitation_withdrawn")).subject_id == invited.invitation.id


async def test_a_link_lasts_a_week_to_the_second(database: Database, clock: TurnedClock) -> None:
    shop = await make_shop(database)
    first, second = [await shop.transact(identity.invite_member, Role.CASHIER) for _ in range(2)]
    person = await make_person(database)

    clock.turn(days=7, seconds=-1)
    await accept(database, person, first.token)
    clock.turn(seconds=1)

    with pytest.raises(InvitationExpired):
        await accept(database, await make_person(database), second.token)
    with pytest.raises(InvitationExpired):
        await shop.transact(identity.revoke_invitation, second.invitation.id)
    assert await state_of(shop, first) is InvitationState.ACCEPTED
    assert await state_of(shop, second) is InvitationState.EXPIRED


async def test_a_used_link_cannot_be_taken_back(database: Database, shop: Shop) -> None:
    invited = await shop.transact(identity.invite_member, Role.CASHIER)
    await accept(database, await make_person(database), invited.token)

    with pytest.raises(InvitationUsed):
        await shop.transact(identity.revoke_invitation, invited.invitation.id)


async def test_a_link_is_accepted_or_taken_back_but_never_both(database: Database, shop: Shop) -> None:
    invited = await shop.transact(identity.invite_member, Role.CASHIER)
    person = await make_person(database)

    async def race(number: int) -> object:
        if number:
            return await shop.transact(identity.revoke_invitation, invited.invitation.id)
        return await accept(database, person, invited.token)

    results = await together(2, race)

    assert count(results, InvitationUsed) + count(results, InvitationRevoked) == 1
    assert await state_of(shop, invited) in {InvitationState.ACCEPTED, InvitationState.REVOKED}


async def test_an_unknown_secret_leads_nowhere(database: Database, shop: Shop) -> None:
    invited = await shop.transact(identity.invite_member, Role.CASHIER)

    for token in ("", "nobody's", identity.digest(invited.token).hex()):
        with pytest.raises(InvitationNotFound):
            await accept(database, await make_person(database), token)


async def test_invitations_of_another_shop_cannot_be_seen_or_taken_back(shop: Shop, other_shop: Shop) -> None:
    invited = await other_shop.transact(identity.invite_member, Role.CASHIER)

    for invitation_id in (invited.invitation.id, uuid4()):
        with pytest.raises(InvitationNotFound):
            await shop.transact(identity.revoke_invitation, invitation_id)

    assert invited.invitation.id not in {one.id for one, _ in await shop.transact(identity.list_invitations, None, 100)}
    assert await state_of(other_shop, invited) is InvitationState.OPEN


async def test_a_person_with_too_many_shops_joins_no_other(database: Database, shop: Shop) -> None:
    invited = await shop.transact(identity.invite_member, Role.CASHIER)
    person = await make_person(database)
    await database.transact(person.scope(), belong_to_many, rules.BUSINESSES_MAX)

    with pytest.raises(TooManyBusinesses):
        await accept(database, person, invited.token)

    assert await state_of(shop, invited) is InvitationState.OPEN
