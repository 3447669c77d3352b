"""Those whose work is to prove the books: what all of them do besides their own."""

from uuid import UUID


class Prover:
    """Does its work while people trade, goes on in the calm, and is judged with everybody else."""

    async def goes_on(self) -> None:
        """Do in the calm what a worker does again and again."""

    async def ends(self) -> None:
        """Do what is done last, when nobody does anything any more; raises Violation."""

    async def after_commit(self, business_id: UUID | None, tables: frozenset[str]) -> None:
        """See what a commit that wrote these tables did; raises Violation."""
