"""Issues of a shop: one that its own trade opens, and what stands in its list."""

from payme import issues, sales
from payme.issues import Issue, IssueFilter, IssueState
from payme.payments import Payment
from payme.sales import Cancellation, SaleView
from tests.support.daraja import Counter, paid
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import Shop


async def asked(shop: Shop) -> tuple[Counter, SaleView, Payment]:
    """A customer has been asked to pay KES 300."""
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "2"))
    counter = Counter(shop)
    return counter, opened, await counter.asks(opened.sale.id)


async def listed(shop: Shop, state: IssueState | None = None) -> list[Issue]:
    return await shop.transact(issues.list_issues, IssueFilter(state=state), None, 50)


async def kinds(shop: Shop) -> list[str]:
    return sorted(issue.kind for issue in await listed(shop))


async def an_issue(shop: Shop) -> Issue:
    """Money came late."""
    counter, opened, payment = await asked(shop)
    await shop.transact(sales.cancel_sale, opened.sale.id, Cancellation("gone", even_if_paying=True))
    await counter.receives(paid(payment), payment)
    [issue] = await listed(shop)
    return issue
