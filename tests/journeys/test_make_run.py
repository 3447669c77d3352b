"""The first day of an installation: ``payme run``, trade, stop, open again, and survive every kind of death."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx
import pytest

from payme.app.child import payme_command
from payme.app.running_shop import RunningShop, running_shop

LEAVE_S = 30.0
"""How long children may take to see that their parent is gone, end their requests (10 s at the most) and leave."""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # As root PostgreSQL runs as another account, which must get through.
    with TemporaryDirectory(prefix="payme-run-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "data"


def printed(shop: RunningShop, name: str) -> str:
    """What ``payme run`` told last under a name."""
    told: list[str] = re.findall(rf"^{name} +(\S+)$", shop.log.read_text(encoding="utf-8"), re.MULTILINE)
    return told[-1]


@contextmanager
def signed_in(shop: RunningShop) -> Iterator[httpx.Client]:
    """A till, signed in with what was printed."""
    with httpx.Client(base_url=printed(shop, "Address"), timeout=30, trust_env=False) as client:
        who = {"email": printed(shop, "Sign in"), "password": printed(shop, "Password")}
        answer = client.post("/v1/sessions", json=who)
        assert answer.is_success, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        business_id = client.get("/v1/businesses").json()["items"][0]["business_id"]
        client.base_url = client.base_url.join(f"/v1/businesses/{business_id}/")
        yield client


def once() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


def until_ready(shop: RunningShop) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{shop.base_url}/readyz", timeout=5, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    pytest.fail("not ready again within 60 s")


def processes_of(data_dir: Path) -> list[str]:
    """Every living process that belongs to the installation."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(data_dir) in words and int(place.name) != os.getpid():
            found.append((place / "comm").read_text().strip())
    return found


def test_a_shop_opens_with_one_command_trades_stops_and_is_found_again(data_dir: Path) -> None:
    with running_shop(data_dir) as shop:
        with signed_in(shop) as till:
            sugar = till.get("products", params={"q": "Sugar 1 kg"}).json()["items"][0]
            sold = till.post(
                "sales",
                json={"lines": [{"product_id": sugar["id"], "quantity": "2"}], "cash_tendered": "500"},
                headers=once(),
            )
            assert (sold.status_code, sold.json()["state"]) == (201, "completed"), sold.text
            assert paid_by_phone(till, sugar["id"]) == "completed"
        assert (data_dir / "demo-sign-in.json").stat().st_mode & 0o777 == 0o600
        password = printed(shop, "Password")
        assert shop.stop() == 0
    assert processes_of(data_dir) == []

    with running_shop(data_dir) as again:
        assert printed(again, "Password") == password
        with signed_in(again) as till:
            assert len(till.get("sales").json()["items"]) == 3 + 2  # three that the demo shop begins with
            left = till.get("products", params={"q": "Sugar 1 kg"}).json()["items"][0]["on_hand"]
            assert float(left) == float(sugar["on_hand"]) - 3
        each_part_that_dies_is_started_again(again)
        the_children_of_a_killed_parent_leave(again)


def paid_by_phone(till: httpx.Client, product_id: str) -> str:
    """Ring up one, ask the customer's phone, and wait for the end."""
    sale = till.post("sales", json={"lines": [{"product_id": product_id, "quantity": "1"}]}, headers=once()).json()
    asked = till.post(f"sales/{sale['id']}/mpesa", json={"phone": "0722000000"}, headers=once())
    assert asked.status_code == 202, asked.text
    deadline = time.monotonic() + 60
    while (state := str(till.get(f"sales/{sale['id']}").json()["state"])) == "open" and time.monotonic() < deadline:
        time.sleep(0.05)
    return state


def each_part_that_dies_is_started_again(shop: RunningShop) -> None:
    for part in ("postgres", "simulator", "worker", "web"):
        shop.wait_restarted(part, shop.kill(part))
    until_ready(shop)
    with signed_in(shop) as till:
        bread = till.get("products", params={"q": "White bread"}).json()["items"][0]
        assert paid_by_phone(till, bread["id"]) == "completed"


def the_children_of_a_killed_parent_leave(shop: RunningShop) -> None:
    pids = dict(shop.pids)
    postgres = pids.pop("postgres")  # stays for whoever opens next, who ends it; here nobody does
    shop.process.kill()
    shop.process.wait()
    deadline = time.monotonic() + LEAVE_S
    while any(Path(f"/proc/{pid}").exists() for pid in pids.values()) and time.monotonic() < deadline:
        time.sleep(0.05)
    left = [part for part, pid in pids.items() if Path(f"/proc/{pid}").exists()]
    os.kill(postgres, signal.SIGINT)
    assert left == []
    while Path(f"/proc/{postgres}").exists() and time.monotonic() < deadline + 15:
        time.sleep(0.05)


@pytest.mark.parametrize("setting", ["PAYME_PORT", "PAYME_SIMULATOR_PORT"])
def test_a_taken_port_is_named_with_its_setting_before_anything_is_started(data_dir: Path, setting: str) -> None:
    with socket.socket() as holder, socket.socket() as other:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        other.bind(("127.0.0.1", 0))
        taken, free = holder.getsockname()[1], other.getsockname()[1]
        other.close()
        ports = {"PAYME_PORT": str(free), "PAYME_SIMULATOR_PORT": str(free)} | {setting: str(taken)}
        if setting == "PAYME_SIMULATOR_PORT":
            ports["PAYME_PORT"] = str(free)
        done = subprocess.run(
            payme_command("run"),
            env={**os.environ, **ports, "PAYME_DATA_DIR": str(data_dir)},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {taken} is taken" in done.stderr
    assert f"{setting}=" in done.stderr
    assert "Traceback" not in done.stderr
    assert not data_dir.exists()


def test_a_signal_while_it_starts_leaves_nothing_behind(data_dir: Path) -> None:
    environ = {**os.environ, "PAYME_DATA_DIR": str(data_dir)}
    process = subprocess.Popen(
        payme_command("run", "--port=0", "--simulator-port=0"),
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while not (data_dir / "lock").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 130
    assert processes_of(data_dir) == []
