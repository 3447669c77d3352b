"""The audit of one shop, sealed."""

from collections.abc import Sequence
from uuid import UUID

from payme.kit.db.transaction import Database
from payme.kit.secrets import given_keys
from payme.seals import Anchor, Verdict, verify
from payme.seals.jobs import AnchorPlace, SealDesk, evidence_of, seal_business
from tests.support.goods import has_stock, has_tokens, opens_sale
from tests.support.shops import SECRET_KEYS, Shop, make_shop

KEYS = given_keys(SECRET_KEYS)


class Notes:
    """A place that keeps anchors for a test."""

    name = "notes"

    def __init__(self) -> None:
        self.anchors: list[Anchor] = []

    async def tell(self, anchor: Anchor) -> None:
        self.anchors.append(anchor)


def desk_of(database: Database, *places: AnchorPlace, every_s: float = 0.0) -> SealDesk:
    """What the audit is sealed with."""
    return SealDesk(database, KEYS, places, every_s)


async def judged(shop: Shop, anchors: Sequence[Anchor] = (), business_id: UUID | None = None) -> Verdict:
    """What is found in the audit of a shop."""
    evidence = evidence_of(desk_of(shop.database).public_keys(), anchors)
    return await verify(shop.database, business_id or shop.business_id, evidence)


async def sealed_shop(database: Database, sales: int = 3) -> tuple[Shop, list[Anchor]]:
    """A shop that sold something, sealed and told outside after each sale."""
    shop, notes = await make_shop(database), Notes()
    await has_tokens(shop, sales)
    sugar = await has_stock(shop, quantity=str(sales))
    for _ in range(sales):
        await seal_business(desk_of(database, notes), shop.business_id)
        await opens_sale(shop, (sugar, "1"), cash="200.00")
    await seal_business(desk_of(database, notes), shop.business_id)
    return shop, notes.anchors
