# `make help` lists the targets. CPU=1 leaves out the CUDA libraries, several GB that only a GPU needs.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# Wherever MNIST lies: an absolute path, since notebooks run in a folder of their own.
export MNIST_ROOT := $(if $(MNIST_ROOT),$(abspath $(MNIST_ROOT)))
# Two test workers on two cores: a second thread in each would make both wait, up to a hundredfold.
export OMP_NUM_THREADS ?= 1
# The checks of this course are assertions, which Python would leave out.
unexport PYTHONOPTIMIZE

.PHONY: help book serve lab test notebooks format ladder bench release grade bank rooms faults mutants pages links lock retarget clean

help:  ## List the targets
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 18

ifdef CPU
export UV_TORCH_BACKEND ?= cpu
SKIPPED := ^(cuda-|nvidia-|triton)
else
SKIPPED := ^$$
endif

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	@grep -vE '$(SKIPPED)' requirements.txt > .venv/requirements.txt
	@echo "Installing the pinned packages (a few GB the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements.txt)" \
	  && $(BIN)/uv pip install --compile-bytecode --python $(BIN)/python -r .venv/requirements.txt \
	  || $(BIN)/python -m pip install --disable-pip-version-check -r .venv/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

book: $(READY)  ## Build the HTML book into book/_build/html (warnings are errors)
	$(BIN)/python tools/build_book.py

serve: book  ## Build the book and serve it at http://localhost:8000
	$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory book/_build/html

lab: $(READY)  ## Open the chapters in JupyterLab
	$(BIN)/jupyter lab notebooks

test: $(READY)  ## Check everything: units, every cell of every notebook, the book in a browser
	$(BIN)/python tools/build_book.py
	$(BIN)/python -m pytest

notebooks: $(READY)  ## Execute every notebook and store its outputs (needs MNIST)
	$(BIN)/python tools/execute_notebooks.py

format: $(READY)  ## Format the JavaScript of the figures
	$(BIN)/oxfmt helpers/interactive book/_static/course.js

ladder: $(READY)  ## Train every rung of chapter 6's accuracy ladder again (needs MNIST, some minutes)
	$(BIN)/python tools/ladder.py

bench: $(READY)  ## Measure how fast the model trains, and write book/speed.md (needs MNIST)
	$(BIN)/python tools/bench.py

release: $(READY)  ## Make the student versions of the problem sets, in dist/release
	$(BIN)/python tools/release.py

grade: $(READY)  ## Grade a folder of notebooks: make grade SUBMITTED=folder (after make release)
	$(BIN)/python tools/grade.py "$(SUBMITTED)"

bank: $(READY)  ## Write the clickable questions as a bank for Moodle
	$(BIN)/python tools/question_bank.py

rooms: $(READY)  ## Try the course on bare machines, in Colab's situation, offline ... (half an hour)
	$(BIN)/python tools/clean_rooms.py

faults: $(READY)  ## Kill builds, executions, downloads and tests, and see that nothing is lost
	$(BIN)/python tools/faults.py

mutants: $(READY)  ## Change one thing at a time in helpers and chapters: is it noticed? (needs MNIST)
	$(BIN)/python tools/mutants.py

pages: book  ## Measure the built pages in a browser, and write book/_pages.md
	$(BIN)/python tools/pages.py

links: $(READY)  ## Ask every external link whether it is still there (needs a network)
	$(BIN)/python tools/links.py

lock: $(READY)  ## Compile requirements.txt from the ranges in pyproject.toml
	$(BIN)/python tools/lock.py

retarget: $(READY)  ## Write the repository's address everywhere: make retarget REPO=owner/name
	$(BIN)/python tools/retarget.py "$(REPO)"

clean:  ## Remove the built book and caches (not the environment)
	rm -rf book/_build dist .pytest_cache .ruff_cache .hypothesis build
