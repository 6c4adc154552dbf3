# foleyd: make demo, make test, make test-all. PYTHON chooses the interpreter (3.11 to 3.13).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STUBS := .venv-stubs
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
CLIP := demo/bottles.mp4
PROMPT := plastic bottles put down on a table, quiet room tone
# Blenders that the tests run in, where their modules can be had; the last of all needs Python 3.13.
BPY_VERSIONS ?= 4.5.15 5.0.1
BPY_ALL := 4.2.23 4.5.15 5.0.1 5.2.3
export BPY_VERSIONS
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt

.PHONY: demo install install-dev install-all test test-all lint types check stubs bench install-bpy test-blender-all test-blender-ui blender-extension clean

demo: install  ## sound on a bundled clip: takes, timeline, preview and picture in demo-out/
	@$(BIN)/python demo/demo.py --clip $(CLIP) --prompt "$(PROMPT)" --out demo-out

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev $(STUBS)/.installed

install-all: $(VENV)/.installed-all $(STUBS)/.installed

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "foleyd needs Python 3.11, 3.12 or 3.13; say which: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "installing foleyd (no torch, about 20 seconds)"
	@$(PIP) install -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "installing what the tests need"
	@$(PIP) install -e '.[dev]'
	@touch $@

$(VENV)/.installed-all: $(VENV)/.installed-dev
	@echo "installing the hunyuan engine's packages (torch: about a minute, or several if it is not the build for the CPU)"
	@$(PIP) install -e '.[hunyuan,dev]'
	@touch $@

$(STUBS)/.installed:
	@echo "installing the stub generator, in an environment of its own"
	@$(PYTHON) -m venv $(STUBS)
	@PIP_CONSTRAINT= $(STUBS)/bin/python -m pip --disable-pip-version-check -q install grpcio-tools==1.76.0 'googleapis-common-protos==1.76.0'
	@touch $@

test: install-dev lint types  ## what every change must pass; needs no torch
	$(BIN)/python -m pytest -n 2 -m "not slow and not blender"

test-all: install-all install-bpy lint types  ## with the slow tests, those of the hunyuan engine and those in real Blender
	$(BIN)/python -m pytest -n 2

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-dev
	$(BIN)/mypy
	@tools/check_plugin_types.sh $(BIN)/mypy

stubs: $(STUBS)/.installed  ## the committed stubs, generated again from the .proto
	PYTHON=$(CURDIR)/$(STUBS)/bin/python tools/generate_stubs.sh

bench: install-dev  ## the figures of docs/performance.md, as tables and as JSON in benchmarks/out
	mkdir -p benchmarks/out
	for name in cache sounds sync speed placement kill watch fuzz; do \
	  echo "== $$name"; $(BIN)/python -m benchmarks.$$name --json benchmarks/out/$$name.json || exit 1; done

install-bpy: $(foreach version,$(BPY_VERSIONS),.venv-bpy-$(version)/.installed)  ## real Blenders as Python modules, for the tests

.venv-bpy-%/.installed:
	@PYTHON=$(PYTHON) tools/install_bpy.sh $*

test-blender-all:  ## the tests in every Blender that there is a module of
	@$(MAKE) --no-print-directory install-dev install-bpy BPY_VERSIONS="$(BPY_ALL)"
	BPY_VERSIONS="$(BPY_ALL)" $(BIN)/python -m pytest -n 2 tests/blender
	@$(MAKE) --no-print-directory test-blender-ui

test-blender-ui: install  ## Blender with its window, on a virtual screen; FOLEY_BLENDER_ROOT names the root it runs in
	@$(BIN)/python tests/blender_ui/run.py

blender-extension: install $(firstword $(foreach version,$(BPY_VERSIONS),.venv-bpy-$(version)/.installed))  ## the zip for Blender's extensions platform, in dist/
	@$(BIN)/python tools/blender_extension.py dist

clean:
	rm -rf $(VENV) $(STUBS) build dist demo-out .pytest_cache .mypy_cache .ruff_cache .hypothesis
