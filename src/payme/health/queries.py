"""Reads of health: one statement, which looks at nothing that grows with the history."""

from datetime import timedelta

from payme.health import rules
from payme.health.models import Figures, Health
from payme.health.types import CALLBACK_LATE, DRAWERS_DAYS, MONEY_LATE, PACE_DAYS, PAYMENT_LATE
from payme.kit.days import business_day
from payme.kit.db.transaction import Tx


async def get_health(tx: Tx) -> Health:
    """Return how the business does now."""
    figures = await _read(tx)
    assert figures is not None, "an admitted actor's business exists"  # noqa: S101
    return rules.judged(figures, tx.now)


async def _read(tx: Tx) -> Figures | None:
    today = business_day(tx.now)
    return await tx.row(
        Figures,
        """
        SELECT issues.critical, issues.high, issues.medium, issues.low, business.created_at AS opened_at,
               (SELECT asked_fully_at FROM reconciliation_marks WHERE business_id = $1) AS asked_at,
               (SELECT beat_at FROM platform_beats WHERE part = 'worker') AS worker_at,
               (SELECT count(*)::integer FROM payments
                 WHERE business_id = $1 AND state NOT IN ('failed', 'succeeded') AND created_at < $2) AS payments_late,
               (SELECT count(*)::integer
                  FROM callbacks AS callback
                  JOIN callback_paths AS path ON path.path_hash = callback.path_hash
                 WHERE callback.state = 'received' AND callback.received_at < $3 AND path.business_id = $1)
                   AS callbacks_late,
               money.waiting AS money_waiting, money.amount AS money_waiting_amount, money.oldest_at AS money_oldest_at,
               coalesce(wallet.balance_tokens, 0) AS tokens, coalesce(wallet.owed_tokens, 0) AS tokens_owed,
               pace.used AS tokens_used, pace.days AS kept_days,
               (SELECT count(*)::integer FROM drawers
                 WHERE business_id = $1 AND business_day >= $6 AND business_day < $5 AND state <> 'closed')
                   AS drawers_late,
               owed.debts, owed.overdue AS debts_overdue
          FROM businesses AS business
         CROSS JOIN (SELECT (count(*) FILTER (WHERE severity = 'critical'))::integer AS critical,
                       (count(*) FILTER (WHERE severity = 'high'))::integer AS high,
                       (count(*) FILTER (WHERE severity = 'medium'))::integer AS medium,
                       (count(*) FILTER (WHERE severity = 'low'))::integer AS low
                  FROM reconciliation_issues
                 WHERE business_id = $1 AND state IN ('open', 'acknowledged')) AS issues
         CROSS JOIN (SELECT count(*)::integer AS waiting, coalesce(sum(loose.amount), 0) AS amount,
                            min(loose.since) AS oldest_at
                       FROM (SELECT sum(amount) AS amount, min(created_at) AS since
                               FROM allocations
                              WHERE business_id = $1 AND purpose = 'unallocated'
                              GROUP BY money_in_id
                             HAVING sum(amount) > 0 AND min(created_at) < $4) AS loose) AS money
          LEFT JOIN (SELECT balance_tokens, owed_tokens FROM wallets WHERE business_id = $1) AS wallet ON true
         CROSS JOIN (SELECT coalesce(sum(reserved), 0)::integer AS used, count(*)::integer AS days
                       FROM day_tokens
                      WHERE business_id = $1 AND day >= $7 AND day < $5) AS pace
         CROSS JOIN (SELECT coalesce(sum(outstanding), 0) AS debts,
                            coalesce(sum(outstanding) FILTER (WHERE due_on < $5), 0) AS overdue
                       FROM credit_sales
                      WHERE business_id = $1 AND outstanding > 0) AS owed
         WHERE business.business_id = $1
        """,
        tx.business_id,
        tx.now - PAYMENT_LATE,
        tx.now - CALLBACK_LATE,
        tx.now - MONEY_LATE,
        today,
        today - timedelta(days=DRAWERS_DAYS),
        today - timedelta(days=PACE_DAYS),
    )
