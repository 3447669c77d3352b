"""A running PostgreSQL as seen from outside: where it listens, whether it answers, what its pid file says."""

import contextlib
import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from payme.kit.db.host_account import Account


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


def is_postmaster(pid: int, cluster: Path) -> bool:
    """Whether `pid` lives and serves this cluster: after a crash its number may be a stranger's.

    A zombie has no command line. The working directory would tell more, but root in a container may not read it.
    """
    with contextlib.suppress(OSError):
        if Path("/proc/self/cmdline").exists():
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            return Path(os.fsdecode(words[0])).name == "postgres" and os.fsencode(cluster) in words
        return f"postgres -D {cluster} " in Account().run("ps", "-ww", "-o", "command=", "-p", str(pid)).stdout
    return False


@dataclass(frozen=True)
class PidFile:
    """What a server says about itself in postmaster.pid."""

    pid: int
    endpoint: Endpoint | None

    @classmethod
    def read(cls, cluster: Path) -> "PidFile | None":
        """None where there is no such file, or half of one."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            known = len(lines) > 4 and lines[4].startswith("/")  # noqa: PLR2004 - line 5 of postmaster.pid.
            return cls(int(lines[0]), Endpoint(Path(lines[4]), int(lines[3])) if known else None)
        return None
