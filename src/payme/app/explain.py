"""What an error means to whoever runs the server: one paragraph that says what to do."""

import asyncpg

from payme.app.advice import Advice
from payme.app.settings import SettingsError
from payme.kit.db.embedded import PostgresUnavailable
from payme.kit.db.migrate import MigrationError
from payme.kit.errors import Refusal

_SAYS_ALL = (Advice, PostgresUnavailable, SettingsError)


_SENTENCES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (
        (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError),
        "PostgreSQL refused the sign-in: {error}. Check the name and the password in PAYME_DATABASE_URL.",
    ),
    (
        (asyncpg.InvalidCatalogNameError,),
        "PostgreSQL answered: {error}. Create it, or correct the name at the end of PAYME_DATABASE_URL.",
    ),
    (
        (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError),
        "The database is not prepared ({error}). Run: payme migrate",
    ),
    (
        (asyncpg.CannotConnectNowError, ConnectionError, TimeoutError),
        "The database does not answer ({error}). Check PAYME_DATABASE_URL and that the server runs.",
    ),
    ((asyncpg.PostgresError,), "PostgreSQL answered: {error} ({kind}). payme doctor looks for the cause."),
)
_UNEXPECTED = (
    "PayMe came upon something it does not expect ({kind}: {error}). "
    "Run the same with --debug to see where, and report it with that text."
)


def explain(error: Exception) -> str:
    """Return what happened and what to do."""
    if isinstance(error, _SAYS_ALL):
        return str(error)
    if isinstance(error, MigrationError):
        return f"The database was not migrated: {error}."
    if isinstance(error, Refusal):
        facts = ", ".join(f"{name}: {value}" for name, value in error.facts().items())
        return f"{error.title} {error.advice}" + (f" ({facts})" if facts else "")
    for kinds, sentence in _SENTENCES:
        if isinstance(error, kinds):
            return sentence.format(error=error, kind=type(error).__name__)
    return _UNEXPECTED.format(error=error, kind=type(error).__name__)
