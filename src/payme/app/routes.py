"""Every URL prefix of the product, on one page."""

from fastapi import APIRouter

from payme.audit.controllers import router as audit
from payme.payments.controllers import money_in, payments
from payme.sales.controllers import router as sales
from payme.settlement.controllers import router as callbacks

OF_A_BUSINESS = "/v1/businesses/{business_id}"


def product_routes() -> APIRouter:
    """Return the routes of every room."""
    router = APIRouter()
    router.include_router(sales, prefix=f"{OF_A_BUSINESS}/sales")
    router.include_router(payments, prefix=f"{OF_A_BUSINESS}/payments")
    router.include_router(money_in, prefix=f"{OF_A_BUSINESS}/money-in")
    router.include_router(audit, prefix=f"{OF_A_BUSINESS}/audit-entries")
    router.include_router(callbacks, prefix="/callbacks")
    return router
