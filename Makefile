# The only list of commands. Every target sets up what it needs, once.

RECIPE ?= digits
DATA ?=
EPOCHS ?=
RUN ?= runs/$(RECIPE)
OUT ?= web/model
SEED ?= 1
COUNT ?= 3000
ENGINE ?=
PYTHON ?= python3

# Passed on through the environment: the shell then never reads what they contain.
export DATA RUN OUT

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Sub-commands such as `make train export` depend on each other through files in RUN and OUT.
.NOTPARALLEL:
.PHONY: help train evaluate export verify demo web runtimes test test-tools test-models screenshots fuzz fuzz-models hub clusters check format golden schema docs bench clean distclean

KERASPORT := .venv/bin/kerasport
# pip is silent in a log and shows its progress on a terminal.
PIP_INSTALL := .venv/bin/python -m pip --disable-pip-version-check install $(if $(MAKE_TERMOUT),,-q) -c python/constraints.txt
NPM := web/node.sh npm
BENCHMARKS_WITH_DATA := benchmarks/distributed_training.py|benchmarks/drawn_digits.py|benchmarks/node_pictures.py|benchmarks/other_formats.py|benchmarks/quantization.py|benchmarks/review_planted.py|benchmarks/several_labels.py|benchmarks/verify_many.py
WEB_SOURCES := $(wildcard web/*.ts web/*.mts web/*.js web/*.mjs web/*.json web/*.html web/*.webmanifest) \
	$(shell find web/src web/icons web/kernels web/scripts web/types web/notices -type f 2>/dev/null) web/LICENSE

##@ From pictures to an opened page

train: .venv/.train ## Train a recipe: RECIPE=digits, DATA=path/to/pictures, EPOCHS=5
	$(KERASPORT) train $(RECIPE) $(if $(DATA),--data "$$DATA") $(if $(EPOCHS),--epochs $(EPOCHS)) --out "$$RUN" --force

evaluate: .venv/.train ## Measure a trained run again: RUN=runs/digits
	$(KERASPORT) evaluate "$$RUN"

export: .venv/.train web/dist/.built ## Write the bundle for the browser: RUN=runs/digits, OUT=web/model
	$(KERASPORT) export "$$RUN" --out "$$OUT" --force

verify: .venv/.browser web/dist/.built ## Compare the bundle with Keras in a real browser: OUT, RUN
	$(KERASPORT) verify "$$OUT" --run "$$RUN"

demo: .venv/.train web/dist/.built ## Open the page, or say where it is
	@.venv/bin/python -c "$$OPEN_PAGE"

##@ Development

web: web/dist/.built ## Build the client library and the page

runtimes: web/runtimes/node_modules/.installed ## Install the runtimes of others that verify can ask: 600 MB

test: .venv/.browser web/dist/.built ## Run everything: checks, TypeScript, Python, browser parity
	@$(MAKE) --no-print-directory check
	$(NPM) test
	PYTHONWARNDEFAULTENCODING=1 .venv/bin/python -m pytest

fuzz: .venv/.browser web/dist/.built ## Read damaged pictures in every engine: SEED=1, COUNT=3000, ENGINE=webkit
	PYTHONPATH=tests .venv/bin/python -m fuzz --seed $(SEED) --count $(COUNT) $(if $(ENGINE),--engine $(ENGINE))

fuzz-models: .venv/.browser web/dist/.built ## Plan damaged models in both languages: SEED=1, COUNT=3000
	rm -f test-results/models.jsonl && mkdir -p test-results
	cd web && FUZZ_SEED=$(SEED) FUZZ_COUNT=$(COUNT) FUZZ_OUT=../test-results/models.jsonl ./node.sh npx vitest run engine-fuzz
	PYTHONPATH=tests .venv/bin/python -m fuzz.models test-results/models.jsonl

test-tools: .venv/.browser web/dist/.built ## Try the npm package in every tool, which it installs, and print the table
	.venv/bin/python -m pytest tests/tools --every-tool

test-models: .venv/.browser web/dist/.built ## Ask stock TensorFlow.js about every model of the tests on WebGL
	.venv/bin/python -m pytest tests/parity/test_stock_tfjs.py --every-model

screenshots: .venv/.browser web/dist/.built ## Photograph the page of OUT in every state into test-results/looks
	PYTHONPATH=tests .venv/bin/python -m looks --bundle "$$OUT" --out test-results/looks

hub: .venv/.hub ## Test the classifiers of KerasHub, for Python 3.11 and 3.12
	.venv/bin/python -m pytest tests/keras/test_exporter_hub.py

clusters: .venv/clusters/.installed web/dist/.built ## Classify in real Ray, Spark and Beam, which it installs apart; Spark needs Java
	.venv/clusters/bin/python -m pytest tests/clusters

check: .venv/.test web/node_modules/.installed ## Lint, types, generated files; changes nothing
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	@.venv/bin/python -c "$$STALE_SCHEMAS"
	@.venv/bin/python docs/commands.py --check
	$(NPM) run check

format: .venv/.test web/node_modules/.installed ## Format everything and repair what can be repaired
	.venv/bin/ruff check --fix-only
	.venv/bin/ruff format
	$(NPM) run format

golden: .venv/.test ## Regenerate the golden files; review the difference before committing it
	.venv/bin/python tests/golden/generate.py
	.venv/bin/python tests/golden/generate_avif.py
	.venv/bin/python tests/golden/generate_topologies.py

schema: .venv/.train web/node_modules/.installed ## Regenerate the JSON Schemas, the TypeScript types and constants
	.venv/bin/python -m kerasport.bundle.schema
	.venv/bin/python -m kerasport.twins
	$(NPM) run generate --if-present

docs: .venv/.train ## Regenerate docs/commands.md, the reference of the command line
	.venv/bin/python docs/commands.py

bench: .venv/.browser web/dist/.built ## Run every benchmark
	@set -e; for script in benchmarks/*.py; do \
	  echo "== $$script"; \
	  case "$$script" in \
	    $(BENCHMARKS_WITH_DATA)) echo "It needs data of your own: .venv/bin/python $$script --help" ;; \
	    *) .venv/bin/python "$$script" ;; \
	  esac; \
	done

clean: ## Remove caches, builds, runs and the exported model
	rm -rf .cache/kerasport
	rm -rf runs web/dist web/model web/*.tsbuildinfo dist build test-results
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis web/node_modules/.vite web/node_modules/.vite-temp
	find python tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean ## Remove what was installed too
	rm -rf .venv web/node_modules web/runtimes/node_modules

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile
	@printf '\nStart with: make train export demo\n'

# Set-up. Stamp files say what is done, so that a second run does none of it again.

.venv/.created:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || [ "$(PYTHON)" = python3 ] || { \
	  echo "Error: PYTHON=$(PYTHON) is not a command. Give a Python 3.10 to 3.13." >&2; exit 1; }
	@chosen=; for python in $(PYTHON_CHOICES); do \
	  if "$$python" -c "$$IS_SUPPORTED" >/dev/null 2>&1; then chosen=$$python; break; fi; \
	done; \
	[ -n "$$chosen" ] || { \
	  echo "Error: kerasport needs Python 3.10 to 3.13, and none of '$(strip $(PYTHON_CHOICES))' is one. Install it, or say where it is: make PYTHON=path/to/python" >&2; exit 1; }; \
	"$$chosen" -c 'import ensurepip, venv' >/dev/null 2>&1 || { \
	  echo "Error: '$$chosen' cannot make a virtual environment, because its venv module is missing. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }; \
	"$$chosen" -m venv .venv
	@touch $@

.venv/.train: .venv/.created pyproject.toml python/constraints.txt
	@echo "Installing TensorFlow and Keras into .venv (once, one to five minutes) ..."
	@$(PIP_INSTALL) -e '.[train]'
	@touch $@

.venv/.test: .venv/.train
	@echo "Installing what testing needs into .venv (once, a minute or two) ..."
	@$(PIP_INSTALL) -e '.[train,jax,legacy,verify,engine,witness,datasets,shards,formats,review,dev]'
	@touch $@

# Not among the extras: KerasHub needs Keras 3.15, which Python 3.10 does not have, and pins packages
# that Python 3.13 does not have.
.venv/.hub: .venv/.test
	@echo "Installing KerasHub into .venv (once, half a minute) ..."
	@$(PIP_INSTALL) 'keras-hub>=0.31'
	@touch $@

# An environment apart: Ray and Beam need other versions of what tensorflowjs and TensorFlow pin.
.venv/clusters/.installed: .venv/.created pyproject.toml
	@echo "Installing Ray, Spark and Beam into .venv/clusters (once, two minutes) ..."
	@.venv/bin/python -m venv .venv/clusters
	@.venv/clusters/bin/python -m pip --disable-pip-version-check install -q \
	  -e '.[engine,shards,dev]' 'ray[data]' pyspark apache-beam pandas
	@touch $@

.venv/.browser: .venv/.test
	@.venv/bin/python -m kerasport.parity.browsers.install
	@touch $@

# Not `npm ci`: it refuses a lock file without the builds of esbuild, Rollup and Biome for other
# platforms, and not every registry mirror has them to lock. This obeys the lock file as well.
web/node_modules/.installed: web/package.json web/package-lock.json | .venv/.created
	@echo "Installing the web side's packages into web/node_modules (once, under a minute) ..."
	@$(NPM) install --no-save --loglevel=error
	@touch $@

web/runtimes/node_modules/.installed: web/runtimes/package.json | .venv/.created
	@echo "Installing the runtimes of others into web/runtimes (once, a minute or two) ..."
	@$(NPM) install --prefix runtimes --no-save --no-package-lock --ignore-scripts --loglevel=error
	@touch $@

web/dist/.built: web/node_modules/.installed $(WEB_SOURCES)
	@echo "Building the web side ..."
	@$(NPM) run --silent build
	@touch $@

# TensorFlow has no wheels for Python 3.14 yet, so a newer python3 is passed over.
PYTHON_CHOICES := $(PYTHON) $(if $(filter python3,$(PYTHON)),python3.12 python3.11 python3.13 python3.10)

define IS_SUPPORTED
import sys
sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))
endef
export IS_SUPPORTED

define STALE_SCHEMAS
import sys
from kerasport.bundle.schema import SCHEMA_FOLDER, schemas
from kerasport.twins import CONSTANTS_FILE, constants
expected = {SCHEMA_FOLDER / name: text for name, text in schemas().items()}
expected[CONSTANTS_FILE] = constants()
stale = [
    path.name for path, text in expected.items()
    if not path.is_file() or path.read_text(encoding="utf-8") != text
]
if stale:
    sys.exit(f"Error: {', '.join(stale)} is older than the Python it is made from. Run: make schema")
endef
export STALE_SCHEMAS

define OPEN_PAGE
import os, pathlib, sys, webbrowser
page = pathlib.Path("web", "index.html").resolve().as_uri()
print(page)
if not pathlib.Path("web", "model", "model.js").exists():
    print("It has no model yet. Make one with: make train export", file=sys.stderr)
if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
    webbrowser.open(page)
endef
export OPEN_PAGE
