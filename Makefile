# Two commands: `make reproduce` runs the pipeline, `make test` checks the project.
# Each sets up what it needs. `make help` lists the rest.

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
# Stages say `python`, so the environment's must come first.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export DVC_NO_ANALYTICS := 1
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
READY := $(VENV)/ready
DATASET ?= synthetic
SEEDS ?= 0,1,2
AXE := axe-core@4.14.1
# Rows that are trained side by side; empty: one for each core, or for each GPU.
JOBS ?=
PIPELINE = $(if $(filter synthetic,$(DATASET)),dvc.yaml,pipelines/$(DATASET)/dvc.yaml)

.PHONY: help setup reproduce test test-fast check format lock audit coverage mutants browser pipeline readme gate seeds \
  bench experiments demo clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## Create .venv from requirements.txt

$(READY): requirements.txt bootstrap/uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "avloc needs Python 3.11 or newer; run make PYTHON=/path/to/it"; exit 1; }
	@command -v uv >/dev/null || test -x .tools/bin/uv || \
	  $(PYTHON) bootstrap/pip-26.3-py3-none-any.whl/pip --disable-pip-version-check install \
	    --quiet --target .tools --require-hashes --requirement bootstrap/uv.txt
	$(UV) venv --quiet --no-python-downloads --allow-existing --python "$$(command -v $(PYTHON))" $(VENV)
	$(UV) pip sync --quiet --python $(VENV)/bin/python --require-hashes requirements.txt
	$(UV) pip install --quiet --python $(VENV)/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## Localise sounds in a generated video with a released model; no network
	@python -m avloc demo

pipelines/%/dvc.yaml: dvc.yaml $(READY)
	@python -m avloc pipelines --dataset $*

reproduce: $(PIPELINE) $(READY) ## Run the pipeline (DATASET=synthetic), JOBS=n rows side by side
	@python -m avloc reproduce --dataset $(DATASET) --jobs "$(JOBS)"
	@echo
	@cat plots/$(DATASET)/tables/listening.md
	@echo
	@echo "Tables:  plots/$(DATASET)/tables/    Figures: plots/$(DATASET)/figures/"
	@echo "Scores:  make experiments            Curves:  dvc plots show"

# Two test processes on two cores: more threads each would wait for one another.
test test-fast: export OMP_NUM_THREADS := 1

test: check ## Run every test, with real ffmpeg, DVC and training
	pytest -m "slow or not slow" -n 2 --dist loadfile

# The tests of the report page skip what is missing. Chromium needs root, or comes with the machine.
browser: ## Install axe-core (npm) and, as root on Debian, Chromium, for tests of the report page
	npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error \
	  --fetch-retries=1 --fetch-timeout=30000 --prefix .tools/axe $(AXE)
	@command -v chromedriver >/dev/null || \
	  { test "$$(id -u)" -eq 0 && apt-get update -qq && apt-get install -qq -y chromium-driver; } || \
	  echo "chromedriver is missing; install Chromium with it (Debian: chromium-driver)"

test-fast: $(READY) ## Run the fast tests
	pytest -n 2 --dist loadfile

coverage: export OMP_NUM_THREADS := 1
coverage: $(READY) ## Run the fast tests, and show which lines and branches of src no test reaches
	pytest -n 2 --dist loadfile --cov --cov-report=term-missing:skip-covered

mutants: export OMP_NUM_THREADS := 1
mutants: $(READY) ## Put faults into losses, metrics and the gate: which do the tests not notice?
	python -m tests.mutation $(MODULE)

check: $(READY) ## Format, lint and type-check without changing anything
	ruff format --check .
	ruff check .
	mypy

format: $(READY) ## Format the code
	ruff format .
	ruff check --fix .

lock: ## Pin every dependency again, by hash
	$(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	  --no-emit-index-url --no-annotate --no-header --extra dev pyproject.toml \
	  --output-file requirements.txt

audit: $(READY) ## Look up known vulnerabilities of the locked packages, in the internet
	$(UV) tool run pip-audit@2.10.1 --strict --require-hashes --disable-pip \
	  --progress-spinner off --requirement requirements.txt

pipeline: $(READY) ## Write pipelines/DATASET/dvc.yaml, the pipeline of another data set
	python -m avloc pipelines --dataset $(DATASET)

readme: $(READY) ## Copy the rendered tables into README.md
	python -m avloc readme

seeds: $(PIPELINE) $(READY) ## Train every row with SEEDS=0,1,2, keep the tables in docs/results, go back
	@git diff --quiet HEAD -- params.yaml dvc.lock metrics plots || \
	  { echo "params.yaml, dvc.lock, metrics or plots has changes; commit them first"; exit 1; }
	dvc exp run -S 'seeds=[$(SEEDS)]' $(if $(filter synthetic,$(DATASET)),check,$(PIPELINE):check)
	@python -m avloc reproduce --dataset $(DATASET) --jobs "$(JOBS)"
	python -m avloc seeds --dataset $(DATASET)
	git checkout -- params.yaml dvc.lock metrics plots
	dvc checkout

torture: $(READY) ## Kill the pipeline KILLS=100 times, damage MUTATIONS=1000 videos (SEED=0)
	@python -m tests.torture --kills $(or $(KILLS),100) --mutations $(or $(MUTATIONS),1000) \
	  --seed $(or $(SEED),0)

experiments: $(READY) ## Compare experiments by the headline scores of a row (ROW=ours SET=pair)
	@dvc exp show --md --drop '.*' --keep Experiment --keep '$(or $(ROW),ours)[.]$(SET)'

gate: $(READY) ## Compare metrics with the committed ones (BASE=HEAD, REPORT=file)
	@python -m avloc gate --base "$(or $(BASE),HEAD)" $(if $(REPORT),--report "$(REPORT)")

bench: $(READY) ## Measure how fast everything is (ONLY=loader,train_step; docs/speed.md)
	@python -m bench $(if $(ONLY),--only "$(ONLY)")

clean: ## Remove the environment and unfinished work; DVC's cache stays
	rm -rf $(VENV) .tools scratch
