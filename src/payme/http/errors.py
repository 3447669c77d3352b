"""Refusals that only HTTP knows."""

from dataclasses import dataclass, field

from payme.kit.errors import Forbidden, Invalid, NotFound, TooMany, Unauthenticated


@dataclass(eq=False)
class SignInRequired(Unauthenticated):
    """No session, or one that ended."""

    code = "sign_in_required"
    title = "Sign in first."
    advice = "Sign in with POST /v1/sessions and send the token as a Bearer token or as the cookie."


@dataclass(eq=False)
class NotAllowed(Forbidden):
    """The role does not have the permission."""

    code = "not_allowed"
    title = "Your role does not allow this."
    advice = "Ask an owner of the business to do it or to change your role."
    permission: str


@dataclass(eq=False)
class WrongOrigin(Forbidden):
    """A cookie came from another site."""

    code = "wrong_origin"
    title = "This request came from another site."
    advice = "Use the shop's own pages, or send the session as a Bearer token."


@dataclass(eq=False)
class NoSuchThing(NotFound):
    """The address, or the business, does not exist for this person."""

    code = "not_found"
    title = "There is no such thing here."
    advice = "Check the address and the ids in it."


@dataclass(eq=False)
class IdempotencyKeyMissing(Invalid):
    """A route that moves money, tokens or goods came without a key."""

    code = "idempotency_key_missing"
    title = "This request needs an Idempotency-Key header."
    advice = "Send a new UUID with each new request, and the same one when you repeat it."


@dataclass(eq=False)
class InvalidRequest(Invalid):
    """The body or the address does not have the right shape."""

    code = "invalid_request"
    title = "Some values are missing or not of the right form."
    advice = "Correct the fields named in errors."
    errors: list[dict[str, str]] = field(default_factory=list)


@dataclass(eq=False)
class InvalidCursor(Invalid):
    """A cursor that this server did not give out."""

    code = "invalid_cursor"
    title = "The cursor is not one of ours."
    advice = "Start again without a cursor."


@dataclass(eq=False)
class BodyTooLarge(Invalid):
    """The body is larger than the route allows."""

    code = "body_too_large"
    title = "The request is too large."
    advice = "Send fewer lines at a time."
    limit_bytes: int


@dataclass(eq=False)
class RateLimited(TooMany):
    """Too many requests from one session or address."""

    code = "rate_limited"
    title = "Too many requests."
    advice = "Wait as long as Retry-After says."
    retry_after_s: int
