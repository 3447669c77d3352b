"""Planted where a shop says what it paid by the portal."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from unittest.mock import patch

from payme import statements
from payme.kit.db.transaction import Tx
from payme.statements import Outgoing
from tests.simulation.world import World


@contextmanager
def expense_taken_out_after_the_entry(_: World) -> Iterator[None]:
    """An expense takes out of M-Pesa what an adjusting entry took already."""

    async def find_outgoing(tx: Tx, receipt: str) -> Outgoing | None:
        found = await honest(tx, receipt)
        return None if found is None else replace(found, adjusted=Decimal(0))

    honest = statements.find_outgoing
    with patch.object(statements, "find_outgoing", find_outgoing):
        yield
