# Every target sets up what it needs in .venv first. `make help` lists them.

PYTHON ?= python3
BIN := .venv/bin
PACKAGES := $(wildcard pymediatr shared_kernel service_chassis player_service navigation_service routing_service sandbox cli)
SERVICES := player navigation routing
IMAGES := player_service navigation_service routing_service sandbox cli
OVERLAYS := $(notdir $(wildcard deploy/kubernetes/overlays/*))
BENCHMARKS := $(patsubst tests/benchmarks/%/__main__.py,%,$(wildcard tests/benchmarks/*/__main__.py))
COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet

# What `make images` builds with: docker, podman or buildah.
ENGINE ?= docker
TAG ?= local

# What `make chaos` does its worst with; SECONDS is the time between two kills.
SEED ?= 1
VOYAGES ?= 200
REPLICAS ?= 3
SECONDS ?= 3

export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help setup demo up test check format protos protos-check bench load chaos lock images clean \
        lint types imports contracts manifests

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: .venv/.kernels ## Make .venv with every pinned dependency and this project in it

demo: .venv/.kernels ## Fly a ship across an offline universe, with all three services, and stop again
	@$(BIN)/spacetraders demo $(ARGS)

up: .venv/.kernels ## Run the three services and the sandbox until Ctrl-C (ARGS="--time-scale 60")
	@$(BIN)/spacetraders up $(ARGS)

test: .venv/.kernels ## Run all tests (ARGS="tests/unit -k paging" for some)
	@$(BIN)/pytest $(if $(ARGS),$(ARGS),-n 2 --dist loadfile)

check: lint types imports protos-check contracts manifests ## Run every static check: format, lint, types, imports, contracts, manifests
	@echo "check: all passed"

format: .venv/.ready ## Rewrite the sources in the one format, and mend what the linter can
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

protos: .venv/.ready ## Generate the Python stubs beside the .proto files
	@$(BIN)/python protos/generate.py

protos-check: .venv/.ready ## Fail if the committed stubs are not what the .proto files generate
	@$(BIN)/python protos/generate.py --check

bench: .venv/.bench-ready ## Measure, and print the figures that docs/benchmarks.md keeps (BENCHMARKS=routing ARGS=--quick)
	@status=0; for name in $(BENCHMARKS); do \
	  echo "== $$name"; $(BIN)/python -m tests.benchmarks.$$name $(ARGS) || status=1; \
	done; exit $$status

load: .venv/.kernels ## Measure throughput beside an echo, routing with one and two processes, and replicas that go (ARGS=--quick)
	@$(BIN)/python -m tests.benchmarks.load $(ARGS)

chaos: .venv/.kernels ## Fly many voyages while everything fails, and report (SEED=1 VOYAGES=200 REPLICAS=3 SECONDS=3)
	@GRPC_ENABLE_FORK_SUPPORT=0 $(BIN)/python -m tests.e2e.chaos \
	  --seed $(SEED) --voyages $(VOYAGES) --replicas $(REPLICAS) --seconds $(SECONDS) $(ARGS)

lock: .venv/.ready ## Pin the newest allowed dependencies again, all lock files at once
	$(COMPILE) --upgrade --extra dev -o requirements.lock
	$(COMPILE) --extra dev --extra bench -c requirements.lock -o requirements-bench.lock
	$(foreach service,$(SERVICES),$(COMPILE) --extra $(service) -c requirements.lock -o deploy/docker/$(service)_service.lock$(newline))
	$(COMPILE) --extra cli -c requirements.lock -o deploy/docker/cli.lock
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["sandbox"], sep="\n")' \
	  | $(subst pyproject.toml,-,$(COMPILE)) -c requirements.lock -o deploy/docker/sandbox.lock

images: ## Build the images that the overlay `local` runs (ENGINE=docker TAG=local)
	$(foreach image,$(IMAGES),$(ENGINE) build -f deploy/docker/Dockerfile --build-arg SERVICE=$(image) -t $(subst _,-,$(image)):$(TAG) .$(newline))

clean: ## Remove .venv, caches and build output; data/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lint: .venv/.ready
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .

types: .venv/.ready
	@$(BIN)/mypy --strict $(PACKAGES) tests

imports: .venv/.ready
	@$(BIN)/lint-imports

contracts: .venv/.ready
	@$(BIN)/buf lint
	@.ci/buf-breaking

manifests: .venv/.ready
	@$(BIN)/yamllint --strict deploy
	@rm -rf .venv/rendered && mkdir .venv/rendered
	@for overlay in $(OVERLAYS); do \
	  $(BIN)/kubectl kustomize deploy/kubernetes/overlays/$$overlay > .venv/rendered/$$overlay.yaml || exit 1; \
	done
	@$(BIN)/kubernetes-validate --strict --quiet .venv/rendered/*.yaml

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, and $(PYTHON) is older or missing. Name one: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up .venv (a minute or two, once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.kernels: .venv/.ready $(wildcard routing_service/domain/*.py)
	@echo "Compiling the route planner (three minutes, once) ..."
	@$(BIN)/python -m routing_service compile
	@touch $@

.venv/.bench-ready: .venv/.kernels requirements-bench.lock
	@echo "Adding what the benchmarks compare with ..."
	@$(BIN)/python -m pip install -qq --require-hashes -r requirements-bench.lock
	@touch $@

define newline


endef
