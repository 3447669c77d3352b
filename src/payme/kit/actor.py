"""Who acts: every transaction has exactly one actor."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """A person with a role in one business, or a part of the system."""

    kind: str
    """``member``, ``user`` (signed in, no business yet), ``visitor`` or ``system``."""
    name: str
    """The role of a member, or the part of the system."""
    user_id: UUID | None = None
    session_id: UUID | None = None
    permissions: frozenset[str] = frozenset()

    @classmethod
    def system(cls, name: str) -> Self:
        """Return the actor for a job, the command line or an import."""
        return cls(kind="system", name=name)

    @property
    def person_id(self) -> UUID:
        """Who acts, where only a person can: no job and no visitor is let come here."""
        assert self.user_id is not None, "only a person does this"  # noqa: S101
        return self.user_id

    def may(self, permission: str) -> bool:
        """Say whether the actor may; the system may everything, and is never reached from a request."""
        return self.kind == "system" or permission in self.permissions
