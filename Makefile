# Two commands on a fresh machine: `make demo` and `make test`. Everything goes into .venv.

export PYTHON
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-gimp32 test-faults check unit bench bench-speed docs clean

demo: $(VENV)/ready
	$(BIN)/python -m scripts.demo $(if $(PHOTO),"$(PHOTO)")

test: $(VENV)/ready-dev
	scripts/install-viewers
	scripts/gimp3 || echo "The tests in GIMP will be skipped."
	scripts/test

# The same tests in GIMP 3.2.
test-gimp32: $(VENV)/ready-dev
	scripts/gimp3 forky
	RWDENOISE_GIMP=3.2 $(BIN)/python -m pytest tests/gimp

# Long fault tests: every fault many times, and damaged files by the ten thousand.
test-faults: $(VENV)/ready-dev
	$(BIN)/python -m tests.faults
	$(BIN)/python -m tests.fuzz --runs 2000 --seed 1

check: $(VENV)/ready-dev
	scripts/check

unit: $(VENV)/ready-dev
	$(BIN)/python -m pytest tests/unit tests/property

bench: $(VENV)/ready-dev
	$(BIN)/python -m bench.quality

bench-speed: $(VENV)/ready-dev
	$(BIN)/python -m bench.speed

# The generated pages, and the site in build/site. For the pictures: python -m scripts.docs_pictures
docs: $(VENV)/ready-dev
	$(BIN)/python -m scripts.cli_reference
	$(BIN)/python -m scripts.man_page
	$(BIN)/mkdocs build --strict

$(VENV)/ready: pyproject.toml constraints.txt
	scripts/setup $(VENV) .
	touch $@

$(VENV)/ready-dev: pyproject.toml constraints.txt
	scripts/setup $(VENV) '.[dev,bench,cluster,docs,heif,openvino]'
	touch $@ $(VENV)/ready

clean:
	rm -rf $(VENV) build dist demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
