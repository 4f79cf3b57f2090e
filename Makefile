# Moothall: two commands, `make run` and `make test`.
.PHONY: help run test wheel services services-stop environment lock clean
.DEFAULT_GOAL := help

PYTHON ?= python3

# CITY, PORT, REPLAY and MOOTHALL_HOME may be given: make run CITY=leeds PORT=8080
$(foreach name,CITY PORT REPLAY MOOTHALL_HOME,$(if $($(name)),$(eval export $(name))))

help:  ## Show what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24

environment:
	@$(PYTHON) scripts/environment.py

run: environment  ## See your city at http://127.0.0.1:8000/ (CITY=leeds PORT=8080 REPLAY=folder)
	@exec .venv/bin/moothall run

test:  ## Run every check and test, in parallel
	@$(PYTHON) scripts/environment.py --dev
	@.venv/bin/python scripts/test.py $(ARGS)

wheel: environment  ## Build dist/*.whl, with packs, styles and scripts in it
	@.venv/bin/python -m moothall.ui.assets
	@.venv/bin/uv build --wheel

services:  ## Install and start PostgreSQL and Mosquitto on loopback
	@$(PYTHON) scripts/servers.py start

services-stop:  ## End them
	@$(PYTHON) scripts/servers.py stop

lock:  ## Resolve the dependencies anew
	@$(PYTHON) scripts/environment.py --dev
	.venv/bin/uv pip compile -q scripts/bootstrap.in --generate-hashes --no-header -o scripts/bootstrap.lock
	.venv/bin/uv pip compile -q scripts/node.in --generate-hashes --no-header --universal -o scripts/node.lock
	.venv/bin/uv pip compile -q pyproject.toml --generate-hashes --no-header --universal --python-version 3.11 -o requirements.lock
	.venv/bin/uv pip compile -q pyproject.toml --group dev --all-extras -c requirements.lock --generate-hashes --no-header --universal --python-version 3.11 -o requirements-dev.lock

clean:  ## Remove everything that was built; your data in .moothall stays
	rm -rf .venv node_modules src/moothall/ui/static/built htmlcov .coverage* .mypy_cache .ruff_cache
