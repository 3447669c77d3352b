"""People and shops, made for one test each through the services that make them in life."""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from typing import TypeVar, TypeVarTuple
from uuid import UUID, uuid4

from payme import identity, wallet
from payme.identity import PERMISSIONS, Login, NewSession, Role, User, UserDraft
from payme.kit.actor import Actor
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.secrets import given_keys
from payme.payment_configs import (
    ConfigDraft,
    Environment,
    PaymentConfig,
    SecretField,
    ShortcodeKind,
    Strongbox,
    add_config,
)
from payme.reconciliation import Violation, check_business

PASSWORD = "sukari mchele unga"
SECRET_KEYS = f"v1:{b64encode(b'a key that guards tests alone...').decode()}"
BOX = Strongbox(given_keys(SECRET_KEYS), dict.fromkeys(Environment, "http://daraja.invalid"))
_numbers = count(1_000_000)  # a paybill belongs to one business, and the tests of one process share a database

Result = TypeVar("Result")
Args = TypeVarTuple("Args")


@dataclass(frozen=True)
class Person:
    """Somebody who signed up and is signed in."""

    user_id: UUID
    email: str
    name: str
    session_id: UUID
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What a request of this person carries."""
        return {"Authorization": f"Bearer {self.token}"}

    def actor(self) -> Actor:
        """The person outside of any business."""
        return Actor("user", "user", self.user_id, self.session_id)

    def scope(self, business_id: UUID | None = None) -> Scope:
        """A transaction of this person, who is not asked for a role."""
        return acting(self.actor(), business_id)


@dataclass(frozen=True)
class Shop:
    """A business with one person in each role."""

    database: Database
    business_id: UUID
    owner: Person
    people: dict[Role, Person] = field(default_factory=dict)
    paybill: PaymentConfig | None = None
    """Where its customers pay; None where it was not set up."""

    def person(self, role: str = "owner") -> Person:
        """Who has the role."""
        return self.people[Role(role)]

    def actor(self, role: str = "owner") -> Actor:
        """The member with the role, as the admission would let them in."""
        person = self.person(role)
        return Actor("member", role, person.user_id, person.session_id, PERMISSIONS[Role(role)])

    def scope(self, role: str = "owner") -> Scope:
        """A transaction of the member with the role."""
        return acting(self.actor(role), self.business_id)

    async def transact(
        self, work: Callable[[Tx, *Args], Awaitable[Result]], *args: *Args, role: str = "owner"
    ) -> Result:
        """Run a service or a query as the member with the role."""
        return await self.database.transact(self.scope(role), work, *args)

    async def disagreements(self) -> list[Violation]:
        """What the invariants find in the books of this shop; other tests' callbacks are none of its business."""
        return await self.database.snapshot(Scope.system("test", self.business_id), check_business)


def acting(actor: Actor, business_id: UUID | None = None) -> Scope:
    """A transaction of an actor who has been let in."""

    async def admit(_: Tx) -> Actor:
        return actor

    return Scope(business_id, admit, "test")


@cache
def _password_hash() -> str:
    return identity.hash_password(PASSWORD, b"sixteen of salt!")


async def make_person(database: Database, name: str = "Mtu") -> Person:
    """Sign somebody up and in; their password is ``PASSWORD``."""
    email = f"{uuid4().hex}@duka.example"

    async def sign_up_and_in(tx: Tx) -> tuple[User, NewSession]:
        user = await identity.sign_up(tx, UserDraft(email, name, _password_hash()))
        return user, await identity.open_session(tx, Login(user.id, _password_hash()), "test", "", None)

    user, opened = await database.transact(acting(Actor("visitor", "visitor")), sign_up_and_in)
    return Person(user.id, email, name, opened.session.id, opened.token)


async def join(database: Database, shop: Shop, role: str) -> Person:
    """Invite somebody and let them accept."""
    person = await make_person(database, role.capitalize())
    invited = await shop.transact(identity.invite_member, Role(role))
    await database.transact(person.scope(shop.business_id), identity.accept_invitation, invited.invitation.id)
    return person


def paybill_draft(**different: object) -> ConfigDraft:
    """Write a paybill with a number of its own."""
    draft = ConfigDraft(
        environment=Environment.SIMULATOR,
        kind=ShortcodeKind.PAYBILL,
        shortcode=str(next(_numbers)),
        till_number=None,
        initiator_name=None,
        pull_number=None,
        secrets={
            SecretField.CONSUMER_KEY: "simulator",
            SecretField.CONSUMER_SECRET: "simulator",
            SecretField.PASSKEY: "a passkey of a test",
        },
    )
    return replace(draft, **different)  # type: ignore[arg-type]  # the test names fields


async def make_shop(database: Database, name: str = "Duka", *, paybill: bool = True) -> Shop:
    """Open a shop with an owner, a manager and a cashier, and a paybill of its own."""
    owner = await make_person(database, "Owner")
    business_id = database.seams.new_id()
    await database.transact(owner.scope(business_id), wallet.welcome, name, None)
    shop = Shop(database, business_id, owner, {Role.OWNER: owner})
    for role in (Role.MANAGER, Role.CASHIER):
        shop.people[role] = await join(database, shop, role)
    return replace(shop, paybill=await shop.transact(add_config, paybill_draft(), BOX)) if paybill else shop
