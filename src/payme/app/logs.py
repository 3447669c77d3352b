"""Logs: one JSON object a line on stdout, with who, which request and which amounts, and nothing secret.

Everything goes through here, also what libraries say, because the masking is here.
"""

import logging
import sys
from collections.abc import Hashable, Sequence
from dataclasses import fields
from decimal import Decimal
from functools import cache
from typing import Any, Final, TextIO, cast, get_args, get_type_hints

import structlog
from pydantic_core import to_json
from structlog.typing import Processor

from payme.app.masking import Masker
from payme.app.settings import Settings
from payme.kit.events import Event

EVENTS_MAX: Final = 20
# Quieter than we are: the door logs each request itself, with its route; httpx names whole addresses.
_QUIETER: Final = {"uvicorn.access": logging.CRITICAL, "httpx": logging.WARNING, "httpcore": logging.WARNING}
_OURS_TO_ROUTE: Final = ("uvicorn", "uvicorn.error", "uvicorn.access", "pgqueuer", "asyncio")


def configure_logs(settings: Settings, part: str, stream: TextIO | None = None) -> None:
    """Send every log of this process to ``stream`` (stdout), masked; ``part`` names the process.

    uvicorn must be started with ``log_config=None``, or it undoes this.
    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    out = stream or sys.stdout
    masker = Masker(settings.secrets())
    first: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        _part_of(part),
    ]
    last: list[Processor] = [
        masker,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _renderer(settings, out),
    ]
    structlog.configure(
        processors=[*first, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    _route_libraries(level, out, first, last)


def _part_of(part: str) -> Processor:
    def name_part(_logger: object, _method: str, event: Any) -> Any:  # noqa: ANN401  structlog's own dict
        event["part"] = part
        return event

    return name_part


def _renderer(settings: Settings, out: TextIO) -> Processor:
    if settings.log_format == "json":
        return structlog.processors.JSONRenderer(serializer=lambda line, **_: to_json(line, fallback=str).decode())
    return structlog.dev.ConsoleRenderer(
        colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback, timestamp_key="at"
    )


def _route_libraries(level: int, out: TextIO, first: list[Processor], last: list[Processor]) -> None:
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*first, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.INFO))  # DEBUG is for our own lines; libraries would tell statements and bodies
    for name in _OURS_TO_ROUTE:
        library = logging.getLogger(name)
        library.handlers = []
        library.propagate = True
    for name, quieter in _QUIETER.items():
        logging.getLogger(name).setLevel(max(quieter, level))


def bind_facts(events: Sequence[Event]) -> None:
    """Let the line of this request or job say what was done, with its amounts."""
    done: list[str] = []
    amounts: dict[str, str] = {}
    for event in events[:EVENTS_MAX]:
        action, figures = _shape_of(cast("Hashable", type(event)))
        done.append(action)
        for figure in figures:
            value = getattr(event, figure)
            if value is not None:
                amounts[f"{action}.{figure}"] = str(value)
    if done:
        structlog.contextvars.bind_contextvars(did=done, amounts=amounts)


@cache
def _shape_of(event_type: Hashable) -> tuple[str, tuple[str, ...]]:
    kind = cast("type[Event]", event_type)
    hints = get_type_hints(kind)
    figures = [field.name for field in fields(kind) if Decimal in (hints[field.name], *get_args(hints[field.name]))]
    return kind.action(), tuple(figures)
