"""Inquiries: what Daraja is still asked about a payment, until its end is known or a person must look."""

from payme.inquiries.events import PaymentUnsettled
from payme.inquiries.models import Inquiry

__all__ = ["Inquiry", "PaymentUnsettled"]
