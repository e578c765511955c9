# The command index. Every target does all of its own set-up; the second run starts in seconds.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo test fuzz faults check lint types compiled screenshots bench profile instructions clean

PYTHON ?= python3
BIN := .venv/bin

help:
	@echo 'make demo    the five-minute story: a real monolith, a new service with planted faults, the report'
	@echo 'make test    all tests, shared out over PROCESSES=2'
	@echo 'make fuzz    mutated traffic on both sides of the wire for SECONDS=60'
	@echo 'make check   what continuous integration runs: lint, types, instructions, tests'
	@echo 'make lint    ruff: format and rules'
	@echo 'make types   mypy --strict'
	@echo 'make faults  50 rounds of each fault under load: killed, stopped, cut off, full, jammed; takes a quarter of an hour'
	@echo 'make compiled the live path compiled into var/compiled, and all tests of the proxy against it'
	@echo 'make bench   one proxy worker beside nginx, HAProxy, Envoy, Caddy and Traefik, by requests per CPU-second; a quarter of an hour'
	@echo 'make profile where a request spends its time: a flame graph of a loaded worker, instructions by function; into var/profile'
	@echo 'make instructions  machine instructions of one request, against the recorded figure; needs valgrind, takes a minute'
	@echo 'make screenshots the pages of the console as pictures, with the evidence of the demo'
	@echo 'make setup   only the set-up: leaves $(BIN)/strangler'
	@echo 'make clean   remove what the other targets made, the virtual environment included'

setup: .venv/.stamp

# Ours are compiled too: where PYTHONDONTWRITEBYTECODE is set, every process would do so again at its start.
.venv/.stamp: pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo 'make: no $(PYTHON) here. On Debian: sudo apt-get install python3 python3-venv' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V). Another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo 'make: this Python cannot make virtual environments. On Debian: sudo apt-get install python3-venv' >&2; exit 1; }
	@echo 'setting up .venv (once; a minute or so)'
	@$(BIN)/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable '.[demo]' --group dev
	@$(BIN)/python -m compileall -q proxy shadow console demo
	@touch $@

demo: setup
	@$(BIN)/strangler demo

PROCESSES ?= 2

# Hundreds of processes are started: none of them should compile our modules anew, even where the environment asks for that.
test: export PYTHONDONTWRITEBYTECODE :=
test: setup
	@$(BIN)/python -m pytest -n $(PROCESSES) --dist worksteal

faults: setup
	@STRANGLER_ROUNDS=$${STRANGLER_ROUNDS:-50} $(BIN)/python -m pytest -s tests/faults

SECONDS ?= 60

fuzz: setup
	@STRANGLER_FUZZ_SECONDS=$(SECONDS) $(BIN)/python -m pytest -q tests/proxy/test_fuzz.py

check: lint types instructions test

lint: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: setup
	@$(BIN)/mypy

screenshots: setup
	@$(BIN)/python -m tests.browser.screenshots

compiled: setup
	@STRANGLER_COMPILED_TESTS=tests/proxy $(BIN)/python -m pytest -q tests/test_compiled.py

bench: BEGAN := $(shell date +%s)
bench: setup
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --group bench
	@$(BIN)/python -m bench.parts --since $(BEGAN)

profile: setup
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --group profile
	@$(BIN)/python -m bench.profiling

instructions: setup
	@$(BIN)/python -m bench.instructions --check

clean:
	rm -rf .venv var dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
