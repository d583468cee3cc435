"""Reads the sources and holds them to ARCHITECTURE.md."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
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
SEEDED = {f"numpy.random.{name}" for name in ("default_rng", "SeedSequence", "PCG64", "Philox")}
RANDOM_ALLOWED = {*SEEDED, "numpy.random.Generator", "numpy.random.BitGenerator"}
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


def module_name(path):
    """Return `scenes.stage` of scenes/stage.py, `scenes.cars` of scenes/cars/__init__.py."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def cycle(sources):
    """Return modules that import each other in a ring, be it inside functions; none if none do.

    Args:
        sources: Source texts by the modules' names.
    """
    imported = {
        name: {module for module, _ in imports(ast.parse(source))} & set(sources)
        for name, source in sources.items()
    }
    try:
        TopologicalSorter(imported).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def type_checking_only(tree):
    """Return the tree without the bodies of `if TYPE_CHECKING:`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return tree


def local_names(tree):
    """Return what each imported name stands for, in full."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def full_name(node, names):
    """Return `numpy.random.rand` of `np.random.rand`; empty for what is no imported name."""
    if isinstance(node, ast.Attribute):
        before = full_name(node.value, names)
        return before and f"{before}.{node.attr}"
    return names.get(node.id, "") if isinstance(node, ast.Name) else ""


def unseeded(call):
    """Return whether a call that takes a seed first gets none."""
    seeds = [*call.args[:1], *(k.value for k in call.keywords if k.arg in ("seed", "entropy"))]
    return all(isinstance(seed, ast.Constant) and seed.value is None for seed in seeds)


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
    names = local_names(tree)
    used = {full_name(node, names) for node in ast.walk(tree)} | set(names.values())
    for name in sorted(used):
        before, _, last = name.rpartition(".")
        if before == "numpy.random" and name not in RANDOM_ALLOWED:
            found.append(f"{name} is the global generator")
        if name in CLOCKS or (last in NOWS and before.startswith("datetime")):
            found.append(f"{name} is the wall clock or chance")
        if last == "*":
            found.append(f"{name} hides what it imports")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and full_name(node.func, names) in SEEDED and unseeded(node):
            found.append(f"{ast.unparse(node)} has no seed")
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
        ("from datetime import datetime as d\nx = d.now()", "synth"),
        ("from numpy.random import rand", "synth"),
        ("from numpy import random\nrandom.shuffle([1])", "synth"),
        ("from numpy.random import *", "synth"),
        ("import numpy.random as r\nr.seed(1)", "scenes"),
        ("import numpy.random\nnumpy.random.seed(1)", "scenes"),
        ("from time import time\ntime()", "synth"),
        ("from os import urandom", "scenes"),
        ("import numpy as np\nnp.random.default_rng(None)", "synth"),
        ("import numpy as np\nnp.random.default_rng(seed=None)", "synth"),
        ("from numpy.random import SeedSequence as S\nS(spawn_key=(1,))", "synth"),
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
        "from numpy.random import default_rng\nr = default_rng(seed=3)",
        "import numpy as np\ns = np.random.SeedSequence(entropy=1, spawn_key=(2,))",
        "import time\nx = time.monotonic()",
    ],
)
def test_the_rules_let_the_rest_pass(source):
    assert defects(source) == []


def test_no_module_imports_itself_by_way_of_others():
    assert cycle({module_name(path): path.read_text("utf-8") for path in SOURCES}) == []


@pytest.mark.parametrize(
    "sources",
    [
        {"a": "from b import f", "b": "import a"},
        {"a": "from b import f", "b": "def f():\n    from a import g"},
        {"a": "import b", "b": "from p import c", "p": "", "p.c": "import a"},
        {"p": "from p.c import f", "p.c": "import d", "d": "from p import f"},
    ],
)
def test_cycles_are_found(sources):
    assert cycle(sources)


def test_what_is_imported_twice_is_no_cycle():
    assert cycle({"a": "import b\nfrom c import f", "b": "import c\nimport ast", "c": ""}) == []


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


def test_make_fuzz_bends_all_that_is_bent():
    (command,) = re.findall(r"^fuzz:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.M)
    bending = {
        str(path.relative_to(ROOT))
        for path in ROOT.glob("tests/**/test_*.py")
        if re.search(r"^from tests\.bending import", path.read_text(), re.M)
    }
    assert bending == set(re.findall(r"tests/\S+\.py", command))
    assert "--hypothesis-profile=long" in command
