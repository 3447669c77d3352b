"""How documents are posted: whatever they say, they balance, and sums are posted as their parts are."""

import re
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme.kit.db.transaction import Tx
from payme.ledger import rules
from payme.ledger.errors import AccountUnknown
from payme.ledger.models import Document, FactSum, Period, Sums
from payme.ledger.types import AccountKind, DocumentKind, Fact
from payme.reports import PeriodBackwards
from tests.support.shops import Shop

PAGE = Path(__file__).parents[2] / "docs" / "ledger.md"
DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

amounts = st.decimals(-(10**9), 10**9, places=2, allow_nan=False)
facts = st.dictionaries(st.sampled_from(Fact), amounts, max_size=6)


def document(said: dict[Fact, Decimal]) -> Document:
    return Document(NOW, UUID(int=1), DAY, DocumentKind.SALE, "1", said)


@given(facts)
def test_every_document_balances(said: dict[Fact, Decimal]) -> None:
    lines = rules.posting(document(said))

    assert sum(line.debit for line in lines) == sum(line.credit for line in lines)
    for line in lines:
        assert (line.debit > 0) != (line.credit > 0)
        assert min(line.debit, line.credit) == 0
    assert len({line.account.code for line in lines}) == len(lines)


@given(st.lists(facts, max_size=8))
def test_sums_are_posted_as_their_documents_are(many: list[dict[Fact, Decimal]]) -> None:
    one_by_one: dict[str, Decimal] = defaultdict(Decimal)
    sums: dict[Fact, Decimal] = defaultdict(Decimal)
    for said in many:
        for line in rules.posting(document(said)):
            one_by_one[line.account.code] += line.change
        for fact, amount in said.items():
            sums[fact] += amount

    at_once = rules.changes_of(sums.items())

    assert {code: change for code, change in at_once.items() if change} == {
        code: change for code, change in one_by_one.items() if change
    }


@given(st.lists(st.builds(FactSum, st.sampled_from(Fact), amounts, amounts), max_size=20, unique_by=lambda it: it.fact))
def test_balances_and_the_balance_sheet_agree_with_themselves(said: list[FactSum]) -> None:
    sums = Sums("Duka", Period(DAY, DAY), tuple(said))

    trial = rules.trial_balance(sums)
    sheet = rules.balance_sheet(sums)
    earned = rules.profit_and_loss(sums)
    all_of_it = rules.profit_and_loss(
        Sums("Duka", Period(DAY, DAY), tuple(FactSum(one.fact, Decimal(0), one.before + one.within) for one in said))
    )

    assert trial.difference == 0
    assert sheet.difference == 0
    assert all_of_it.profit == sheet.profit
    moved = {one.account: one.moved for one in trial.balances}
    of_profit = {AccountKind.INCOME, AccountKind.EXPENSE}
    assert earned.profit == -sum(change for account, change in moved.items() if account.kind in of_profit)


def test_every_fact_has_its_rule_and_every_rule_its_accounts() -> None:
    assert set(rules.RULES) == set(Fact)
    for rule in rules.RULES.values():
        assert rule.debit != rule.credit
        assert {rule.debit, rule.credit} <= set(rules.ACCOUNTS)
    used = {code for rule in rules.RULES.values() for code in (rule.debit, rule.credit)}
    assert used == set(rules.ACCOUNTS)
    assert list(rules.ACCOUNTS) == sorted(rules.ACCOUNTS)


async def test_the_database_posts_by_the_same_rules(shop: Shop) -> None:
    async def stored(tx: Tx) -> dict[str, tuple[str, str]]:
        rows = await tx.records("SELECT fact, debit, credit FROM ledger_rules")
        return {row["fact"]: (row["debit"], row["credit"]) for row in rows}

    assert await shop.transact(stored) == {fact: (rule.debit, rule.credit) for fact, rule in rules.RULES.items()}


def test_the_page_of_the_ledger_shows_every_account_and_every_fact() -> None:
    page = PAGE.read_text()
    accounts = re.findall(r"^\| (\d{4}) \| ([^|]+?) \| (\w+) \|", page, re.MULTILINE)
    posted = re.findall(r"^\| `(\w+)` \| [^|]+ \| (\d{4}) [^|]*\| (\d{4}) [^|]*\|$", page, re.MULTILINE)

    assert accounts == [(one.code, one.name, one.kind) for one in rules.ACCOUNTS.values()]
    assert {fact: (debit, credit) for fact, debit, credit in posted} == {
        fact: (rule.debit, rule.credit) for fact, rule in rules.RULES.items()
    }


def test_a_period_is_a_month_unless_days_are_named() -> None:
    assert rules.period_of(None, None, DAY) == Period(date(2026, 3, 1), DAY)
    assert rules.period_of(date(2020, 1, 1), DAY, DAY) == Period(date(2020, 1, 1), DAY)
    with pytest.raises(PeriodBackwards):
        rules.period_of(DAY, date(2026, 3, 1), DAY)


def test_an_account_that_does_not_exist_is_refused() -> None:
    assert rules.account_of("1000").name == "Cash"
    with pytest.raises(AccountUnknown):
        rules.account_of("1001")
