# Canevas: what one types. `make run` and `make test` prepare the machine themselves.

PYTHON ?= python3
export PYTHON
BIN := .venv/bin

.PHONY: help run test test-torchvision test-exports check format bench screenshots catalog setup

help:
	@echo "make run          open Canevas (without a screen: train and test the lecture's network in the terminal)"
	@echo "make test         all tests, those of the real window under Xvfb"
	@echo "make test-torchvision  every network of torchvision, opened and compared (minutes; make test has a sample)"
	@echo "make test-exports  every preset in every format, run by a fresh process (an hour; make test has a sample)"
	@echo "make check        format, lint, types, import contracts"
	@echo "make format       let ruff mend what it can"
	@echo "make bench        measure, and compare with the others"
	@echo "make screenshots  draw every screen to docs/pictures and build/screenshots"
	@echo "make catalog      gather the words of the window for translation and compile them"
	@echo "make setup        only prepare: packages of Python and of the system"

setup:
	@tools/setup.sh test

run:
	@tools/setup.sh run
	@$(BIN)/python main.py $(ARGS)

test:
	@tools/setup.sh test
	@tools/test.sh $(ARGS)

test-torchvision:
	@tools/setup.sh test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m torchvision_all tests/runtime/test_torchvision_all.py $(ARGS)

test-exports:
	@tools/setup.sh test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m exports_all tests/runtime/test_exports_all.py $(ARGS)

check:
	@tools/setup.sh test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy graph
	$(BIN)/lint-imports

format:
	@tools/setup.sh test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench:
	@tools/setup.sh bench
	@$(BIN)/python -m benchmarks $(ARGS)

screenshots:
	@tools/setup.sh run
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m tools.screenshots $(ARGS)

catalog:
	@tools/setup.sh test
	$(BIN)/python tools/catalog.py $(ARGS)
