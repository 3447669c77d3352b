"""Field types that every schema uses: money and quantities are strings in JSON, never floats."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    field_validator,
)

from payme.kit.money import AMOUNT_MAX, QUANTITY_MAX

_PHONE_MIN = 10


def _no_float(value: Any) -> Any:  # noqa: ANN401  whatever the JSON held
    if isinstance(value, float):
        raise ValueError('send amounts and quantities as strings, for example "120.50"')  # noqa: TRY004  pydantic's way
    return value


def _not_zero(value: Decimal) -> Decimal:
    if value == 0:
        raise ValueError("a change of 0 changes nothing")
    return value


def _masked(phone: str) -> str:
    compact = re.sub(r"[\s+]", "", phone)
    if "*" in compact:
        return compact if not re.match(r"[0-9a-f]{7,}\*", compact) else ""
    return f"{compact[:4]}*****{compact[-3:]}" if compact.isdigit() and len(compact) >= _PHONE_MIN else ""


_two_places = PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str, when_used="json")
_three_places = PlainSerializer(lambda quantity: f"{quantity:.3f}", return_type=str, when_used="json")
_MoneyText = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}(\.[0-9]{1,2})?$")]
_QuantityText = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}(\.[0-9]{1,3})?$")]
_SignedText = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,9}(\.[0-9]{1,3})?$")]
Money = Annotated[
    Decimal,
    BeforeValidator(_no_float, json_schema_input_type=_MoneyText),
    Field(ge=0, le=AMOUNT_MAX, decimal_places=2, examples=["120.50"], description="KES, two places, as a string."),
    _two_places,
]
Quantity = Annotated[
    Decimal,
    BeforeValidator(_no_float, json_schema_input_type=_QuantityText),
    Field(gt=0, le=QUANTITY_MAX, decimal_places=3, examples=["1.500"], description="Three places, as a string."),
    _three_places,
]
Level = Annotated[
    Decimal,
    BeforeValidator(_no_float, json_schema_input_type=_QuantityText),
    Field(ge=0, le=QUANTITY_MAX, decimal_places=3, examples=["5.000"], description="0 for none."),
    _three_places,
]
QuantityChange = Annotated[
    Decimal,
    BeforeValidator(_no_float, json_schema_input_type=_SignedText),
    Field(
        ge=-QUANTITY_MAX,
        le=QUANTITY_MAX,
        decimal_places=3,
        examples=["-1.500"],
        description="Signed, three places, as a string.",
    ),
    AfterValidator(_not_zero),
    _three_places,
]
MoneyOut = Annotated[Decimal, Field(examples=["120.50"]), _two_places]
QuantityOut = Annotated[Decimal, Field(examples=["1.500"]), _three_places]
PhoneOut = Annotated[str, AfterValidator(_masked), Field(examples=["2547*****678"])]
"""A payer's number as far as a cashier needs it, whoever told it and however; of a hash nothing."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class In(BaseModel):
    """A request body: unknown fields are refused, so a typing error is seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_text(cls, value: Any) -> Any:  # noqa: ANN401  whatever the JSON held
        if isinstance(value, str) and "\0" in value:
            raise ValueError("text may not contain the character NUL")
        return value


class Out(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True)
