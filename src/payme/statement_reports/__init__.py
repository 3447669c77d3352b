"""Reports about statements: a period of M-PESA's statement against the books, to the cent. Never writes."""

from payme.statement_reports.errors import ReconciliationPeriodWrong
from payme.statement_reports.models import Part, Reconciliation, Sum, Sums
from payme.statement_reports.queries import reconcile
from payme.statement_reports.types import Standing

__all__ = ["Part", "Reconciliation", "ReconciliationPeriodWrong", "Standing", "Sum", "Sums", "reconcile"]
