"""Commands of the ledger: keep ended days added up, and count again what was changed behind them."""

from datetime import date, timedelta

from payme.kit.db.transaction import Tx
from payme.ledger import queries, repository
from payme.ledger.types import DAYS_AT_ONCE
from payme.reports import settled_until


async def keep_ended_days(tx: Tx) -> bool:
    """Add up some of the days that ended long ago and are not kept yet; True where there is more to do.

    Run again at will: the mark says what is done, and moves with what was added up.
    Locks: LEDGER_MARK. Raises: nothing. Emits: nothing, since nothing of the books changes.
    """
    until = settled_until(tx.now)
    kept_until = await queries.find_kept_until(tx)
    if kept_until is None:
        began = await queries.find_beginning(tx)
        kept_until = until if began is None else began - timedelta(1)
    if kept_until >= until:
        return False
    mark = await repository.claim_mark(tx, kept_until)
    to_day = min(mark.kept_until + timedelta(DAYS_AT_ONCE), until)
    repository.keep_days(tx, mark.kept_until + timedelta(1), to_day)
    await tx.flush()  # from what was kept the mark is reckoned
    repository.update_mark(tx, max(to_day, mark.kept_until))
    return to_day < until


async def count_again(tx: Tx, from_day: date) -> None:
    """Forget what is kept of a day and all after it, because documents of the past were brought in.

    Until they are kept again the days are counted. Locks: LEDGER_MARK. Raises: nothing. Emits: nothing.
    """
    before = from_day - timedelta(1)
    mark = await repository.claim_mark(tx, before)
    repository.forget_days(tx, from_day)
    await tx.flush()  # from what is kept the mark is reckoned
    repository.update_mark(tx, min(mark.kept_until, before))
