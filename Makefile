# make demo: install, fetch what is needed, run the main job on sample media.   make test: the whole test suite.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: install install-wan demo test lint bench clean

install: .venv/.installed

install-wan: .venv/.wan

demo: install
	$(BIN)/motioncast demo --output demo

test: .venv/.tools
	$(BIN)/python -m pytest

lint: .venv/.tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.tools
	$(BIN)/python -m bench puppet
	$(BIN)/python -m bench quality

clean:
	rm -rf .venv demo

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Motioncast needs Python 3.11 or newer: set PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(PIP) -e .
	@touch $@

.venv/.wan: .venv/.installed
	$(PIP) -e '.[wan]'
	$(PIP) --no-deps rtmlib  # it asks for a second OpenCV; ours serves it
	@touch $@

.venv/.tools: .venv/.installed
	$(PIP) -e '.[dev]'
	@touch $@
