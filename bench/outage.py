"""Two minutes without Daraja: what cash sales notice, and when customers are asked again.

    .venv/bin/python bench/outage.py [--json] [--down 120] [--well 30] [--clients 16]

Tills sell for cash as fast as they are answered while a cashier rings up M-Pesa sales all the time. The simulator is
stopped (it takes connections and never answers, the worst way to be down), and later goes on. Cash sales a second while
it is down are told as a ratio to those before and after. Exit code 1 where the books are wrong, or nobody is asked
again.
"""

import argparse
import asyncio
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
from books import judge
from paying import set_up_paybill
from product import Tills, free_port, own_installation, serving, working
from stage import StagedShop, stage

from payme.app.assembly import assemble
from payme.app.child import payme_command
from payme.app.ground import Ground, prepare
from payme.app.settings import Settings

SHOPS = 40
ASKING_SHOPS = 2
"""The breaker is each shortcode's own, so those who ask must do it often enough to see it open."""
ASKED_EVERY_S = 0.2
BACK_WITHIN_S = 60.0
PART_S = 10


@dataclass
class Seen:
    """How the M-Pesa cashier was answered, each with the moment."""

    asked: list[float] = field(default_factory=list)
    refused: list[tuple[float, float]] = field(default_factory=list)
    """When, and how long the refusal took (seconds)."""


class Cashier(threading.Thread):
    """Rings up sales to be paid by M-Pesa, one after the other, each of another customer."""

    def __init__(self, port: int, shops: list[StagedShop]) -> None:
        """Work in all shops in turn."""
        super().__init__(daemon=True)
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False)
        self._shops = shops
        self.seen = Seen()
        self.done = threading.Event()

    def run(self) -> None:
        """Ask until told to stop."""
        for number in itertools.count():
            if self.done.wait(ASKED_EVERY_S):
                return
            self._ask(self._shops[number % len(self._shops)], number)

    def _ask(self, shop: StagedShop, number: int) -> None:
        line = {"product_id": str(shop.product_ids[0]), "quantity": "2"}
        sale = self._post(shop, "", {"lines": [line]}).json()
        began = time.perf_counter()
        answer = self._post(shop, f"/{sale['id']}/mpesa", {"phone": f"07{number:08d}"})
        now = time.perf_counter()
        if answer.is_success:
            self.seen.asked.append(now)
        else:
            assert answer.json()["code"] == "mpesa_unavailable", answer.text  # noqa: S101
            self.seen.refused.append((now, now - began))

    def _post(self, shop: StagedShop, path: str, body: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {shop.token}", "Idempotency-Key": str(uuid4())}
        return self._http.post(f"/v1/businesses/{shop.business_id}/sales{path}", json=body, headers=headers)


@contextmanager
def simulator(port: int, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the pretended Daraja."""
    with (folder / "simulator.log").open("wb") as log:
        process = subprocess.Popen(payme_command("simulator", "--fast", f"--port={port}"), stdout=log, stderr=log)  # noqa: S603
        try:
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait(30)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asked for; times in seconds."""

    down: int
    well: int
    clients: int


@dataclass
class Rounds:
    """Cash sales a second, part by part."""

    well: list[float] = field(default_factory=list)
    down: list[float] = field(default_factory=list)
    sold: list[tuple[str, str, str]] = field(default_factory=list)
    doubled: int = 0
    stopped_at: float = 0.0
    back_at: float = 0.0

    def sell(self, tills: Tills, seconds: int, speeds: list[float]) -> None:
        """Sell for a while."""
        for _ in range(max(1, seconds // PART_S)):
            told = tills.sell(PART_S)
            speeds.append(float(str(told["sales_per_second"])))
            sold = told["sold"]
            assert isinstance(sold, list)  # noqa: S101
            self.sold += [(business, key, sale) for business, key, sale in sold]
            self.doubled += int(str(told["doubled"]))


def play(tills: Tills, daraja: "subprocess.Popen[bytes]", wanted: Wanted) -> Rounds:
    """Sell while Daraja is well, down, and well again."""
    rounds = Rounds()
    rounds.sell(tills, PART_S, [])  # warms up
    rounds.sell(tills, wanted.well, rounds.well)
    rounds.stopped_at = time.perf_counter()
    daraja.send_signal(signal.SIGSTOP)
    rounds.sell(tills, wanted.down, rounds.down)
    rounds.back_at = time.perf_counter()
    daraja.send_signal(signal.SIGCONT)
    rounds.sell(tills, wanted.well, rounds.well)
    return rounds


async def measure(wanted: Wanted, settings: Settings, ground: Ground, folder: Path) -> dict[str, object]:
    """Measure and return the figures."""
    await prepare(ground)
    daraja_port = settings.simulator_port
    async with assemble(settings, ground.app_dsn) as assembly:
        shops = await stage(assembly.database, SHOPS)
        for number, shop in enumerate(shops):
            await set_up_paybill(assembly, shop, str(600_000 + number))
        ports = {"PAYME_SIMULATOR_PORT": str(daraja_port), "PAYME_DATA_DIR": str(settings.data_dir)}
        os.environ.update(ports)
        with simulator(daraja_port, folder) as daraja, serving(ground, folder) as (port, _):
            os.environ["PAYME_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
            with working(ground, folder):
                tills = Tills(port, wanted.clients, 1, shops)
                cashier = Cashier(port, shops[:ASKING_SHOPS])
                cashier.start()
                rounds = await asyncio.to_thread(play, tills, daraja, wanted)
                back_s = await asyncio.to_thread(_back_after, cashier.seen, rounds.back_at)
                cashier.done.set()
                await asyncio.to_thread(cashier.join)
                tills.close()
        # Unpaid sales of the cashier are no cash sales: only what the tills were told is judged.
        verdict = await judge(ground.owner_dsn, assembly.database, shops, rounds.sold, rounds.doubled)
    down = [(at, took) for at, took in cashier.seen.refused if rounds.stopped_at <= at <= rounds.back_at]
    return {
        "cash_well_per_second": round(statistics.fmean(rounds.well), 1),
        "cash_down_per_second": round(statistics.fmean(rounds.down), 1),
        "ratio": round(statistics.fmean(rounds.down) / statistics.fmean(rounds.well), 3),
        "well": [round(speed, 1) for speed in rounds.well],
        "down": [round(speed, 1) for speed in rounds.down],
        "down_s": round(rounds.back_at - rounds.stopped_at, 1),
        "refused_while_down": len(down),
        "refused_in_ms": round(statistics.median(took for _, took in down) * 1000, 1) if down else None,
        "first_refused_after_s": round(down[0][0] - rounds.stopped_at, 1) if down else None,
        "asked_again_after_s": None if back_s is None else round(back_s, 1),
        "lost": verdict.lost,
        "oversold": verdict.oversold,
        "violations": verdict.violations,
    }


def _back_after(seen: Seen, back_at: float) -> float | None:
    deadline = time.perf_counter() + BACK_WITHIN_S
    while time.perf_counter() < deadline:
        refused = [at for at, _ in seen.refused]
        later = [at for at in seen.asked if at > back_at and (not refused or at > refused[-1])]
        if later:
            return later[0] - back_at
        time.sleep(ASKED_EVERY_S)
    return None


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description="What cash sales notice of two minutes without M-Pesa.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--down", type=int, default=120, help="seconds without Daraja")
    parser.add_argument("--well", type=int, default=30, help="seconds with Daraja, before and after")
    parser.add_argument("--clients", type=int, default=16)
    asked = parser.parse_args()
    wanted = Wanted(asked.down, asked.well, asked.clients)
    port = str(free_port())
    with own_installation(PAYME_SIMULATOR_PORT=port) as (settings, ground, folder), asyncio.Runner() as runner:
        figures = runner.run(measure(wanted, settings, ground, folder))
    if asked.json:
        print(json.dumps(figures))
    else:
        for label, value in figures.items():
            print(f"{label.replace('_', ' '):24} {value}")
    wrong = figures["lost"] or figures["oversold"] or figures["violations"] or figures["asked_again_after_s"] is None
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
