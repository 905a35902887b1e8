# Two commands do all the set-up on a fresh Debian 12 or macOS machine: `make report` and `make test`.
.PHONY: help report test lint wheel-test docs bench clean
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell find auditkit checklists templates sample_stacks -name '*.py' -o -name '*.yaml')

help:
	@echo "make report   write the PDF of the sample voice agent (installs what is missing)"
	@echo "make test     run the tests (installs what is missing)"
	@echo "make lint     ruff, mypy, import-linter"
	@echo "make docs     write the generated pages of docs/ again"
	@echo "make bench    run the benchmarks"

report: $(VENV)/.ready .system/pdf
	@$(BIN)/auditkit audit sample_stacks/voice_agent.yaml -o voice_agent-audit.pdf
	@echo "The report is at $(CURDIR)/voice_agent-audit.pdf"

test: $(VENV)/.dev .system/pdf .system/test
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The suite against the built wheel, in an environment that has nothing else of ours.
wheel-test: $(VENV)/.dev .system/pdf .system/test
	.ci/wheel.sh

docs: $(VENV)/.dev
	$(BIN)/python docs/build.py

bench: $(VENV)/.ready .system/pdf
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) .system dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.python:
	@.ci/python.sh $(PYTHON) $(VENV)
	@touch $@

$(VENV)/.ready: $(VENV)/.python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@$(BIN)/python -m compileall -q auditkit
	@touch $@

$(VENV)/.dev: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@

.system/pdf:
	@.ci/system.sh pdf
	@mkdir -p .system && touch $@

.system/test:
	@.ci/system.sh test
	@mkdir -p .system && touch $@
