"""The audit of one shop, sealed."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from payme.anchors.jobs import AnchorDesk, AnchorPlace, tell_place
from payme.kit.db.transaction import Database
from payme.kit.secrets import given_keys
from payme.seals import Anchor, Restored, Told, Verdict, verify
from payme.seals.jobs import SealDesk, evidence_of, seal_business
from tests.support.goods import has_stock, has_tokens, opens_sale
from tests.support.shops import SECRET_KEYS, Shop, make_shop

KEYS = given_keys(SECRET_KEYS)


class Notes:
    """A place that keeps what it is told for a test, and may be told at any time."""

    every_s = 1e-6

    def __init__(self) -> None:
        self.name = f"notes {uuid4()}"[:40]
        self.told: list[Told] = []

    @property
    def anchors(self) -> list[Anchor]:
        return [one for one in self.told if isinstance(one, Anchor)]

    async def tell(self, told: Sequence[Told]) -> None:
        self.told += told

    async def read(self, since: datetime | None) -> AsyncIterator[Told]:
        for one in self.told:
            yield one


def desk_of(database: Database) -> SealDesk:
    """What the audit is sealed with."""
    return SealDesk(database, KEYS)


async def only(*business_ids: UUID) -> AsyncIterator[UUID]:
    """Businesses, as those are listed that are told of."""
    for business_id in business_ids:
        yield business_id


async def seals_and_tells(database: Database, place: AnchorPlace, *shops: Shop) -> int:
    """Seal what waits in some shops and tell a place of them; returns of how many heads it was told."""
    for shop in shops:
        await seal_business(desk_of(database), shop.business_id)
    return await tell_place(AnchorDesk(database, [place]), place, only(*(shop.business_id for shop in shops)))


async def judged(
    shop: Shop, anchors: Sequence[Anchor] = (), business_id: UUID | None = None, restores: Sequence[Restored] = ()
) -> Verdict:
    """What is found in the audit of a shop."""
    evidence = evidence_of(desk_of(shop.database).public_keys(), anchors, restores)
    return await verify(shop.database, business_id or shop.business_id, evidence)


async def sealed_shop(database: Database, sales: int = 3) -> tuple[Shop, list[Anchor]]:
    """A shop that sold something, sealed and told outside after each sale."""
    shop, notes = await make_shop(database), Notes()
    await has_tokens(shop, sales)
    sugar = await has_stock(shop, quantity=str(sales))
    for _ in range(sales):
        await seals_and_tells(database, notes, shop)
        await opens_sale(shop, (sugar, "1"), cash="200.00")
    await seals_and_tells(database, notes, shop)
    return shop, notes.anchors
