"""Routes for whoever runs the server: is it up, is it ready, how does it do, and what do its refusals mean."""

import asyncio
import html
import secrets
from dataclasses import fields
from string import Template
from typing import Final

import asyncpg
from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse

from payme import web
from payme.app.errors import MetricsClosed, NotReady
from payme.app.metrics import Metrics
from payme.app.middleware.client import is_loopback
from payme.app.middleware.door import Draining
from payme.app.middleware.security_headers import PAGE_POLICY
from payme.app.queries import AppliedMigration, list_applied_migrations
from payme.app.settings import Settings
from payme.http.errors import NoSuchThing
from payme.http.problems import problems, status_of
from payme.kit.db.migrate import all_migrations
from payme.kit.db.transaction import Database, Scope
from payme.kit.errors import Refusal

READY_WITHIN_S: Final = 1.0
_ROW: Final = Template(
    '<tr><th scope="row"><a href="/problems/$code">$code</a></th><td>$status</td><td>$title $advice</td></tr>'
)


class Readiness:
    """Whether requests should come here: the database answers, its migrations are ours, and we are not leaving."""

    def __init__(self, database: Database, draining: Draining) -> None:
        """Compare with the migrations of this program."""
        self._database = database
        self._draining = draining
        self._wanted = [AppliedMigration(file.name, file.digest) for file in all_migrations()]

    async def checks(self) -> dict[str, str]:
        """Return each check with ``ok`` or what is wrong."""
        found = {"server": "stopping" if self._draining.is_on else "ok"}
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                applied = await self._database.transact(Scope.system("readiness"), list_applied_migrations)
        except (TimeoutError, Refusal):
            return found | {"database": f"no answer within {READY_WITHIN_S:g} s", "migrations": "unknown"}
        except asyncpg.PostgresError as error:
            never_migrated = isinstance(error, asyncpg.UndefinedTableError | asyncpg.InsufficientPrivilegeError)
            return found | {
                "database": "ok" if never_migrated else type(error).__name__,
                "migrations": "none applied: run payme migrate" if never_migrated else "unknown",
            }
        return found | {"database": "ok", "migrations": self._compare(applied)}

    def _compare(self, applied: list[AppliedMigration]) -> str:
        if applied == self._wanted:
            return "ok"
        missing = sorted({file.name for file in self._wanted} - {file.name for file in applied})
        if missing:
            return f"{missing[0]} is not applied: run payme migrate"
        return "the database is of another version of PayMe"


def operations(readiness: Readiness, metrics: Metrics, settings: Settings) -> APIRouter:
    """Make the routes."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", response_class=PlainTextResponse)
    async def healthz() -> Response:
        """Say that the process is up."""
        return PlainTextResponse("ok\n")

    @router.get("/readyz", responses=problems(NotReady))
    async def readyz() -> Response:
        """Say whether requests should come here."""
        checks = await readiness.checks()
        if any(found != "ok" for found in checks.values()):
            raise NotReady(checks=checks)
        return JSONResponse({"ready": True, "checks": checks})

    @router.get("/metrics", response_class=PlainTextResponse, responses=problems(MetricsClosed))
    async def read_metrics(request: Request) -> Response:
        """Tell the figures of this server, in Prometheus' text format."""
        if not _may_read_metrics(request, settings.metrics_token):
            raise MetricsClosed
        return Response(await metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    # Monitors that only look at the status.
    router.add_api_route("/healthz", healthz, methods=["HEAD"], include_in_schema=False)
    router.add_api_route("/readyz", readyz, methods=["HEAD"], include_in_schema=False)
    return router


def _may_read_metrics(request: Request, token: str | None) -> bool:
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token is not None and secrets.compare_digest(given.encode(), token.encode()):
        return True
    if request.client is None:
        return False
    # Something forwarded to us by a proxy we were not told of comes from anywhere, not from this machine.
    is_forwarded = "forwarded" in request.headers or "x-forwarded-for" in request.headers
    is_known = request.scope.get("payme.proxied", False)
    return is_loopback(request.client.host) and (is_known or not is_forwarded)


def all_refusals() -> list[type[Refusal]]:
    """Return every refusal of the product, by code."""
    found: list[type[Refusal]] = []
    waiting = list(Refusal.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if "code" in vars(kind) and kind.__module__.startswith("payme."):
            found.append(kind)
    return sorted(found, key=lambda refusal: refusal.code)


def problem_pages() -> APIRouter:
    """Make the routes that explain each refusal, in words for a person or in JSON for a program."""
    router = APIRouter(tags=["operations"])
    described = {refusal.code: _describe(refusal) for refusal in all_refusals()}

    @router.get("/problems")
    async def list_problems(request: Request) -> Response:
        """List every refusal with its status and what can be done about it."""
        return _shown(request, list(described.values()))

    @router.get("/problems/{code}", responses=problems(NoSuchThing))
    async def get_problem(request: Request, code: str) -> Response:
        """Explain one refusal."""
        if code not in described:
            raise NoSuchThing
        return _shown(request, [described[code]], one=True)

    return router


def _describe(refusal: type[Refusal]) -> dict[str, object]:
    return {
        "code": refusal.code,
        "type": f"/problems/{refusal.code}",
        "status": status_of(refusal),
        "title": refusal.title,
        "advice": refusal.advice,
        "facts": [fact.name for fact in fields(refusal)],
    }


def _shown(request: Request, described: list[dict[str, object]], *, one: bool = False) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse(described[0] if one else {"items": described}, headers={"Vary": "Accept"})
    rows = "\n".join(
        _ROW.substitute({name: html.escape(str(value)) for name, value in row.items()}) for row in described
    )
    return page("problems.html", rows=rows)


def page(name: str, **values: str) -> HTMLResponse:
    """Fill a page of ours; the values are HTML already."""
    return HTMLResponse(
        Template(web.text_of(name)).substitute(values),
        headers={"Content-Security-Policy": PAGE_POLICY, "Vary": "Accept"},
    )
