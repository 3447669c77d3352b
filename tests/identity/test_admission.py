"""Who is let into a transaction."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from payme import identity
from payme.identity.errors import NoSuchThing, NotAllowed, SignInRequired
from payme.kit.actor import Actor
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.ports import Connection, Record
from payme.kit.db.transaction import Database, Scope, Tx
from tests.identity.conftest import TurnedClock
from tests.support.shops import Person, Shop, make_person, make_shop


async def who(tx: Tx) -> Actor:
    return tx.actor


def entering(token: str, business_id: UUID | None, permission: str | None) -> Scope:
    async def admit(tx: Tx) -> Actor:
        return await identity.admit(tx, token, permission)

    return Scope(business_id, admit, "test")


async def test_a_member_enters_with_the_role_and_its_permissions(database: Database, shop: Shop) -> None:
    for role in identity.Role:
        token = shop.person(role).token
        assert await database.transact(entering(token, shop.business_id, "stock.read"), who) == shop.actor(role)


async def test_a_person_enters_without_a_business(database: Database, shop: Shop) -> None:
    for business_id in (None, shop.business_id, uuid4()):
        actor = await database.transact(entering(shop.owner.token, business_id, None), who)
        assert actor == shop.owner.actor()
        assert not actor.permissions


@pytest.mark.parametrize("token", ["", "nobody's", "x" * 5000, "kahawa ☕"])
async def test_an_unknown_token_is_nobody(database: Database, shop: Shop, token: str) -> None:
    for permission in (None, "business.read"):
        with pytest.raises(SignInRequired):
            await database.transact(entering(token, shop.business_id, permission), who)


async def test_the_kept_hash_of_a_token_is_not_the_token(database: Database, shop: Shop) -> None:
    hashed = identity.digest(shop.owner.token)

    for stolen in (hashed.hex(), hashed.decode("latin-1")):
        with pytest.raises(SignInRequired):
            await database.transact(entering(stolen, None, None), who)


async def test_another_shop_does_not_exist(database: Database, shop: Shop, other_shop: Shop) -> None:
    for business_id in (other_shop.business_id, uuid4()):
        with pytest.raises(NoSuchThing):
            await database.transact(entering(shop.owner.token, business_id, "business.read"), who)


async def test_a_cashier_may_not_adjust_stock(database: Database, shop: Shop) -> None:
    with pytest.raises(NotAllowed) as refused:
        await database.transact(entering(shop.person("cashier").token, shop.business_id, "stock.adjust"), who)

    assert refused.value.permission == "stock.adjust"


async def test_a_permission_without_a_business_is_not_given(database: Database, shop: Shop) -> None:
    with pytest.raises(NoSuchThing):
        await database.transact(entering(shop.owner.token, None, "business.read"), who)


async def test_a_session_ends_at_its_time_to_the_second(database: Database, clock: TurnedClock) -> None:
    person = await make_person(database)

    clock.turn(days=30, seconds=-1)
    assert await database.transact(entering(person.token, None, None), who) == person.actor()

    clock.turn(seconds=1)
    with pytest.raises(SignInRequired):
        await database.transact(entering(person.token, None, None), who)


async def test_a_revoked_session_is_worth_nothing_at_once(database: Database, shop: Shop) -> None:
    await database.transact(shop.owner.scope(), identity.sign_out)

    for permission in (None, "business.read"):
        with pytest.raises(SignInRequired):
            await database.transact(entering(shop.owner.token, shop.business_id, permission), who)


async def test_a_removed_member_finds_no_shop(database: Database, shop: Shop) -> None:
    cashier = await member_of(shop, shop.person("cashier"))

    await shop.transact(identity.remove_member, cashier.id)

    with pytest.raises(NoSuchThing):
        await database.transact(entering(shop.person("cashier").token, shop.business_id, "business.read"), who)


async def test_a_changed_role_counts_from_the_next_request(database: Database, shop: Shop) -> None:
    cashier = await member_of(shop, shop.person("cashier"))

    await shop.transact(identity.change_role, cashier.id, identity.Role.MANAGER)

    entered = await database.transact(entering(shop.person("cashier").token, shop.business_id, "stock.adjust"), who)
    assert entered.name == "manager"


class Counting:
    """A connection that counts what is asked of it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.statements = 0

    async def execute(self, query: str, *args: object) -> str:
        self.statements += 1
        return await self.connection.execute(query, *args)

    async def fetch(self, query: str, *args: object) -> Sequence[Record]:
        self.statements += 1
        return await self.connection.fetch(query, *args)

    def is_in_transaction(self) -> bool:
        return self.connection.is_in_transaction()

    def terminate(self) -> None:
        self.connection.terminate()


async def test_letting_in_costs_one_statement(app_pool: AsyncpgPool, database: Database) -> None:
    shop = await make_shop(database)
    connection = await app_pool.acquire()
    try:
        await connection.execute(f"BEGIN; SET LOCAL payme.business_id = '{shop.business_id}'")
        counting = Counting(connection)
        tx = Tx(counting, Scope.system("test", shop.business_id), database.seams)
        actor = await identity.admit(tx, shop.owner.token, "business.read")
        await connection.execute("ROLLBACK")
    finally:
        await app_pool.release(connection)

    assert actor == shop.actor("owner")
    assert counting.statements == 1


async def member_of(shop: Shop, person: Person) -> identity.Member:
    members = await shop.transact(identity.list_members, None, 100)
    return next(member for member in members if member.user_id == person.user_id)
