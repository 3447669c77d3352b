"""Which Python `make` builds its environment with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FITS = "import importlib.util; importlib.util.find_spec = lambda name: name"
TOO_OLD = f"{FITS}; import sys; sys.version_info = (3, 10, 0)"
CANNOT_INSTALL = "import importlib.util; importlib.util.find_spec = lambda name: None"


def python_of(folder: Path, begins_with: str) -> Path:
    """Make a Python that runs a line before anything else."""
    (folder / "sitecustomize.py").write_text(begins_with)
    python = folder / "python3"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return python


def taken_by_make(*named: str) -> str:
    environ = {name: value for name, value in os.environ.items() if name not in {"PYTHON", "SYSTEM", "MAKEFLAGS"}}
    command = ["make", "--silent", "--eval=taken: ; @echo $(PYTHON)", *named, "taken"]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True).stdout.strip()


def test_a_distributions_python_that_fits_is_taken(tmp_path: Path) -> None:
    fit = python_of(tmp_path, FITS)

    assert taken_by_make(f"SYSTEM={fit}") == str(fit)


@pytest.mark.parametrize("begins_with", [TOO_OLD, CANNOT_INSTALL], ids=["too_old", "cannot_install"])
def test_one_that_does_not_fit_is_passed_by(tmp_path: Path, begins_with: str) -> None:
    unfit = python_of(tmp_path, begins_with)

    assert taken_by_make(f"SYSTEM={unfit}") == "python3"


def test_one_that_is_not_there_is_passed_by(tmp_path: Path) -> None:
    assert taken_by_make(f"SYSTEM={tmp_path / 'python3'}") == "python3"


def test_one_that_is_named_is_taken_before_all(tmp_path: Path) -> None:
    fit = python_of(tmp_path, FITS)

    assert taken_by_make(f"SYSTEM={fit}", "PYTHON=python3.13") == "python3.13"
