# Every target works in .venv, which is made on the first call.
PYTHON ?= python3
BIN := .venv/bin
GALLERY ?= gallery/out
LECTURE ?= $(GALLERY)/lecture

.PHONY: help gallery lecture sample test test-slow check wheel clean

help:
	@echo "make gallery    render three networks and build $(GALLERY)/index.html"
	@echo "make lecture    run the recipes of the lecture and build $(LECTURE)/index.html"
	@echo "make test       run the default tests"
	@echo "make test-slow  run the slow ones too"
	@echo "make check      lint, types and import order"
	@echo "make sample     make gallery/sample again"
	@echo "make wheel      build the wheel into dist/"

gallery: .venv/.runtime
	@$(BIN)/python recipes/generate_gallery.py $(GALLERY)

lecture: .venv/.runtime
	@$(BIN)/python recipes/lecture/build_lecture.py --out $(LECTURE)

sample: .venv/.runtime
	@$(BIN)/python recipes/makers/sample_gallery.py

test: .venv/.development
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow"

test-slow: .venv/.development
	$(BIN)/python -m pytest -n auto --dist loadfile

check: .venv/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

wheel: .venv/.development
	$(BIN)/python -m build --wheel --outdir dist

clean:
	rm -rf .venv dist build

.venv/.runtime: pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else \
	  f"vizkit needs Python 3.11 or newer, this is {v.major}.{v.minor}. Type: make PYTHON=python3.11")'
	@echo "Installing vizkit and what it needs into .venv; PyTorch makes this take some minutes."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/.development: .venv/.runtime
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
