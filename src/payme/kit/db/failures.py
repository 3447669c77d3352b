"""What a failing database means to whoever asked."""

import asyncpg

from payme.kit.errors import Busy, DatabaseUnavailable, OutcomeUnknown

CONNECTION_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server's farewell came in between, and asyncpg hangs in it
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    ConnectionError,
    OSError,
)
_CONFLICT = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
_WAITED_TOO_LONG = (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError)


class CommitAnswerLost(Exception):
    """COMMIT was sent and no answer came."""


def refusal_for(error: Exception, *, lost_commit: type[OutcomeUnknown] | None, last: bool) -> Exception | None:
    """Say what an error of the database means to the caller; None means: try again."""
    if isinstance(error, CommitAnswerLost):
        # With a key the next attempt finds the record, or finds that nothing was committed.
        return lost_commit() if lost_commit else DatabaseUnavailable() if last else None
    if isinstance(error, _CONFLICT):
        return Busy() if last else None
    if isinstance(error, _WAITED_TOO_LONG):
        return Busy()
    if isinstance(error, CONNECTION_LOST):
        return DatabaseUnavailable() if last else None
    raced = isinstance(error, asyncpg.UniqueViolationError) and error.constraint_name == "idempotency_records_pkey"
    # Same key, committed between our look and our claim: look again. Anything else is a bug.
    return None if raced and not last else error
