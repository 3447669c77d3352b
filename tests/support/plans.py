"""How PostgreSQL, as the app role, would run what is read."""

import json

from payme.kit.db.transaction import Tx


class Explaining(Tx):
    """A transaction that asks for the plans of what is read."""

    plans: list[str]

    @classmethod
    def of(cls, tx: Tx) -> "Explaining":
        """Turn an open transaction into one that explains."""
        tx.__class__ = cls
        assert isinstance(tx, Explaining)
        tx.plans = []
        return tx

    async def records(self, statement: str, *args: object) -> object:  # type: ignore[override]
        """Explain, then run."""
        explained = await super().records("EXPLAIN (FORMAT JSON) " + statement, *args)
        self.plans.append(json.dumps(explained[0][0]))
        return await super().records(statement, *args)
