"""Refusals of issues."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.errors import Conflict, NotFound


@dataclass(eq=False)
class IssueNotFound(NotFound):
    """No such issue in this business."""

    code = "issue_not_found"
    title = "There is no such issue."
    advice = "List the issues of the business and take an id from there."
    issue_id: UUID


@dataclass(eq=False)
class IssueNotMovable(Conflict):
    """The issue stands where this step is not the next one."""

    code = "issue_not_movable"
    title = "The issue is not in a state that allows this step."
    advice = "An open issue is acknowledged first, then resolved or accepted; a closed one stays closed."
    issue_id: UUID
    state: str
    wanted: str


@dataclass(eq=False)
class IssueOwnerUnfit(Conflict):
    """Only who may work on issues can take one."""

    code = "issue_owner_unfit"
    title = "This person cannot take an issue here."
    advice = "Choose an owner or a manager of the shop."
    user_id: UUID
