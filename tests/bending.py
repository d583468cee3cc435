"""Files of strangers: what is right, changed at random in many ways."""

import json

from hypothesis import given
from hypothesis import strategies as st

place = st.integers(0, 2**22)
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), place, st.binary(min_size=1, max_size=8)),
        st.tuples(st.just("insert"), place, st.binary(min_size=1, max_size=40)),
        st.tuples(st.just("cut"), place, st.integers(1, 5000)),
        st.tuples(st.just("end"), place, st.none()),
        st.tuples(st.just("copy"), place, place),
    ),
    min_size=1, max_size=6,
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


def bent(content, edits):
    """Content after some edits, whose places are taken modulo its length."""
    held = bytearray(content)
    for kind, at, what in edits:
        i = at % max(len(held), 1)
        if kind == "set":
            held[i : i + len(what)] = what
        elif kind == "insert":
            held[i:i] = what
        elif kind == "cut":
            del held[i : i + what]
        elif kind == "end":
            del held[i:]
        else:
            j = what % max(len(held), 1)
            held[i : i + 64] = held[j : j + 64]
    return bytes(held)


def replaced(held, path, value):
    """A JSON value with another one somewhere in it."""
    if not path or not isinstance(held, dict | list) or not held:
        return value
    keys = sorted(held) if isinstance(held, dict) else range(len(held))
    key = keys[path[0] % len(held)]
    copy = dict(held) if isinstance(held, dict) else list(held)
    copy[key] = replaced(copy[key], path[1:], value)
    return copy


def each_bent(path, work):
    """Bend a file in many ways, each time from what it was; hand what it holds to `work`."""
    content = path.read_bytes()

    @given(EDITS)
    def run(edits):
        raw = bent(content, edits)
        path.write_bytes(raw)
        work(raw)

    run()


def each_replaced(path, deepest, work):
    """Put other values into a JSON file, in many ways, each time from what it was."""
    held = json.loads(path.read_text())

    @given(st.lists(st.integers(0, 100), min_size=1, max_size=deepest), JSON)
    def run(where, value):
        path.write_text(json.dumps(replaced(held, where, value)))
        work()

    run()
