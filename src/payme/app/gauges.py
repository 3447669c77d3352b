"""How the businesses do, as the metrics of the server tell it."""

from collections import Counter

from payme import alerts, anchors, reconciliation
from payme.app.metrics import BusinessGauges, IssuesOfKind, PaymentsInState, ReadGauges
from payme.kit.db.transaction import Database, Scope

_INVARIANTS = frozenset(invariant.id for invariant in reconciliation.OF_A_BUSINESS)


def gauges_of(database: Database) -> ReadGauges:
    """Make what reads the figures of the businesses."""

    async def read() -> BusinessGauges:
        found = await reconciliation.read_gauges(database)
        told = await alerts.read_gauges(database)
        places = await database.transact(Scope.system("gauges"), anchors.list_places)
        now = database.seams.clock.now()
        broken = Counter(found.runs.platform)
        for one in found.open_issues:
            if one.kind in _INVARIANTS:
                broken[one.kind] += one.count
        return BusinessGauges(
            open_payments=tuple(PaymentsInState(one.state, one.count, one.oldest_age_s) for one in found.open_payments),
            callbacks_waiting=found.callbacks_waiting.count,
            callbacks_oldest_age_s=found.callbacks_waiting.oldest_age_s,
            tokens_balance=found.tokens.balance_tokens,
            tokens_owed=found.tokens.owed_tokens,
            open_issues=tuple(
                IssuesOfKind(one.kind, one.severity, one.count, one.unseen_age_s) for one in found.open_issues
            ),
            alerts_waiting=told.waiting,
            alerts_failed=told.failed,
            violations=sum(one.count for one in found.open_issues if one.kind in _INVARIANTS),
            broken=tuple(sorted(broken.items())),
            changes_age_s=found.runs.changes_age_s,
            full_age_s=found.runs.full_age_s,
            anchors_failing_s=tuple(
                (one.place, (now - one.failing_since).total_seconds() if one.failing_since else 0.0) for one in places
            ),
        )

    return read
