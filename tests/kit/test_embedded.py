"""The database of our own: real servers in short-lived directories, killed in the ways shops kill them."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from payme.kit.db.embedded import (
    EmbeddedPostgres,
    PostgresUnavailable,
    default_data_dir,
    find_binaries,
)
from payme.kit.db.host_account import account_for
from tests.kit.conftest import AS_ROOT, FAST, OWNER, ask, eventually, owner_process, serving

DURABLE = {"shared_buffers": "16MB"}
SYSTEM_15 = Path("/usr/lib/postgresql/15/bin")


def test_a_new_shop_finds_its_books_again_the_next_day(empty_dir: Path) -> None:
    said: list[str] = []
    with EmbeddedPostgres(empty_dir, settings=FAST, on_progress=said.append) as postgres:
        assert ask(postgres.endpoint, "CREATE TABLE day (sold int)", "INSERT INTO day VALUES (7) RETURNING sold") == 7
    with EmbeddedPostgres(empty_dir, settings=FAST, on_progress=said.append) as postgres:
        assert ask(postgres.endpoint, "SELECT sold FROM day") == 7
    assert said == ["Creating the database (once)", "Starting PostgreSQL", "Starting PostgreSQL"]


def test_the_server_is_made_for_a_shop_and_closed_to_the_network(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, settings=FAST) as postgres:
        shown = ask(
            postgres.endpoint,
            "CREATE EXTENSION pg_trgm",
            """SELECT array[current_setting('listen_addresses'), current_setting('data_checksums'),
                            current_setting('server_encoding'), current_setting('fsync'), current_setting('TimeZone'),
                            upper('café'), ('a' < 'B')::text, (show_trgm('é') <> '{}')::text]""",
        )
        assert shown == ["", "on", "UTF8", "off", "UTC", "CAFÉ", "false", "true"]
        assert postgres.endpoint.socket_dir.stat().st_mode & 0o777 == 0o700
        assert (data_dir / "postgres").stat().st_mode & 0o777 == 0o700


def test_psql_reads_the_same_address(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, settings=FAST) as postgres:
        psql = find_binaries(data_dir, {}) / "psql"
        dsn = postgres.endpoint.dsn("postgres", "postgres")
        answer = subprocess.run([psql, "-XAtc", "SELECT 6 * 7", dsn], capture_output=True, text=True, check=True)
        assert answer.stdout == "42\n"


def test_closing_the_shop_leaves_no_process(data_dir: Path) -> None:
    postgres = EmbeddedPostgres(data_dir, settings=FAST)
    postgres.start()
    assert serving(data_dir / "postgres") == [postgres.pid]
    group = postgres.pid
    assert group is not None
    assert os.getpgid(group) == group != os.getpgid(0)  # Ctrl-C in our terminal does not reach it.

    postgres.stop()

    assert postgres.pid is None
    assert serving(data_dir / "postgres") == []

    def group_is_empty() -> bool:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        return False

    eventually(group_is_empty)
    postgres.stop()  # A second time is no mistake.


def test_a_second_process_joins_the_server_and_leaves_it_running(data_dir: Path) -> None:
    with owner_process(data_dir) as (_, pid):
        guest = EmbeddedPostgres(data_dir, settings=FAST)
        assert ask(guest.start(), "SELECT 1") == 1
        assert not guest.owned
        assert guest.pid == pid
        guest.stop()
        assert serving(data_dir / "postgres") == [pid]


def test_two_tills_opened_at_the_same_moment_share_one_server(empty_dir: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(empty_dir)]
    with contextlib.ExitStack() as stack:
        tills = [stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) for _ in range(3)]
        for till in tills:
            stack.callback(till.kill)
        told = [till.stdout.readline().split() for till in tills if till.stdout is not None]
    assert len({pid for pid, _ in told}) == 1
    assert sorted(owned for _, owned in told) == ["False", "False", "True"]


def test_sales_survive_a_killed_server(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, settings=DURABLE) as postgres:
        ask(
            postgres.endpoint,
            "CREATE TABLE sale (n int)",
            "INSERT INTO sale SELECT generate_series(1, 500) RETURNING n",
        )
        for _ in range(3):
            before = postgres.pid
            postgres.kill()
            assert postgres.pid is None
            assert ask(postgres.start(), "SELECT count(*) FROM sale") == 500
            assert postgres.pid != before


def test_a_server_killed_by_another_hand_is_reaped_and_comes_back(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, settings=FAST) as postgres:
        pid = postgres.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not Path(f"/proc/{pid}").exists() if sys.platform == "linux" else postgres.pid is None)
        assert ask(postgres.start(), "SELECT 1") == 1


def test_a_crashed_session_does_not_restart_the_server(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, settings=FAST) as postgres:
        before = postgres.pid
        victim = ask(postgres.endpoint, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
        assert isinstance(victim, int)
        os.kill(victim, signal.SIGKILL)
        assert ask(postgres.start(), "SELECT 1") == 1
        assert postgres.pid == before


def test_the_server_of_a_killed_owner_is_taken_over(data_dir: Path) -> None:
    with owner_process(data_dir) as (process, pid):
        told = EmbeddedPostgres(data_dir).start()
        ask(told, "CREATE TABLE sale (n int)", "INSERT INTO sale VALUES (1) RETURNING n")
        process.kill()
        process.wait()
        assert serving(data_dir / "postgres") == [pid]
        with EmbeddedPostgres(data_dir, settings=FAST) as postgres:
            assert postgres.owned
            assert ask(postgres.endpoint, "SELECT count(*) FROM sale") == 1
            assert serving(data_dir / "postgres") == [postgres.pid]
    assert serving(data_dir / "postgres") == []


def test_owner_and_server_killed_together_leave_nothing_in_the_way(data_dir: Path) -> None:
    with owner_process(data_dir) as (process, pid):
        process.kill()
        os.kill(pid, signal.SIGKILL)
        process.wait()
        with EmbeddedPostgres(data_dir, settings=FAST) as postgres:
            assert ask(postgres.endpoint, "SELECT 1") == 1


def test_a_guest_becomes_the_owner_when_the_owner_is_gone(data_dir: Path) -> None:
    with owner_process(data_dir) as (process, pid):
        guest = EmbeddedPostgres(data_dir, settings=FAST)
        guest.start()
        process.kill()
        process.wait()
        guest.kill()
        eventually(lambda: serving(data_dir / "postgres") == [])
        assert ask(guest.start(), "SELECT 1") == 1
        assert guest.owned
        assert guest.pid != pid
        guest.stop()


@pytest.mark.parametrize("left_by", ["zombie", "stranger"])
def test_a_pid_file_that_names_somebody_else_does_not_block_the_shop(data_dir: Path, left_by: str) -> None:
    """After a reboot the number belongs to a stranger; under a careless init it belongs to a zombie for ever."""
    with EmbeddedPostgres(data_dir, settings=FAST) as postgres:
        postgres.kill()
    account = account_for(data_dir / "postgres")
    other = subprocess.Popen(
        ["/bin/sleep", "0" if left_by == "zombie" else "60"],
        user=account.uid,
        group=account.gid,
        extra_groups=account.groups,
    )
    try:
        if left_by == "zombie":
            os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        pid_file = data_dir / "postgres" / "postmaster.pid"
        pid_file.write_text(f"{other.pid}\n" + pid_file.read_text().partition("\n")[2])
        with EmbeddedPostgres(data_dir, settings=FAST) as again:
            assert ask(again.endpoint, "SELECT 1") == 1
        assert left_by == "zombie" or other.poll() is None  # The stranger was not touched.
    finally:
        other.kill()
        other.wait()


def test_books_of_another_version_are_not_opened(empty_dir: Path) -> None:
    (empty_dir / "postgres").mkdir()
    (empty_dir / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(PostgresUnavailable, match=r"made by PostgreSQL 9 .*PAYME_POSTGRES_BIN"):
        EmbeddedPostgres(empty_dir).start()


@pytest.mark.skipif(not SYSTEM_15.exists(), reason="needs PostgreSQL 15 on the system")
def test_books_made_by_an_older_server_keep_their_server(empty_dir: Path) -> None:
    with EmbeddedPostgres(empty_dir, settings=FAST, environ={"PAYME_POSTGRES_BIN": str(SYSTEM_15)}) as postgres:
        ask(postgres.endpoint, "SELECT 1")
    assert find_binaries(empty_dir, {}) == SYSTEM_15
    with EmbeddedPostgres(empty_dir, settings=FAST, environ={}) as postgres:
        assert str(ask(postgres.endpoint, "SHOW server_version")).startswith("15.")


def test_a_wrong_binaries_setting_says_what_to_do(empty_dir: Path) -> None:
    with pytest.raises(PostgresUnavailable, match=r"/nowhere \(no PostgreSQL that runs here\).*PAYME_DATABASE_URL"):
        find_binaries(empty_dir, {"PAYME_POSTGRES_BIN": "/nowhere"})


def test_a_setting_the_server_refuses_is_reported_at_once(data_dir: Path) -> None:
    began = time.monotonic()
    with pytest.raises(PostgresUnavailable, match="no_such_setting"):
        EmbeddedPostgres(data_dir, settings={**FAST, "no_such_setting": "1"}).start()
    assert time.monotonic() - began < 10
    with EmbeddedPostgres(data_dir, settings=FAST) as postgres:  # And the lock is free again.
        assert postgres.owned


def test_an_interrupted_creation_is_begun_again(empty_dir: Path) -> None:
    (empty_dir / "postgres.half").mkdir()
    (empty_dir / "postgres.half" / "PG_VERSION").write_text("18\n")
    (empty_dir / "lock").touch()
    with EmbeddedPostgres(empty_dir, settings=FAST) as postgres:
        assert ask(postgres.endpoint, "SELECT 1") == 1


def test_a_deep_directory_gets_a_short_socket_and_gives_it_back(empty_dir: Path) -> None:
    deep = empty_dir / ("d" * 60) / ("e" * 60)
    deep.parent.mkdir(mode=0o755)
    empty_dir.chmod(0o755)
    with EmbeddedPostgres(deep, settings=FAST) as postgres:
        short = postgres.endpoint.socket_dir
        assert short.parent == Path("/tmp")
        assert short.stat().st_mode & 0o777 == 0o700
        assert ask(postgres.endpoint, "SELECT 1") == 1
        postgres.kill()
        assert ask(postgres.start(), "SELECT 1") == 1
        assert postgres.endpoint.socket_dir == short
        guest = EmbeddedPostgres(deep)
        assert ask(guest.start(), "SELECT 1") == 1
        assert not guest.owned
    assert not short.exists()


def test_the_lock_is_not_inherited_by_the_server(data_dir: Path) -> None:
    with owner_process(data_dir) as (process, pid), (data_dir / "lock").open("r+") as lock:
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        process.kill()
        process.wait()
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.kill(pid, signal.SIGINT)
        eventually(lambda: serving(data_dir / "postgres") == [])


def test_the_data_directory_follows_the_environment() -> None:
    assert default_data_dir({"PAYME_DATA_DIR": "/srv/shop"}) == Path("/srv/shop")
    assert default_data_dir({"XDG_DATA_HOME": "/tmp", "HOME": "/tmp"}) == Path("/tmp/payme")
    assert default_data_dir({"HOME": "/tmp"}) == Path("/tmp/.local/share/payme")
    if AS_ROOT:
        with tempfile.TemporaryDirectory(dir="/tmp") as home:
            assert default_data_dir({"HOME": home}) == Path("/var/lib/payme")
