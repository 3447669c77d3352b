"""Repayments: cash or M-Pesa money for what customers owe."""

from payme.repayments.services import ask_mpesa, repay_in_cash, repay_with, settle_prompt

__all__ = ["ask_mpesa", "repay_in_cash", "repay_with", "settle_prompt"]
