"""The table of roles, as data and as a page."""

import re
from pathlib import Path

from payme.identity import PERMISSIONS, Permission, Role

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"


def test_the_page_says_what_the_table_says() -> None:
    lines = re.findall(r"^\| `(\S+)` \| .+ \| (yes|no) \| (yes|no) \| (yes|no) \|$", PAGE.read_text(), re.MULTILINE)
    written = {
        role: {Permission(line[0]) for line in lines if line[column] == "yes"}
        for column, role in enumerate((Role.OWNER, Role.MANAGER, Role.CASHIER), start=1)
    }

    assert [line[0] for line in lines] == [permission.value for permission in Permission]
    assert written == {role: set(permissions) for role, permissions in PERMISSIONS.items()}


def test_a_role_includes_the_one_below() -> None:
    assert PERMISSIONS[Role.CASHIER] < PERMISSIONS[Role.MANAGER] < PERMISSIONS[Role.OWNER]


def test_only_an_owner_changes_who_may_enter() -> None:
    assert [role for role in Role if Permission.MEMBERS_CHANGE in PERMISSIONS[role]] == [Role.OWNER]
