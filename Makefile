# `make demo` and `make test` do all their own set-up: Python 3.11+ and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# For a CPU-only torch from PyTorch's own index: make demo PIP_FLAGS="--extra-index-url https://download.pytorch.org/whl/cpu"
PIP_FLAGS ?=
PIP := $(BIN)/python -m pip --disable-pip-version-check
DEMO_INDEX := demo-index
PEERS := bench-work/peers-venv
LOAD := bench-work/load-venv
DATA := $(or $(BIOCITE_DATA),../shared/data)

# Nothing in tests or demos may reach for a model hub.
export HF_HUB_OFFLINE := 1
export TRANSFORMERS_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

.DEFAULT_GOAL := help
.PHONY: help demo test lint test-all bench peers load reader clean

help: ## Show this help
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# torch comes first and by itself, so that no other package's requirement can choose another build of it.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install $(PIP_FLAGS) -q "$$(grep '^torch==' constraints.txt)"
	$(PIP) install $(PIP_FLAGS) -q -c constraints.txt --config-settings editable_mode=compat -e '.[dev]'
	@touch $@

demo: $(VENV)/.installed ## Index the sample corpus and ask clinical questions (a minute after installation)
	BIN=$(BIN) INDEX=$(DEMO_INDEX) sh scripts/demo.sh

test: $(VENV)/.installed lint ## Format check, lint, types, import contracts, tests
	$(BIN)/python -m pytest

lint: $(VENV)/.installed ## Format check, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-all: $(VENV)/.installed lint ## Everything `make test` runs, and the long tests over all of the real data
	$(BIN)/python -m pytest -m 'not bench'

# txtai and Haystack, which `make bench` measures beside BioCite, with everything they need, apart from the project's own.
$(PEERS)/.installed: scripts/benchmarks/peers-requirements.txt
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip --disable-pip-version-check install $(PIP_FLAGS) -q "$$(grep '^torch==' $<)"
	$(PEERS)/bin/python -m pip --disable-pip-version-check install $(PIP_FLAGS) -q -r $<
	@touch $@

peers: $(PEERS)/.installed ## Install txtai and Haystack, to be measured beside BioCite

# locust, which puts load on the service, apart from both.
$(LOAD)/.installed: scripts/benchmarks/load-requirements.txt
	test -x $(LOAD)/bin/python || $(PYTHON) -m venv $(LOAD)
	$(LOAD)/bin/python -m pip --disable-pip-version-check install -q -r $<
	@touch $@

load: $(LOAD)/.installed ## Install locust, which `make bench` puts load on the service with

bench: $(VENV)/.installed $(PEERS)/.installed $(LOAD)/.installed ## Measure quality and speed on the real data in BIOCITE_DATA (hours)
	$(BIN)/python scripts/bench.py --data $(DATA)
	$(BIN)/python -m pytest -m bench -s

reader: $(VENV)/.installed ## Train the bundled reader again (40 minutes on 1 core)
	$(BIN)/biocite train reader --pubmed $(DATA)/pubmed/pubmed20n0014.xml.gz --pubmed $(DATA)/pubmed/pubmed21n1298.xml.gz \
		--squad $(DATA)/covidqa/covidqa_train.json --bioasq $(DATA)/bioasq --ranking $(DATA)/bioasq \
		--out runs/reader --export reader/weights

clean: ## Remove what the other targets made, but not the virtual environment
	rm -rf $(DEMO_INDEX) bench-work build dist *.egg-info .mypy_cache .ruff_cache .hypothesis
