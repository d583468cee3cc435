"""Reads the sources and holds them to ARCHITECTURE.md."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = ("scenes", "synth", "models", "benchmark", "radvis_cli")
SOURCES = sorted(
    path
    for name in ORDER
    for path in (*(ROOT / name).rglob("*.py"), ROOT / f"{name}.py")
    if path.exists()
)
GENERATORS = [path for path in SOURCES if path.relative_to(ROOT).parts[0] in ("scenes", "synth")]
RANDOM_ALLOWED = {"default_rng", "Generator", "SeedSequence", "PCG64", "Philox", "BitGenerator"}
CHANCE = {"random", "uuid", "secrets"}
CLOCKS = {"time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime", "os.urandom"}
NOWS = {"now", "utcnow", "today"}


def imports(tree):
    """Yield the modules a tree imports, with whether that is done as the module loads."""
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        at_load = id(node) not in inside
        if isinstance(node, ast.Import):
            yield from ((alias.name, at_load) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name their package"
            yield node.module, at_load
            yield from ((f"{node.module}.{alias.name}", at_load) for alias in node.names)


def type_checking_only(tree):
    """Return the tree without the bodies of `if TYPE_CHECKING:`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return tree


def defects(source, name="synth"):
    """Return what a source text of a package breaks, a line each."""
    tree = ast.parse(source)
    found = []
    running = type_checking_only(ast.parse(source))
    for module, at_load in imports(running):
        top = module.split(".")[0]
        if top in ORDER and ORDER.index(top) > ORDER.index(name):
            found.append(f"{name} imports {module}")
        if at_load and top in ("bpy", "bmesh", "mathutils"):
            found.append(f"{module} is imported as the module loads")
        if name in ("scenes", "synth") and top in CHANCE:
            found.append(f"{module} is imported")
    if name not in ("scenes", "synth"):
        return found
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        text = ast.unparse(node)
        before, _, last = text.rpartition(".")
        if before in ("np.random", "numpy.random") and last not in RANDOM_ALLOWED:
            found.append(f"{text} is the global generator")
        if text in CLOCKS or (last in NOWS and "date" in before):
            found.append(f"{text} is the wall clock or chance")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node).endswith("default_rng()"):
            found.append("default_rng() without a seed")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sources_keep_to_the_architecture(path):
    name = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert defects(path.read_text("utf-8"), name) == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from synth.rays import RayScene", "scenes"),
        ("import radvis_cli", "synth"),
        ("def f():\n    from benchmark import tasks", "models"),
        ("import bpy", "scenes"),
        ("import random", "synth"),
        ("def f():\n    from random import choice", "synth"),
        ("import numpy as np\nnp.random.seed(0)", "scenes"),
        ("import numpy as np\nx = np.random.default_rng()", "scenes"),
        ("import uuid", "scenes"),
        ("import time\nx = time.time()", "synth"),
        ("import datetime\nx = datetime.datetime.now()", "synth"),
    ],
)
def test_the_rules_find_what_they_are_for(source, name):
    assert defects(source, name)


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    import bpy",
        "from scenes.config import ScenarioConfig",
        "import numpy as np\nr = np.random.default_rng(3)\nx: np.random.Generator",
        "import time\nx = time.monotonic()",
    ],
)
def test_the_rules_let_the_rest_pass(source):
    assert defects(source) == []


def test_generators_are_among_the_sources():
    assert len(GENERATORS) > 20
    assert ROOT / "synth/sequence.py" in GENERATORS


def test_the_format_page_is_current():
    from synth.sample import format_page

    page = (ROOT / "docs/format.md").read_text("utf-8")
    assert page == format_page(), "run make docs"


def test_the_set_up_names_bpys_libraries_as_the_command_does():
    from radvis_cli import SYSTEM_LIBRARIES

    assert f"BPY_LIBRARIES := {SYSTEM_LIBRARIES}\n" in (ROOT / "Makefile").read_text("utf-8")
