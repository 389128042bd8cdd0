# Set-up, tests and the rest of a working day. `make` alone lists the targets.
# The work of `setup` is in scripts/setup.sh, so that this page stays a list.

# The lock files decide what is installed; PYTHON=python3.12 picks an interpreter by hand.
export PYTHON
ARGS =
BIN = .venv/bin
IMAGE = htmlcard
LOCK = uv pip compile pyproject.toml --universal --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help setup run test soak faults check format bench bench-quick bench-links lock container container-test clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1~\2/p' Makefile | awk -F '~' '{ printf "%-22s%s\n", $$1, $$2 }'

setup: ## virtual environment, locked dependencies, Chromium, fonts
	@sh scripts/setup.sh

run: setup ## start the service with live reload on http://127.0.0.1:8080 (PORT=…)
	@exec $(BIN)/htmlcard dev $(ARGS)

test: setup ## run all tests, real Chromium included (ARGS="-k name")
	@$(BIN)/python -m pytest $(or $(ARGS),-n 2 --dist loadgroup)

soak: setup ## the long tests: thousands of cards, every one of them checked
	@$(BIN)/python -m pytest -m soak $(ARGS)

faults: setup ## break a running service in every way we know, 13 minutes (FIGURES=write)
	@$(BIN)/python -m pytest -m "faults or measures" $(ARGS)

check: setup ## lint, formatting, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## format the code and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## measure everything beside its peers, 25 minutes; writes docs/performance.md
	@sh bench/peers/install.sh
	@$(BIN)/python -m bench $(ARGS)

bench-quick: setup ## the same at a glance, in under three minutes
	@sh bench/peers/install.sh
	@$(BIN)/python -m bench --quick $(ARGS)

bench-links: setup ## read saved pages beside other unfurlers; writes into docs/links.md
	@sh bench/links/install.sh
	@$(BIN)/python -m bench.links $(ARGS)

lock: ## make both lock files anew (needs uv)
	$(LOCK) --group dev -o requirements-dev.lock
	$(LOCK) -c requirements-dev.lock -o requirements.lock

container: ## build the container image (docker, podman or buildah)
	@sh deploy/container-build.sh $(IMAGE)

container-test: ## build the image without a daemon and draw a card in it (root, debootstrap, buildah)
	@bash deploy/container-test.sh

clean: ## remove the virtual environment and everything made
	rm -rf .venv .setup dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
