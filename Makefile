# The commands of this project. `make run` and `make test` need nothing but Python 3.11 or newer and make.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
# Tests start a few hundred programs: each would compile the whole site again where Python is told to keep nothing.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check bench assets lock messages format clean
help: ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

run: $(VENV)/.site ## fill a demo and serve it at http://127.0.0.1:8000 (PORT= changes the port)
	@$(BIN)/townsquare demo --port $(PORT)

test: $(VENV)/.dev ## everything: lint, import contracts, types, both databases, real servers, browser
	@$(BIN)/python tests/prepare.py
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist loadgroup

check: $(VENV)/.dev ## the quick half of `make test`: rules, services on SQLite, the house's own rules
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/pytest -q -n 2 --dist loadgroup -m "not slow and not browser" -k "not postgres" \
		tests/architecture tests/petitions/rules tests/petitions/service tests/app/core/people tests/app/core/security

bench: $(VENV)/.dev ## all benchmarks
	$(BIN)/python -m bench.signing
	$(BIN)/python -m bench.pages
	$(BIN)/python -m bench.petitions
	$(BIN)/python -m bench.comments
	$(BIN)/python -m bench.consultations
	$(BIN)/python -m bench.outcomes
	$(BIN)/python -m bench.live

assets: ## rebuild the vendored look (needs npm; nothing else does)
	deploy/assets/build.sh

messages: $(VENV)/.dev ## collect the strings people see into the catalogue
	$(BIN)/pybabel -q extract -F app/locale/babel.cfg -k _ --no-location --sort-output --omit-header -o app/locale/messages.pot app consultations petitions templates townhall

lock: $(VENV)/.dev ## pin every dependency with hashes
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra postgres --extra scale pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra postgres --extra scale --extra dev pyproject.toml -c requirements.lock -o tests/requirements.lock

format: $(VENV)/.dev ## tidy the code's layout
	$(BIN)/ruff check -q --fix . || true
	$(BIN)/ruff format -q .

clean: ## forget the environment and the demo
	rm -rf $(VENV) var

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Town Square needs Python 3.11 or newer: install it and try again."; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "This Python cannot make environments: on Debian, apt-get install python3-venv."; exit 2; }

$(VENV)/.site: $(BIN)/python requirements.lock pyproject.toml
	@echo "Installing …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.site tests/requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r tests/requirements.lock
	@touch $@
