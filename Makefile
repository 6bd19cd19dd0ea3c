# Two commands do everything on a fresh machine: `make demo` and `make test`. Both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Twice the cores of a small machine: many tests wait for a server or a browser. See tests/order.py.
WORKERS ?= 4
SIDE_BY_SIDE := --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder
QUIETLY := install --quiet --quiet

.PHONY: help demo test quick durations nightly check wheel lint types docs sync clean

help: ## Show what there is to make
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.base ## Make a signed video with synthetic performers, into out/demo
	@$(BIN)/avatar demo

test: $(VENV)/.dev ## Run all tests, the quick ones first
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "not wheel" --durations=50

durations: $(VENV)/.dev ## Run all tests, and record how long the slow ones take
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "not wheel" --durations=50 --record-seconds

quick: $(VENV)/.dev ## Run the quick tests only
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "not slow"

lint: $(VENV)/.dev ## Check style, layers, dependencies and dead code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/vulture

types: $(VENV)/.dev ## Check types
	$(BIN)/mypy

docs: $(VENV)/.dev ## Build the documentation site into out/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

check: lint types test ## Check style and types, and run all tests

nightly: $(VENV)/.dev ## Attack at full size: mutants, fuzzed and hostile media, races, and many more drawn examples
	$(BIN)/python -m tools.mutate_countermeasures
	$(BIN)/python -m benchmarks.fuzz_media
	$(BIN)/python -m benchmarks.hostile_media
	$(BIN)/python -m benchmarks.races
	HYPOTHESIS_PROFILE=nightly $(BIN)/pytest $(SIDE_BY_SIDE) -m hypothesis --timeout=3600 --durations=50

wheel: $(VENV)/.dev ## Build and test the wheel, and make a signed video with it alone, into out/wheel
	$(BIN)/pytest -m wheel tests/house/test_wheel.py
	$(BIN)/python -m tools.wheel_environment out/wheel

sync: ## Set up .venv again, after a change of dependencies or engine lines
	@rm -f $(VENV)/.base $(VENV)/.dev
	@$(MAKE) --no-print-directory $(VENV)/.dev

clean: ## Remove what was made here, but not the store (.avatar)
	rm -rf $(VENV) out build *.egg-info

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# torch first and by its exact version, so that a CPU build is taken where pip is configured to find one.
$(VENV)/.base: pyproject.toml constraints.txt Makefile | $(BIN)/python
	@echo "Setting up $(VENV): several minutes the first time."
	$(PIP) $(QUIETLY) torch==2.13.0
	$(PIP) $(QUIETLY) --constraint constraints.txt --editable .
	$(BIN)/avatar weights pull
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	$(PIP) $(QUIETLY) --constraint constraints.txt --editable ".[dev]"
	@# For tests only: a judge of likeness, which declares a package that must be compiled (this one brings it built), and a
	@# second opinion on the Merkle tree, which is GPL and asks for an older cachetools than it needs.
	$(PIP) $(QUIETLY) --no-deps Resemblyzer==0.1.4 webrtcvad-wheels==2.0.14 pymerkle==7.0.0
	@# The browser for the tests of the consent pages; without one they are skipped, and say so.
	@command -v chromium >/dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null \
		|| { apt-get -qq update && apt-get -qq install --yes --no-install-recommends chromium; } >/dev/null 2>&1 \
		|| echo "Chromium could not be installed: the tests of the consent pages in a browser are skipped."
	@touch $@
