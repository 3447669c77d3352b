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
_BROKEN = (asyncpg.UniqueViolationError, asyncpg.CheckViolationError)
_RACED = ("idempotency_records_pkey", "raced_")
"""How names of constraints begin that only a race breaks: what was read has changed since."""
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
    raced = isinstance(error, _BROKEN) and (error.constraint_name or "").startswith(_RACED)
    # Same key, or whatever else was committed between our look and our write: look again. Anything else is a bug.
    return None if raced and not last else error
