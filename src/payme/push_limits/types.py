"""Words of push limits."""

from enum import StrEnum


class Counted(StrEnum):
    """Whose pushes are counted together."""

    PHONE = "phone"
    CASHIER = "cashier"
    BUSINESS = "business"
