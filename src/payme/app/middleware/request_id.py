"""The name of one request: in the answer, in every log line, in the audit, in a complaint."""

import re
from collections.abc import Callable
from uuid import UUID

_SANE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


def request_id_for(given: bytes, new_id: Callable[[], UUID]) -> str:
    """Keep the caller's X-Request-Id if it is short and plain, else make one."""
    return given.decode("ascii") if given and _SANE.fullmatch(given) else str(new_id())
