"""PostgreSQL with nothing to install: a server of our own, started and stopped with the application.

The binaries come from a Python package, from the system, or from a directory the operator names; the life cycle is
ours. The server listens on a Unix socket in a directory only its account can enter, never on the network.

What lies in the data directory: `postgres/` (the cluster), `run/` (the socket), `log/` (one file a weekday),
`start.log` (what it says before `log/` is open), `lock` (held by the process that owns the server) and, where root
needs it, `binaries/` (a copy its account can read).
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final, Self

from payme.kit.db.binaries import find_binaries, readable_copy
from payme.kit.db.host_account import (
    ROOT_DATA_DIR,
    PostgresUnavailable,
    account_for,
    default_data_dir,
    environment_of_server,
)
from payme.kit.db.postmaster import Endpoint, PidFile, is_postmaster

__all__ = ["EmbeddedPostgres", "Endpoint", "PostgresUnavailable", "default_data_dir", "find_binaries"]

PORT: Final = 5432  # Only names the socket file.
SOCKET_PATH_BYTES_MAX: Final = 103  # macOS; Linux has 107.
READY_TIMEOUT_S: Final = 300.0  # Replaying the log after a crash may take minutes on a slow disk.
JOIN_TIMEOUT_S: Final = 60.0
PROGRESS_EVERY_S: Final = 5.0
RETRY_TIMEOUT_S: Final = 30.0  # The children of a killed server leave within this time.
PAUSE_S: Final = 0.02
STOP_LADDER: Final = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))
# Order is by bytes (locale C), but é is a letter: else trigrams skip it and upper() leaves it.
CTYPE: Final = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"

DEFAULT_SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "shared_buffers": "128MB",
        "max_connections": "100",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "logging_collector": "on",
        "log_filename": "postgresql-%a.log",  # A week of files: each is emptied when its weekday returns.
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        "log_error_verbosity": "terse",  # DETAIL quotes rows, and rows hold phone numbers.
        "cluster_name": "payme",
    },
)


def _tail(path: Path) -> str:
    with contextlib.suppress(OSError):
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
    return ""


def _silent(_: str) -> None:
    """Progress nobody asked for."""


class EmbeddedPostgres:
    """One cluster in one data directory, and the server on it.

    The first process to come owns the server: it starts it, and stops it when done. Others that name the same directory
    connect to it. `start` may be called again at any time and brings a dead server back. One thread at a time.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        settings: Mapping[str, str] = MappingProxyType({}),
        on_progress: Callable[[str], None] = _silent,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Touch nothing yet. `settings` are server settings that go before the defaults; `environ` is the process's."""
        self.data_dir = data_dir.expanduser().resolve()
        self._cluster = self.data_dir / "postgres"
        self._settings = settings
        self._on_progress = on_progress
        self._environ = os.environ if environ is None else environ
        self._account = account_for(self._cluster)
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._endpoint: Endpoint | None = None

    def __enter__(self) -> Self:
        """Start, or join."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, if it is ours."""
        self.stop()

    @property
    def endpoint(self) -> Endpoint:
        """Where to connect. Raises PostgresUnavailable before `start`."""
        if self._endpoint is None:
            message = "The database was not started: call start() first."
            raise PostgresUnavailable(message)
        return self._endpoint

    @property
    def owned(self) -> bool:
        """Whether this object started the server and will stop it."""
        return self._lock is not None

    @property
    def pid(self) -> int | None:
        """Process id of the living server, ours or the one we joined."""
        if self._process is not None:
            return self._process.pid if self._process.poll() is None else None
        told = PidFile.read(self._cluster)
        return told.pid if told is not None and is_postmaster(told.pid, self._cluster) else None

    def start(self) -> Endpoint:
        """Bring the server up, or join the one that runs, and return when it accepts sessions.

        Raises PostgresUnavailable.
        """
        if self._endpoint is not None and self._still_serves(self._endpoint):
            return self._endpoint
        self._prepare_data_dir()
        deadline = time.monotonic() + JOIN_TIMEOUT_S
        while not self._take_lock():
            told = PidFile.read(self._cluster)
            if (
                told is not None
                and told.endpoint is not None
                and self._trusts(told.endpoint)
                and told.endpoint.accepts()
            ):
                self._endpoint = told.endpoint
                return self._endpoint
            if time.monotonic() > deadline:
                holder = (self.data_dir / "lock").read_text(encoding="ascii").strip()
                message = (
                    f"Process {holder} holds {self.data_dir} and its database does not answer: stop it and try again."
                )
                raise PostgresUnavailable(message)
            time.sleep(PAUSE_S)
        try:
            self._endpoint = self._own()
        except BaseException:
            self.stop()
            raise
        return self._endpoint

    def stop(self) -> None:
        """Shut the server down (fast: open transactions roll back) if it is ours; otherwise only forget it."""
        endpoint, self._endpoint = self._endpoint, None
        self._end_child()
        if self._lock is not None:
            if endpoint is not None and endpoint.socket_dir.parent != self.data_dir:
                with contextlib.suppress(OSError):
                    endpoint.socket_dir.rmdir()
            os.close(self._lock)
            self._lock = None

    def kill(self) -> None:
        """SIGKILL the server, as a power cut would: nothing is flushed, its children leave on their own."""
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def _prepare_data_dir(self) -> None:
        """Make the data directory. For root: one the server's account may cross, without touching anything above it."""
        place = self.data_dir
        try:
            fresh = not place.exists()
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            ours = fresh or (place / "lock").exists() or self._cluster.is_dir() or not any(place.iterdir())
        except OSError as error:
            message = f"{place} cannot be used ({error.strerror}): name a directory you may write to in PAYME_DATA_DIR."
            raise PostgresUnavailable(message) from error
        if self._account.gid is None:
            return
        if ours and place.stat().st_uid == 0 and not self._account.enters(place):
            os.chown(place, -1, self._account.gid)
            place.chmod(0o710)
        if not self._account.enters(place):
            closed = next(above for above in (*reversed(place.parents), place) if not self._account.enters(above))
            message = (
                f"PostgreSQL does not run as root, and the account it runs as cannot enter {closed}. "
                f"Set PAYME_DATA_DIR={ROOT_DATA_DIR} (or another open place), or start PayMe as an ordinary user."
            )
            raise PostgresUnavailable(message)

    def _take_lock(self) -> bool:
        """Become the owner, unless another living process is. The kernel frees the lock of a process that dies."""
        if self._lock is not None:
            return True
        try:
            lock = os.open(self.data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            message = (
                f"{self.data_dir} belongs to another user ({error.strerror}): name your own place in PAYME_DATA_DIR."
            )
            raise PostgresUnavailable(message) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        os.truncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        self._lock = lock
        return True

    def _still_serves(self, endpoint: Endpoint) -> bool:
        """Whether it lives and answers. Ours is given time: after a session crashes it refuses everybody a while."""
        deadline = time.monotonic() + JOIN_TIMEOUT_S
        while self.pid is not None:
            if endpoint.accepts():
                return True
            if not self.owned or time.monotonic() > deadline:
                break
            time.sleep(PAUSE_S)
        return False

    def _trusts(self, endpoint: Endpoint) -> bool:
        return self._account.owns_privately(endpoint.socket_dir)

    def _own(self) -> Endpoint:
        """With the lock held: clear what a dead owner left, then run a server of our own."""
        self._stop_orphan()
        binaries = readable_copy(find_binaries(self.data_dir, self._environ), self.data_dir, self._account)
        if not (self._cluster / "PG_VERSION").exists():
            self._create_cluster(binaries)
        self._account.make_private(self.data_dir / "log")
        endpoint = Endpoint(self._socket_dir(), PORT)
        deadline = time.monotonic() + RETRY_TIMEOUT_S
        self._on_progress("Starting PostgreSQL")
        while True:
            complaint = self._launch(binaries, endpoint)
            if complaint is None:
                return endpoint
            leftovers = "lock file" in complaint or "still in use" in complaint
            if not leftovers or time.monotonic() > deadline:
                message = (
                    f"PostgreSQL does not start in {self.data_dir}; see {self.data_dir / 'log'}. It said:\n{complaint}"
                )
                raise PostgresUnavailable(message)
            time.sleep(PAUSE_S * 10)

    def _create_cluster(self, binaries: Path) -> None:
        """Made beside its place and moved there when whole, so an interrupted one is never mistaken for a cluster."""
        self._on_progress("Creating the database (once)")
        half = self.data_dir / "postgres.half"
        shutil.rmtree(half, ignore_errors=True)
        self._account.make_private(half)
        words = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", f"--lc-ctype={CTYPE}"]
        if self._settings.get("fsync") == "off":
            words.append("--no-sync")
        done = self._account.run(binaries / "initdb", "-D", half, *words, "--data-checksums", "--no-instructions")
        if done.returncode != 0:
            shutil.rmtree(half, ignore_errors=True)
            message = f"The database could not be created in {self.data_dir}. initdb said:\n{done.stdout[-2000:]}"
            raise PostgresUnavailable(message)
        if self._cluster.exists():
            message = f"{self._cluster} is not a PostgreSQL cluster: move it away, or choose another PAYME_DATA_DIR."
            raise PostgresUnavailable(message)
        half.rename(self._cluster)

    def _socket_dir(self) -> Path:
        """`run/` in the data directory; where that path is too long for a socket, a temporary one recorded there."""
        place = self.data_dir / "run"
        record = self.data_dir / "socket-directory"
        if len(os.fsencode(place / f".s.PGSQL.{PORT}.lock")) > SOCKET_PATH_BYTES_MAX:
            recorded = Path(record.read_text(encoding="utf-8").strip()) if record.exists() else None
            if recorded is not None and self._account.owns_privately(recorded):
                place = recorded
            else:
                place = Path(tempfile.mkdtemp(prefix="payme-", dir="/tmp"))  # Short, and made 0700.
                record.write_text(f"{place}\n", encoding="utf-8")
        if not self._account.owns_privately(place):
            self._account.make_private(place)
        for stale in place.glob(".s.PGSQL.*"):
            stale.unlink()  # We hold the lock and no server is left: its number may be another process's by now.
        return place

    def _launch(self, binaries: Path, endpoint: Endpoint) -> str | None:
        """Run a server until it accepts; what it said, if it ended instead."""
        settings = {
            **DEFAULT_SETTINGS,
            "log_directory": str(self.data_dir / "log"),
            **self._settings,
            "listen_addresses": "",
            "unix_socket_directories": '"' + str(endpoint.socket_dir).replace('"', '""') + '"',
            "unix_socket_permissions": "0700",
            "port": str(endpoint.port),
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        first_words = self.data_dir / "start.log"  # Not in log/, where the account could lay a link.
        first_words.unlink(missing_ok=True)
        with first_words.open("xb") as said:
            process = subprocess.Popen(  # noqa: S603 - every word of the command is ours.
                [str(binaries / "postgres"), "-D", str(self._cluster), *words],
                user=self._account.uid,
                group=self._account.gid,
                extra_groups=self._account.groups,
                cwd="/",
                env=environment_of_server(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,  # Ctrl-C is for us: we drain first, and then stop the server.
            )
        self._process = process
        threading.Thread(target=process.wait, name="postgres-reaper", daemon=True).start()
        began = time.monotonic()
        told_at = began
        while process.poll() is None:
            if endpoint.accepts():
                return None
            now = time.monotonic()
            if now - began > READY_TIMEOUT_S:
                message = (
                    f"PostgreSQL runs but accepts nobody after {READY_TIMEOUT_S:.0f} s; see {self.data_dir / 'log'}."
                )
                raise PostgresUnavailable(message)
            if now - told_at > PROGRESS_EVERY_S:
                told_at = now
                self._on_progress(f"PostgreSQL is recovering, {now - began:.0f} s so far")
            time.sleep(PAUSE_S)
        self._process = None
        return _tail(first_words)

    def _stop_orphan(self) -> None:
        """End the server of an owner that was killed: ours must be our child, to be reaped, and have our settings.

        Where postmaster.pid names a zombie or a stranger, PostgreSQL would refuse to start for ever. It treats its
        parent's number as stale and still checks the shared memory of the dead server, so that number is put there.
        """
        self._end_child()
        told = PidFile.read(self._cluster)
        if told is None:
            return
        if is_postmaster(told.pid, self._cluster):
            self._on_progress("Stopping the database a killed process left running")
            self._shut_down(told.pid, lambda: not is_postmaster(told.pid, self._cluster))
        path = self._cluster / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError):
            file = os.open(
                path, os.O_RDWR | os.O_NOFOLLOW
            )  # The directory is the account's: root follows no link in it.
            with os.fdopen(file, "r+", encoding="utf-8") as lines:
                rest = lines.read().partition("\n")[2]
                lines.seek(0)
                lines.truncate()
                lines.write(f"{os.getpid()}\n{rest}")

    def _end_child(self) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            self._shut_down(process.pid, lambda: process.poll() is not None)
            process.wait()

    def _shut_down(self, pid: int, is_gone: Callable[[], bool]) -> None:
        for call, patience_s in STOP_LADDER:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, call)
            deadline = time.monotonic() + patience_s
            while time.monotonic() < deadline:
                if is_gone():
                    return
                time.sleep(PAUSE_S)
