"""The import contracts hold, and each finds a planted import."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("path", "line", "contract"),
    [
        ("stock/rules.py", "import payme.sales", "Floors"),
        ("wallet/rules.py", "import payme.stock", "Floors"),
        ("stock/rules.py", "import payme.stock.services", "Inside a room"),
        ("sales/rules.py", "import asyncpg", "Rules are pure"),
        ("sales/services.py", "import fastapi", "HTTP stays at the door"),
        ("sales/queries.py", "import payme.http.errors", "HTTP stays at the door"),
        ("sales/services.py", "import payme.stock.repository", "One door: stock"),
        ("simulator/rules.py", "import payme.mpesa", "The simulator shares no code"),
    ],
)
def test_a_planted_import_is_found(copy: Path, path: str, line: str, contract: str) -> None:
    module = copy / "src" / "payme" / path
    module.write_text(f"{module.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")

    result = lint(copy)

    assert result.returncode != 0
    assert any(row.startswith(contract) and "BROKEN" in row for row in result.stdout.splitlines()), result.stdout
