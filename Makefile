# Everything a newcomer runs; each target sets up what it needs.
VENV := .venv
PYTHON ?= $(shell for p in python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	2>/dev/null && { command -v $$p; break; }; done)
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_TO_DEVELOP := $(VENV)/.ready-to-develop
CODE := radvis_cli.py benchmark examples models scenes synth tests
# Shared libraries of the system that Blender's module loads.
BPY_LIBRARIES := libx11-6 libxrender1 libxfixes3 libxi6 libxkbcommon0 libsm6 libice6 libgl1
DEMO := data/demo

.PHONY: setup demo test fuzz lint speed docs figures gallery clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "radvis synthesises on Python 3.11: apt-get install python3.11 \
	python3.11-venv, or name one: make PYTHON=/path/to/python3.11"; exit 2; }
	"$(PYTHON)" -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[synth]'
	@$(BIN)/python -c 'import bpy' 2>/dev/null || $(MAKE) --no-print-directory system-libraries
	touch $(READY)

$(READY_TO_DEVELOP): $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[synth,learn,export,release,cluster,view,dev]'
	touch $(READY_TO_DEVELOP)

.PHONY: system-libraries
system-libraries:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(BPY_LIBRARIES); \
	else \
		echo "Blender's module needs system libraries; install them and run make again:"; \
		echo "  sudo apt-get install -y $(BPY_LIBRARIES)"; exit 2; \
	fi
	@$(BIN)/python -c 'import bpy'

demo: $(READY)
	$(BIN)/radvis synth --scene parking_lot --n 30 --out $(DEMO)
	$(BIN)/radvis validate $(DEMO)
	$(BIN)/radvis view $(DEMO)

# A process a core, each with one thread: more would only wait for each other. A file's tests stay
# together, as they share what takes long to make; files in their order, the long ones early.
test: $(READY_TO_DEVELOP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q --benchmark-disable -n auto --dist loadfile \
	--no-loadscope-reorder

# Hours: 2,000 bent files a test, other ones each time; `make test` bends 30, always the same.
fuzz: $(READY_TO_DEVELOP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q tests/synth/test_fuzz.py tests/benchmark/test_fuzz.py \
	--hypothesis-profile=long -n auto

lint: $(READY_TO_DEVELOP)
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy $(CODE)

# Timings want a quiet machine.
speed: $(READY_TO_DEVELOP)
	$(BIN)/python -m pytest -q tests/speed --benchmark-only --benchmark-columns=min,median,max,rounds
	$(BIN)/python -m tests.speed.radio
	$(BIN)/python -m tests.speed.loader
	$(BIN)/python -m tests.speed.frames
	$(BIN)/python -m tests.speed.weathers --quick
	$(BIN)/python -m tests.speed.memory
	$(BIN)/python -m tests.speed.engines --entries depth,lidar,radar,csi

docs: $(READY)
	$(BIN)/python -c 'from synth.sample import format_page; print(format_page(), end="")' > docs/format.md

figures: $(READY_TO_DEVELOP)
	$(BIN)/python -m tests.figures

gallery: $(READY_TO_DEVELOP)
	$(BIN)/python -m tests.gallery
	$(BIN)/python -m tests.catalogue

clean:
	rm -rf $(VENV) build *.egg-info
