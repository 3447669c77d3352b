# Every target uses one environment, .venv in this checkout, made by the first target that needs it.
# A distribution's Python is compiled better than what version managers compile: ADR 39.
SYSTEM ?= /usr/bin/python3
FIT    := import importlib.util as i, sys; sys.exit(sys.version_info < (3, 11) or not any(map(i.find_spec, ("pip", "ensurepip"))))
PYTHON ?= $(shell $(SYSTEM) -c '$(FIT)' 2>/dev/null && echo $(SYSTEM) || echo python3)
VENV   := .venv
READY  := $(VENV)/.ready
RUN    := $(VENV)/bin

.PHONY: help run demo test check lock clean
.DEFAULT_GOAL := help

help:  ## what can be done here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements/dev.txt requirements/uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "PayMe needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "making $(VENV) (once)…"
	@test -x $(RUN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	@if $(PYTHON) -m pip --version >/dev/null 2>&1; then :; \
	 elif $(RUN)/python -m ensurepip >/dev/null 2>&1; then :; \
	 else echo "This Python has no pip. On Debian and Ubuntu: sudo apt install python3-pip; then again: make $(MAKECMDGOALS)"; exit 1; fi
	@pip="$(PYTHON) -m pip --python $(RUN)/python"; $(PYTHON) -m pip --version >/dev/null 2>&1 || pip="$(RUN)/python -m pip"; \
	 $$pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(RUN)/uv pip sync --quiet --compile-bytecode --python $(RUN)/python --require-hashes requirements/dev.txt
	@$(RUN)/uv pip install --quiet --python $(RUN)/python --no-deps --no-build-isolation --editable .
	@touch $@

run: $(READY)  ## open the shop: database, simulator, server and worker, until Ctrl-C
	@$(RUN)/payme run

demo: $(READY)  ## trade one day through the HTTP API and prove the books
	@$(RUN)/payme demo

test: $(READY)  ## all tests, on a real PostgreSQL
	@$(RUN)/pytest -n auto --dist worksteal --cov --cov-report=term-missing:skip-covered

check: $(READY)  ## every gate: lint, types, imports, architecture
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/pytest -q tests/architecture

lock: $(READY)  ## renew the requirement files (hashes, no addresses)
	$(RUN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header requirements/uv.in -o requirements/uv.txt
	$(RUN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml requirements/dev.in -o requirements/dev.txt

clean:  ## forget the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage build dist
