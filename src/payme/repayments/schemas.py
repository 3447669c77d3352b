"""What repayments take."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from payme.http.fields import In, Money

MoneyAbove0 = Annotated[Money, Field(gt=0)]
Named = Annotated[UUID | None, Field(description="The sale whose debt is paid first; else what is due first.")]

AtDrawer = Annotated[
    UUID | None,
    Field(description="The open drawer that counts the money; left out, yours, or the only one that is open."),
]


class RepaymentIn(In):
    """Cash for debts."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": "500.00", "tendered": "1000.00"}]})
    amount: MoneyAbove0 = Field(description="What is counted; what no debt needs becomes customer credit.")
    tendered: Money | None = Field(None, description="What the customer handed over, if more; the rest is change.")
    sale_id: Named = None
    drawer_id: AtDrawer = None


class DebtPromptIn(In):
    """A request to pay debts on the customer's phone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "0712345678"}]})
    phone: Annotated[str, Field(min_length=9, max_length=20, examples=["0712345678"])]
    amount: MoneyAbove0 | None = Field(None, description="Whole shillings; all that is owed where it is left out.")
    sale_id: Named = None
    drawer_id: AtDrawer = None
