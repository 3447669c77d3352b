"""What an error means to whoever runs the server: one paragraph that says what to do."""

import asyncpg

from payme.app.ports import PortUnavailable
from payme.app.serve import ShopNotOpened
from payme.app.settings import SettingsError
from payme.kit.db.embedded import PostgresUnavailable
from payme.kit.db.migrate import MigrationError
from payme.kit.errors import Refusal

_SAYS_ALL = (PortUnavailable, ShopNotOpened, PostgresUnavailable, SettingsError)


def explain(error: Exception) -> str:
    """Return what happened and what to do."""
    if isinstance(error, _SAYS_ALL):
        return str(error)
    if isinstance(error, MigrationError):
        return f"The database was not migrated: {error}."
    if isinstance(error, Refusal):
        facts = ", ".join(f"{name}: {value}" for name, value in error.facts().items())
        return f"{error.title} {error.advice}" + (f" ({facts})" if facts else "")
    if isinstance(error, asyncpg.InvalidPasswordError | asyncpg.InvalidAuthorizationSpecificationError):
        return f"PostgreSQL refused the sign-in: {error}. Check the name and the password in PAYME_DATABASE_URL."
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return f"PostgreSQL answered: {error}. Create it, or correct the name at the end of PAYME_DATABASE_URL."
    if isinstance(error, asyncpg.UndefinedTableError | asyncpg.InvalidSchemaNameError):
        return f"The database is not prepared ({error}). Run: payme migrate"
    if isinstance(error, asyncpg.CannotConnectNowError | ConnectionError | TimeoutError):
        return f"The database does not answer ({error}). Check PAYME_DATABASE_URL and that the server runs."
    if isinstance(error, asyncpg.PostgresError):
        return f"PostgreSQL answered: {error} ({type(error).__name__}). payme doctor looks for the cause."
    return (
        f"PayMe came upon something it does not expect ({type(error).__name__}: {error}). "
        "Run the same with --debug to see where, and report it with that text."
    )
