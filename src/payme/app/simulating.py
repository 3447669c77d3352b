"""The simulator as a process, alone or a child of ``payme run``; of the product it loads nothing but the settings."""

import argparse
import os
import socket

import uvicorn

from payme.app.child import inherited_socket, run_in_loop, signals_end_in_peace, watch_parent
from payme.app.logs import configure_logs
from payme.app.settings import Settings
from payme.simulator import Merchant, SimulatorConfig, create_simulator

DRAIN_S = 1
SANDBOX_SHORTCODE = "174379"
PAYBILLS_TO_TRY = tuple(f"6{number:05d}" for number in range(1_000))
"""Shortcodes 600000 to 600999, as the sandbox of Safaricom has them."""


async def serve_simulator(settings: Settings, config: SimulatorConfig, listener: socket.socket) -> None:
    """Run the pretended Daraja until SIGTERM or SIGINT."""
    configure_logs(settings, "simulator")
    server = uvicorn.Server(
        uvicorn.Config(create_simulator(config), log_config=None, access_log=False, timeout_graceful_shutdown=DRAIN_S)
    )
    with signals_end_in_peace():
        await server.serve(sockets=[listener])


def simulator_config(settings: Settings, *, fast: bool, seed: int | None) -> SimulatorConfig:
    """Make the simulator know the platform's paybill, and paybills for shops to try, which share one set of keys."""
    platform = Merchant(
        shortcode=settings.platform_shortcode,
        passkey=settings.platform_passkey,
        consumer_key=settings.platform_consumer_key,
        consumer_secret=settings.platform_consumer_secret,
    )
    shops = tuple(Merchant(shortcode=shortcode) for shortcode in (SANDBOX_SHORTCODE, *PAYBILLS_TO_TRY))
    return SimulatorConfig(seed=seed, fast=fast, merchants=(platform, *shops))


def main() -> None:
    """Run as a child: the parent hands over the listener and the pipe whose end is the parent's."""
    parser = argparse.ArgumentParser(prog="payme simulator")
    parser.add_argument("--tether", type=int, required=True)
    parser.add_argument("--handle", type=int, required=True)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--seed", type=int)
    given = parser.parse_args()
    settings = Settings.from_environ(os.environ)
    watch_parent(given.tether, DRAIN_S + settings.drain_s)
    config = simulator_config(settings, fast=given.fast, seed=given.seed)
    run_in_loop(serve_simulator(settings, config, inherited_socket(given.handle)))


if __name__ == "__main__":
    main()
