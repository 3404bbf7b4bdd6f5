# make demo: install, fetch what is needed, run the main job on sample media.   make test: the whole test suite.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: install install-wan demo test lint docs bench web-vendor clean

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

docs: .venv/.tools
	$(BIN)/python docs/build.py src/motioncast/web/guide

bench: .venv/.tools
	$(BIN)/python -m bench puppet
	$(BIN)/python -m bench quality

# The versions are those in the head of the vendored file: to go to others, change them there and run this.
VENDOR := src/motioncast/web/vendor
vendored = $(shell sed -n '1s/.*$(1) \([0-9][0-9.]*\).*/\1/p' $(VENDOR)/preact.js)
define VENDOR_ENTRY
export { h, render, Fragment } from "preact";
export { useState, useEffect, useLayoutEffect, useMemo, useRef, useCallback, useReducer, useId } from "preact/hooks";
import { h } from "preact";
import htm from "htm";
export const html = htm.bind(h);
endef
export VENDOR_ENTRY

web-vendor:
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	npm install --prefix "$$folder" --silent --no-audit --no-fund \
	  preact@$(call vendored,preact) htm@$(call vendored,htm) esbuild@0.28.2; \
	printf '%s\n' "$$VENDOR_ENTRY" > "$$folder/entry.js"; \
	"$$folder/node_modules/.bin/esbuild" "$$folder/entry.js" --bundle --format=esm --minify --legal-comments=none \
	  --log-level=warning --outfile="$$folder/bundle.js"; \
	{ head -n 2 $(VENDOR)/preact.js; cat "$$folder/bundle.js"; } > "$$folder/preact.js"; \
	for name in preact htm; do \
	  printf '%s\n\n' "==== $$name, part of preact.js ===="; cat "$$folder/node_modules/$$name/LICENSE"; echo; \
	done > $(VENDOR)/LICENSES.txt; \
	cp "$$folder/preact.js" $(VENDOR)/preact.js

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
