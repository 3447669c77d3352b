"""Who runs the server of our own, and where its data lies.

PostgreSQL refuses to run as root. An ordinary user runs it; root lends it the account of somebody with no rights.
"""

import contextlib
import os
import pwd
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT_DATA_DIR: Final = Path("/var/lib/payme")
PRIVATE_DIRECTORY: Final = 0o040700


class PostgresUnavailable(Exception):
    """There is no server to be had; the message says what to do next."""


@dataclass(frozen=True)
class Account:
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
            env=environment_of_server(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def enters(self, directory: Path) -> bool:
        """Whether the account may go there; asked of the kernel, which knows of access lists too."""
        return self.run("/bin/sh", "-c", 'cd "$1"', "sh", directory).returncode == 0

    def owns_privately(self, directory: Path) -> bool:
        """Whether it is a directory (no link) of the account's that nobody else can enter."""
        with contextlib.suppress(FileNotFoundError):
            facts = directory.lstat()
            return facts.st_mode == PRIVATE_DIRECTORY and facts.st_uid == (
                os.geteuid() if self.uid is None else self.uid
            )
        return False

    def make_private(self, directory: Path) -> None:
        """Make it the account's own, closed to everyone else."""
        directory.mkdir(mode=0o700, exist_ok=True)
        if self.uid is not None and self.gid is not None:
            os.chown(directory, self.uid, self.gid)
        directory.chmod(0o700)


def environment_of_server() -> dict[str, str]:
    """No PG* variable of the caller reaches the server; LC_ALL=C keeps its messages English, for us to read."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def account_for(cluster: Path) -> Account:
    """Ourselves; for root the owner of the cluster or of the directory it is to lie in, else nobody.

    Raises PostgresUnavailable where root finds no such account.
    """
    if os.geteuid() != 0:
        return Account()
    for place in (cluster, cluster.parent):
        if place.is_dir() and (facts := place.stat()).st_uid != 0:
            return Account(facts.st_uid, facts.st_gid, ())
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        message = (
            "PostgreSQL does not run as root and this machine has no account 'nobody': start PayMe as an ordinary "
            "user, or name a server in PAYME_DATABASE_URL."
        )
        raise PostgresUnavailable(message) from None
    return Account(nobody.pw_uid, nobody.pw_gid, ())


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """PAYME_DATA_DIR, else the user's data directory, else (for root, whose home is closed) /var/lib/payme."""
    if named := environ.get("PAYME_DATA_DIR"):
        return Path(named).expanduser().absolute()
    home = Path(environ.get("HOME") or Path.home())
    data_home = environ.get("XDG_DATA_HOME", "")
    chosen = (Path(data_home) if data_home.startswith("/") else home / ".local" / "share") / "payme"
    if os.geteuid() == 0:
        standing = next(place for place in (chosen, *chosen.parents) if place.exists())
        if not account_for(chosen / "postgres").enters(standing):
            return ROOT_DATA_DIR
    return chosen
