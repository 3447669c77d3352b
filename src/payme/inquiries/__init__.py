"""Inquiries: what Daraja is still asked about a payment, until its end is known or a person must look."""

from payme.inquiries.events import PaymentUnsettled
from payme.inquiries.models import Inquiry
from payme.inquiries.queries import is_said_paid

__all__ = ["Inquiry", "PaymentUnsettled", "is_said_paid"]
