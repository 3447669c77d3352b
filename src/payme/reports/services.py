"""Commands of reports: keep ended days added up, and count again what was changed behind them."""

from dataclasses import replace
from datetime import date, timedelta

from payme.kit.db.transaction import Tx
from payme.reports import queries, repository, rules
from payme.reports.types import DAYS_AT_ONCE


async def keep_ended_days(tx: Tx) -> bool:
    """Add up some of the days that ended long ago and are not kept yet; True where there is more to do.

    Tokens first, then days. Run again at will: the mark says what is done, and moves with what was added up.
    Locks: REPORT_MARK. Raises: nothing. Emits: nothing, since nothing of the books changes.
    """
    until = rules.settled_until(tx.now)
    kept_until = await queries.find_kept_until(tx)
    if kept_until is not None and kept_until >= until:
        return False
    mark = await repository.claim_mark(tx, until)
    sequence = await repository.next_sequence(tx, mark.kept_sequence, until)
    if sequence > mark.kept_sequence:
        repository.keep_tokens(tx, mark.kept_sequence, sequence)
        repository.update_mark(tx, replace(mark, kept_sequence=sequence))
        return True
    sold_on = await repository.next_day(tx, mark.kept_until)
    kept = until if sold_on is None or sold_on > until else min(sold_on + timedelta(DAYS_AT_ONCE - 1), until)
    if sold_on is not None and sold_on <= kept:
        repository.keep_days(tx, sold_on, kept)
    repository.update_mark(tx, replace(mark, kept_until=max(kept, mark.kept_until)))
    return kept < until


async def count_again(tx: Tx, from_day: date) -> None:
    """Forget what is kept of a day and all after it, because sales of the past were brought in.

    Until they are kept again the days are counted. Locks: REPORT_MARK. Raises: nothing. Emits: nothing.
    """
    before = from_day - timedelta(1)
    mark = await repository.claim_mark(tx, before)
    repository.forget_days(tx, from_day)
    repository.update_mark(tx, replace(mark, kept_until=min(mark.kept_until, before)))
