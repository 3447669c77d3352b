"""The stage of a measurement: shops with goods, tokens and a signed-in owner each, made through the services."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg

from payme import identity, stock, wallet
from payme.identity import PERMISSIONS, Login, NewSession, Role, User, UserDraft
from payme.kit.actor import Actor
from payme.kit.db.transaction import Database, Scope, Tx
from payme.stock import DeliveryDraft, DeliveryLine, ProductDraft

PRODUCTS = 21
"""On the shelf of each shop: three thirds, of which a sale takes one each."""
STOCK = Decimal(10_000_000)
TOKENS = 100_000_000
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class StagedShop:
    """A shop that is ready to sell; product ids are in ascending order."""

    business_id: UUID
    token: str
    product_ids: tuple[UUID, ...]
    owner: Actor


def _acting(actor: Actor, business_id: UUID | None = None) -> Scope:
    async def admit(_: Tx) -> Actor:
        return actor

    return Scope(business_id, admit, "bench")


def acting_in(shop: StagedShop) -> Scope:
    """Return a transaction of the shop's owner."""
    return _acting(shop.owner, shop.business_id)


async def _person(database: Database, password_hash: str) -> tuple[User, NewSession]:
    async def sign_up_and_in(tx: Tx) -> tuple[User, NewSession]:
        draft = UserDraft(f"{uuid4().hex}@duka.example", "Owner", password_hash)
        user = await identity.sign_up(tx, draft)
        return user, await identity.open_session(tx, Login(user.id, password_hash), "bench", "", None)

    return await database.transact(_acting(Actor("visitor", "visitor")), sign_up_and_in)


async def _shop(database: Database, password_hash: str, number: int) -> StagedShop:
    user, opened = await _person(database, password_hash)
    business_id = database.seams.new_id()
    person = _acting(Actor("user", "user", user.id, opened.session.id), business_id)
    await database.transact(person, wallet.welcome, f"Duka {number}", None)
    await database.transact(Scope.system("bench", business_id), wallet.grant_tokens, TOKENS, "for a measurement")
    member = Actor("member", Role.OWNER.value, user.id, opened.session.id, PERMISSIONS[Role.OWNER])
    owner = _acting(member, business_id)
    drafts = [
        ProductDraft(name=f"Article {place} of shop {number}", unit="kg", selling_price=Decimal(f"{20 + place}.50"))
        for place in range(PRODUCTS)
    ]
    products = await database.transact(owner, stock.add_products, drafts)
    lines = tuple(DeliveryLine(product.id, STOCK, Decimal("12.25")) for product in products)
    await database.transact(owner, stock.receive, DeliveryDraft("Wholesaler", lines))
    return StagedShop(business_id, opened.token, tuple(sorted(product.id for product in products)), member)


async def stage(database: Database, shops: int) -> list[StagedShop]:
    """Make shops, a few at a time."""
    password_hash = identity.hash_password("sukari mchele unga", b"sixteen of salt!")
    made: list[StagedShop] = []
    for start in range(0, shops, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, shops))
        made += await asyncio.gather(*(_shop(database, password_hash, number) for number in numbers))
    return made


async def tell_reference(owner_dsn: str, shops: Sequence[StagedShop]) -> None:
    """Write down for pgbench, which knows numbers only, the ids of its shops; and let the planner see the tables."""
    connection = await asyncpg.connect(owner_dsn)
    try:
        await connection.execute("CREATE SCHEMA bench")
        await connection.execute(
            """
            CREATE TABLE bench.shops (number int PRIMARY KEY, business_id uuid, token_hash bytea, user_id uuid,
                                      products uuid[], batches uuid[])
            """
        )
        await connection.execute(
            """
            INSERT INTO bench.shops
            SELECT shop.number, shop.business_id, sha256(convert_to(shop.token, 'UTF8')),
                   (SELECT user_id FROM user_businesses AS link WHERE link.business_id = shop.business_id),
                   array_agg(batch.product_id ORDER BY batch.product_id), array_agg(batch.id ORDER BY batch.product_id)
              FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS shop (business_id, token, number)
              JOIN stock_batches AS batch ON batch.business_id = shop.business_id
             GROUP BY shop.number, shop.business_id, shop.token
            """,
            [shop.business_id for shop in shops],
            [shop.token for shop in shops],
        )
        await connection.execute("GRANT USAGE ON SCHEMA bench TO payme_app")
        await connection.execute("GRANT SELECT ON bench.shops TO payme_app")
    finally:
        await connection.close()


async def vacuum(owner_dsn: str) -> None:
    """Let PostgreSQL see how large its tables are, as its own autovacuum does once a minute."""
    connection = await asyncpg.connect(owner_dsn)
    try:
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
