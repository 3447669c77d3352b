"""Put the simulator together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
from fastapi import FastAPI

from payme.simulator.c2b import CustomerToBusiness
from payme.simulator.controllers import daraja_routes, phone_routes
from payme.simulator.core import Core
from payme.simulator.delivery import Postman
from payme.simulator.direction import simulator_routes, storm_routes
from payme.simulator.forgery import Forger
from payme.simulator.gate import Gate
from payme.simulator.initiator import Initiator
from payme.simulator.ledger import Ledger
from payme.simulator.models import SimulatorConfig
from payme.simulator.reading import reading_routes
from payme.simulator.refusals import add_refusals
from payme.simulator.services import Daraja
from payme.simulator.statement import Pulling
from payme.simulator.types import Clock, Sleep


def utc_now() -> datetime:
    """Tell the present instant."""
    return datetime.now(UTC)


def create_simulator(
    config: SimulatorConfig | None = None,
    *,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
    transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """Make one pretended Daraja, an ASGI app that shares nothing with any other.

    The end of its lifespan ends every prompt and delivery under way, for good. `clock` and `sleep` are the only time
    it knows; `transport` carries callbacks in place of the network.
    """
    config = config or SimulatorConfig()
    ledger = Ledger(config.prompts_max, config.payments_max)
    postman = Postman(config, ledger, clock=clock, sleep=sleep, transport=transport)
    core = Core(config, ledger, clock=clock)
    gate = Gate(core)
    c2b = CustomerToBusiness(core, gate, postman)
    daraja = Daraja(core, gate, postman, c2b)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        try:
            yield
        finally:
            await postman.close()

    app = FastAPI(
        title="M-Pesa simulator",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/simulator/openapi.json",
    )
    app.include_router(daraja_routes(daraja, gate, c2b, Initiator(core, gate, postman), Pulling(core, gate)))
    app.include_router(simulator_routes(daraja, core, gate, c2b))
    app.include_router(storm_routes(postman, Forger(core, postman)))
    app.include_router(reading_routes(daraja, core))
    app.include_router(phone_routes())
    add_refusals(app, gate, ledger.refusals)
    return app
