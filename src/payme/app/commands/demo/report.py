"""A day as a person reads it, and as a program does."""

from dataclasses import dataclass
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from payme.app.commands.demo.evening import Evening
from payme.app.commands.demo.plan import Day

_NAMES = {
    "paid": "paid",
    "cancelled_by_customer": "cancelled by the customer",
    "wrong_pin": "wrong PIN",
    "no_answer": "no answer",
    "late": "paid late",
    "failed_otherwise": "failed otherwise",
    "not_heard_of": "never heard of",
}


@dataclass(frozen=True, slots=True)
class Traded:
    """A day that was traded; ``seconds`` from the first customer to the last, ``total_seconds`` with everything."""

    day: Day
    tills: int
    seconds: float
    total_seconds: float
    killed: tuple[str, ...]
    sent_again: int
    evening: Evening

    @property
    def sales(self) -> int:
        """How many sales stand in the books."""
        figures = self.evening.figures
        return figures.sales_completed + figures.sales_cancelled + figures.sales_open

    @property
    def sales_per_second(self) -> float:
        """How many customers were served a second, with everything they did."""
        return self.sales / self.seconds

    @property
    def gross_profit(self) -> Decimal:
        """What sold goods brought less what they had cost, both without those that came back."""
        return self.evening.figures.revenue - self.evening.figures.cost

    @property
    def variance(self) -> Decimal:
        """How much more was counted in the drawers than there should be; less than 0 where some is missing."""
        return self.evening.figures.drawer_counted - self.evening.figures.drawer_expected

    def facts(self) -> dict[str, object]:
        """Return the day as JSON tells it; amounts are strings."""
        evening, figures = self.evening, self.evening.figures
        return {
            "seed": self.day.seed,
            "shops": len(self.day.shops),
            "tills": self.tills,
            "sales": self.sales,
            "sales_completed": figures.sales_completed,
            "sales_cancelled": figures.sales_cancelled,
            "sales_open": figures.sales_open,
            "revenue": _money(figures.revenue),
            "cost_of_goods": _money(figures.cost),
            "gross_profit": _money(self.gross_profit),
            "profit": _money(evening.profit),
            "trial_balance": _money(evening.posted),
            "stock_value": _money(figures.stock_value),
            "credit_sales": figures.credit_sales,
            "credit_given": _money(figures.credit_given),
            "customers": figures.customers,
            "repayments": figures.repayments,
            "repayments_mpesa": figures.repayments_mpesa,
            "repaid": _money(figures.repaid),
            "debts": _money(figures.debts),
            "returns": figures.returns,
            "money_returned": _money(figures.money_returned),
            "drawers_closed": figures.drawers_closed,
            "z_reports": figures.z_reports,
            "drawer_expected": _money(figures.drawer_expected),
            "drawer_counted": _money(figures.drawer_counted),
            "drawer_variance": _money(self.variance),
            "cash": _money(evening.cash.amount),
            "mpesa": _money(evening.mpesa.amount),
            "on_account": _money(evening.account.amount),
            "payments_succeeded": evening.payments_succeeded,
            "payments_failed": evening.payments_failed,
            "payments_expired": evening.payments_expired,
            "payments_by_outcome": evening.outcomes,
            "late_money": figures.late_money,
            "late_money_amount": _money(figures.late_money_amount),
            "tokens_granted": figures.tokens_granted,
            "tokens_charged": figures.tokens_charged,
            "tokens_refunded": figures.tokens_refunded,
            "tokens_left": figures.tokens_left,
            "statement_lines": evening.statements.lines,
            "statement_fees": _money(evening.statements.fees),
            "statement_differences": len(evening.statements.violations),
            "killed": list(self.killed),
            "callbacks_sent_again": self.sent_again,
            "invariants": len(evening.checks),
            "violations": [
                {
                    "invariant": found.invariant,
                    "business_id": str(found.business_id) if found.business_id else None,
                    "subject": found.subject,
                    "detail": found.detail,
                }
                for found in evening.violations
            ],
            "seconds": round(self.seconds, 2),
            "total_seconds": round(self.total_seconds, 2),
            "sales_per_second": round(self.sales_per_second, 1),
        }

    def print(self, console: Console) -> None:
        """Print the day as a table, and then the invariants."""
        evening, figures = self.evening, self.evening.figures
        shops = len(self.day.shops)
        table = Table(
            title=f"A day in {shops} shop{'s' if shops > 1 else ''}, seed {self.day.seed}", title_justify="left"
        )
        table.add_column("")
        table.add_column("count", justify="right")
        table.add_column("KES", justify="right")
        table.add_row("Sales completed", f"{figures.sales_completed:,}", f"{figures.revenue:,.2f}")
        table.add_row("  in cash", f"{evening.cash.count:,}", f"{evening.cash.amount:,.2f}")
        table.add_row("  by M-Pesa", f"{evening.mpesa.count:,}", f"{evening.mpesa.amount:,.2f}")
        table.add_row("  on credit", f"{evening.account.count:,}", f"{evening.account.amount:,.2f}")
        table.add_row("  came back, not counted above", f"{figures.returns:,}", f"{figures.money_returned:,.2f}")
        table.add_row("Cost of the goods", "", f"{figures.cost:,.2f}")
        table.add_row("Gross profit", "", f"{self.gross_profit:,.2f}")
        table.add_row("Profit, with tokens and losses", "", f"{evening.profit:,.2f}")
        table.add_row("Stock left, at cost", "", f"{figures.stock_value:,.2f}")
        table.add_row("Debits, and credits", "", f"{evening.posted:,.2f}", end_section=True)
        table.add_row("Repayments of debts", f"{figures.repayments:,}", f"{figures.repaid:,.2f}")
        table.add_row("Customers, and what they owe", f"{figures.customers:,}", f"{figures.debts:,.2f}")
        table.add_row("Drawers counted", f"{figures.drawers_closed:,}", f"{figures.drawer_counted:,.2f}")
        table.add_row("  more than there should be", "", f"{self.variance:,.2f}", end_section=True)
        table.add_row("Sales cancelled", f"{figures.sales_cancelled:,}", "")
        table.add_row("Sales still open", f"{figures.sales_open:,}", "", end_section=True)
        for outcome, name in _NAMES.items():
            if outcome in evening.outcomes:
                table.add_row(f"M-Pesa {name}", f"{evening.outcomes[outcome]:,}", "")
        table.add_row("Late money, kept for a person", f"{figures.late_money:,}", f"{figures.late_money_amount:,.2f}")
        statements = evening.statements
        table.add_row("M-PESA's own statement, and its fees", f"{statements.lines:,}", f"{statements.fees:,.2f}")
        table.add_row("  where it and the books differ", f"{len(statements.violations):,}", "")
        table.add_section()
        table.add_row("Tokens charged", f"{figures.tokens_charged:,}", "")
        table.add_row("Tokens refunded", f"{figures.tokens_refunded:,}", "")
        table.add_row("Tokens left", f"{figures.tokens_left:,}", "")
        console.print(table, highlight=False)
        killed = f" {len(self.killed)} processes were killed on the way." if self.killed else ""
        console.print(
            f"{self.sales:,} sales in {self.seconds:.1f} s, {self.sales_per_second:.1f} a second, "
            f"{self.total_seconds:.1f} s with everything.{killed}",
            highlight=False,
        )
        self._print_invariants(console)

    def _print_invariants(self, console: Console) -> None:
        checks = self.evening.checks
        marks = " ".join(f"[red]✗ {check.invariant}[/]" if check.violations else check.invariant for check in checks)
        console.print(f"Invariants: {marks}", highlight=False)
        for found in self.evening.violations:
            text = f"✗ {found.invariant}  {found.business_id or ''}  {found.subject}: {found.detail}"
            console.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
        if not self.evening.violations:
            console.print(f"[green]✓[/] {len(checks)} invariants hold; every book agrees.", highlight=False)


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"
