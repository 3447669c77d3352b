"""What the server asks the database about itself."""

from dataclasses import dataclass

from payme.kit.db.transaction import Tx


@dataclass(frozen=True, slots=True)
class AppliedMigration:
    """A migration that ran."""

    name: str
    digest: str


async def list_applied_migrations(tx: Tx) -> list[AppliedMigration]:
    """Return what was applied to this database, in order."""
    return await tx.rows(AppliedMigration, "SELECT name, digest FROM schema_migrations ORDER BY name")


async def has_businesses(tx: Tx) -> bool:
    """Say whether anybody opened a business here."""
    return bool(await tx.value("SELECT EXISTS (SELECT FROM business_directory)"))
