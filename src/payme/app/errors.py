"""Refusals of the server itself."""

from dataclasses import dataclass, field

from payme.kit.errors import Forbidden, Unavailable


@dataclass(eq=False)
class NotReady(Unavailable):
    """Requests should go elsewhere for now."""

    code = "not_ready"
    title = "This server is not ready for requests."
    advice = "Wait a few seconds and ask again; checks says what is missing."
    checks: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class MetricsClosed(Forbidden):
    """Figures are for whoever runs the server."""

    code = "metrics_closed"
    title = "The figures of this server are not public."
    advice = "Ask from the machine itself, or send PAYME_METRICS_TOKEN as a Bearer token."
