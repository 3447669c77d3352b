"""By night the audit proves itself and its books, and people are told where it cannot."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from payme import issues
from payme.issues import IssueFilter, NewIssue
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.transaction import Database
from payme.replay import rules
from payme.replay.jobs import prove_audit
from payme.replay.models import Standing
from payme.seals import Anchor
from payme.seals.jobs import evidence_of, seal_business
from tests.support.database import in_time
from tests.support.goods import has_tokens
from tests.support.issues import listed
from tests.support.seals import desk_of, sealed_shop
from tests.support.shops import Shop

SUBJECT = UUID("01900000-0000-7000-8000-000000000001")


async def open_kinds(shop: Shop) -> dict[str, object]:
    found = await shop.transact(issues.list_issues, IssueFilter(is_open=True), None, 50)
    return {issue.kind: issue.subject_id for issue in found if issue.kind.startswith("audit_")}


async def proves(shop: Shop, *anchors: Anchor) -> int:
    evidence = evidence_of(desk_of(shop.database).public_keys(), anchors)
    return await prove_audit(shop.database, shop.business_id, evidence)


async def test_what_somebody_did_to_the_audit_is_an_issue_that_names_the_entry(
    database: Database, owner_dsn: str, app_pool: AsyncpgPool
) -> None:
    shop, _ = await sealed_shop(database)
    assert (await proves(shop), await open_kinds(shop)) == (0, {})

    owner = await asyncpg.connect(owner_dsn)
    granted = "business_id = $1 AND action = 'tokens_granted' AND facts ->> 'balance_before' = '0'"
    [(changed, before)] = await owner.fetch(f"SELECT id, facts FROM audit_entries WHERE {granted}", shop.business_id)
    writes = "UPDATE audit_entries SET facts = $2 WHERE id = $1"
    await owner.execute(writes, changed, json.dumps(json.loads(before) | {"balance_after": 100}))
    resealed = "UPDATE audit_seals SET sealed_at = sealed_at + $2 WHERE business_id = $1 AND number = 3"
    await owner.execute(resealed, shop.business_id, -timedelta(days=1))

    assert await proves(shop) >= 3
    found = await open_kinds(shop)
    assert found["audit_entry_changed"] == changed
    assert found["audit_seal_changed"] == shop.business_id
    assert "audit_not_replayed" in found
    await proves(shop)
    assert await open_kinds(shop) == found

    await owner.execute(writes, changed, before)
    assert await proves(shop) == 1
    assert set(await open_kinds(shop)) == {"audit_seal_changed"}
    await owner.execute(resealed, shop.business_id, timedelta(days=1))
    await owner.close()
    assert (await proves(shop), await open_kinds(shop)) == (0, {})
    over = {issue.resolution for issue in await listed(shop) if issue.kind.startswith("audit_")}
    assert over == {"Settled: the audit proves itself again"}


async def test_what_an_anchor_told_is_not_over_because_the_anchor_is_gone(database: Database) -> None:
    shop, anchors = await sealed_shop(database)
    forged = replace(anchors[1], signature=bytes(64))

    await proves(shop, anchors[0], forged)
    assert set(await open_kinds(shop)) == {"audit_anchor_forged"}
    await proves(shop, anchors[0])
    assert set(await open_kinds(shop)) == {"audit_anchor_forged"}
    part = evidence_of(desk_of(database).public_keys(), anchors, is_whole=False)  # a place could not be asked
    await prove_audit(database, shop.business_id, part)
    assert set(await open_kinds(shop)) == {"audit_anchor_forged"}
    await proves(shop, *anchors)
    assert await open_kinds(shop) == {}


@pytest.mark.parametrize(("judged", "replayed"), [(True, False), (False, True), (False, False), (True, True)])
def test_nothing_is_over_that_was_not_asked_to_the_end(judged: bool, replayed: bool) -> None:
    standing = [Standing("audit_entry_removed", SUBJECT, 3), Standing("audit_not_replayed", SUBJECT, None)]

    over = rules.gone(standing, [], (), judged=judged, replayed=replayed)

    assert [one.kind == "audit_not_replayed" for one in over] == [False] * judged + [True] * replayed


async def test_what_somebody_saw_while_the_audit_proved_itself_is_not_over(database: Database) -> None:
    shop, _ = await sealed_shop(database)
    later = replace(shop, database=in_time(database, database.seams.clock.now() + timedelta(minutes=5)))
    found = NewIssue("audit_entry_removed", shop.business_id, {"detail": "found meanwhile"})
    await later.transact(issues.open_issues, [found])

    await proves(shop)
    assert set(await open_kinds(shop)) == {"audit_entry_removed"}
    await proves(replace(shop, database=in_time(database, later.database.seams.clock.now() + timedelta(minutes=1))))
    assert await open_kinds(shop) == {}


async def test_entries_that_nobody_seals_are_an_issue_until_somebody_does(database: Database) -> None:
    shop, _ = await sealed_shop(database)
    await has_tokens(shop, 1)
    later = replace(shop, database=in_time(database, database.seams.clock.now() + timedelta(hours=2)))

    await proves(later)
    assert await open_kinds(shop) == {"audit_unsealed": shop.business_id}

    await seal_business(desk_of(database), shop.business_id)
    await proves(later)
    assert await open_kinds(shop) == {}
