"""The simulator as a process of its own."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

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
