# The front door. `make run` starts Huying, `make test` proves it; both set up what they need.

PY := .venv/bin/python
DATA ?= huying-data
QUICK := not (e2e or browser or fuzz or slow or crash or postgres)

.PHONY: help run test crash quick timings lint format train evaluate bench wheel lock clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: .prepared-run  ## set up and start everything: browser chat, desk, SQLite, shipped model
	@.venv/bin/huying serve --data-dir $(DATA) $(ARGS)

test: .prepared-test lint  ## set up and run every test
	@$(PY) -m pytest -n 2 --dist worksteal -m "not crash" $(ARGS)
	@$(PY) -m pytest -m "crash" $(ARGS)

crash: .prepared-test  ## kill -9 at a hundred random moments
	@HUYING_TEST_KILLS=100 $(PY) -m pytest -s -m crash $(ARGS)

quick: .prepared-test  ## the fast ones, under a minute
	@$(PY) -m pytest -n 2 --quick -m "$(QUICK)" $(ARGS)

timings: .prepared-test  ## measure every test anew: which ones `quick` leaves out
	@$(PY) -m pytest -n 2 --dist worksteal --note-slow -m "not crash" $(ARGS)

lint: .prepared-test  ## ruff and mypy --strict
	@$(PY) -m ruff check --no-cache . && $(PY) -m ruff format --check -q . && $(PY) -m mypy

format: .prepared-test
	@$(PY) -m ruff check -q --fix . ; $(PY) -m ruff format -q .

train: .prepared-run  ## train on training_data/ and promote the model if it is better
	@.venv/bin/huying train --data-dir $(DATA) $(ARGS)

bench: .prepared-test  ## message to case number, intake throughput: ratios within one run
	@$(PY) -m benchmarks.intake $(ARGS)

wheel: .prepared-test  ## build the wheel into dist/
	@$(PY) -m build --wheel --outdir dist . >/dev/null && ls dist

lock: .prepared-test  ## hash the requirements anew (needs uv)
	@uv export -q --no-emit-project --no-header --format requirements-txt --no-default-groups \
	  --extra fast -o requirements/run.txt >/dev/null
	@uv export -q --no-emit-project --no-header --format requirements-txt \
	  --extra fast --extra cluster --group dev -o requirements/dev.txt >/dev/null

clean:  ## remove what was built; never your data
	rm -rf .venv .venv-sims dist build *.egg-info .mypy_cache .ruff_cache

.PHONY: .prepared-run .prepared-test
.prepared-run:
	@scripts/prepare.sh run
.prepared-test:
	@scripts/prepare.sh test
