"""How seals are shown, and the lines of an exported audit and of a file of anchors."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from payme.http.fields import Out
from payme.seals.models import Anchor, Restored, Seal, SealedEntry, SealHead, Told

Hex = Annotated[str, StringConstraints(pattern="^[0-9a-f]{16}$")]
Digest = Annotated[bytes, Field(min_length=32, max_length=32)]
Signature = Annotated[bytes, Field(min_length=64, max_length=64)]
Whole = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]


class SealHeadOut(Out):
    """A seal: it stands for every entry up to ``last_position``."""

    number: int
    last_position: int
    digest: str
    sealed_at: datetime
    key_id: str

    @classmethod
    def of(cls, seal: SealHead) -> Self:
        """Show a seal."""
        return cls(
            number=seal.number,
            last_position=seal.last_position,
            digest=seal.digest.hex(),
            sealed_at=seal.sealed_at,
            key_id=seal.key_id,
        )


class PublicKeyOut(Out):
    """A key that seals are signed with, to check them without this server (Ed25519, 32 bytes in base64)."""

    key_id: str
    public_key: str
    current: bool


class SealsOut(Out):
    """Seals, newest first."""

    items: list[SealHeadOut]

    @classmethod
    def of(cls, seals: Sequence[SealHead]) -> Self:
        """Show seals."""
        return cls(items=[SealHeadOut.of(seal) for seal in seals])


class PublicKeysOut(Out):
    """The keys of the seals, the current one first."""

    items: list[PublicKeyOut]

    @classmethod
    def of(cls, keys: Mapping[str, bytes]) -> Self:
        """Show keys."""
        return cls(
            items=[
                PublicKeyOut(key_id=key_id, public_key=base64.b64encode(public).decode(), current=place == 0)
                for place, (key_id, public) in enumerate(keys.items())
            ]
        )


class Line(BaseModel):
    """One line of a file: bytes in base64 (of RFC 4648, the alphabet for addresses), nothing missing, nothing more."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, from_attributes=True, ser_json_bytes="base64", val_json_bytes="base64"
    )

    def line(self) -> bytes:
        """Write the line."""
        return self.model_dump_json().encode() + b"\n"


class AnchorLine(Line):
    """The head of a business as it was told outside of the database."""

    line_is: Literal["anchor"] = "anchor"
    business_id: UUID
    number: Whole
    last_position: Whole
    digest: Digest
    sealed_at: AwareDatetime
    key_id: Hex
    signature: Signature

    def to_anchor(self) -> Anchor:
        """Return it as the rules take it."""
        return Anchor(**_values(self))


class RestoredLine(Line):
    """That a backup took the place of the database."""

    line_is: Literal["restored"] = "restored"
    era: Whole
    made_at: AwareDatetime
    restored_at: AwareDatetime
    key_id: Hex
    signature: Signature

    def to_restored(self) -> Restored:
        """Return it as the rules take it."""
        return Restored(**_values(self))


_told_line: TypeAdapter[AnchorLine | RestoredLine] = TypeAdapter(
    Annotated[AnchorLine | RestoredLine, Field(discriminator="line_is")]
)


def told_line(told: Told) -> bytes:
    """Write what is told outside, as one line."""
    return (AnchorLine if isinstance(told, Anchor) else RestoredLine).model_validate(told).line()


def read_told_line(line: bytes) -> Told:
    """Read a line of what was told outside. Raises ValueError."""
    read = _told_line.validate_json(line)
    return read.to_anchor() if isinstance(read, AnchorLine) else read.to_restored()


class AuditLine(Line):
    """Begins the audit of one business in an exported file."""

    line_is: Literal["audit"] = "audit"
    format: Literal["payme-audit-1"] = "payme-audit-1"
    business_id: UUID
    exported_at: AwareDatetime


class SealLine(Line):
    """A seal; the lines of its entries follow it, in their order."""

    line_is: Literal["seal"] = "seal"
    business_id: UUID
    number: Whole
    era: Whole
    first_position: Whole
    last_position: Whole
    last_transaction_id: Whole
    last_sequence: Whole
    leaves: bytes
    digest: Digest
    sealed_at: AwareDatetime
    key_id: Hex
    signature: Signature

    def to_seal(self) -> Seal:
        """Return it as the rules take it."""
        return Seal(**_values(self))


class EntryLine(Line):
    """An entry; ``facts`` is its canonical JSON as text, which is what was sealed."""

    line_is: Literal["entry"] = "entry"
    business_id: UUID
    id: UUID
    sequence: Whole
    transaction_id: Whole
    at: AwareDatetime
    actor_kind: str
    actor_name: str
    user_id: UUID | None
    request_id: str
    action: str
    subject_id: UUID
    facts: str

    def to_entry(self) -> SealedEntry:
        """Return it as the rules take it."""
        return SealedEntry(**_values(self))


class EndLine(Line):
    """Ends the audit of one business: so many seals and entries came before."""

    line_is: Literal["end"] = "end"
    business_id: UUID
    seals: Whole
    entries: Whole


AnyLine = Annotated[AuditLine | SealLine | EntryLine | EndLine, Field(discriminator="line_is")]
_any_line: TypeAdapter[AuditLine | SealLine | EntryLine | EndLine] = TypeAdapter(AnyLine)


def read_line(line: bytes) -> AuditLine | SealLine | EntryLine | EndLine:
    """Read a line of an exported audit. Raises ValueError."""
    return _any_line.validate_json(line)


def _values(line: Line) -> dict[str, Any]:
    return {name: value for name, value in line if name != "line_is"}
