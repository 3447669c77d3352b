"""One seed's world: two shops over one real PostgreSQL, and everybody who does something in them or to them."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import partial
from random import Random
from typing import Final
from uuid import UUID

import asyncpg

from payme import (
    c2b,
    credit,
    customers,
    drawers,
    identity,
    payment_configs,
    receipts,
    reconciliation,
    refunds,
    returns,
    stock,
    wallet,
    webhooks,
)
from payme.app.assembly import account_of, record
from payme.c2b import jobs as c2b_jobs
from payme.c2b.jobs import C2bDesk
from payme.callbacks import Arrival, repository, rules
from payme.credit import AccountDraft
from payme.customers import CustomerDraft
from payme.drawers import DrawerMode, DrawerRules
from payme.identity import PERMISSIONS, Role, UserDraft, every_business
from payme.inquiries import jobs as inquiry_jobs
from payme.inquiries.jobs import InquiryDesk
from payme.kit.actor import Actor
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.db.ports import Job
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.errors import Unavailable
from payme.kit.seams import Seams
from payme.mpesa import MpesaAccount, TransactionType
from payme.payment_configs import SecretField
from payme.payments import CHECK_PAYMENT, SUBMIT_PAYMENT, Accounts, Collector, Terms
from payme.payments import jobs as payment_jobs
from payme.payments.jobs import PushDesk
from payme.push_limits import PushLimits
from payme.receipts import jobs as receipt_jobs
from payme.receipts.jobs import ReceiptDesk
from payme.refunds import jobs as refund_jobs
from payme.refunds.jobs import RefundDesk
from payme.replay import replay
from payme.settlement import book_listed
from payme.settlement import jobs as settlement_jobs
from payme.stock import DeliveryDraft, DeliveryLine, Product, ProductDraft
from payme.webhooks import EndpointDraft, PostOffice
from payme.webhooks import jobs as webhook_jobs
from tests.simulation.daraja import SimDaraja, arrived
from tests.simulation.faults import Fault, Faults
from tests.simulation.ground import Ground
from tests.simulation.network import Network
from tests.simulation.news import ADDRESS, WANTED, Subscriber
from tests.simulation.oracles import Judge
from tests.simulation.organisation import SimOrganisation
from tests.simulation.pool import SimJobs, SimPool
from tests.simulation.scheduler import Process, Scheduler, SimChaos, SimClock, Violation
from tests.support.shops import BOX, acting, paybill_draft

STEPS_MAX: Final = 30_000
ATTEMPTS_MAX: Final = 8
PLATFORM: Final = "650880"
TERMS: Final = Terms(
    deadline_s=120,
    base_urls=BOX.base_urls,
    limits=PushLimits(3, 10, 60, 300, key=lambda: b"a key of the simulation"),
    platform=Collector(PLATFORM, "http://daraja.invalid", None, "37605544"),
)
FULL_VERIFY_EVERY: Final = 8
"""The judge asks the same of each seed; every eighth also lets the product verify itself."""
REPORTED: Final = ("P8", "P10", "R3")
"""What the product reports from time to time where it lasts: nothing else opens an issue for it."""
USERS: Final = {role: UUID(int=7 + number) for number, role in enumerate(Role)}
TOKENS: Final = 12
"""So many more tokens has a shop whose customers buy on credit."""
SHARE: Final = 0.6
"""Of all seeds, how many have one of the rooms."""
SHOP_URL: Final = "https://shop.test"
PRICES: Final = (("Sugar", "150.00"), ("Maize flour", "90.00"), ("Milk", "60.00"))


class Room(StrEnum):
    """What of a shop's day a seed may have besides selling."""

    CREDIT = "credit"
    DRAWERS = "drawers"
    RETURNS = "returns"
    SEALS = "seals"
    RUNS = "runs"
    STATEMENTS = "statements"
    ALERTS = "alerts"


@dataclass
class SimShop:
    """A shop and what its people know."""

    business_id: UUID
    shortcode: str
    products: list[Product] = field(default_factory=list)
    sales: list[UUID] = field(default_factory=list)
    customers: list[UUID] = field(default_factory=list)
    """Those who have a credit account."""
    drawer_mode: DrawerMode = DrawerMode.OFF

    def scope(self, role: Role, request_id: str) -> Scope:
        """Let a member in who has the role."""
        member = Actor("member", role, USERS[role], UUID(int=6), PERMISSIONS[role])

        async def admit(_: Tx) -> Actor:
            return member

        return Scope(self.business_id, admit, request_id)


class World:
    """The product on simulated seams, and the workers that run its jobs."""

    def __init__(self, ground: Ground, seed: int, *, keep_trace: bool = False) -> None:
        """Derive everything from the seed."""
        self.seed = seed
        self.scheduler = Scheduler(self.randomness("order"), steps_max=STEPS_MAX, keep_trace=keep_trace)
        self.scheduler.deadlock = lambda: asyncpg.DeadlockDetectedError("deadlock detected")
        self.scheduler.strikes = self._crashes
        self.faults = Faults(self.randomness("faults"))
        self.pool = SimPool(ground.connections, self.scheduler, self.faults)
        self.pool.accepted = self._accept
        self.pool.stored = self._notice
        seams = Seams(SimClock(self.scheduler), self.randomness("ids"), SimChaos(self.scheduler))
        self.database = Database(self.pool, seams, record=record, jobs=SimJobs())
        self.daraja = SimDaraja(self.scheduler, self.randomness("daraja"), self.faults)
        self.daraja.post = self.post
        self.organisation = SimOrganisation(self.scheduler, self.randomness("organisation"), self.faults, self.daraja)
        self.subscriber = Subscriber(self.scheduler, self.randomness("subscriber"), self.faults)
        self.ground = ground
        self.judge = Judge(ground, self.scheduler, self.daraja, self.organisation, self.subscriber)
        self.network = Network(self.scheduler, self.faults)
        self.workers = [Process("worker1"), Process("worker2")]
        platform = MpesaAccount(
            "https://daraja.test", "key", "secret", "650880", "passkey", "650880", TransactionType.PAYBILL
        )
        accounts = Accounts(platform, BOX)
        self.desk = PushDesk(self.database, self.daraja, accounts, SHOP_URL)
        self.inquiries = InquiryDesk(self.database, self.daraja, account_of(accounts))
        self.receipts = ReceiptDesk(self.database, self.organisation, BOX, SHOP_URL, book_listed)
        self.office = PostOffice(self.database, self.subscriber, BOX.keys)
        self.jobs = self._jobs_by_name()
        self.shops: list[SimShop] = []
        self.edited: SimShop | None = None
        """A shop where nobody trades, and somebody edits the books by hand."""
        self.counts: Counter[str] = Counter()
        self._work = self.randomness("workers")
        self._lot = self.randomness("rooms")
        self.rooms = frozenset(room for room in Room if self._lot.random() < SHARE)
        """What of a shop's day, besides selling, this seed has."""
        self._busy = self._lot.randrange(2)
        self._jobs = 0

    @property
    def busy(self) -> SimShop:
        """The shop that has these rooms."""
        return self.shops[self._busy]

    @property
    def business_ids(self) -> list[UUID]:
        """Every business there is."""
        return [shop.business_id for shop in (*self.shops, self.edited) if shop is not None]

    def randomness(self, part: str) -> Random:
        """Return a source for one part of the world, so that a change of one leaves the others alone."""
        return Random(f"{self.seed}/{part}")

    def _crashes(self, process: Process) -> bool:
        return self.faults.strikes(Fault.SERVER_CRASH if process is self.network.server else Fault.WORKER_CRASH)

    async def open_shops(self) -> None:
        """Open two shops with goods, in calm."""
        self.faults.stopped = True
        self.scheduler.spawn("setup", self._open_shops)
        await self.scheduler.run()
        self.faults.stopped = False
        self.judge.businesses = [shop.business_id for shop in self.shops]
        self.pool.committed = self.judge.after_commit

    async def _open_shops(self) -> None:
        user = await self.database.transact(
            acting(Actor("visitor", "visitor")), identity.sign_up, UserDraft("owner@duka.example", "Owner", "x")
        )
        opener = Actor("user", "user", user.id)
        for number, name in enumerate(("Duka Moja", "Duka Mbili")):
            # Where people buy on credit there are goods enough for a limit to be what is short.
            quantity = Decimal(18 if Room.CREDIT in self.rooms and number == self._busy else 6)
            shop = await self._open_shop(opener, name, f"60099{number}", quantity)
            await self._open_paybill(shop, listed=number == 0 and self.seed % 2 == 0)
            self.shops.append(shop)
        if Room.RUNS in self.rooms:
            self.edited = await self._open_shop(opener, "Duka Tatu", "600992", Decimal(6))
        await self._keep_drawers()
        if Room.CREDIT in self.rooms:
            await self._know_customers()
        if Room.RETURNS in self.rooms:
            limit = Decimal(self._lot.choice([100, 100, 2_000]))
            await self.database.transact(self.busy.scope(Role.OWNER, "setup"), returns.set_void_limit, limit)
        subscribed = self.shops[0].scope(Role.OWNER, "setup")
        endpoint = EndpointDraft(ADDRESS, "", WANTED)
        opened = await self.database.transact(subscribed, webhooks.register_endpoint, endpoint, BOX.keys)
        self.subscriber.secret = opened.secret

    async def _open_shop(self, opener: Actor, name: str, shortcode: str, quantity: Decimal) -> SimShop:
        shop = SimShop(self.database.seams.new_id(), shortcode)
        await self.database.transact(acting(opener, shop.business_id), wallet.welcome, name, None)
        drafts = [ProductDraft(name=name, unit="kg", selling_price=Decimal(price)) for name, price in PRICES]
        scope = shop.scope(Role.OWNER, "setup")
        shop.products = await self.database.transact(scope, stock.add_products, drafts)
        lines = tuple(DeliveryLine(product.id, quantity, Decimal(50)) for product in shop.products)
        await self.database.transact(scope, stock.receive, DeliveryDraft("Wholesaler", lines))
        self.judge.delivered.update({product.id: quantity for product in shop.products})
        return shop

    async def _know_customers(self) -> None:
        scope = self.busy.scope(Role.MANAGER, "setup")
        for name, limit in (("Achieng", 400), ("Otieno", 600), ("A. Otieno", 150)):
            customer = await self.database.transact(scope, customers.add_customer, CustomerDraft(name))
            await self.database.transact(scope, credit.open_account, customer.id, AccountDraft(Decimal(limit), 30))
            self.busy.customers.append(customer.id)
        support = Scope.system("support", self.busy.business_id)
        await self.database.transact(support, wallet.grant_tokens, TOKENS, "a good customer of ours")

    async def _keep_drawers(self) -> None:
        if Room.DRAWERS in self.rooms:
            self.busy.drawer_mode = self._lot.choice([DrawerMode.AUTOMATIC, DrawerMode.AUTOMATIC, DrawerMode.REQUIRED])
            allowance = Decimal(self._lot.choice([0, 10_000]))
            agreed = DrawerRules(self.busy.drawer_mode, Decimal(0), allowance, Decimal(0), Decimal(0))
            await self.database.transact(self.busy.scope(Role.OWNER, "setup"), drawers.change_rules, agreed)
            self.judge.with_drawers.add(self.busy.business_id)

    async def _open_paybill(self, shop: SimShop, *, listed: bool) -> None:
        """Let a shop be paid, by hand too; Safaricom lists what it was paid where ``listed``."""
        draft = paybill_draft(
            shortcode=shop.shortcode, initiator_name="apiop", pull_number="254722000000" if listed else None
        )
        secrets = {**draft.secrets, SecretField.INITIATOR_CREDENTIAL: "c2VhbGVk"}
        scope = shop.scope(Role.OWNER, "setup")
        config = await self.database.transact(scope, payment_configs.add_config, replace(draft, secrets=secrets), BOX)
        await self.database.transact(scope, c2b.request_c2b, config.id, False)
        if listed:
            self.judge.listed.append(shop.shortcode)

    async def post(self, secret: str, body: bytes, shortcode: str) -> bool:
        """Post a callback to the server, as Daraja or somebody else does; True where it was answered 200."""
        arrival = Arrival(secret, body, shortcode, "196.201.214.200")

        async def handle() -> StoredAnswer:
            seams = self.database.seams
            callback = rules.new_callback(arrival, seams.new_id(), seams.clock.now())
            await repository.store_callback(self.database, callback)
            return StoredAnswer(200, "accepted")

        answered = isinstance(await self.network.request("daraja", handle), StoredAnswer)
        if answered:
            self.judge.acknowledged.callbacks[arrived(secret, body)] += 1
        return answered

    def _accept(self, job: Job) -> None:
        self._jobs += 1
        number = self._jobs
        self.scheduler.spawn(f"queue{number}", lambda: self._deliver(number, job))

    async def _deliver(self, number: int, job: Job) -> None:
        """Give a job to a worker until it is done, as a queue does that delivers at least once."""
        if job.delay_s:
            await self.scheduler.sleep(job.delay_s)
        if job.name == CHECK_PAYMENT and self.faults.strikes(Fault.JOB_GIVEN_UP):
            return  # the sweep finds the payment
        for attempt in range(1, ATTEMPTS_MAX + 1):
            if await self.on_worker(f"{job.name}{number}", lambda: self._run(job)):
                if not self.faults.strikes(Fault.JOB_TWICE):
                    return
            else:
                self.counts["job delivered again"] += 1
                await self.scheduler.sleep(0.2 * 2**attempt)
        self.counts["job held"] += 1

    async def on_worker(self, name: str, work: Callable[[], Awaitable[None]]) -> bool:
        """Run something in one of the worker processes; False where it must run again."""
        done: list[bool] = []

        async def run() -> None:
            try:
                await work()
            except Unavailable as unavailable:
                self.scheduler.note(f"refused {unavailable.code}")
            else:
                done.append(True)

        await self.scheduler.join(self.scheduler.spawn(name, run, self._work.choice(self.workers)))
        return bool(done)

    def _jobs_by_name(self) -> Mapping[str, Callable[[Mapping[str, str]], Awaitable[None]]]:
        registrar = C2bDesk(self.database, self.organisation, BOX, SHOP_URL)
        reverser = RefundDesk(self.database, self.organisation, BOX, SHOP_URL)
        return {
            SUBMIT_PAYMENT: partial(payment_jobs.submit_payment, self.desk),
            CHECK_PAYMENT: partial(inquiry_jobs.check_payment, self.inquiries),
            c2b.REGISTER_C2B: partial(c2b_jobs.register_c2b, registrar),
            receipts.VERIFY_RECEIPT: partial(receipt_jobs.verify_receipt, self.receipts),
            refunds.REVERSE_REFUND: partial(refund_jobs.reverse_refund, reverser),
            refunds.CHECK_REFUND: partial(refund_jobs.check_refund, reverser),
        }

    async def _run(self, job: Job) -> None:
        await self.jobs[job.name](job.payload)

    def _notice(self) -> None:
        """Let a worker look, which the product does all the time; where it does not, the next look finds more."""
        if not self.faults.strikes(Fault.JOB_GIVEN_UP):
            self._jobs += 1
            self.scheduler.spawn(f"drain{self._jobs}", partial(self._look, self._jobs))

    async def _look(self, number: int) -> None:
        await self.on_worker(f"drainer{number}", self._drain)

    async def _drain(self) -> None:
        await settlement_jobs.drain_callbacks(self.database, at_once=1)

    async def sweep(self) -> None:
        """Apply callbacks that no worker looked for, and visit payments whose visit was lost, or whose worker died."""

        async def sweep() -> None:
            await self._go_on()
            for shop in self.shops:
                self.counts["visit swept"] += await inquiry_jobs.sweep_payments(self.inquiries, shop.business_id)
                self.counts["question swept"] += await receipt_jobs.sweep_questions(self.receipts, shop.business_id)
                self.counts["money listed"] += await receipt_jobs.pull_money(self.receipts, shop.business_id)
            await self._send_news()

        await self.on_worker("sweeper", sweep)

    async def go_on(self) -> None:
        """Do what the workers do all the time: apply callbacks, and send news."""

        async def go_on() -> None:
            await self._go_on()
            await self._send_news()

        await self.on_worker("worker", go_on)

    async def _go_on(self) -> None:
        while taken := await settlement_jobs.drain_callbacks(self.database, at_once=1):
            self.counts["swept"] += taken

    async def send_news(self) -> None:
        """Carry what is due to the subscriber."""
        await self.on_worker("postman", self._send_news)

    async def _send_news(self) -> None:
        while await webhook_jobs.send_due(self.office, self.shops[0].business_id, at_once=1):
            pass

    async def verify_by_night(self) -> None:
        """Verify as the product does by night: nothing is found, for what never ended has its issue by then."""

        async def verify() -> None:
            await reconciliation.verify(self.database, only=REPORTED, open_issues=True)
            only = ("P7",) if self.seed % FULL_VERIFY_EVERY else None
            report = await reconciliation.verify(self.database, only=only, open_issues=True)
            for found in report.violations:
                raise Violation(found.invariant, f"found by night: {found.subject}: {found.detail}")
            if not self.seed % FULL_VERIFY_EVERY:
                async for business_id in every_business(self.database):
                    for one in (await replay(self.database, business_id)).differences:
                        raise Violation("REPLAY", f"{one.book} {one.subject_id}: {one.part} {one.held}, not {one.told}")

        await self.on_worker("nightly", verify)
