"""The simulator as a process of its own."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from payme.simulator import Fault, FaultRule, read_rule
from tests.simulator.shop import PATIENCE_S, Mailbox, Shop, eventually


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a simulator started from the command line and stopped by SIGTERM."""
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        port = finder.getsockname()[1]
    command = [sys.executable, "-m", "payme.simulator", "--fast", "--seed=1", f"--port={port}", "--outcome=ask"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        yield f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode in {0, -signal.SIGTERM}
    assert "ERROR" not in said


async def test_the_simulator_runs_by_itself_and_stops_with_prompts_under_way(address: str) -> None:
    def is_listening() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) == 0

    await eventually(is_listening)
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_S, trust_env=False, verify=False) as daraja:
        shop = Shop(daraja, Mailbox(), "http://127.0.0.1:9/callbacks/x")
        asked = await shop.push("254722000123")
        with pytest.raises(httpx.ReadError):
            await shop.try_push("254722009032")
        with pytest.raises(httpx.RemoteProtocolError):
            await shop.try_push("254722009033")

        assert (await shop.truth_of(asked))["outcome"] == "ask"


def payme(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "payme.app.cli", "simulator", *words]


def test_the_command_shows_every_fault() -> None:
    shown = subprocess.run(payme("--list-faults"), capture_output=True, text=True, check=True).stdout

    assert [line.split()[0] for line in shown.splitlines()] == [fault.value for fault in Fault]


@pytest.mark.parametrize("words", ["nonsense", "busy=0", "busy=2", "busy=often"])
def test_a_fault_that_cannot_be_is_told_in_a_sentence(words: str) -> None:
    told = subprocess.run(payme("--fault", words), capture_output=True, text=True, check=False)

    assert told.returncode == 2
    assert "Traceback" not in told.stderr
    assert words.partition("=")[0] in told.stderr


def test_a_rule_is_read_as_it_is_written() -> None:
    assert read_rule("busy=0.25") == FaultRule((Fault.BUSY,), 0.25)
    assert read_rule("any") == FaultRule(tuple(Fault))


@pytest.fixture
def commanded() -> Iterator[str]:
    """The address of a simulator started by the command, which must stop in peace."""
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        port = finder.getsockname()[1]
    words = payme(f"--port={port}", "--fast", "--seed=1", "--by-hand", "--fault=quota=0.001", "--register-again")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PAYME_")}
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ) as process:
        yield f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)
    assert process.returncode == 0


async def test_the_command_opens_a_daraja_with_its_faults_on(commanded: str) -> None:
    async with httpx.AsyncClient(base_url=commanded, timeout=PATIENCE_S, trust_env=False, verify=False) as daraja:
        async with asyncio.timeout(PATIENCE_S * 3):
            while True:
                with contextlib.suppress(httpx.ConnectError):
                    rules = (await daraja.get("/simulator/fault-rules")).json()
                    break
                await asyncio.sleep(0.1)
        payer = (await daraja.get("/simulator/payer")).json()

    assert [(rule["faults"], rule["share"]) for rule in rules] == [(["quota"], 0.001)]
    assert payer == {"default_outcome": "ask"}
