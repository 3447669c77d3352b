"""Customers with credit accounts: they buy on credit at several tills, and pay back in every way."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

from payme import claims, credit, repayments, sales, write_offs
from payme.credit import AccountChange, AccountState, CreditTerms
from payme.identity import Role
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.errors import Refusal
from payme.write_offs import WriteOff
from tests.simulation.hands import HandTill
from tests.simulation.memory import (
    heard,
    tell_account,
    tell_debt_prompt,
    tell_merged,
    tell_repaid,
    tell_sale,
    tell_write_off,
)
from tests.simulation.returns import ReturnsDesk
from tests.simulation.tills import Client, beside
from tests.simulation.world import TERMS, SimShop, World

Doing = Callable[[], Awaitable[object]]


class CreditTill(HandTill):
    """A till where people are known; two tills share the customers."""

    def __init__(self, world: World, shop: SimShop, name: str) -> None:
        """Have a manager who agrees with customers, and a desk where goods come back."""
        super().__init__(world, shop, name)
        self._manager = Client(world, shop, f"{name}-manager", Role.MANAGER)
        self._owner = Client(world, shop, f"{name}-owner", Role.OWNER)
        self._desk = ReturnsDesk(world, shop, f"{name}-desk")

    _last: UUID | None = None
    """The last sale to somebody who is known."""

    async def trades_on_credit(self, times: int) -> None:
        """Serve customers who are known, one after the other: each buys, and then pays, returns or is talked to."""
        buying = [self._buys_on_credit, self._rings_up_first, self._two_buy_at_once]
        then = [
            self._repays_in_cash,
            self._repays_on_the_phone,
            self._repays_by_hand,
            self._repays_and_returns,
            self._gives_up,
            self._agrees_anew,
        ]
        if self.choice.random() < 0.3:
            await self._agrees_anew(self.choice.choice(self.shop.customers))
        for _ in range(times):
            await self.world.scheduler.sleep(self.choice.uniform(0.0, 30.0))
            customer_id = self.choice.choice(self.shop.customers)
            await self.choice.choices(buying, [3, 3, 4])[0](customer_id)
            for _ in range(self.choice.choice([0, 1, 1, 2])):
                await self.choice.choices(then, [3, 3, 2, 3, 4, 1])[0](customer_id)

    async def merges(self) -> None:
        """Find out that two customers are one person."""
        await self.world.scheduler.sleep(self.choice.uniform(5.0, 120.0))
        survivor_id, duplicate_id = self.choice.sample(self.shop.customers, 2)
        tell = partial(tell_merged, duplicate_id=duplicate_id)
        self.refused(await self._manager.command(tell, credit.merge_customers, survivor_id, duplicate_id))

    # Buying

    def _terms(self) -> CreditTerms:
        today = self.world.scheduler.now().date()
        due_on = self.choice.choice([None, today + timedelta(days=2), today + timedelta(days=9)])
        return CreditTerms(due_on, self.choice.choice(["", "", "", "", "pays on Friday"]))

    async def _buys_on_credit(self, customer_id: UUID) -> None:
        """Take the goods and sign for what is not paid in cash."""
        cash = self.choice.choice(["none", "none", "part"])
        self._last = await self._open(cash, customer_id=customer_id, credit=self._terms()) or self._last

    async def _two_buy_at_once(self, customer_id: UUID) -> None:
        """Sign at two counters at once for the last of a limit (N21), perhaps for what was rung up before."""
        if self.choice.random() < 0.2:
            await beside(self, self._signs(customer_id), self._signs(customer_id))
            return
        rung_up = [await self._open("none", customer_id=customer_id) for _ in range(2)]
        await beside(self, *(partial(self._puts_on_credit, sale_id) for sale_id in rung_up if sale_id is not None))

    def _signs(self, customer_id: UUID) -> Doing:
        async def sign() -> None:
            await self._buys_on_credit(customer_id)

        return sign

    async def _rings_up_first(self, customer_id: UUID) -> None:
        """Ring up, then say how it is paid: in parts, in several ways, by two people at once."""
        cash = self.choice.choice(["none", "part"])
        sale_id = await self._open(cash, customer_id=customer_id)
        if sale_id is None:
            return
        if self.choice.random() < 0.2:
            await self._asks(sale_id)
        ways: list[Doing] = [
            partial(self._puts_on_credit, sale_id),
            partial(self._uses_credit, sale_id),
            partial(self._pays_rest_in_cash, sale_id),
            partial(self._cancels, sale_id),
        ]
        if self.choice.random() < 0.4:
            await beside(self, *self.choice.sample(ways, 2))
        else:
            await self._uses_credit(sale_id)
            if self.choice.random() < 0.8:
                await self.choice.choices(ways, [4, 0, 1, 1])[0]()

    async def _puts_on_credit(self, sale_id: UUID) -> None:
        signed = self._acknowledged(await self.command(tell_sale, sales.put_on_credit, sale_id, self._terms()))
        self._last = signed or self._last

    async def _uses_credit(self, sale_id: UUID) -> None:
        amount = self.choice.choice([None, None, Decimal(30)])
        self._acknowledged(await self.command(tell_sale, sales.use_customer_credit, sale_id, amount))

    # Paying back

    async def _repays_in_cash(self, customer_id: UUID) -> None:
        """Pay too little, or more than is owed, sometimes at two counters at once."""
        doings = [self._hands_over(customer_id) for _ in range(self.choice.choice([1, 1, 2]))]
        await beside(self, *doings)

    def _hands_over(self, customer_id: UUID) -> Doing:
        amount = Decimal(self.choice.choice([20, 60, 150, 700]))
        tendered = self.choice.choice([None, amount + 100])
        named = self.choice.choice([None, None, None, *self.shop.sales[-2:]])

        async def repay() -> None:
            work, given = repayments.repay_in_cash, (customer_id, amount, tendered, named, self.drawer)
            self.refused(await self.command(tell_repaid, work, *given))

        return repay

    async def _repays_on_the_phone(self, customer_id: UUID) -> None:
        """Let a phone be asked, for all or some of it, twice where somebody is in a hurry; then pay cash as well."""
        for _ in range(self.choice.choice([1, 1, 2])):
            phone = f"2547{self.choice.randrange(10**8):08d}"
            amount = self.choice.choice([None, None, Decimal(40), Decimal(500)])
            tell = partial(tell_debt_prompt, customer_id=customer_id)
            self.refused(await self.command(tell, repayments.ask_mpesa, customer_id, amount, phone, None, TERMS))
        if self.choice.random() < 0.4:
            await self.world.scheduler.sleep(self.choice.choice([1.0, 20.0]))
            await self._repays_in_cash(customer_id)

    async def _repays_by_hand(self, customer_id: UUID) -> None:
        """Pay the till without a word; who is it for? Two people say so at once, and not the same."""
        phone = f"2547{self.choice.randrange(10**8):08d}"
        amount = self.choice.choice([50, 200])
        await self.world.organisation.pay_by_hand(self.shop.shortcode, phone, amount, "")
        await self.world.scheduler.sleep(self.choice.choice([5.0, 60.0]))
        found = await self._listed()
        if not found:
            return
        mine = self.choice.choice(found)
        other_id = self.choice.choice(self.shop.customers)
        doings: list[Doing] = [self._claims_for(mine.id, customer_id), self._claims_for(mine.id, other_id)]
        if self.shop.sales:
            doings.append(partial(self._claim, mine.id, self.choice.choice(self.shop.sales)))
        await beside(self, *self.choice.sample(doings, self.choice.choice([1, 2])))

    def _claims_for(self, money_in_id: UUID, customer_id: UUID) -> Doing:
        async def claim() -> None:
            self.refused(await self.command(tell_repaid, claims.claim_for_debts, money_in_id, customer_id, None))

        return claim

    async def _repays_and_returns(self, customer_id: UUID) -> None:
        """Pay some of it or all, and bring the goods back (N19, N20), at once or a little later."""
        if self._last is None:
            return
        returning = partial(self._desk.serves, self._last)
        if self.choice.random() < 0.3:
            await beside(self, self._hands_over(customer_id), returning)
        else:
            await self._repays_in_cash(customer_id)
            await returning()

    # What is given up

    async def _gives_up(self, customer_id: UUID) -> None:
        """Ask that a debt be given up; two decide at once, or one does while the customer pays after all."""
        if self._last is None:
            return
        if self.choice.random() < 0.4:
            await self._repays_in_cash(customer_id)
        asked = self._write_off_told(
            await self.command(tell_write_off, write_offs.request_write_off, self._last, "moved away")
        )
        if asked is None:
            return
        approve, reject, withdraw = (
            write_offs.approve_write_off,
            write_offs.reject_write_off,
            write_offs.withdraw_write_off,
        )
        ways: list[list[Doing]] = [
            [self._decides(approve, self._manager, asked), self._hands_over(customer_id)],
            [self._decides(approve, self._manager, asked), self._decides(approve, self, asked)],
            [self._decides(approve, self._manager, asked), self._decides(reject, self._owner, asked)],
            [self._decides(withdraw, self, asked), self._decides(approve, self._owner, asked)],
            [self._decides(withdraw, self._manager, asked), self._decides(reject, self._owner, asked)],
        ]
        await beside(self, *self.choice.choices(ways, [2, 2, 2, 2, 2])[0])

    def _decides(self, verb: Callable[..., Awaitable[WriteOff]], who: Client, asked: UUID) -> Doing:
        async def decide() -> None:
            self._write_off_told(await who.command(tell_write_off, verb, asked, "seen"))

        return decide

    def _write_off_told(self, reply: StoredAnswer | Refusal | None) -> UUID | None:
        self.refused(reply)
        return UUID(heard(reply)["id"]) if isinstance(reply, StoredAnswer) else None

    # What is agreed

    async def _agrees_anew(self, customer_id: UUID) -> None:
        """Suspend, close, or raise the limit, and take it back a little later."""
        active, suspended, closed = AccountState
        for state in (*self.choice.choice([(suspended,), (suspended, closed, suspended), (closed,)]), active):
            limit = self.choice.choice([None, None, Decimal(900)])
            change = AccountChange(limit, None, state, "talked about it")
            self._told(await self._manager.command(tell_account, credit.change_account, customer_id, change))
            await self.world.scheduler.sleep(self.choice.choice([1.0, 15.0]))

    def _told(self, reply: StoredAnswer | Refusal | None) -> None:
        self.refused(reply)
        if isinstance(reply, StoredAnswer):
            self.world.counts[f"told account {heard(reply)['state']}"] += 1
