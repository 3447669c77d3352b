"""Commands of stories."""

from typing import Final

from payme.kit.db.transaction import Tx
from payme.stories import queries, rules
from payme.stories.errors import NothingToTell
from payme.stories.models import Story

LINES_MAX: Final = 500


async def tell(tx: Tx, asked: str) -> Story:
    """Tell what happened to a sale or a receipt, with its money, goods, credit, refunds and returns, in order.

    Locks: none. Raises: NothingToTell. Emits: nothing.
    """
    sale_id, number, receipt = rules.meant(asked)
    subject = await queries.find_subject(tx, sale_id, number, receipt)
    if subject is None:
        raise NothingToTell(asked)
    related = await queries.list_related(tx, subject)
    events = await queries.list_events(tx, subject, related, LINES_MAX + 1)
    lines = tuple(rules.line_of(event) for event in events[:LINES_MAX])
    return Story(subject.title, subject.sale_id, lines, len(events) > LINES_MAX)
