# Two commands do everything: `make demo` runs the main job on sample_data/, `make test` passes the tests.
PYTHON ?= python3
VENV ?= .venv
PIP = $(VENV)/bin/python -m pip --disable-pip-version-check

.PHONY: demo test lint clean help

help:
	@echo "make demo   set up, run recipes/quickstart.yaml on sample_data/, say where to look"
	@echo "make test   set up, run the tests"
	@echo "make lint   ruff and mypy"
	@echo "make bench-NAME   run benchmarks/NAME.py ($(filter-out shared_data datatrove_values charts,$(patsubst benchmarks/%.py,%,$(wildcard benchmarks/*.py))))"

demo: $(VENV)/core.installed
	$(VENV)/bin/curate run recipes/quickstart.yaml --out runs/quickstart
	@echo
	@echo "Look at  runs/quickstart/sft/messages/train.jsonl   question-answer examples"
	@echo "         runs/quickstart/text, runs/quickstart/pretrain   cleaned text and token rows (Parquet)"
	@echo "         $(VENV)/bin/curate look runs/quickstart --dropped-by exact_dedup"
	@echo "         $(VENV)/bin/curate why runs/quickstart LQ-C-installation-manual.md"

test: $(VENV)/dev.installed
	$(VENV)/bin/python -m pytest -q -n auto

lint: $(VENV)/dev.installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

bench-%: $(VENV)/dev.installed
	$(VENV)/bin/python benchmarks/$*.py

$(VENV)/core.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -q -c constraints.txt -e .
	@touch $@

$(VENV)/dev.installed: $(VENV)/core.installed
	$(PIP) install -q -c constraints.txt -e ".[dev]"
	@touch $@

clean:
	rm -rf $(VENV) runs
