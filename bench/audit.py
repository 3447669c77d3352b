"""What does it cost to prove an audit? A shop with a long history is verified and replayed, each by a process alone.

    .venv/bin/python bench/audit.py [--json] [--sales 30000] [--a-day 333]

The history agrees with itself (see history.py) and is sealed first. Of each command it tells the seconds and the most
memory its process had; ``nothing`` is a command that reads no books, to be taken off. Exit code 1 where a command finds
what is not there.
"""

import argparse
import asyncio
import json
import os
import sys
from time import perf_counter

import asyncpg
from history import write_history
from product import free_port, own_installation
from stage import stage, vacuum

from payme.app.assembly import assemble
from payme.app.child import payme_command
from payme.app.ground import prepare
from payme.app.settings import Settings
from payme.kit.db.transaction import Scope, Tx
from payme.seals.jobs import seal_business


async def write(settings: Settings, app_dsn: str, owner_dsn: str, sales: int, a_day: int) -> dict[str, object]:
    """Make the shop with its history, and seal it."""
    async with assemble(settings, app_dsn) as assembly:
        [shop] = await stage(assembly.database, 1)
        connection = await asyncpg.connect(owner_dsn)
        await write_history(connection, shop, sales, a_day)
        await connection.close()
        await vacuum(owner_dsn)
        began = perf_counter()
        while await seal_business(assembly.seals, shop.business_id):
            pass
        sealed_s = perf_counter() - began

        async def count(tx: Tx) -> object:
            return await tx.value("SELECT count(*) FROM audit_entries WHERE business_id = $1", tx.business_id)

        entries = await assembly.database.transact(Scope.system("bench", shop.business_id), count)
    return {"sales": sales, "entries": entries, "seal_s": round(sealed_s, 1)}


def run(environ: dict[str, str], *words: str) -> dict[str, object]:
    """Run a command of the product in a process of its own."""
    began = perf_counter()
    child = os.posix_spawn(
        (command := payme_command(*words))[0],
        command,
        {**os.environ, **environ},
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, used = os.wait4(child, 0)
    return {
        "ok": os.waitstatus_to_exitcode(status) == 0,
        "seconds": round(perf_counter() - began, 1),
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": round(used.ru_maxrss / 1024, 1),
    }


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description="What it costs to prove an audit.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--sales", type=int, default=30_000)
    parser.add_argument("--a-day", type=int, default=333)
    wanted = parser.parse_args()
    with own_installation(PAYME_SIMULATOR_PORT=str(free_port())) as (settings, ground, _), asyncio.Runner() as runner:
        runner.run(prepare(ground))
        figures = runner.run(write(settings, ground.app_dsn, ground.owner_dsn, wanted.sales, wanted.a_day))
        environ = {
            "PAYME_DATABASE_URL": ground.owner_dsn,
            "PAYME_DATA_DIR": str(settings.data_dir),
            "PAYME_SECRET_KEYS_FILE": str(settings.key_file),
            "PAYME_LOG_LEVEL": "error",
        }
        commands = {"verify": ("audit", "verify"), "replay": ("audit", "replay"), "nothing": ("audit", "keys")}
        told = {name: run(environ, *words) for name, words in commands.items()}
    if wanted.json:
        print(json.dumps({**figures, **told}))
    else:
        for label, value in {**figures, **told}.items():
            print(f"{label:10} {value}")
    sys.exit(0 if all(one["ok"] for one in told.values()) else 1)


if __name__ == "__main__":
    main()
