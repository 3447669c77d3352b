"""The shop floor: people open a shop, take deliveries in and serve customers at several tills at once."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from payme.app.commands.demo.closing import FLOAT, TERMS_DAYS, Closing, Regular, Today
from payme.app.commands.demo.plan import Afterwards, Course, PlannedDelivery, PlannedSale, ShopPlan
from payme.app.commands.demo.till import Answer, Director, Luck, Person, Premises, PromptSeen, ServerSaid
from payme.app.settings import SANDBOX_PASSKEY, SIMULATOR_KEY
from payme.app.simulating import PAYBILLS_TO_TRY

LOOK_S: Final = 0.04
LOOK_MAX_S: Final = 0.25
PAST_DEADLINE_S: Final = 60.0
ASKED_WITHIN_S: Final = 20.0
"""A prompt that is not on the phone by then was never sent."""
"""How long after its deadline a payment may take to be given up: the worker may just have been killed."""
SENT_AGAIN_MAX: Final = 12
SENT_AGAIN_S: Final = 5.0
STOCK_TRIES_MAX: Final = 200
_LIVE = frozenset({"created", "submitting", "unknown", "submitted"})


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A sale as the server told it last."""

    business_id: UUID
    state: str
    total: Decimal


@dataclass(slots=True)
class Notebook:
    """What the server has acknowledged: all of it must stand in the books at the end."""

    sales: dict[UUID, Acknowledged] = field(default_factory=dict)
    references: set[str] = field(default_factory=set)

    def note_sale(self, business_id: UUID, answer: Answer) -> None:
        """Remember a sale."""
        sale = Acknowledged(business_id, answer.text("state"), answer.money("total"))
        self.sales[UUID(answer.text("id"))] = sale


@dataclass(frozen=True, slots=True)
class World:
    """What every shop of the day has in common; ``tag`` keeps the people of two days apart."""

    base_url: str
    director: Director
    luck: Luck
    notebook: Notebook
    served: Callable[[], None]
    tag: str
    password: str


class ShopFloor:
    """One shop from sign-up to closing time; its people hang up when the stack is closed."""

    def __init__(self, world: World, plan: ShopPlan, number: int, people: AsyncExitStack) -> None:
        """Know the day's plan; nobody is there yet."""
        self._world = world
        self._plan = plan
        self._number = number
        self._people = people
        self._noon = asyncio.Event()
        self._served = 0
        self._manager: Person
        self._cashiers: list[Person] = []
        self._today = Today()
        self.premises: Premises

    async def open(self) -> None:
        """Sign the people up, open the business, employ them by invitation, and fill the shelves."""
        owner = await self._arrives("owner")
        business = await owner.do("/v1/businesses", {"name": self._plan.name})
        self.premises = Premises(UUID(business.text("business_id")), {})
        await self._set_up_paybill(owner)
        self._manager = await self._employ(owner, "manager", "manager")
        for number in range(len(self._plan.tills)):
            self._cashiers.append(await self._employ(owner, f"cashier{number + 1}", "cashier"))
        products = {}
        for good in self._plan.goods:
            body = {"name": good.name, "sku": good.sku, "unit": good.unit, "selling_price": str(good.price)}
            products[good.sku] = UUID((await self._manager.do(self._path("products"), body, once=True)).text("id"))
        self.premises = Premises(self.premises.business_id, products)
        await self._receive(self._plan.morning)
        for phone, limit in self._plan.regulars:
            self._today.regulars.append(await self._welcome(phone, limit))
        for number, cashier in enumerate(self._cashiers, start=1):
            drawer = {"till": f"Till {number}", "opening_float": str(FLOAT)}
            opened = await cashier.do(self._path("drawers"), drawer, once=True)
            self._today.drawers.append(UUID(opened.text("id")))

    async def trade(self) -> None:
        """Serve every customer; whoever pays late is waited for while the next one is served. Then close."""
        async with asyncio.TaskGroup() as tasks:
            noon = tasks.create_task(self._restock_at_noon())
            tills = [
                tasks.create_task(self._serve_all(cashier, customers, tasks))
                for cashier, customers in zip(self._cashiers, self._plan.tills, strict=True)
            ]
            await asyncio.wait(tills)
            self._noon.set()
            await noon
        closing = Closing(self.premises, self._manager, self._cashiers, self._end_of, self._look_again)
        await closing.close(self._today)

    async def _arrives(self, name: str) -> Person:
        person = await self._people.enter_async_context(Person(self._world.base_url, self._world.luck))
        email = f"{name}.{self._number + 1}.{self._world.tag}@demo.example"
        await person.sign_up_and_in(email, name.capitalize(), self._world.password)
        return person

    async def _welcome(self, phone: str, limit: Decimal) -> Regular:
        """Make a customer known and agree on a limit."""
        known = await self._manager.do(self._path("customers"), {"name": f"Customer {phone[-8:-4]}", "phone": phone})
        agreed = {"credit_limit": str(limit), "terms_days": TERMS_DAYS}
        await self._manager.do(self._path(f"customers/{known.text('id')}/credit-account"), agreed, once=True)
        return Regular(UUID(known.text("id")), phone)

    async def _set_up_paybill(self, owner: Person) -> None:
        """Take the first number of the simulator that no shop has. Raises ServerSaid where all are taken."""
        numbers = self._world.luck.randomness.sample(PAYBILLS_TO_TRY, len(PAYBILLS_TO_TRY))
        for shortcode in numbers:
            body = {
                "environment": "simulator",
                "kind": "paybill",
                "shortcode": shortcode,
                "consumer_key": SIMULATOR_KEY,
                "consumer_secret": SIMULATOR_KEY,
                "passkey": SANDBOX_PASSKEY,
                "password": self._world.password,
            }
            answer = await owner.ask("POST", self._path("payment-configs"), body)
            if answer.code != "number_taken":
                break
        if answer.code:
            raise ServerSaid(f"no paybill could be set up: {dict(answer.body)}")

    async def _employ(self, owner: Person, name: str, role: str) -> Person:
        person = await self._arrives(name)
        invited = await owner.do(self._path("invitations"), {"role": role})
        await person.do("/v1/invitations/accept", {"token": invited.text("token")})
        return person

    def _path(self, rest: str) -> str:
        return self.premises.path(rest)

    async def _receive(self, delivery: tuple[PlannedDelivery, ...]) -> None:
        lines = [
            {
                "product_id": str(self.premises.products[line.sku]),
                "quantity": str(line.quantity),
                "unit_cost": str(line.unit_cost),
            }
            for line in delivery
        ]
        await self._manager.do(self._path("deliveries"), {"supplier": "Wholesaler", "lines": lines}, once=True)

    async def _restock_at_noon(self) -> None:
        await self._noon.wait()
        await self._receive(self._plan.noon)
        spoiled = {"product_id": str(self.premises.products[self._plan.goods[0].sku]), "change": "-1"}
        body = {"kind": "spoilage", "reason": "wet from the rain", "lines": [spoiled]}
        await self._manager.do(self._path("stock-adjustments"), body, once=True)

    async def _serve_all(self, cashier: Person, customers: tuple[PlannedSale, ...], tasks: asyncio.TaskGroup) -> None:
        for customer in customers:
            sale_id = await self._ring_up(cashier, customer)
            self._served += 1
            if self._served * 2 >= self._plan.sales:
                self._noon.set()
            if customer.course is Course.CASH or customer.course.is_on_credit:
                self._today.sold.setdefault(customer.course, sale_id)
                self._world.served()
            elif customer.course.pays_late:
                tasks.create_task(self._pay_late(cashier, customer, sale_id))
            else:
                await self._pay(cashier, customer, sale_id)
                self._world.served()

    async def _ring_up(self, cashier: Person, customer: PlannedSale) -> UUID:
        """Ring a basket up; where the shelf is empty the manager is called, and the customer waits."""
        lines = [
            {"product_id": str(self.premises.products[line.sku]), "quantity": str(line.quantity)}
            for line in customer.lines
        ]
        body: dict[str, object] = {"lines": lines}
        if customer.cash is not None:
            body["cash_tendered"] = str(customer.cash)
        if customer.course.is_on_credit:
            body |= {"customer_id": str(self._today.regulars[customer.regular].customer_id), "credit": {}}
        for _ in range(STOCK_TRIES_MAX):
            answer = await cashier.ask("POST", self._path("sales"), body, once=True)
            if answer.code != "stock_short":
                break
            self._noon.set()
            await asyncio.sleep(LOOK_MAX_S)
        if answer.code:
            raise ServerSaid(f"a sale was refused with {answer.status}: {dict(answer.body)}")
        self._world.notebook.note_sale(self.premises.business_id, answer)
        return UUID(answer.text("id"))

    async def _pay(self, cashier: Person, customer: PlannedSale, sale_id: UUID) -> None:
        if customer.course is Course.CANCELLED:
            await self._cancel(cashier, sale_id, "the customer has no money on her")
            return
        state = await self._asked(cashier, sale_id, customer.phone)
        if state == "failed" and customer.afterwards is Afterwards.LEAVE:
            await self._cancel(cashier, sale_id, "the payment failed and the customer left")
            return
        if state == "failed" and customer.afterwards is Afterwards.SECOND_PHONE:
            state = await self._asked(cashier, sale_id, customer.second_phone)
        if state != "succeeded":
            await self._take_cash(cashier, sale_id)
        await self._look_again(cashier, sale_id)

    async def _asked(self, cashier: Person, sale_id: UUID, phone: str) -> str:
        """Ask a phone to pay and wait for the end; a sale that was paid meanwhile needs no asking."""
        asked = await cashier.ask("POST", self._path(f"sales/{sale_id}/mpesa"), {"phone": phone}, once=True)
        if asked.code == "sale_not_open":
            return "succeeded"
        if asked.code:
            raise ServerSaid(f"a request to pay was refused with {asked.status}: {dict(asked.body)}")
        return await self._end_of(cashier, asked)

    async def _end_of(self, cashier: Person, payment: Answer) -> str:
        """Watch a payment until the customer is not being asked any more."""
        self._world.notebook.references.add(payment.text("account_reference"))
        due = datetime.fromisoformat(payment.text("deadline_at"))
        patience_s = (due - datetime.now(UTC)).total_seconds() + PAST_DEADLINE_S
        give_up = time.monotonic() + patience_s
        pause_s = LOOK_S
        while (state := payment.text("state")) in _LIVE:
            if time.monotonic() > give_up:
                raise ServerSaid(f"payment {payment.text('id')} is still {state} long after its deadline")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.3, LOOK_MAX_S)
            payment = await cashier.read(self._path(f"payments/{payment.text('id')}"))
        return state

    async def _pay_late(self, cashier: Person, customer: PlannedSale, sale_id: UUID) -> None:
        """Let the callback of a payment be lost until the shop has given it up, or the sale."""
        asked = await cashier.do(self._path(f"sales/{sale_id}/mpesa"), {"phone": customer.phone}, once=True)
        prompt = None
        if customer.course is Course.CANCELLED_WHILE_ASKED:
            # A prompt that was not sent yet would be withdrawn with the sale: this customer has it on the phone.
            prompt = await self._paid_prompt(asked, customer.phone)
            await self._cancel(cashier, sale_id, "the customer changed her mind at the till", even_if_paying=True)
        await self._end_of(cashier, asked)
        if customer.course is Course.LATE_AFTER_CANCEL:
            await self._cancel(cashier, sale_id, "nothing was heard of the payment")
        prompt = prompt or await self._paid_prompt(asked, customer.phone)
        if prompt is not None:
            await self._hear_at_last(cashier, asked, prompt)
        elif customer.course is Course.LATE:
            await self._take_cash(cashier, sale_id)
        await self._look_again(cashier, sale_id)
        self._world.served()

    async def _hear_at_last(self, cashier: Person, asked: Answer, prompt: PromptSeen) -> None:
        """Have the lost callback sent, and again where nobody was there to take it."""
        for _ in range(SENT_AGAIN_MAX):
            await self._world.director.send_again(prompt)
            give_up = time.monotonic() + SENT_AGAIN_S
            while time.monotonic() < give_up:
                seen = await cashier.read(self._path(f"payments/{asked.text('id')}"))
                if seen.text("state") == "succeeded":
                    return
                await asyncio.sleep(LOOK_MAX_S)
        raise ServerSaid(f"payment {asked.text('id')} was paid, and {SENT_AGAIN_MAX} callbacks did not make it known")

    async def _paid_prompt(self, asked: Answer, phone: str) -> PromptSeen | None:
        """Wait until the customer has truly paid; None where nobody was asked.

        A worker that dies between claiming a payment and sending its push leaves the customer unasked: it is not known
        whether the push went out, so it is never sent again.
        """
        began = time.monotonic()
        while (waited_s := time.monotonic() - began) < PAST_DEADLINE_S:
            shown = [
                prompt
                for prompt in await self._world.director.prompts(phone)
                if prompt.account_reference == asked.text("account_reference")
            ]
            for prompt in shown:
                if prompt.is_paid:
                    return prompt
            if not shown and waited_s > ASKED_WITHIN_S:
                return None
            await asyncio.sleep(LOOK_MAX_S)
        raise ServerSaid(f"the simulator's customer {phone} did not pay")

    async def _take_cash(self, cashier: Person, sale_id: UUID) -> None:
        seen = await self._look_again(cashier, sale_id)
        if seen.text("state") != "open":
            return
        path = self._path(f"sales/{sale_id}/cash")
        answer = await cashier.ask("POST", path, {"tendered": seen.text("balance_due")}, once=True)
        if answer.code not in {"", "sale_not_open"}:
            raise ServerSaid(f"cash was refused with {answer.status}: {dict(answer.body)}")

    async def _cancel(self, cashier: Person, sale_id: UUID, reason: str, *, even_if_paying: bool = False) -> None:
        body = {"reason": reason, "even_if_paying": even_if_paying}
        answer = await cashier.ask("POST", self._path(f"sales/{sale_id}/cancellation"), body, once=True)
        if answer.code == "sale_not_open":
            await self._look_again(cashier, sale_id)
        elif answer.code:
            raise ServerSaid(f"a cancellation was refused with {answer.status}: {dict(answer.body)}")
        else:
            self._world.notebook.note_sale(self.premises.business_id, answer)

    async def _look_again(self, cashier: Person, sale_id: UUID) -> Answer:
        seen = await cashier.read(self._path(f"sales/{sale_id}"))
        self._world.notebook.note_sale(self.premises.business_id, seen)
        return seen
