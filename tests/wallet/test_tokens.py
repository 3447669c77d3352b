"""One token a sale: reserved, then charged or given back, each at most once."""

import itertools
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme import audit, wallet
from payme.kit.db.transaction import Database, Scope, Tx
from payme.wallet import (
    STARTING_GRANT,
    TokenWarning,
    TransactionType,
    Wallet,
    WalletExhausted,
    WalletTransaction,
    rules,
)
from tests.support.shops import Shop, make_person, make_shop
from tests.support.together import count, together


@dataclass(frozen=True)
class Purse:
    """A shop, seen by its tokens."""

    shop: Shop

    def sale(self) -> UUID:
        return self.shop.database.seams.new_id()

    async def grant(self, tokens: int) -> None:
        scope = Scope.system("test", self.shop.business_id)
        await self.shop.database.transact(scope, wallet.grant_tokens, tokens, "for a test")

    async def reserve(self, sale_id: UUID) -> None:
        await self.shop.transact(wallet.reserve_token, sale_id)

    async def balance(self) -> int:
        return (await self.shop.transact(wallet.get_wallet)).balance_tokens

    async def transactions(self) -> list[WalletTransaction]:
        """All changes, oldest first."""
        return (await self.shop.transact(wallet.list_transactions, None, 1000))[::-1]

    async def assert_adds_up(self) -> None:
        """W1 and W3: the balance is the sum of the changes, and each change starts where the last one ended."""
        balance = 0
        for transaction in await self.transactions():
            balance += transaction.change_tokens
            assert transaction.balance_after == balance
        assert balance == await self.balance()


@pytest.fixture
async def purse(database: Database) -> Purse:
    return Purse(await make_shop(database))


async def test_a_new_business_starts_with_free_tokens(purse: Purse) -> None:
    only = await purse.transactions()

    assert await purse.shop.transact(wallet.get_wallet) == Wallet(STARTING_GRANT, 0)
    assert [(row.type, row.change_tokens, row.balance_after) for row in only] == [(TransactionType.GRANT, 10, 10)]


async def test_business_and_wallet_come_into_being_together(database: Database) -> None:
    person = await make_person(database)
    business_id = database.seams.new_id()

    business = await database.transact(person.scope(business_id), wallet.welcome, "Duka", "0712345678")

    assert (business.business_id, business.name) == (business_id, "Duka")
    opened = await database.transact(Scope.system("test", business_id), wallet.get_wallet)
    assert opened.balance_tokens == STARTING_GRANT


async def test_a_sale_paid_later_reserves_then_charges(purse: Purse) -> None:
    sale_id = purse.sale()

    await purse.reserve(sale_id)
    assert await purse.balance() == 9
    await purse.shop.transact(wallet.charge_token, sale_id)

    assert await purse.balance() == 9
    assert [row.type.value for row in await purse.transactions()] == ["grant", "reserve", "charge"]
    await purse.assert_adds_up()


async def test_a_cash_sale_reserves_and_charges_at_once(purse: Purse) -> None:
    sale_id = purse.sale()

    await purse.shop.transact(wallet.spend_token, sale_id)

    rows = (await purse.transactions())[1:]
    assert [(row.type.value, row.change_tokens, row.balance_after, row.sale_id) for row in rows] == [
        ("reserve", -1, 9, sale_id),
        ("charge", 0, 9, sale_id),
    ]
    await purse.assert_adds_up()


@pytest.mark.parametrize("paid", [False, True])
async def test_a_cancelled_or_voided_sale_gives_its_token_back(purse: Purse, paid: bool) -> None:
    sale_id = purse.sale()
    await purse.shop.transact(wallet.spend_token if paid else wallet.reserve_token, sale_id)

    await purse.shop.transact(wallet.refund_token, sale_id)

    assert await purse.balance() == STARTING_GRANT
    await purse.assert_adds_up()


async def test_an_empty_wallet_refuses_before_anything_is_written(purse: Purse) -> None:
    for _ in range(STARTING_GRANT):
        await purse.reserve(purse.sale())

    for command in (wallet.reserve_token, wallet.spend_token):
        with pytest.raises(WalletExhausted) as refusal:
            await purse.shop.transact(command, purse.sale())
        assert refusal.value.facts() == {"balance": 0}

    assert len(await purse.transactions()) == 1 + STARTING_GRANT
    await purse.assert_adds_up()


async def test_the_last_token_pays_for_one_cash_sale(purse: Purse) -> None:
    for _ in range(STARTING_GRANT - 1):
        await purse.reserve(purse.sale())

    await purse.shop.transact(wallet.spend_token, purse.sale())

    assert await purse.balance() == 0


async def test_sixty_four_sales_at_once_reserve_exactly_forty_tokens(purse: Purse) -> None:
    await purse.grant(30)

    results = await together(64, lambda _: purse.reserve(purse.sale()))

    assert count(results, WalletExhausted) == 24
    assert results.count(None) == 40
    assert await purse.balance() == 0
    await purse.assert_adds_up()


async def test_a_sale_reserves_one_token_however_often_it_asks(purse: Purse) -> None:
    sale_id = purse.sale()
    await purse.reserve(sale_id)

    with pytest.raises(asyncpg.UniqueViolationError):
        await purse.reserve(sale_id)

    assert await purse.balance() == 9
    await purse.assert_adds_up()


async def test_charging_or_refunding_what_was_not_reserved_is_a_bug(purse: Purse) -> None:
    charged, refunded = purse.sale(), purse.sale()
    await purse.shop.transact(wallet.spend_token, charged)
    await purse.reserve(refunded)
    await purse.shop.transact(wallet.refund_token, refunded)

    for command, sale_id in (
        (wallet.charge_token, purse.sale()),
        (wallet.refund_token, purse.sale()),
        (wallet.charge_token, charged),
        (wallet.charge_token, refunded),
        (wallet.refund_token, refunded),
    ):
        with pytest.raises(AssertionError):
            await purse.shop.transact(command, sale_id)

    assert await purse.balance() == 9
    await purse.assert_adds_up()


async def test_a_grant_is_written_down_with_its_reason(purse: Purse) -> None:
    await purse.grant(5)

    last = (await purse.transactions())[-1]
    assert (last.change_tokens, last.balance_after, last.reason) == (5, 15, "for a test")
    entries = await purse.shop.transact(audit.list_entries, purse.shop.business_id, None, 10)
    granted = next(entry for entry in entries if entry.facts.get("reason") == "for a test")
    assert (granted.action, granted.actor_kind) == ("tokens_granted", "system")
    assert granted.facts == {"tokens": 5, "reason": "for a test", "balance_before": 10, "balance_after": 15}


async def test_no_member_may_give_tokens(purse: Purse) -> None:
    with pytest.raises(AssertionError):
        await purse.shop.transact(wallet.grant_tokens, 5, "for myself")

    assert await purse.balance() == STARTING_GRANT


async def test_a_grant_of_nothing_is_a_bug(purse: Purse) -> None:
    with pytest.raises(AssertionError):
        await purse.grant(0)


async def test_every_step_of_a_token_is_in_the_audit(purse: Purse) -> None:
    sale_id = purse.sale()
    await purse.shop.transact(wallet.spend_token, sale_id)
    await purse.shop.transact(wallet.refund_token, sale_id)

    entries = await purse.shop.transact(audit.list_entries, sale_id, None, 10)

    assert sorted((entry.action, entry.facts["balance_before"], entry.facts["balance_after"]) for entry in entries) == [
        ("token_charged", 9, 9),
        ("token_refunded", 9, 10),
        ("token_reserved", 10, 9),
    ]


async def test_tokens_of_another_shop_are_not_touched(purse: Purse, database: Database) -> None:
    neighbour = Purse(await make_shop(database))

    await purse.reserve(purse.sale())

    assert (await purse.balance(), await neighbour.balance()) == (9, 10)
    assert len(await neighbour.transactions()) == 1


async def test_transactions_come_in_pages_newest_first(purse: Purse) -> None:
    for _ in range(4):
        await purse.reserve(purse.sale())

    first = await purse.shop.transact(wallet.list_transactions, None, 3)
    second = await purse.shop.transact(wallet.list_transactions, first[-1].id, 3)

    assert [row.balance_after for row in [*first, *second]] == [6, 7, 8, 9, 10]


async def test_packages_are_what_the_platform_sells(purse: Purse) -> None:
    packages = await purse.shop.transact(wallet.list_packages)

    assert [(package.tokens, int(package.price)) for package in packages] == [
        (30, 50),
        (70, 100),
        (150, 200),
        (400, 500),
        (850, 1000),
    ]


async def test_the_wallet_cannot_be_rewritten_by_the_app(purse: Purse) -> None:
    async def forge(tx: Tx) -> None:
        await tx.records("UPDATE wallet_transactions SET change_tokens = 100 WHERE business_id = $1", tx.business_id)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await purse.shop.transact(forge)


kinds = st.lists(
    st.sampled_from([TransactionType.RESERVE, TransactionType.CHARGE, TransactionType.REFUND]), max_size=20
)


@given(st.integers(0, 6), kinds)
def test_steps_never_go_below_nothing_and_follow_each_other(balance: int, types: list[TransactionType]) -> None:
    running, lowest = balance, balance
    for kind in types:
        running += {"reserve": -1, "charge": 0, "refund": 1}[kind.value]
        lowest = min(lowest, running)
    if lowest < 0:
        with pytest.raises(WalletExhausted):
            rules.steps(balance, types)
        return

    steps = rules.steps(balance, types)

    assert [step.type for step in steps] == types
    assert [step.balance_after for step in steps][-1:] == ([running] if types else [])
    assert all(step.balance_after == step.balance_before + step.change for step in steps)
    assert all(later.balance_before == earlier.balance_after for earlier, later in itertools.pairwise(steps))


async def warnings(purse: Purse) -> list[tuple[object, object]]:
    entries = await purse.shop.transact(audit.list_entries, purse.shop.business_id, None, 1000)
    return [
        (entry.facts["warning"], entry.facts["balance"]) for entry in reversed(entries) if entry.action == "tokens_low"
    ]


async def test_a_till_is_warned_once_each_time_the_tokens_fall_below_a_line(purse: Purse) -> None:
    await purse.grant(21)
    sold = [purse.sale() for _ in range(24)]
    for sale_id in sold[:2]:
        await purse.reserve(sale_id)
    assert (await purse.shop.transact(wallet.get_wallet)).warning is TokenWarning.LOW

    for sale_id in sold[2:]:
        await purse.reserve(sale_id)

    assert (await purse.shop.transact(wallet.get_wallet)).warning is TokenWarning.VERY_LOW
    assert await warnings(purse) == [("low", 29), ("very_low", 9)]


async def test_a_token_that_comes_back_and_goes_again_warns_again(purse: Purse) -> None:
    sale_id = purse.sale()
    await purse.reserve(sale_id)
    await purse.shop.transact(wallet.refund_token, sale_id)
    await purse.reserve(purse.sale())

    assert await warnings(purse) == [("very_low", 9), ("very_low", 9)]


@pytest.mark.parametrize(
    ("balance", "warning"),
    [
        (0, TokenWarning.VERY_LOW),
        (9, TokenWarning.VERY_LOW),
        (10, TokenWarning.LOW),
        (29, TokenWarning.LOW),
        (30, None),
        (850, None),
    ],
)
def test_under_thirty_is_low_and_under_ten_is_very_low(balance: int, warning: TokenWarning | None) -> None:
    assert Wallet(balance, 0).warning is warning


@given(st.integers(0, 40), st.integers(0, 40))
def test_only_a_fall_below_a_line_warns(before: int, after: int) -> None:
    lines = [line for line in (30, 10) if after < line <= before]

    assert rules.crossed(before, after) == (
        None if not lines else TokenWarning.VERY_LOW if 10 in lines else TokenWarning.LOW
    )


@given(st.integers(0, 100), st.integers(0, 100), st.integers(1, 850))
def test_what_is_bought_settles_what_is_owed_first(balance: int, owed: int, tokens: int) -> None:
    credit = rules.credited(Wallet(balance, owed), tokens)

    assert credit.settled == min(owed, tokens)
    assert credit.balance_after - credit.balance_before + credit.settled == tokens
    assert credit.owed_before - credit.owed_after == credit.settled
    assert (credit.balance_after == balance) == (tokens <= owed)
