# Every target sets itself up from a bare Python >= 3.11, git and make. `make` alone lists them.

.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help demo up test test-matrix mutation check bench bench-memory soak soak-merges soak-workflows soak-legacy soak-steering brokers fuzz-api conformance-webhooks conformance-policy conformance-merge lock clean

PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCKS := .requirements/run.txt .requirements/dev.txt

help: ## List these targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 30

demo: $(STAMP) ## Tell the life of a pull request in the terminal (a minute or two)
	@$(BIN)/python -m app.demo

up: $(STAMP) ## Run everything on this machine until Ctrl-C
	@$(BIN)/mergegate up

test: $(STAMP) ## Run all tests, with coverage
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --skip-covered --skip-empty --fail-under=90
	@$(BIN)/coverage report --include='policies/*' --skip-covered --skip-empty --fail-under=100

test-matrix: $(STAMP) ## Run all cases of what has many and what takes long, such as every merge scenario (`make test` has an eighth)
	@$(BIN)/python -m pytest -q -n 3 --whole -m "matrix or long"

mutation: $(STAMP) ## Change the gate decision and the reading of GitHub's answers, and see that tests notice (some 5 minutes)
	@$(BIN)/python -m tests.policies.merging.mutation

check: $(STAMP) ## Lint, check formatting, types and the direction of imports
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted; run: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports
	@echo "All checks passed."

bench: $(STAMP) ## Measure what the README promises
	@$(BIN)/python -m bench

bench-memory: $(STAMP) ## Evaluate a million times and watch the memory (some 15 minutes)
	@$(BIN)/python -m bench.policies --long

soak: soak-merges soak-workflows soak-legacy soak-steering ## All of the next four, one after the other (an hour and more); SEED=<number>

soak-merges: $(STAMP) ## Ask for 200 merges at once and kill workers at random; SEED=<number>
	@$(BIN)/python -m tests.soak $(SEED)

soak-workflows: $(STAMP) ## Kill each process, Redis and Postgres, and workers at each point, under 500 workflows; SEED=<number> PULLS=<number>
	@$(BIN)/python -m tests.soak.great_workflows $(or $(SEED),0) $(PULLS)

soak-legacy: $(STAMP) ## Import 200,000 old records, killed three times, rolled back, imported again (some 15 minutes)
	@$(BIN)/python -m tests.soak.great_legacy $(ROWS)

soak-steering: $(STAMP) ## Cancel, retry and pause at random while workers die (200 ways each, some 12 minutes); SEEDS=<number>
	@STEERED_SEEDS=$(or $(SEEDS),200) $(BIN)/pytest -q -n 2 tests/tasks/test_workflows_steered_at_random.py

brokers: $(STAMP) ## Play the main job on Redis and on RabbitMQ, which are stopped and killed; SEED=<number> PULLS=<number>
	@$(BIN)/python -m tests.soak.brokers $(or $(SEED),0) $(PULLS)

fuzz-api: $(STAMP) ## Ask every endpoint of the API a thousand things (some 20 minutes); EXAMPLES=<number>
	@API_EXAMPLES=$(or $(EXAMPLES),1000) $(BIN)/pytest -q -n 2 tests/app/web/api/test_fuzzed.py

conformance-webhooks: $(STAMP) ## Send a file of webhooks to the real receiver: CASES=<file.jsonl>
	@test -n "$(CASES)" || { echo "Say which file: make conformance-webhooks CASES=<file.jsonl>" >&2; exit 2; }
	@$(BIN)/python -m tests.conformance.webhooks "$(CASES)"

conformance-policy: $(STAMP) ## Judge a file of policy cases as policy-bot does: CASES=<file.jsonl>
	@test -n "$(CASES)" || { echo "Say which file: make conformance-policy CASES=<file.jsonl>" >&2; exit 2; }
	@$(BIN)/python -m tests.conformance.policy "$(CASES)"

conformance-merge: $(STAMP) ## Play merge scenarios through the whole gate: CASES=<file.jsonl> (ours without it); ONLY=<id> plays one
	@ONLY="$(ONLY)" $(BIN)/python -m tests.conformance.merge "$(or $(CASES),tests/conformance/merge_scenarios.jsonl)"

lock: $(STAMP) ## Write the lock files anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  pyproject.toml --output-file .requirements/run.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --extra dev --constraint .requirements/run.txt pyproject.toml --output-file .requirements/dev.txt

clean: ## Remove what the targets above have made here (never data of `make up`)
	@rm -rf $(VENV) build dist .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A pyenv shim may exist and still fail, so each candidate is run.
$(STAMP): $(LOCKS) pyproject.toml
	@test ! -e $(VENV) || $(BIN)/python -m pip --version >/dev/null 2>&1 || rm -rf $(VENV)
	@test -x $(BIN)/python || { \
	  for python in $(or $(PYTHON),python3.11 python3.12 python3.13 python3.14 python3 python); do \
	    if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found=$$python; break; fi; \
	  done; \
	  test -n "$${found:-}" || { echo "No Python >= 3.11 (with venv) is on the PATH; install one, or say which: make PYTHON=/path/to/python" >&2; exit 1; }; \
	  echo "Setting up $(VENV) with $$("$$found" --version), once ..."; \
	  "$$found" -m venv $(VENV); }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
