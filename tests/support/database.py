"""A real, migrated PostgreSQL for the tests of one process."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from payme.kit.db.embedded import EmbeddedPostgres
from payme.kit.db.transaction import Database
from payme.kit.seams import Calm, Chaos, Seams, SystemClock

# Durability is tested where PostgreSQL is killed; elsewhere it would only cost time.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def embedded_postgres(settings: dict[str, str] | None = None) -> Iterator[str]:
    """Start a server in a folder of its own and yield the DSN of its superuser."""
    with TemporaryDirectory(prefix="payme-test-", dir="/var/tmp" if Path("/var/tmp").is_dir() else None) as folder:
        Path(folder).chmod(0o711)  # as root the server runs as another account, which must get through
        server = EmbeddedPostgres(Path(folder) / "data", settings=FAST if settings is None else settings)
        endpoint = server.start()
        try:
            yield endpoint.dsn("postgres", "postgres")
        finally:
            server.stop()


class StoppedClock(SystemClock):
    """A clock that shows one instant."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def in_time(database: Database, at: datetime, chaos: Chaos | None = None) -> Database:
    """The same books at another instant, and with what may strike there."""
    seams = Seams(StoppedClock(at), chaos=chaos or Calm())
    return Database(database._pool, seams, record=database._record, jobs=database._jobs)  # noqa: SLF001
