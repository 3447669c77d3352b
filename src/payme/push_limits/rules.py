"""Pure decisions of push limits."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Final
from uuid import UUID

from payme.push_limits.errors import PushLimitReached
from payme.push_limits.models import Counter, Limit, PushLimits
from payme.push_limits.types import Counted

SHORT: Final = timedelta(minutes=10)
DAY: Final = timedelta(days=1)


def key_of(secret: bytes, counted: Counted, name: str) -> bytes:
    """Return the name under which pushes are counted: without the secret nobody can try telephone numbers."""
    return hmac.digest(secret, f"payme push limits\0{counted}\0{name}".encode(), "sha256")


def counters_of(limits: PushLimits, phone: str, business_id: UUID, user_id: UUID | None) -> list[Counter]:
    """Return what a push is counted under, in the order of the keys; a limit of 0 is not counted."""
    secret = limits.key()
    wanted = [
        (Counted.PHONE, phone, [Limit(limits.per_phone, SHORT), Limit(limits.per_phone_a_day, DAY)]),
        (Counted.BUSINESS, str(business_id), [Limit(limits.per_business, SHORT)] if limits.per_business else []),
        (Counted.CASHIER, str(user_id), [Limit(limits.per_cashier, SHORT)] if limits.per_cashier and user_id else []),
    ]
    counters = [Counter(who, key_of(secret, who, name), tuple(told)) for who, name, told in wanted if told]
    return sorted(counters, key=lambda counter: counter.key)


def check(counters: Sequence[Counter], pushed_at: Mapping[bytes, Sequence[datetime]], now: datetime) -> None:
    """Let a push through that was counted already; raises PushLimitReached with the longest wait that is needed."""
    waits = [
        (free_at - now, counter.counted)
        for counter in counters
        for limit in counter.limits
        if (free_at := _free_at(limit, pushed_at[counter.key], now)) is not None
    ]
    if waits:
        wait, counted = max(waits)
        raise PushLimitReached(counted=counted, retry_after_s=max(1, ceil(wait.total_seconds())))


def _free_at(limit: Limit, pushed_at: Sequence[datetime], now: datetime) -> datetime | None:
    """Return when one more push may go, None where that is now; the last of ``pushed_at`` is the one that is asked."""
    before = sorted(at for at in pushed_at[:-1] if at > now - limit.within)
    return before[-limit.pushes] + limit.within if len(before) >= limit.pushes else None
