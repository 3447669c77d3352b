"""What an operator sees of issues at a terminal, and does about them."""

import asyncio
import json
from uuid import UUID, uuid4

from payme import issues
from payme.app.assembly import assemble
from payme.app.demo_shop import sign_in_of
from payme.app.settings import Settings
from payme.issues import NewIssue
from payme.kit.db.transaction import Scope
from tests.app.test_cli import Installation, here  # noqa: F401  the installation is a fixture


def opens(at: Installation, *kinds: str) -> list[UUID]:
    """Open issues of the demo shop."""
    shop = sign_in_of(at.data_dir)
    assert shop is not None

    async def work() -> list[UUID]:
        async with assemble(Settings.from_environ(at.environ), at.dsn) as assembly:
            found = [NewIssue(kind, uuid4(), {"detail": "9 of 10"}) for kind in kinds]
            scope = Scope.system("test", UUID(str(shop.business_id)))
            return await assembly.database.transact(scope, issues.open_issues, found)

    return asyncio.run(work())


def test_issues_are_listed_shown_acknowledged_and_resolved(here: Installation) -> None:  # noqa: F811
    here.find_or_make()
    shop = sign_in_of(here.data_dir)
    assert shop is not None
    quiet = here.payme("issues", "list")
    assert (quiet.exit_code, quiet.output) == (0, "Nothing waits to be looked at.\n")
    opens(here, "over_credit_limit", "W1")

    listed = here.payme("issues", "list", "--json")
    assert listed.exit_code == 1  # one is critical
    critical, low = json.loads(listed.stdout)["issues"]
    assert (critical["kind"], critical["severity"], low["kind"]) == ("W1", "critical", "over_credit_limit")
    assert "the books do not agree" in here.payme("issues", "list", "--business", str(shop.business_id)).output
    assert here.payme("issues", "list", "--severity", "low").exit_code == 0

    assert here.payme("issues", "resolve", critical["id"], "counted").exit_code == 1  # nobody looked
    assert "is acknowledged" in here.payme("issues", "acknowledge", critical["id"]).output
    assert here.payme("issues", "resolve", critical["id"], " ").exit_code == 2
    assert "is resolved" in here.payme("issues", "resolve", critical["id"], "granted one").output
    assert "is acknowledged" in here.payme("issues", "acknowledge", low["id"]).output
    assert "is accepted" in here.payme("issues", "resolve", low["id"], "a wedding", "--accept").output

    shown = json.loads(here.payme("issues", "show", critical["id"], "--json").stdout)
    assert [step["step"] for step in shown["history"]] == ["acknowledged", "resolved"]
    assert shown["runbook"] == "docs/runbooks/broken-books.md"
    told = here.payme("issues", "show", critical["id"]).output
    assert "acknowledged → resolved  by command line  granted one" in told
    assert here.payme("issues", "show", str(uuid4())).exit_code == 1
    assert len(json.loads(here.payme("issues", "list", "--closed", "--json").stdout)["issues"]) == 2
