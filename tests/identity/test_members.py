"""Who works in a shop, with which role, and that somebody always owns it."""

from uuid import UUID, uuid4

import pytest

from payme import identity
from payme.audit import AuditEntry
from payme.identity import LastOwner, Member, MemberNotFound, Role
from payme.identity.errors import NotAllowed
from payme.kit.actor import Actor
from payme.kit.db.transaction import Database, Scope
from payme.kit.errors import Refusal
from tests.identity.test_businesses import entries_of
from tests.support.shops import Person, Shop, acting, join
from tests.support.together import count, together


async def member_of(shop: Shop, person: Person) -> Member:
    members = await shop.transact(identity.list_members, None, 100)
    return next(member for member in members if member.user_id == person.user_id)


async def owners_of(shop: Shop) -> list[UUID]:
    members = await shop.transact(identity.list_members, None, 100)
    return [member.user_id for member in members if member.role is Role.OWNER]


def as_owner(shop: Shop, person: Person) -> Scope:
    return acting(
        Actor("member", "owner", person.user_id, person.session_id, identity.PERMISSIONS[Role.OWNER]), shop.business_id
    )


async def last(shop: Shop, action: str) -> AuditEntry:
    return next(entry for entry in await entries_of(shop) if entry.action == action)


async def test_a_role_is_changed_and_the_audit_knows_both(shop: Shop) -> None:
    cashier = await member_of(shop, shop.person("cashier"))

    changed = await shop.transact(identity.change_role, cashier.id, Role.MANAGER)

    assert changed == await member_of(shop, shop.person("cashier"))
    assert changed.role is Role.MANAGER
    entry = await last(shop, "role_changed")
    assert (entry.subject_id, entry.user_id) == (cashier.id, shop.owner.user_id)
    assert entry.facts == {"role_before": "cashier", "role_after": "manager"}


async def test_the_same_role_again_leaves_no_trace(shop: Shop) -> None:
    owner = await member_of(shop, shop.owner)

    assert await shop.transact(identity.change_role, owner.id, Role.OWNER) == owner
    assert not [entry for entry in await entries_of(shop) if entry.action == "role_changed"]


async def test_a_removed_member_leaves_the_list_and_the_name_stays_in_the_books(database: Database, shop: Shop) -> None:
    person = shop.person("cashier")
    cashier = await member_of(shop, person)

    await shop.transact(identity.remove_member, cashier.id)

    members = await shop.transact(identity.list_members, None, 100)
    assert cashier not in members
    assert await database.transact(person.scope(), identity.list_businesses, None, 10) == []
    entry = await last(shop, "member_removed")
    assert entry.facts == {"removed_user_id": str(person.user_id), "role": "cashier"}
    with pytest.raises(MemberNotFound):
        await shop.transact(identity.remove_member, cashier.id)
    with pytest.raises(MemberNotFound):
        await shop.transact(identity.change_role, cashier.id, Role.OWNER)


async def test_who_was_removed_may_come_back_by_a_new_invitation(database: Database, shop: Shop) -> None:
    person = shop.person("cashier")
    before = await member_of(shop, person)
    await shop.transact(identity.remove_member, before.id)
    invited = await shop.transact(identity.invite_member, Role.MANAGER)

    await database.transact(person.scope(shop.business_id), identity.accept_invitation, invited.invitation.id)

    after = await member_of(shop, person)
    assert after.role is Role.MANAGER
    assert after.id != before.id


@pytest.mark.parametrize("role", [Role.MANAGER, Role.CASHIER])
async def test_the_only_owner_stays_owner(shop: Shop, role: Role) -> None:
    owner = await member_of(shop, shop.owner)

    with pytest.raises(LastOwner) as refused:
        await shop.transact(identity.change_role, owner.id, role)
    with pytest.raises(LastOwner):
        await shop.transact(identity.remove_member, owner.id)

    assert refused.value.member_id == owner.id
    assert await owners_of(shop) == [shop.owner.user_id]


async def test_members_of_another_shop_cannot_be_touched(shop: Shop, other_shop: Shop) -> None:
    stranger = await member_of(other_shop, other_shop.person("cashier"))

    for member_id in (stranger.id, uuid4()):
        with pytest.raises(MemberNotFound):
            await shop.transact(identity.change_role, member_id, Role.MANAGER)
        with pytest.raises(MemberNotFound):
            await shop.transact(identity.remove_member, member_id)

    assert await member_of(other_shop, other_shop.person("cashier")) == stranger


async def test_two_owners_who_demote_each_other_leave_one(database: Database, shop: Shop) -> None:
    people = [shop.owner, await join(database, shop, "owner")]
    members = [await member_of(shop, person) for person in people]

    results = await together(
        2,
        lambda number: database.transact(
            as_owner(shop, people[number]), identity.change_role, members[1 - number].id, Role.CASHIER
        ),
    )

    assert count(results, Member) == 1
    assert count(results, NotAllowed) == 1
    assert len(await owners_of(shop)) == 1


async def test_two_owners_who_leave_at_once_leave_one(database: Database, shop: Shop) -> None:
    people = [shop.owner, await join(database, shop, "owner")]
    members = [await member_of(shop, person) for person in people]

    results = await together(
        2,
        lambda number: database.transact(as_owner(shop, people[number]), identity.remove_member, members[number].id),
    )

    assert count(results, Member) == 1
    assert count(results, LastOwner) == 1
    assert len(await owners_of(shop)) == 1


async def test_many_owners_in_a_quarrel_leave_one_at_least(database: Database, shop: Shop) -> None:
    people = [shop.owner, *[await join(database, shop, "owner") for _ in range(5)]]
    members = [await member_of(shop, person) for person in people]

    async def quarrel(number: int) -> object:
        scope, target = as_owner(shop, people[number % 6]), members[(number * 5 + 1) % 6].id
        if number % 2:
            return await database.transact(scope, identity.remove_member, target)
        return await database.transact(scope, identity.change_role, target, Role.MANAGER)

    results = await together(12, quarrel)

    assert count(results, Refusal) < 12
    assert await owners_of(shop)


async def test_the_system_may_change_roles_too(database: Database, shop: Shop) -> None:
    cashier = await member_of(shop, shop.person("cashier"))
    scope = Scope.system("cli", shop.business_id)

    assert (await database.transact(scope, identity.change_role, cashier.id, Role.OWNER)).role is Role.OWNER
