"""Money in people's hands: customers who pay the till by hand, who claims it, and who gives it back."""

from decimal import ROUND_CEILING, Decimal
from uuid import UUID

from payme import claims, money, refunds
from payme.claims import Claimed, paste_message
from payme.identity import Role
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.errors import Refusal
from payme.money import Claim, Unclaimed
from payme.money.queries import list_money_in
from payme.refunds import Method, Payout, Refund, RefundDraft
from tests.simulation.daraja import Receipt
from tests.simulation.memory import heard
from tests.simulation.organisation import phone_message
from tests.simulation.scheduler import Violation
from tests.simulation.tills import Client, SimTill
from tests.simulation.world import SimShop, World


def tell_claim(claim: Claim) -> StoredAnswer:
    """Answer with what became of a message that was pasted."""
    return StoredAnswer(201, f"{claim.id} {claim.state}")


def tell_claimed(claimed: Claimed) -> StoredAnswer:
    """Answer with what a sale took of money that was claimed for it."""
    return StoredAnswer(201, f"{claimed.money_in_id} {claimed.sale_id} {claimed.applied} {claimed.sale_state}")


def tell_refund(refund: Refund) -> StoredAnswer:
    """Answer with where a refund stands."""
    return StoredAnswer(201, f"{refund.id} {refund.state}")


class HandTill(SimTill):
    """A till whose customers dial the shop's number themselves."""

    async def trades_by_hand(self, customers: int) -> None:
        """Serve customers who pay by hand, one after the other."""
        ways = [
            self._names_the_receipt,
            self._names_a_prompt,
            self._names_nothing,
            self._shows_the_message,
            self._shows_a_lie,
        ]
        for _ in range(customers):
            await self.world.scheduler.sleep(self.choice.uniform(0.0, 40.0))
            sale_id = await self._open("none")
            due = await self._due(sale_id) if sale_id is not None else None
            if sale_id is not None and due is not None:
                number, amount = due
                await self.choice.choice(ways)(sale_id, number, amount)
                await self._ends(sale_id)

    async def _due(self, sale_id: UUID) -> tuple[str, int] | None:
        reply = await self.look(sale_id)
        self._acknowledged(reply)
        if reply is None:
            return None
        said = heard(reply)
        due = Decimal(said["due"]).to_integral_value(ROUND_CEILING)
        return (str(said["number"]), int(due)) if said["state"] == "open" else None

    async def _pays(self, amount: int, account: str) -> Receipt:
        phone = f"2547{self.choice.randrange(10**8):08d}"
        return await self.world.organisation.pay_by_hand(self.shop.shortcode, phone, max(amount, 1), account)

    async def _names_the_receipt(self, sale_id: UUID, number: str, amount: int) -> None:
        """Type the number on the receipt, and sometimes not what it costs."""
        typed = self.choice.choice([number, f"Receipt {number}", f"#{number}"])
        await self._pays(amount + self.choice.choice([0, 0, 0, 50, -10]), typed)

    async def _names_a_prompt(self, sale_id: UUID, number: str, amount: int) -> None:
        """Type the code of a prompt that somebody was sent, and that somebody may pay as well."""
        codes = [
            prompt.order.account_reference
            for prompt in self.world.daraja.prompts
            if prompt.shortcode == self.shop.shortcode
        ]
        code = self.choice.choice(codes) if codes else ""
        await self._pays(amount, code if amount % 20 else code.lower())  # as it was shown, or as people type

    async def _names_nothing(self, sale_id: UUID, number: str, amount: int) -> None:
        """Leave the account empty or write a name: the cashier finds the money in the list."""
        await self._pays(amount, self.choice.choice(["", "MAMA WANJIRU", "999999"]))

    async def _shows_the_message(self, sale_id: UUID, number: str, amount: int) -> None:
        """Show the message, which may be there before Safaricom tells; sometimes at two counters at once."""
        paid = await self._pays(amount, "")
        await self.world.scheduler.sleep(self.choice.choice([0.0, 1.0, 20.0]))
        text = phone_message(paid.receipt, paid.amount, paid.paid_at)
        others = [sale for sale in self.shop.sales if sale != sale_id]
        if others and self.choice.random() < 0.4:
            other = self.choice.choice(others)
            colleague = self.world.scheduler.spawn(f"{self.name}-colleague", lambda: self._paste(other, text))
            await self._paste(sale_id, text)
            await self.world.scheduler.join(colleague)
        else:
            await self._paste(sale_id, text)

    async def _shows_a_lie(self, sale_id: UUID, number: str, amount: int) -> None:
        """Show a message of money that nobody paid, or that paid for something else."""
        known = list(self.world.daraja.truth) if self.choice.random() < 0.5 else []
        receipt = self.choice.choice(known) if known else f"L{self.choice.randrange(10**9):09d}"
        await self._paste(sale_id, phone_message(receipt, amount, self.world.scheduler.now()))

    async def _paste(self, sale_id: UUID, text: str) -> None:
        self.refused(await self.command(tell_claim, paste_message, sale_id, text))

    async def _ends(self, sale_id: UUID) -> None:
        """Look after a while; where the sale is still open claim what lies there, alone or with somebody else."""
        await self.world.scheduler.sleep(self.choice.choice([1.0, 20.0, 200.0]))
        if await self._due(sale_id) is None:
            return
        ending = self.choice.choices(
            [self._claims, self._cancels, self._pays_rest_in_cash, self._walks_away], [6, 1, 1, 1]
        )
        await ending[0](sale_id)

    async def _claims(self, sale_id: UUID) -> None:
        found = await self._listed()
        if not found:
            return
        mine = self.choice.choice(found)

        async def colleague() -> None:
            theirs = self.choice.choice([*self.shop.sales, sale_id])
            await self._claim(mine.id, theirs)

        other = self.world.scheduler.spawn(f"{self.name}-colleague", colleague)
        await self._claim(mine.id, sale_id)
        await self.world.scheduler.join(other)

    async def _claim(self, money_in_id: UUID, sale_id: UUID) -> None:
        self.refused(await self.command(tell_claimed, claims.claim_money, money_in_id, sale_id))

    async def _listed(self) -> list[Unclaimed]:
        found: list[Unclaimed] = []

        async def handle() -> StoredAnswer:
            scope = self.shop.scope(self.role, f"list-{self.name}")
            found[:] = await self.world.database.transact(scope, money.list_unclaimed, None, None, 10)
            return StoredAnswer(200, "")

        await self.world.network.request(self.name, handle)
        return sorted(found, key=lambda one: one.receipt)


class Refunder(Client):
    """Somebody who asks for money back, with those who agree, pay, and try what they must not."""

    def __init__(self, world: World, shop: SimShop, name: str) -> None:
        """Ask as a cashier; a manager and the owner decide."""
        super().__init__(world, shop, name, Role.CASHIER)
        self._manager = Client(world, shop, f"{name}-manager", Role.MANAGER)
        self._owner = Client(world, shop, f"{name}-owner", Role.OWNER)
        self._payouts = 0
        self._paid: set[UUID] = set()

    async def refunds(self, times: int) -> None:
        """Serve customers who paid for nothing and want it back."""
        for _ in range(times):
            await self.world.scheduler.sleep(self.choice.uniform(0.0, 60.0))
            amount, phone = self.choice.choice([50, 100, 300]), f"2547{self.choice.randrange(10**8):08d}"
            await self.world.organisation.pay_by_hand(self.shop.shortcode, phone, amount, "")
            await self.world.scheduler.sleep(self.choice.choice([5.0, 60.0]))
            found = await self._some_money()
            if found is not None:
                await self._refund(*found)

    async def _some_money(self) -> tuple[UUID, Decimal] | None:
        """Choose what waits for a purpose, or some money that may be needed."""
        found: list[tuple[UUID, Decimal]] = []

        async def handle() -> StoredAnswer:
            scope = self.shop.scope(self.role, f"list-{self.name}")
            waiting = await self.world.database.transact(scope, money.list_unclaimed, None, None, 20)
            found[:] = [(one.id, one.loose) for one in waiting]
            if not found or self.choice.random() < 0.1:
                booked = await self.world.database.transact(scope, list_money_in, None, 20)
                found[:] = [(one.id, one.amount) for one in booked]
            return StoredAnswer(200, "")

        await self.world.network.request(self.name, handle)
        return self.choice.choice(sorted(found)) if found else None

    async def _refund(self, money_in_id: UUID, amount: Decimal) -> None:
        part = amount if self.choice.random() < 0.85 else min(amount, Decimal(10))
        draft = RefundDraft(money_in_id, part, "paid twice")
        asked = self._known(await self.command(tell_refund, refunds.request_refund, draft))
        if self.choice.random() < 0.3:  # somebody else asks for the same money
            again = self._known(await self._owner.command(tell_refund, refunds.request_refund, draft))
            if again is not None:
                await self.decide(again)
        if asked is not None:
            await self.decide(asked)

    async def decide(self, refund_id: UUID) -> None:
        """Two people agree at once, one of whom may be who asked."""
        first, second = self.choice.sample([self, self._manager, self._owner], 2)

        async def other() -> None:
            self._known(await second.command(tell_refund, refunds.approve_refund, refund_id, "seen"))

        beside = self.world.scheduler.spawn(f"{self.name}-beside", other)
        self._known(await first.command(tell_refund, refunds.approve_refund, refund_id, "seen"))
        await self.world.scheduler.join(beside)
        ways = [self._pays_out, self._pays_out_twice, self._reverses, self._withdraws]
        await self.choice.choices(ways, [4, 2, 6, 1])[0](refund_id)

    async def _pays_out(self, refund_id: UUID) -> None:
        await self._pay(self._manager, refund_id)

    async def _pays_out_twice(self, refund_id: UUID) -> None:
        """Two people pay one refund at once: whose pay is refused must get it back from the customer."""

        async def other() -> None:
            await self._pay(self._owner, refund_id)

        beside = self.world.scheduler.spawn(f"{self.name}-beside", other)
        await self._pay(self._manager, refund_id)
        await self.world.scheduler.join(beside)

    async def _pay(self, who: Client, refund_id: UUID) -> None:
        payout = Payout(Method.CASH, None)
        if self.choice.random() < 0.8:
            if not self._paid or self.choice.random() < 0.3:  # else one receipt for two refunds
                self._payouts += 1
            payout = Payout(Method.MPESA, f"P{self.shop.shortcode}{self._payouts:03d}")
        reply = await who.command(tell_refund, refunds.record_payout, refund_id, payout)
        if self._known(reply) is not None:
            if refund_id in self._paid:
                raise Violation("TRUTH", f"refund {refund_id} was paid out twice")
            self._paid.add(refund_id)

    async def _reverses(self, refund_id: UUID) -> None:
        """Let M-PESA give it back; where nobody knows whether it did, somebody looks."""
        self._known(await self._owner.command(tell_refund, refunds.start_reversal, refund_id))
        await self.world.scheduler.sleep(self.choice.choice([1.0, 30.0, 700.0]))
        if self.choice.random() < 0.3:
            self._known(await self._owner.command(tell_refund, refunds.start_reversal, refund_id))

    async def _withdraws(self, refund_id: UUID) -> None:
        self._known(await self.command(tell_refund, refunds.withdraw_refund, refund_id, "took goods instead"))

    def _known(self, reply: StoredAnswer | Refusal | None) -> UUID | None:
        if isinstance(reply, StoredAnswer):
            refund_id, state = reply.body.split()
            self.world.judge.acknowledged.refunds[UUID(refund_id)] = state
            self.world.counts[f"told refund {state}"] += 1
            return UUID(refund_id)
        self.refused(reply)
        return None
