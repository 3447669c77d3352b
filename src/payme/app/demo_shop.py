"""The demo shop: a small duka with people, goods and tokens, made once where there is no shop at all."""

import asyncio
import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final
from uuid import UUID

from payme import identity, stock, wallet
from payme.app.demo_day import Staff, trade_first_day
from payme.app.queries import has_businesses
from payme.app.settings import SANDBOX_PASSKEY, SIMULATOR_KEY
from payme.identity import Login, Role, SignInLimits, UserDraft, WrongEmailOrPassword
from payme.kit.actor import Actor
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.secrets import SecretKeysMissing
from payme.payment_configs import (
    ConfigDraft,
    Environment,
    SecretField,
    ShortcodeKind,
    Strongbox,
    add_config,
    list_configs,
)
from payme.payments import Terms
from payme.stock import DeliveryDraft, DeliveryLine, Product, ProductDraft

SHOP_NAME: Final = "Demo Duka"
EMAILS: Final = {role: f"{role}@duka.example" for role in Role}
TOKENS: Final = 2_000
SHORTCODE: Final = "174379"
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another

# Name, unit, price, cost of the first delivery, its quantity, cost of the second delivery.
_SHELF: Final = (
    ("SUG-1KG", "Sugar 1 kg", "packet", "165", "142.00", "60", "145.50"),
    ("SUG-2KG", "Sugar 2 kg", "packet", "325", "284.00", "24", "290.00"),
    ("UNG-2KG", "Maize flour 2 kg", "packet", "150", "128.00", "80", "131.00"),
    ("ATT-2KG", "Atta flour 2 kg", "packet", "210", "181.00", "30", "184.00"),
    ("RIC-1KG", "Pishori rice 1 kg", "kg", "220", "178.00", "50", "182.50"),
    ("BEA-1KG", "Beans 1 kg", "kg", "180", "141.00", "40", "146.00"),
    ("OIL-1L", "Cooking oil 1 l", "bottle", "310", "268.00", "36", "272.00"),
    ("OIL-500", "Cooking oil 500 ml", "bottle", "165", "139.00", "36", "142.00"),
    ("MLK-500", "Fresh milk 500 ml", "packet", "60", "51.00", "72", "52.00"),
    ("BRD-400", "White bread 400 g", "loaf", "65", "56.00", "60", "57.00"),
    ("TEA-250", "Tea leaves 250 g", "packet", "140", "112.00", "30", "115.00"),
    ("SLT-500", "Salt 500 g", "packet", "25", "17.50", "60", "18.00"),
    ("EGG-1", "Egg", "piece", "18", "13.50", "180", "14.00"),
    ("SOA-800", "Bar soap 800 g", "bar", "190", "158.00", "24", "161.00"),
    ("DET-500", "Washing powder 500 g", "packet", "130", "104.00", "30", "107.00"),
    ("TIS-1", "Toilet paper roll", "roll", "35", "25.00", "96", "26.00"),
    ("MAT-1", "Matchbox", "box", "10", "6.00", "120", "6.50"),
    ("CAN-1", "Candle", "piece", "20", "13.00", "80", "14.00"),
    ("BAT-AA", "Battery AA", "piece", "40", "27.00", "48", "28.50"),
    ("KER-1L", "Kerosene", "litre", "205", "188.00", "60", "190.00"),
    ("TOM-1KG", "Tomatoes", "kg", "120", "82.00", "25", "88.00"),
    ("ONI-1KG", "Onions", "kg", "110", "76.00", "25", "79.00"),
    ("POT-1KG", "Potatoes", "kg", "90", "61.00", "50", "64.00"),
    ("SOD-500", "Soda 500 ml", "bottle", "75", "58.00", "96", "59.50"),
    ("WTR-1L", "Drinking water 1 l", "bottle", "60", "38.00", "72", "39.00"),
)


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """How to sign in to the demo shop; the three people share the password of this installation."""

    password: str | None
    """None where somebody set another one since."""
    business_id: str | None = None

    @property
    def email(self) -> str:
        """The owner's address."""
        return EMAILS[Role.OWNER]


def sign_in_of(data_dir: Path) -> DemoSignIn | None:
    """Return the demo sign-in of an installation, if it has one."""
    with suppress(OSError, ValueError, TypeError):
        return DemoSignIn(**json.loads((data_dir / "demo-sign-in.json").read_text(encoding="utf-8")))
    return None


def _keep(data_dir: Path, sign_in: DemoSignIn) -> None:
    place = data_dir / "demo-sign-in.json"
    half = data_dir / "demo-sign-in.json.half"
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as file:
        json.dump(asdict(sign_in), file)
    half.replace(place)


def new_password() -> str:
    """Make a password that is easy to type and hard to guess (79 bits)."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


async def find_or_make_demo_shop(database: Database, data_dir: Path, box: Strongbox, terms: Terms) -> DemoSignIn | None:
    """Return the demo sign-in, after making the shop where the database has no business at all.

    None where there are shops and none of them is ours to show. What an earlier start left unfinished is finished.
    """
    kept = sign_in_of(data_dir)
    if kept is not None and kept.business_id is not None and (login := await _find(database, kept)) is not None:
        return kept if await _opens(database, login, kept) else replace(kept, password=None)
    if kept is None and await database.transact(Scope.system("demo shop"), has_businesses):
        return None
    password = (kept and kept.password) or new_password()
    _keep(data_dir, DemoSignIn(password))  # before anybody has it: an interrupted start is taken up again
    people = await _people(database, password)
    business_id = await _shop(database, people[Role.OWNER])
    for role in (Role.MANAGER, Role.CASHIER):
        await _employ(database, business_id, people, role)
    collects = await _set_up_paybill(database, _acting(people[Role.OWNER], business_id), box)
    staff = Staff(_acting(people[Role.CASHIER], business_id), _acting(people[Role.MANAGER], business_id))
    await trade_first_day(database, staff, terms if collects else None)
    sign_in = DemoSignIn(password, str(business_id))
    _keep(data_dir, sign_in)
    return sign_in


async def _find(database: Database, sign_in: DemoSignIn) -> Login | None:
    login = await database.transact(Scope.system("demo shop"), identity.find_login, sign_in.email)
    if login is None or sign_in.business_id is None:
        return None
    scope = _acting(login.user_id, UUID(sign_in.business_id))
    return login if await database.transact(scope, identity.find_membership) is not None else None


async def _opens(database: Database, login: Login, sign_in: DemoSignIn) -> bool:
    try:
        await SignInLimits(database.seams).verify(login, sign_in.password or "")
    except WrongEmailOrPassword:
        return False
    return True


async def _people(database: Database, password: str) -> dict[Role, UUID]:
    people = {}
    for role, email in EMAILS.items():
        login = await database.transact(Scope.system("demo shop"), identity.find_login, email)
        if login is None:
            password_hash = await asyncio.to_thread(identity.hash_password, password, secrets.token_bytes(16))
            draft = UserDraft(email, role.capitalize(), password_hash)
            people[role] = (await database.transact(Scope.system("demo shop"), identity.sign_up, draft)).id
        else:
            people[role] = login.user_id
    return people


async def _shop(database: Database, owner: UUID) -> UUID:
    links = await database.transact(_acting(owner), identity.list_businesses, None, 1)
    if links:
        return links[0].business_id
    business_id = database.seams.new_id()
    scope = _acting(owner, business_id)
    products = await database.transact(scope, _open_with_goods)
    await database.transact(scope, _second_delivery, products)
    await database.transact(Scope.system("demo shop", business_id), wallet.grant_tokens, TOKENS, "demo shop")
    return business_id


async def _open_with_goods(tx: Tx) -> list[Product]:
    """Open the shop, put the goods on its list and take the first delivery in: all or nothing."""
    await wallet.welcome(tx, SHOP_NAME, None)
    await tx.flush()  # products refer to the business, which so far is only meant to be written
    drafts = [
        ProductDraft(name, unit, Decimal(price), sku=sku, reorder_level=Decimal(10))
        for sku, name, unit, price, *_ in _SHELF
    ]
    products = await stock.add_products(tx, drafts)
    lines = tuple(
        DeliveryLine(product.id, Decimal(quantity), Decimal(cost))
        for product, (*_, cost, quantity, _) in zip(products, _SHELF, strict=True)
    )
    await stock.receive(tx, DeliveryDraft("Wholesaler", lines, tx.now - timedelta(days=2)))
    return products


async def _second_delivery(tx: Tx, products: list[Product]) -> None:
    """Take a dearer delivery in, so that first in, first out shows."""
    lines = tuple(
        DeliveryLine(product.id, Decimal(quantity), Decimal(cost))
        for product, (*_, quantity, cost) in zip(products, _SHELF, strict=True)
    )
    await stock.receive(tx, DeliveryDraft("Wholesaler", lines))


async def _set_up_paybill(database: Database, owner: Scope, box: Strongbox) -> bool:
    """Let the shop collect from the simulator, where this installation has one; returns whether it does."""
    if Environment.SIMULATOR not in box.base_urls:
        return False
    configs = await database.transact(owner, list_configs, None, 1)
    if not configs:
        with suppress(SecretKeysMissing):  # then the shop sells for cash until its server has keys
            await database.transact(owner, add_config, paybill_to_try(SHORTCODE), box)
            return True
    return bool(configs)


def paybill_to_try(shortcode: str) -> ConfigDraft:
    """Write a paybill of the simulator, which knows all of them by the same credentials."""
    return ConfigDraft(
        environment=Environment.SIMULATOR,
        kind=ShortcodeKind.PAYBILL,
        shortcode=shortcode,
        till_number=None,
        initiator_name=None,
        pull_number=None,
        secrets={
            SecretField.CONSUMER_KEY: SIMULATOR_KEY,
            SecretField.CONSUMER_SECRET: SIMULATOR_KEY,
            SecretField.PASSKEY: SANDBOX_PASSKEY,
        },
    )


async def _employ(database: Database, business_id: UUID, people: dict[Role, UUID], role: Role) -> None:
    scope = _acting(people[role], business_id)
    if await database.transact(scope, identity.find_membership) is None:
        owner = _acting(people[Role.OWNER], business_id)
        invited = await database.transact(owner, identity.invite_member, role)
        await database.transact(scope, identity.accept_invitation, invited.invitation.id)


def _acting(user_id: UUID, business_id: UUID | None = None) -> Scope:
    """Return the scope of a person whom the command line plays."""

    async def admit(_: Tx) -> Actor:
        return Actor("user", "demo shop", user_id)

    return Scope(business_id, admit, "demo-shop")
