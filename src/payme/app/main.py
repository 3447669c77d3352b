"""Put the web application together. No logic here, and nothing global: whoever calls opens and closes the outside."""

import json
from functools import cache
from importlib.metadata import version

import structlog
from fastapi import FastAPI, Response

from payme.app import openapi
from payme.app.assembly import accounts_of, office_of, seal_keys_of, sharing_of, sms_price_of, terms_of
from payme.app.keeping import keeper_of, outside_of
from payme.app.metrics import Metrics
from payme.app.middleware.door import Door, Draining, Rules
from payme.app.middleware.rate_limit import RECEIPTS_BURST, RECEIPTS_PER_S, Limits, RateLimit
from payme.app.operations import Readiness, operations, problem_pages
from payme.app.pages import pages
from payme.app.routes import PRODUCT
from payme.app.services import AppServices
from payme.app.switchboard import mount
from payme.http import problems
from payme.http.transact import Admission
from payme.identity import SignInLimits
from payme.kit.actor import Actor
from payme.kit.db.transaction import Tx

VERSION = version("payme")


def create_app(services: AppServices) -> FastAPI:
    """Make one application. ``app.state.draining.is_on = True`` makes it ask callers to go elsewhere."""
    app = FastAPI(
        title="PayMe",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=openapi.name_of,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # ours are at the door
    )
    draining = Draining()
    metrics = Metrics(
        timer=services.timer,
        read_gauges=services.business_gauges,
        read_pool=services.pool_use,
        together=services.beside > 1,
    )
    app.state.database = services.database
    app.state.admission = _named(services.admission)
    box = accounts_of(services.settings, services.database.seams).strongbox
    app.state.strongbox = box
    app.state.terms = terms_of(services.settings, box)
    app.state.sms_price = sms_price_of(services.settings)
    app.state.sharing = sharing_of(services.settings, box.keys)
    app.state.post_office = office_of(services.settings, services.database, box.keys)
    app.state.seal_keys = seal_keys_of(services.settings, box.keys)
    app.state.callbacks = services.callbacks or keeper_of(services.settings, services.database)
    app.state.is_outside = outside_of(services.settings)
    app.state.streams = services.streams
    app.state.sign_in_limits = SignInLimits(services.database.seams)
    app.state.draining = draining
    app.state.metrics = metrics

    problems.install(app)
    mount(
        app,
        (
            *PRODUCT,
            ("", operations(Readiness(services.database, draining), metrics, services.settings)),
            ("", problem_pages()),
            ("", pages(services.settings, VERSION)),
        ),
    )
    _describe(app)
    _set_door(app, services, metrics, draining)
    return app


def _named(admission: Admission) -> Admission:
    """Let every later log line of the request say who asked."""

    async def admit(tx: Tx, token: str, permission: str | None) -> Actor:
        actor = await admission(tx, token, permission)
        structlog.contextvars.bind_contextvars(actor=actor.name, user_id=str(actor.user_id or ""))
        return actor

    return admit


def _describe(app: FastAPI) -> None:
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it

    written = cache(lambda: json.dumps(app.openapi()))

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi_json() -> Response:
        """Describe the API; written once, because it is long and anybody may ask."""
        return Response(written(), media_type="application/json")


def _set_door(app: FastAPI, services: AppServices, metrics: Metrics, draining: Draining) -> None:
    settings = services.settings

    def limit(rate_per_s: float, burst: int) -> RateLimit:
        return RateLimit(rate_per_s / services.beside, max(1, burst // services.beside))

    routes = list(openapi.contexts(app))
    rules = Rules(
        body_max_bytes=settings.body_max_bytes,
        limits=Limits(
            sessions=limit(settings.session_rate_per_s, settings.session_burst),
            addresses=limit(settings.session_rate_per_s, settings.session_burst),
            sign_ins=limit(settings.sign_in_rate_per_s, settings.sign_in_burst),
            callbacks=limit(settings.callback_rate_per_s, settings.callback_burst),
            receipts=limit(RECEIPTS_PER_S, RECEIPTS_BURST),
            timer=services.timer,
        ),
        trusted_proxies=settings.trusted_proxies,
        templates={route.endpoint: route.path or "" for route in routes},
        guarded=frozenset(route.endpoint for route in routes if openapi.is_guarded(route)),
        new_id=services.database.seams.new_id,
        timer=services.timer,
        metrics=metrics.http,
        draining=draining,
        tracing=services.tracing,
    )
    app.add_middleware(Door, rules=rules, on_bug=app.exception_handlers[Exception])  # type: ignore[arg-type]
