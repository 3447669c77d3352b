"""Traces: whole where asked for, absent where not."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from payme.app.main import create_app
from payme.app.otlp import OtlpTracing
from payme.app.services import AppServices
from payme.app.telemetry import TracedDatabase, start_tracing
from payme.audit import record_events
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool
from payme.kit.seams import Seams
from tests.support.shops import Shop, make_shop
from tests.support.web import a_client, settings_of


@dataclass
class Traced:
    tracing: OtlpTracing
    exporter: InMemorySpanExporter
    database: TracedDatabase

    def spans(self) -> tuple[ReadableSpan, ...]:
        self.tracing._provider.force_flush()  # noqa: SLF001  the batch is the point of production, not of a test
        return self.exporter.get_finished_spans()


@pytest.fixture
def traced(app_pool: AsyncpgPool) -> Iterator[Traced]:
    exporter = InMemorySpanExporter()
    tracing = OtlpTracing(exporter, "web")
    database = TracedDatabase(app_pool, Seams(), record=record_events, jobs=PgQueuerJobs(), tracing=tracing)
    yield Traced(tracing, exporter, database)
    tracing.close()


async def test_a_request_and_its_transactions_are_one_trace(traced: Traced) -> None:
    shop: Shop = await make_shop(traced.database)
    traced.exporter.clear()
    app = create_app(AppServices(settings_of(), traced.database, tracing=traced.tracing))

    async with a_client(app, token=shop.owner.token) as owner:
        answer = await owner.get(f"/v1/businesses/{shop.business_id}/audit-entries")
        stranger = await owner.get("/v1/businesses/0192f0c4-7a1e-7c00-8000-1b2c3d4e5f60/audit-entries")

    assert (answer.status_code, stranger.status_code) == (200, 404)
    spans = traced.spans()
    requests = [span for span in spans if span.name == "GET /v1/businesses/{business_id}/audit-entries"]
    transactions = [span for span in spans if span.name == "transaction list_entries"]
    assert len(requests) == len(transactions) == 2
    assert transactions[0].parent is not None
    assert transactions[0].parent.span_id == requests[0].context.span_id
    assert requests[0].attributes is not None
    assert requests[0].attributes["http.response.status_code"] == 200
    assert requests[0].attributes["payme.request_id"] == answer.headers["x-request-id"]
    assert transactions[1].attributes == {"payme.refusal": "not_found"}
    assert str(shop.business_id) not in "".join(span.to_json() for span in spans)


async def test_a_bug_marks_its_span_and_tells_only_its_kind(traced: Traced) -> None:
    with pytest.raises(RuntimeError), traced.tracing.span("daraja push"):
        raise RuntimeError("0712345678")

    [span] = traced.spans()
    assert span.status.description == "RuntimeError"
    assert "0712345678" not in span.to_json()


def test_without_an_endpoint_there_are_no_traces() -> None:
    assert start_tracing(settings_of(), "web") is None


def test_with_an_endpoint_there_are() -> None:
    tracing = start_tracing(settings_of({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}), "worker")

    assert isinstance(tracing, OtlpTracing)
    tracing.close()


def test_nobody_loads_opentelemetry_who_does_not_use_it() -> None:
    program = "import sys, payme.app.main; sys.exit(any(name.startswith('opentelemetry.sdk') for name in sys.modules))"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
