"""What every answer tells the browser, so that no page of ours can be framed, sniffed or scripted from outside."""

from typing import Final

Headers = list[tuple[bytes, bytes]]

CSP: Final = b"content-security-policy"
API_POLICY: Final = b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
DOCS_POLICY: Final = (
    # Swagger UI writes style attributes and draws its icons from data: addresses; its scripts are files of ours.
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
ALWAYS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
)
HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
NOT_STORED: Final = (b"cache-control", b"no-store")


def with_security(headers: Headers, *, https: bool) -> Headers:
    """Return the headers of an answer and those that it must have; what a route says itself stays."""
    said = {name.lower() for name, _ in headers}
    secured = [*headers, *ALWAYS]
    if CSP not in said:
        secured.append((CSP, API_POLICY))
    if b"cache-control" not in said:
        secured.append(NOT_STORED)
    if https:
        secured.append(HSTS)
    return secured
