"""Traces with OpenTelemetry. Loaded by ``payme.app.telemetry`` only where an endpoint is set."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode

from payme.kit.errors import Refusal

_SERVER_ERROR = 500


class OtlpTracing:
    """Spans of one process, sent in batches by a thread of its own, with a bounded queue."""

    def __init__(self, exporter: SpanExporter, part: str) -> None:
        """Send to ``exporter``; ``part`` names the process in the traces."""
        self._provider = TracerProvider(resource=Resource.create({"service.name": "payme", "payme.part": part}))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("payme")

    @contextmanager
    def request(self, scope: MutableMapping[str, Any]) -> Iterator[None]:
        """Open the span of one HTTP request. A caller outside does not choose our trace: its headers are not read."""
        method = scope["method"]
        with self._tracer.start_as_current_span(method, kind=SpanKind.SERVER) as span:
            try:
                yield
            finally:
                route, status = scope.get("payme.answer", ("unknown", 0))
                span.update_name(f"{method} {route}")
                span.set_attributes(
                    {
                        "http.request.method": method,
                        "http.route": route,
                        "http.response.status_code": status,
                        "payme.request_id": scope.get("payme.request_id", ""),
                    }
                )
                if status >= _SERVER_ERROR:
                    span.set_status(Status(StatusCode.ERROR))

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """Open a span inside the one that is open; a refusal is an answer, not an error. No texts, only kinds."""
        with self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as span:
            try:
                yield
            except Refusal as refusal:
                span.set_attribute("payme.refusal", refusal.code)
                raise
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def close(self) -> None:
        """Send what is waiting."""
        self._provider.shutdown()


def start(endpoint: str, part: str) -> OtlpTracing:
    """Send traces to an OTLP endpoint over HTTP."""
    return OtlpTracing(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces"), part)
