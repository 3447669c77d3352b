"""Opening a business, changing it, finding it again."""

from dataclasses import asdict
from uuid import UUID

import pytest

from payme import audit, identity
from payme.audit import AuditEntry
from payme.identity import BusinessChange, InvalidPhone, TooManyBusinesses, rules
from payme.kit.db.transaction import Database, Tx
from tests.support.shops import Shop, make_person, make_shop
from tests.support.together import together


async def entries_of(shop: Shop, subject_id: UUID | None = None) -> list[AuditEntry]:
    return await shop.transact(audit.list_entries, subject_id, None, 100)


async def test_a_new_business_has_an_owner_a_line_in_the_directory_and_an_entry(database: Database) -> None:
    person = await make_person(database, "Mama Mboga")
    business_id = database.seams.new_id()
    scope = person.scope(business_id)

    opened = await database.transact(scope, identity.open_business, "Duka", "0712345678")

    async def directory(tx: Tx) -> int:
        return int(await tx.value("SELECT count(*) FROM business_directory WHERE business_id = $1", business_id))

    assert await database.transact(scope, identity.get_business) == opened
    assert (opened.business_id, opened.phone, opened.time_zone) == (business_id, "+254712345678", "Africa/Nairobi")
    (owner,) = await database.transact(scope, identity.list_members, None, 10)
    assert (owner.user_id, owner.name, owner.role) == (person.user_id, "Mama Mboga", "owner")
    assert await database.transact(scope, directory) == 1
    (entry,) = await entries_of(Shop(database, business_id, person, {identity.Role.OWNER: person}))
    assert (entry.action, entry.subject_id, entry.user_id) == ("business_opened", business_id, person.user_id)
    assert entry.facts == {"name": "Duka", "phone": "+254712345678", "owner_user_id": str(person.user_id)}


async def test_a_business_with_a_wrong_number_does_not_open(database: Database) -> None:
    person = await make_person(database)

    with pytest.raises(InvalidPhone):
        await database.transact(person.scope(database.seams.new_id()), identity.open_business, "Duka", "12")

    assert await database.transact(person.scope(), identity.list_businesses, None, 10) == []


async def belong_to_many(tx: Tx, number: int) -> None:
    tx.write(
        "INSERT INTO user_businesses (user_id, business_id, created_at)"
        " SELECT $1, gen_random_uuid(), $3 FROM generate_series(1, $2::int)",
        tx.actor.user_id,
        number,
        tx.now,
    )


async def test_a_person_belongs_to_a_bounded_number_of_businesses(database: Database) -> None:
    person = await make_person(database)
    await database.transact(person.scope(), belong_to_many, rules.BUSINESSES_MAX)

    with pytest.raises(TooManyBusinesses) as refused:
        await database.transact(person.scope(database.seams.new_id()), identity.open_business, "Duka", None)

    assert refused.value.limit == rules.BUSINESSES_MAX


async def test_a_change_is_kept_with_what_was_before(shop: Shop) -> None:
    changed = await shop.transact(
        identity.change_business, BusinessChange("Duka Jipya", "0712345678", phone_given=True)
    )
    again = await shop.transact(identity.change_business, BusinessChange(phone_given=True))

    assert (changed.name, changed.phone) == ("Duka Jipya", "+254712345678")
    assert await shop.transact(identity.get_business) == again
    last, first, *_ = [e for e in await entries_of(shop, shop.business_id) if e.action == "business_changed"]
    assert first.facts == {
        "name_before": "Duka",
        "name_after": "Duka Jipya",
        "phone_before": None,
        "phone_after": "+254712345678",
    }
    assert (last.facts["phone_before"], last.facts["phone_after"]) == ("+254712345678", None)


async def test_a_change_of_nothing_leaves_no_trace(shop: Shop) -> None:
    before = await shop.transact(identity.get_business)

    assert await shop.transact(identity.change_business, BusinessChange()) == before
    assert await shop.transact(identity.change_business, BusinessChange("Duka", None, phone_given=True)) == before
    assert not [e for e in await entries_of(shop) if e.action == "business_changed"]


async def test_changes_at_once_each_know_the_one_before(shop: Shop) -> None:
    await together(8, lambda number: shop.transact(identity.change_business, BusinessChange(f"Duka {number}")))

    changes = [e.facts for e in await entries_of(shop) if e.action == "business_changed"]
    afters = {facts["name_after"] for facts in changes}
    befores = {facts["name_before"] for facts in changes}
    assert len(changes) == 8
    assert befores - afters == {"Duka"}
    assert afters - befores == {(await shop.transact(identity.get_business)).name}


async def test_a_business_is_changed_alone(shop: Shop, other_shop: Shop) -> None:
    before = asdict(await other_shop.transact(identity.get_business))

    await shop.transact(identity.change_business, BusinessChange("Duka Jipya"))

    assert asdict(await other_shop.transact(identity.get_business)) == before


async def test_one_finds_ones_businesses_page_by_page_and_no_others(database: Database, other_shop: Shop) -> None:
    shop = await make_shop(database, "Duka")
    second = database.seams.new_id()
    await database.transact(shop.owner.scope(second), identity.open_business, "Duka la pili", None)

    links = await database.transact(shop.owner.scope(), identity.list_businesses, None, 10)

    assert [link.business_id for link in links] == [shop.business_id, second]
    assert await database.transact(shop.owner.scope(second), identity.find_membership) == identity.Membership(
        second, "Duka la pili", identity.Role.OWNER
    )
    assert await database.transact(shop.owner.scope(other_shop.business_id), identity.find_membership) is None
