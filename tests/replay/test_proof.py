"""By night the audit proves itself and its books, and people are told where it cannot."""

from dataclasses import replace
from datetime import timedelta

import asyncpg

from payme import issues
from payme.issues import IssueFilter
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.transaction import Database
from payme.replay.jobs import prove_audit
from payme.seals.jobs import evidence_of, seal_business
from tests.support.database import in_time
from tests.support.goods import has_tokens
from tests.support.seals import desk_of, sealed_shop
from tests.support.shops import Shop


async def open_kinds(shop: Shop) -> dict[str, object]:
    found = await shop.transact(issues.list_issues, IssueFilter(is_open=True), None, 50)
    return {issue.kind: issue.subject_id for issue in found if issue.kind.startswith("audit_")}


async def proves(shop: Shop) -> int:
    evidence = evidence_of(desk_of(shop.database).public_keys(), ())
    return await prove_audit(shop.database, shop.business_id, evidence)


async def test_what_somebody_did_to_the_audit_is_an_issue_that_names_the_entry(
    database: Database, owner_dsn: str, app_pool: AsyncpgPool
) -> None:
    shop, _ = await sealed_shop(database)
    assert (await proves(shop), await open_kinds(shop)) == (0, {})

    owner = await asyncpg.connect(owner_dsn)
    changed = await owner.fetchval(
        """UPDATE audit_entries SET facts = facts || '{"balance_after": 100}'
            WHERE business_id = $1 AND action = 'tokens_granted' AND facts ->> 'balance_before' = '0' RETURNING id""",
        shop.business_id,
    )
    await owner.execute(
        "UPDATE audit_seals SET sealed_at = sealed_at - interval '1 day' WHERE business_id = $1 AND number = 3",
        shop.business_id,
    )
    await owner.close()

    assert await proves(shop) >= 3
    found = await open_kinds(shop)
    assert found["audit_entry_changed"] == changed
    assert found["audit_seal_changed"] == shop.business_id
    assert "audit_not_replayed" in found
    await proves(shop)
    assert await open_kinds(shop) == found


async def test_entries_that_nobody_seals_are_an_issue_until_somebody_does(database: Database) -> None:
    shop, _ = await sealed_shop(database)
    await has_tokens(shop, 1)
    later = replace(shop, database=in_time(database, database.seams.clock.now() + timedelta(hours=2)))

    await proves(later)
    assert await open_kinds(shop) == {"audit_unsealed": shop.business_id}

    await seal_business(desk_of(database), shop.business_id)
    await proves(later)
    assert await open_kinds(shop) == {}
