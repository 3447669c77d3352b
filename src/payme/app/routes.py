"""Every URL prefix of the product, on one page."""

from fastapi import APIRouter

from payme.audit import controllers as audit
from payme.identity import controllers as identity
from payme.payments import controllers as payments
from payme.sales import controllers as sales
from payme.settlement import controllers as settlement
from payme.stock import controllers as stock
from payme.wallet import controllers as wallet

BUSINESSES = "/v1/businesses"
OF_A_BUSINESS = f"{BUSINESSES}/{{business_id}}"


def product_routes() -> APIRouter:
    """Return the routes of every room."""
    router = APIRouter()
    router.include_router(identity.people, prefix="/v1")
    router.include_router(identity.invitations, prefix="/v1/invitations")
    router.include_router(identity.businesses, prefix=BUSINESSES)
    router.include_router(wallet.businesses, prefix=BUSINESSES)
    router.include_router(wallet.packages, prefix="/v1/token-packages")

    router.include_router(identity.business, prefix=OF_A_BUSINESS)
    router.include_router(identity.members, prefix=OF_A_BUSINESS)
    router.include_router(stock.products, prefix=f"{OF_A_BUSINESS}/products")
    router.include_router(stock.deliveries, prefix=f"{OF_A_BUSINESS}/deliveries")
    router.include_router(stock.adjustments, prefix=f"{OF_A_BUSINESS}/stock-adjustments")
    router.include_router(stock.movements, prefix=f"{OF_A_BUSINESS}/stock-movements")
    router.include_router(stock.stock, prefix=f"{OF_A_BUSINESS}/stock")
    router.include_router(wallet.wallet, prefix=f"{OF_A_BUSINESS}/wallet")
    router.include_router(sales.router, prefix=f"{OF_A_BUSINESS}/sales")
    router.include_router(payments.payments, prefix=f"{OF_A_BUSINESS}/payments")
    router.include_router(payments.money_in, prefix=f"{OF_A_BUSINESS}/money-in")
    router.include_router(audit.router, prefix=f"{OF_A_BUSINESS}/audit-entries")

    router.include_router(settlement.router, prefix="/callbacks")
    return router
