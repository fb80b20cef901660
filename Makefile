# Everything starts here: `make` says what there is. Each target sets up what it needs.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --retries 10 --timeout 60
PYTHON ?= python3
WORKERS ?= 2
# What is installed depends on these alone.
DECLARED := setup.cfg pyproject.toml

# $(call say,WHAT,TO DO): why it stopped, and what to do about it.
say = { printf '\nmake: %s\nmake: to do: %s\n' '$(1)' '$(2)' >&2; exit 1; }

.PHONY: help setup demo test lint types bench docs clean

help: ## Say what can be made.
	@awk -F ':.*## ' '/^[a-z]+:.*## /{ printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.demo ## Install kenshin and all that the demo needs into .venv.

demo: setup ## Run four simulated head-ends against an embedded database, end to end.
	@$(BIN)/kenshin demo

test: lint engines ## Check the style, then run every test on every engine.
	@$(BIN)/python -m pytest -n $(WORKERS)

lint: $(VENV)/.test types ## Check style and types, and that the reference is up to date.
	@$(BIN)/ruff check --quiet --output-format concise || $(call say,ruff found something,$(BIN)/ruff check --fix mends most of it)
	@$(BIN)/ruff format --quiet --check || $(call say,files are not formatted,$(BIN)/ruff format)
	@$(BIN)/mypy
	@$(BIN)/python docs/sql_api.py --check || $(call say,the reference of the SQL-API is stale,make docs)
	@$(BIN)/python docs/he_api.py --check || $(call say,the document of HE-API is stale,make docs)

bench: $(VENV)/.test engines ## Measure the speed of the rules beside that of the bare engine.
	@tools/setup/apt-packages bench
	@$(BIN)/python -m bench

docs: $(VENV)/.demo ## Write the references in docs/; with CI=1 fail when one is not up to date.
	@$(BIN)/python docs/sql_api.py $(if $(CI),--check)
	@$(BIN)/python docs/he_api.py $(if $(CI),--check)

clean: ## Remove what was made, but not .venv and the fetched engines.
	@rm -rf build/types build/lib build/bdist.* build/demo build/kenshin dist *.egg-info \
	    .pytest_cache .mypy_cache .ruff_cache
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# --- What the targets stand on --------------------------------------------------------

# mypy knows no mapped folders, so it sees the package as it is once installed.
types:
	@rm -rf build/types && mkdir -p build/types/kenshin
	@ln -s $(CURDIR)/shim/* $(CURDIR)/fixtures/simulator build/types/kenshin/

.PHONY: engines
engines: $(VENV)/.test
	@tools/setup/fetch-mysql
	@tools/setup/fetch-firebird

# A stamp is written last, so an interrupted run is simply done again.
$(VENV)/.demo: EXTRAS = demo
$(VENV)/.test: EXTRAS = demo,test
$(VENV)/.demo $(VENV)/.test: $(VENV)/.%: $(DECLARED)
	@tools/setup/apt-packages $*
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    $(call say,$(PYTHON) is missing or older than 3.11,install Python 3.11 or set PYTHON=…)
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	    echo 'make: creating $(VENV)'; \
	    $(PYTHON) -m venv $(VENV) || $(call say,no virtual environment could be made,see the lines above) \
	}
	@echo 'make: installing kenshin[$(EXTRAS)] into $(VENV)'
	@$(PIP) install --quiet -e '.[$(EXTRAS)]' || \
	    $(call say,pip could not install what kenshin needs,check the network and pip.conf and run again)
	@touch $@
