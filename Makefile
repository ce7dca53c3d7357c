# Every target makes .venv and installs what it needs; that is done again when pyproject.toml changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help check test lint bench audit notebooks docs clean

help:
	@echo "make check      check every claim of the book"
	@echo "make test       run the tests"
	@echo "make lint       ruff and mypy"
	@echo "make bench      measure speeds beside sympy, mpmath and heyoka"
	@echo "make audit      reliability figures: false statements, enclosures, corrupted certificates, crashes;"
	@echo "                half an hour; parts of it: make audit PARTS=\"variants routes\", PARTS=--help"
	@echo "make notebooks  open the notebooks in JupyterLab (installs it)"
	@echo "make docs       build the documentation site in build/docs"
	@echo "make clean      remove the virtual environment and caches"

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test]"
	@touch $@

check: $(STAMP)
	@$(BIN)/ncverify check

test: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(STAMP)
	@$(BIN)/python benchmarks/bench.py

audit: $(STAMP)
	@$(BIN)/python scripts/audit.py $(PARTS)

notebooks: $(VENV)/.lab
	$(BIN)/jupyter lab notebooks

$(VENV)/.lab: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[lab]"
	@touch $@

docs: $(VENV)/.docs
	@$(BIN)/python -m sphinx -b html -E -W --keep-going -q -d build/doctrees docs build/docs
	@echo "open build/docs/index.html"

$(VENV)/.docs: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[docs]"
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
