"""A verification: silent where the books agree, loud and exact where they do not."""

from uuid import uuid4

import pytest

from payme import reconciliation, sales
from payme.kit.db.transaction import Database, Scope
from payme.reconciliation import InvariantUnknown
from tests.reconciliation.conftest import Day


async def test_a_full_day_leaves_books_that_agree(books: Database, day: Day) -> None:
    report = await reconciliation.verify(books, business_ids=[day.shop.business_id])

    assert report.violations == ()
    assert report.is_clean
    assert report.businesses == 1
    assert len(report.checks) == len(reconciliation.OF_A_BUSINESS) + len(reconciliation.OF_THE_PLATFORM)


async def test_the_one_statement_says_the_same(books: Database, day: Day) -> None:
    assert await day.shop.transact(reconciliation.check_business) == []
