"""Every URL prefix of the product, on one page."""

from fastapi import APIRouter

from payme.audit.controllers import router as audit

OF_A_BUSINESS = "/v1/businesses/{business_id}"


def product_routes() -> APIRouter:
    """Return the routes of every room."""
    router = APIRouter()
    router.include_router(audit, prefix=f"{OF_A_BUSINESS}/audit-entries")
    return router
