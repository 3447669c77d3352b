"""Routes of identity."""

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response

from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, encode, page
from payme.http.problems import problems, request_id_of
from payme.http.transact import SESSION_COOKIE, Transact, anyone, needs, signed_in
from payme.identity import queries, rules, services
from payme.identity.errors import (
    AlreadyMember,
    EmailTaken,
    InvalidPhone,
    InvitationExpired,
    InvitationNotFound,
    InvitationRevoked,
    InvitationUsed,
    LastOwner,
    MemberNotFound,
    RateLimited,
    SessionNotFound,
    TooManyBusinesses,
    WeakPassword,
    WrongEmailOrPassword,
)
from payme.identity.models import UserDraft
from payme.identity.schemas import (
    AcceptIn,
    BusinessChangeIn,
    BusinessOut,
    InvitationOut,
    MemberOut,
    MembershipOut,
    NewInvitationOut,
    RoleIn,
    SessionsOut,
    SignedInOut,
    SignInIn,
    SignUpIn,
    UserOut,
)
from payme.identity.services import SignInLimits
from payme.kit.paging import After

people = APIRouter(tags=["identity"])
businesses = APIRouter(tags=["identity"])
business = APIRouter(tags=["identity"])
members = APIRouter(tags=["identity"])
invitations = APIRouter(tags=["identity"])
log = structlog.get_logger(__name__)


async def _limits(request: Request) -> SignInLimits:
    limits: SignInLimits = request.app.state.sign_in_limits
    return limits


async def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _without_cookie(response: Response) -> Response:
    response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return response


Limits = Annotated[SignInLimits, Depends(_limits)]
Address = Annotated[str, Depends(_address)]
FewBusinesses = Annotated[int, Query(ge=1, le=50, description="How many at the most.")]


@people.post(
    "/users", status_code=201, response_model=UserOut, responses=problems(EmailTaken, WeakPassword, RateLimited)
)
async def sign_up(
    body: SignUpIn, transact: Annotated[Transact, anyone()], limits: Limits, address: Address
) -> Response:
    """Sign up; then sign in with the same address and password."""
    rules.check_password(body.password, body.email, body.name)
    limits.attempt(body.email, address)
    draft = UserDraft(body.email, body.name, await limits.hash(body.password))
    answer = await transact(services.sign_up, draft, reply=UserOut.of, status=201)
    limits.succeeded(body.email, address)
    return answer


@people.post(
    "/sessions", status_code=201, response_model=SignedInOut, responses=problems(WrongEmailOrPassword, RateLimited)
)
async def sign_in(
    body: SignInIn, request: Request, transact: Annotated[Transact, anyone()], limits: Limits, address: Address
) -> Response:
    """Sign in: the answer carries the session's token, and sets it as a cookie for browsers."""
    limits.attempt(body.email, address)
    login = await transact.run(queries.find_login, body.email)
    try:
        login = await limits.verify(login, body.password)
        opened = await transact.run(
            services.open_session,
            login,
            request.headers.get("user-agent", ""),
            address,
            request.cookies.get(SESSION_COOKIE),
        )
    except WrongEmailOrPassword:
        log.info("sign_in_refused", request_id=request_id_of(request), address=address)
        raise
    limits.succeeded(body.email, address)
    log.info("signed_in", request_id=request_id_of(request), user_id=str(login.user_id), address=address)
    answer = Response(SignedInOut.of(opened).model_dump_json(), status_code=201, media_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    answer.set_cookie(
        SESSION_COOKIE,
        opened.token,
        max_age=int(rules.SESSION_LASTS.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
    )
    return answer


@people.get("/sessions", response_model=SessionsOut)
async def list_sessions(transact: Annotated[Transact, signed_in()]) -> Response:
    """List where one is signed in, newest first."""
    return await transact(queries.list_sessions, reply=SessionsOut.of)


@people.delete("/sessions/current", status_code=204, response_class=Response, responses=problems(SessionNotFound))
async def sign_out(transact: Annotated[Transact, signed_in()]) -> Response:
    """Sign out: the token is worth nothing from now on."""
    await transact.run(services.sign_out)
    return _without_cookie(Response(status_code=204))


@people.delete("/sessions/{session_id}", status_code=204, response_class=Response, responses=problems(SessionNotFound))
async def revoke_session(session_id: UUID, transact: Annotated[Transact, signed_in()]) -> Response:
    """End one of one's own sessions, on a lost phone for example."""
    await transact.run(services.revoke_session, session_id)
    return Response(status_code=204)


@people.get("/me", response_model=UserOut)
async def get_me(transact: Annotated[Transact, signed_in()]) -> Response:
    """Show who is signed in."""
    return await transact(queries.get_me, reply=UserOut.of)


@businesses.get("", responses=problems(InvalidCursor))
async def list_businesses(
    transact: Annotated[Transact, signed_in()], cursor: Cursor = None, limit: FewBusinesses = 20
) -> Page[MembershipOut]:
    """List one's businesses, the oldest membership first; each is read in a transaction of its own."""
    links = await transact.run(queries.list_businesses, decode(cursor), limit + 1)
    found = [await transact.within(link.business_id).run(queries.find_membership) for link in links[:limit]]
    following = encode(After(links[limit - 1].created_at, links[limit - 1].business_id)) if len(links) > limit else None
    return Page(items=[MembershipOut.of(one) for one in found if one is not None], next_cursor=following)


@business.get("", response_model=BusinessOut)
async def get_business(transact: Annotated[Transact, needs("business.read")]) -> Response:
    """Show a business."""
    return await transact(queries.get_business, reply=BusinessOut.of)


@business.patch("", response_model=BusinessOut, responses=problems(InvalidPhone))
async def change_business(body: BusinessChangeIn, transact: Annotated[Transact, needs("business.change")]) -> Response:
    """Change a business's name or telephone number."""
    return await transact(services.change_business, body.to_change(), reply=BusinessOut.of)


@members.get("/members", response_model=Page[MemberOut], responses=problems(InvalidCursor))
async def list_members(
    transact: Annotated[Transact, needs("members.read")], cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List who works here, longest first."""
    return await transact(
        queries.list_members,
        decode(cursor),
        limit + 1,
        reply=lambda found: page(found, limit, MemberOut.of, lambda member: After(member.created_at, member.id)),
    )


@members.patch("/members/{member_id}", response_model=MemberOut, responses=problems(MemberNotFound, LastOwner))
async def change_role(
    member_id: UUID, body: RoleIn, transact: Annotated[Transact, needs("members.change")]
) -> Response:
    """Give a member another role."""
    return await transact(services.change_role, member_id, body.role, reply=MemberOut.of)


@members.delete(
    "/members/{member_id}", status_code=204, response_class=Response, responses=problems(MemberNotFound, LastOwner)
)
async def remove_member(member_id: UUID, transact: Annotated[Transact, needs("members.change")]) -> Response:
    """Remove a member; what they did stays in the books."""
    await transact.run(services.remove_member, member_id)
    return Response(status_code=204)


# The answer holds a secret, so it is never kept under an Idempotency-Key: it would lie in the database.
@members.post("/invitations", status_code=201, response_model=NewInvitationOut)
async def invite_member(body: RoleIn, transact: Annotated[Transact, needs("members.change")]) -> Response:
    """Make an invitation; its secret is shown this once."""
    answer = await transact(services.invite_member, body.role, reply=NewInvitationOut.of, status=201)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@members.get("/invitations", response_model=Page[InvitationOut], responses=problems(InvalidCursor))
async def list_invitations(
    transact: Annotated[Transact, needs("members.read")], cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List invitations and where each stands, newest first."""
    return await transact(
        queries.list_invitations,
        decode(cursor),
        limit + 1,
        reply=lambda found: page(found, limit, InvitationOut.of, lambda one: After(one[0].created_at, one[0].id)),
    )


@members.delete(
    "/invitations/{invitation_id}",
    status_code=204,
    response_class=Response,
    responses=problems(InvitationNotFound, InvitationUsed, InvitationRevoked, InvitationExpired),
)
async def revoke_invitation(invitation_id: UUID, transact: Annotated[Transact, needs("members.change")]) -> Response:
    """Take an invitation back."""
    await transact.run(services.revoke_invitation, invitation_id)
    return Response(status_code=204)


@invitations.post(
    "/accept",
    response_model=MembershipOut,
    responses=problems(
        InvitationNotFound, InvitationUsed, InvitationRevoked, InvitationExpired, AlreadyMember, TooManyBusinesses
    ),
)
async def accept_invitation(body: AcceptIn, transact: Annotated[Transact, signed_in()]) -> Response:
    """Join the business that an invitation leads to."""
    link = await transact.run(services.follow_link, body.token)
    within = transact.within(link.business_id)
    return await within(services.accept_invitation, link.invitation_id, reply=MembershipOut.of)
