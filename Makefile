# Each habit is one target; `make` alone lists them.
PYTHON := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help setup check demo test test-slow lint format golden bench sheet

help:        ## list the targets
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup:       ## make .venv (does nothing when up to date)
	@./setup.sh

check:       ## everything that must pass before a change lands
	@./check

demo:        ## see it work
	@./demo

test: setup  ## the fast tests
	@OMP_NUM_THREADS=1 $(PYTHON) -m pytest -q -n auto --dist worksteal -m "not slow"

test-slow: setup  ## the tests that take minutes
	@$(PYTHON) -m pytest -q -m slow

lint: setup  ## format, lint and types, without changing anything; prints the size budgets
	@./check format lint types
	@$(PYTHON) tests/budgets.py

format: setup  ## rewrite the sources in the project's format
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .

golden: setup  ## make the stored outputs of the golden tests anew (look at the difference before you commit it)
	@$(PYTHON) tests/golden/make.py

sheet: setup  ## the contact sheet of drawn characters
	@$(PYTHON) -m talkface.drawn.cartoon.sheet docs/images/drawn_characters.jpg 300

bench: setup  ## speed as ratios against a plain port of the original's order of work
	@for name in loader training_step inference pcavs pcavs_memory evaluation drawing; do $(PYTHON) benchmarks/$$name.py || exit 1; done
