"""How many files fuzz tests bend: a few in every run, more by `make fuzz`."""

from hypothesis import HealthCheck, settings

BASE = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)
settings.register_profile("usual", BASE, max_examples=30, derandomize=True)
settings.register_profile("long", BASE, max_examples=200)  # 19 tests: some 4,000 files
settings.load_profile("usual")
