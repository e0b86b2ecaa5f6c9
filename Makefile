# `make setup` is all that a run needs, `make gameday` runs every experiment, `make check` is for while you work, and
# `make test` is everything: on Debian, as root, because it installs Debian packages. Each sets up .venv by itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
WORKERS ?= 3

.PHONY: setup gameday test check format lock clean

setup: $(VENV)/.installed  ## .venv with `chaos` and `deskstorm` in it

gameday: $(VENV)/.installed  ## every experiment against the local world, with a review of each
	$(BIN)/deskstorm run experiments/*.json --parallel $(JOBS) --leave-out-impossible

test: $(VENV)/.installed-test  ## all tests, about 25 minutes on two cores; on Debian, as root: it installs packages
	$(BIN)/python -m tests.debian iproute2 nftables user-mode-linux kmod
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: $(VENV)/.installed-test  ## format, lint, types and the tests that need no world
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -n $(JOBS) -m "not world and not prove"

format: $(VENV)/.installed-test  ## rewrite the code in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.installed-test  ## pin the dependencies of pyproject.toml anew
	$(BIN)/python -m pip install -q pip-tools
	$(BIN)/python -m piptools compile -q --no-header --no-emit-index-url --no-emit-find-links --strip-extras \
	  --allow-unsafe --generate-hashes --no-annotate --upgrade --extra build -o requirements.lock pyproject.toml
	$(BIN)/python -m piptools compile -q --no-header --no-emit-index-url --no-emit-find-links --strip-extras \
	  --allow-unsafe --generate-hashes --no-annotate --upgrade --extra build --extra test -c requirements.lock \
	  -o requirements-test.lock pyproject.toml

clean:
	rm -rf $(VENV) runs

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Deskstorm needs Python 3.11 or later, found " + sys.version)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.installed-test: requirements-test.lock $(VENV)/.installed
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-test.lock
	touch $@
