"""The source keeps the rules of the house, and each check finds a planted fault."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture import source
from tests.architecture.source import CHECKS, SOURCE, Module, modules

Check = Callable[[Module], list[str]]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_house_keeps_its_rules(check: Check) -> None:
    assert [finding for module in modules() for finding in check(module)] == []


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (source.transactions_outside_the_kit, "sales/services.py", "async def f(tx):\n    await tx.value('COMMIT')\n"),
        (source.transactions_outside_the_kit, "sales/queries.py", "SQL = 'SELECT 1 FROM sales FOR UPDATE'\n"),
        (source.reaching_for_the_outside, "sales/services.py", "from uuid import uuid4\n"),
        (source.reaching_for_the_outside, "sales/rules.py", "import datetime\nAT = datetime.now()\n"),
        (source.floats, "sales/rules.py", "VAT = 0.16\n"),
        (source.floats, "payments/rules.py", "def f(amount):\n    return float(amount)\n"),
        (source.imports_inside_functions, "stock/rules.py", "def f():\n    import json\n    return json\n"),
        (
            source.formatted_statements,
            "stock/repository.py",
            "def f(name):\n    return f'SELECT {name} FROM products'\n",
        ),
        (source.http_exceptions, "wallet/services.py", "raise HTTPException(404)\n"),
        (
            source.tries_in_commands,
            "sales/services.py",
            "async def f(tx):\n    try:\n        x = 1\n    finally:\n        x = 2\n",
        ),
        (source.long_things, "sales/rules.py", "X = 1\n" * 401),
        (source.long_things, "sales/rules.py", "def f():\n" + "    x = 1\n" * 70),
        (source.odd_names, "sales/logic.py", ""),
        (source.odd_names, "kit/utils.py", ""),
    ],
)
def test_each_check_bites(check: Check, path: str, text: str) -> None:
    assert check(Module(SOURCE / path, text))


def test_the_root_has_few_documents() -> None:
    assert len(list(source.ROOT.glob("*.md"))) <= source.MARKDOWN_MAX


def test_the_project_speaks_of_itself_alone() -> None:
    words = ("/work/", "claude", "helper-", "subagent", "issues show")
    found = [
        f"{path.relative_to(source.ROOT)}: {word}"
        for path in _texts(source.ROOT)
        for word in words
        if word in path.read_text(encoding="utf-8", errors="ignore").lower()
    ]
    assert found == []


def _texts(root: Path) -> list[Path]:
    suffixes = {".py", ".md", ".sql", ".toml", ".html", ".css", ".js"}
    skipped = {".venv", ".git", "node_modules", "build", "dist"}
    this = Path(__file__)
    return [
        path
        for path in root.rglob("*")
        if path.suffix in suffixes and not skipped & set(path.relative_to(root).parts) and path != this
    ]
