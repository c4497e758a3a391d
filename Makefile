# `make help` lists the targets. CPU=1 leaves out the CUDA libraries, which only a GPU needs.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PYTHON ?= python3
BIN := .venv/bin
# Two stamps in one environment: what the book needs (0.3 GB), and everything.
BOOK_READY := .venv/.ready-for-the-book
READY := .venv/.ready
# Wherever MNIST lies: an absolute path, since notebooks run in a folder of their own. Make's own abspath breaks
# paths at spaces and knows no ~.
override MNIST_ROOT := $(if $(MNIST_ROOT),$(shell $(PYTHON) -c \
  'import os, sys; print(os.path.abspath(os.path.expanduser(sys.argv[1])))' '$(subst ','\'',$(MNIST_ROOT))'))
export MNIST_ROOT
# Two test workers on two cores: a second thread in each would make both wait, up to a hundredfold.
export OMP_NUM_THREADS ?= 1
# The checks of this course are assertions, which Python would leave out.
unexport PYTHONOPTIMIZE
# uv, or pip where uv cannot reach what pip's own settings lead to.
install = $(BIN)/uv pip install --compile-bytecode --python $(BIN)/python -r $(1) \
  || $(BIN)/python -m pip install --disable-pip-version-check -r $(1)
# One worker to a file: a notebook's cells share a kernel. A killed kernel would hang without a limit to each cell.
TEST := $(BIN)/python -m pytest -n 2 --dist loadfile --durations=10 --nbval --nbval-current-env --nbval-cell-timeout=180

.PHONY: help book serve lab test test-all notebooks release grade lint lock retarget clean

help:  ## List the targets
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 18

.venv/bin/uv:
	@$(PYTHON) tools/check_platform.py
	$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements.txt)"

$(BOOK_READY): requirements-book.txt | .venv/bin/uv
	$(call install,requirements-book.txt)
	@touch $@

# Without an NVIDIA driver torch comes as its CPU build, where the index that has it answers within seconds.
$(READY): requirements.txt pyproject.toml | .venv/bin/uv
	@torch="$$(grep '^torch==' requirements.txt)"; \
	if [ -n "$(CPU)" ] || { ! command -v nvidia-smi >/dev/null && UV_HTTP_TIMEOUT=5 UV_HTTP_RETRIES=0 $(BIN)/uv pip install \
	  --quiet --dry-run --no-deps --python $(BIN)/python --torch-backend cpu "$$torch" 2>/dev/null; }; then \
	  echo "Fetching at most 0.8 GB, 2.1 GB unpacked: every pinned package, without CUDA's libraries."; \
	  grep -vEf .binder/cuda-packages requirements.txt > .venv/requirements.txt; \
	  export UV_TORCH_BACKEND="$${UV_TORCH_BACKEND:-cpu}"; \
	else \
	  echo "Fetching at most 3.3 GB, 6.4 GB unpacked: every pinned package, with CUDA's libraries (make CPU=1 ... leaves them out)."; \
	  cp requirements.txt .venv/requirements.txt; \
	fi; \
	$(call install,.venv/requirements.txt)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(BOOK_READY) $@

book: $(BOOK_READY)  ## Build the HTML book into book/_build/html (warnings are errors)
	$(BIN)/python tools/build_book.py

serve: book  ## Build the book and serve it at http://localhost:8000
	$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory book/_build/html

lab: $(READY)  ## Open the chapters in JupyterLab
	$(BIN)/jupyter lab notebooks

# WHAT=tests/site tests a part only.
test: $(READY) book  ## Units, every cell of every notebook, each figure and page once: a few minutes
	$(TEST) -m "not wide" $(WHAT)

# Exit status 5 says that a part has no wide tests.
test-all: test  ## The same, then every page, language and odd case
	$(TEST) -m wide $(WHAT) || [ $$? = 5 ]

notebooks: $(READY)  ## Execute every notebook and store its outputs (needs MNIST)
	$(BIN)/python tools/execute.py

release: $(READY)  ## Make the student versions of the problem sets, in dist/release
	$(BIN)/python -m assignments.grading.release

grade: $(READY)  ## Grade a folder of notebooks: make grade SUBMITTED=folder (after make release)
	$(BIN)/python -m assignments.grading.grade "$(SUBMITTED)"

lint: $(READY)  ## Format the figures' JavaScript, and run every linter
	$(BIN)/pre-commit run --all-files

LOCK := $(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --no-annotate \
  --no-emit-index-url --custom-compile-command "make lock"
lock: $(READY)  ## Compile the two files of pinned packages from the ranges in pyproject.toml
	$(LOCK) --group dev pyproject.toml -o requirements.txt
	$(LOCK) --group book -c requirements.txt -o requirements-book.txt

retarget: $(BOOK_READY)  ## Write the repository's address everywhere: make retarget REPO=owner/name
	$(BIN)/python -m tools.retarget "$(REPO)"

clean:  ## Remove the built book and caches (not the environment, and no marks)
	rm -rf book/_build book/_generated dist/release dist/autograder .pytest_cache .ruff_cache .hypothesis build
