# What can be done here; `make help` lists it. Works as root and as anyone who may write to this directory.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/runtime.stamp
DEVELOPMENT := $(VENV)/development.stamp

# Tests start hundreds of processes: what was compiled once is not to be compiled again by each of them.
unexport PYTHONDONTWRITEBYTECODE

# The lock names every package, so pip need not resolve; Python compiles what is imported when it is imported.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PIP_INSTALL := $(PIP) install --no-deps --no-compile
PYTEST := $(BIN)/python -m pytest
PARALLEL := --numprocesses=auto
# A browser, a server and a fleet at once: on a busy machine that takes its time.
PATIENT := --timeout=600
# In a browser on both databases; what the other tests there look at does not depend on the database.
BOTH := tests/e2e/test_spine.py tests/e2e/test_exchange.py
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version=3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --annotation-style=line --custom-compile-command="make lock" --extra=install

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: $(RUNTIME) ## The environment only: .venv from requirements.txt
	@echo "Everything is installed in $(VENV); $(BIN)/ums --help says what it can do."

.PHONY: run
run: export UMS_DATA ?= $(CURDIR)/.data
run: $(RUNTIME) ## Everything: a server with demo data and 25 simulated devices; Ctrl-C ends it (data: UMS_DATA, .data)
	@exec $(BIN)/ums up --demo 25

.PHONY: ha-demo
ha-demo: $(DEVELOPMENT) ## A network: PostgreSQL, Redis, two nodes with load balancers, 200 devices; Ctrl-C ends it
	$(BIN)/python -m tests.services.packages
	@exec $(BIN)/python -m tests.services.ha_demo

.PHONY: test
test: $(DEVELOPMENT) ## System packages (when root), then the suite on SQLite, on PostgreSQL, in a browser
	$(BIN)/python -m tests.services.packages
	$(PYTEST) $(PARALLEL) tests/unit -p no:django
	$(PYTEST) $(PARALLEL) -m "not live" --ignore=tests/unit --ignore=tests/e2e
	$(PYTEST) $(PARALLEL) -m "not live and not once" --ignore=tests/unit --ignore=tests/e2e --database=postgresql
	$(PYTEST) $(PATIENT) -m "not live" tests/e2e
	$(PYTEST) $(PATIENT) --database=postgresql $(BOTH)

.PHONY: live
live: $(DEVELOPMENT) ## Networks of real nodes, with everything that may die killed: three quarters of an hour
	$(BIN)/python -m tests.services.packages
	$(PYTEST) $(PATIENT) -m live --ignore=tests/unit

.PHONY: check
check: export UMS_DATA = $(CURDIR)/$(VENV)/check
check: $(DEVELOPMENT) ## Style, types, layers, templates, missing migrations, API schema
	$(PIP) check
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

.PHONY: bench
bench: $(DEVELOPMENT) ## The benchmarks, each figure beside its baseline; ONLY=name runs one
	$(BIN)/python -m bench $(ONLY)

.PHONY: lock
lock: $(DEVELOPMENT) ## Compile requirements*.txt from pyproject.toml again; UPGRADE=1 takes newer versions
	$(COMPILE) $(if $(UPGRADE),--upgrade) --extra=dev pyproject.toml --output-file=requirements-dev.txt
	$(COMPILE) --constraint=requirements-dev.txt $(if $(UPGRADE),--upgrade) pyproject.toml --output-file=requirements.txt

.PHONY: clean
clean: ## Remove the environment and everything that tools left behind, but no data
	rm -rf $(VENV) build *.egg-info test-results bench-results .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# --- The environment; a stamp is newer than what was installed from, so that nothing is done twice --------------------

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " \
		+ sys.version.split()[0] + "; say which one to use: make PYTHON=/path/to/python3")'
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.txt pyproject.toml | $(BIN)/pip
	@echo "Installing what UMS needs into $(VENV) ..."
	@$(PIP_INSTALL) --require-hashes --requirement requirements.txt
	@$(PIP_INSTALL) --no-build-isolation --no-index --editable .
	@touch $@

$(DEVELOPMENT): requirements-dev.txt $(RUNTIME)
	@echo "Installing what tests and checks need into $(VENV) ..."
	@$(PIP_INSTALL) --require-hashes --requirement requirements-dev.txt
	@touch $@
