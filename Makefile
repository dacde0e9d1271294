# Garim's words. They want Python >= 3.11, make and a package index; everything else goes into .venv.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
READY_DOCS := .venv/.ready-docs

# Bytecode is written: without it each of the hundreds of processes that tests start compiles all of garim again.
unexport PYTHONDONTWRITEBYTECODE

# Weights: the folder that GARIM_WEIGHTS names, else the one beside the checkout, else the cache that `pull` fills.
ifeq ($(strip $(GARIM_WEIGHTS)),)
  ifneq ($(wildcard ../shared/weights/face_detection_yunet_2023mar.onnx),)
    export GARIM_WEIGHTS := $(abspath ../shared/weights)
  endif
endif

.PHONY: help setup training weights faces demo test test-all check bench docs clean

help:
	@echo "make demo    redact a film made of real faces, and measure what is left"
	@echo "make test    every test that takes seconds; make test-all the slow ones, too"
	@echo "make check   linter, types, the wall, documents against --help"
	@echo "make bench   each benchmark: both sides in one run, ratios"
	@echo "make docs    the documentation, into site/"
	@echo "make training   what trains the mask classifier, into .venv-training: see training/mask/README.md"
	@echo "make setup   only the environment; make clean takes it and all results away"
	@echo "PYTHON=python3.12 chooses the interpreter"

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "garim needs Python 3.11 or newer; '$(PYTHON)' is" \
	    "$$($(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null || echo 'not there')." \
	    "Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[footage,exposure,gate,corpus]' --group dev
	@touch $@

$(READY_DOCS): $(READY)
	$(BIN)/python -m pip install --quiet --group docs
	@touch $@

setup: $(READY)

training: .venv-training/.ready

.venv-training/.ready: pyproject.toml
	$(PYTHON) -m venv .venv-training
	.venv-training/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	.venv-training/bin/python -m pip install --quiet --editable '.[footage]' --group training
	@touch $@

weights: $(READY)
ifeq ($(strip $(GARIM_WEIGHTS)),)
	$(BIN)/garim weights pull yunet centerface
endif

demo: setup weights
	$(BIN)/python -m demo

faces: $(READY)
	$(BIN)/python -m demo.faces

# one worker more than there are cores: a third of the time tests wait for clocks and other processes
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
# worksteal: neighbours stay with one worker, and what their module shares is made once
PYTEST = $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal
# what knows faces never shares a process with what opens footage: two runs
KNOWS_FACES = $(wildcard tests/gate tests/recognise tests/corpus) \
  tests/attacks/test_forged_passports.py $(wildcard tests/attacks/test_presentation.py)

# documents are for `make check`
test: setup weights faces
	$(PYTEST) -m "not slow and not peers" --ignore tests/scripts/test_readme.py
	$(PYTEST) -m "not slow and not peers" $(KNOWS_FACES)

test-all: setup weights faces
	$(PYTEST) --hypothesis-profile thorough -m "not peers"
	$(PYTEST) --hypothesis-profile thorough -m "not peers" $(KNOWS_FACES)

check: setup
	$(BIN)/ruff check
	$(BIN)/ruff check --ignore-noqa --select TID251 src demo tools examples benchmarks
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy tools demo tests
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/wall.py src
	$(BIN)/python -m pytest --quiet tests/scripts/test_readme.py

bench: setup weights
	@found=; for script in $(wildcard benchmarks/[a-z]*.py); do \
	  found=1; echo "== $$script"; $(BIN)/python $$script || exit 1; \
	done; [ -n "$$found" ] || echo "benchmarks/: none yet"

docs: $(READY_DOCS)
	$(BIN)/python -m mkdocs build --strict --quiet --site-dir site
	@echo "site/index.html"

clean:
	rm -rf .venv site out dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
