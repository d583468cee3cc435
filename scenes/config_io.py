"""Reading and writing configurations: TOML files, JSON, `key=value`, with errors for people."""

from __future__ import annotations

import dataclasses
import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import TypeAdapter, ValidationError

from scenes.config import ConfigError, ScenarioConfig

_ADAPTER = TypeAdapter(ScenarioConfig)
LARGEST_FILE = 1_000_000  # bytes of a configuration; a real one has a few thousand


def to_dict(config: ScenarioConfig) -> dict[str, Any]:
    """Return the configuration as plain JSON values."""
    values: dict[str, Any] = _ADAPTER.dump_python(config, mode="json")
    return values


def from_dict(values: Mapping[str, Any]) -> ScenarioConfig:
    """Return the configuration of plain values.

    Raises:
        ConfigError: One line: what is wrong with which value, and what would be right.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"{values!r:.100} is no configuration: give a table of keys and values")
    for key in _dotted(values):
        if key not in KEYS:
            raise ConfigError(_unknown(key))
    try:
        return _ADAPTER.validate_python(dict(values))
    except ValidationError as error:
        raise ConfigError(_one_line(error)) from None


def to_toml(config: ScenarioConfig) -> str:
    """Return the configuration as TOML that `read_toml` takes back."""
    return tomli_w.dumps(to_dict(config))


def read_toml(path: Path) -> dict[str, Any]:
    """Return the values of a TOML file.

    Raises:
        ConfigError: If it cannot be read or is no TOML.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConfigError(f"{path}: over {LARGEST_FILE} bytes, this is no configuration")
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; name a readable TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not TOML ({error})") from None


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with the values of `change` laid over it, section by section."""
    result = dict(base)
    for key, value in change.items():
        below = result.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[key] = merged(below, value) if both else value  # type: ignore[arg-type]
    return result


def parse_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Return the values of `section.key=value` strings; values are TOML, or else plain text.

    Raises:
        ConfigError: If one has no `=` or an unknown key.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        key = key.strip()
        if not equals:
            raise ConfigError(f"--set {setting}: write --set key=value, as radio.carrier_hz=60e9")
        if key not in KEYS:
            raise ConfigError(_unknown(key))
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text.strip()
        nested: Any = value
        for part in reversed(key.split(".")):
            nested = {part: nested}
        values = merged(values, nested)
    return values


def config_hash(values: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a configuration's plain values as canonical JSON."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _leaves(kind: Any, prefix: str = "") -> set[str]:
    found = set()
    for item in dataclasses.fields(kind):
        sub: Any = item.default_factory
        if dataclasses.is_dataclass(sub):
            found |= _leaves(sub, f"{prefix}{item.name}.")
        else:
            found.add(prefix + item.name)
    return found


KEYS = frozenset(_leaves(ScenarioConfig))


def _dotted(values: Mapping[str, Any], prefix: str = "") -> list[str]:
    keys = []
    for key, value in values.items():
        inside = isinstance(value, Mapping) and prefix + key not in KEYS
        keys += _dotted(value, f"{prefix}{key}.") if inside else [prefix + key]
    return keys


def _unknown(key: str) -> str:
    inside = sorted(known.removeprefix(f"{key}.") for known in KEYS if known.startswith(f"{key}."))
    if inside:
        return f"{key} is a section, not a value; its keys are {', '.join(inside)}"
    near = difflib.get_close_matches(key, KEYS, 1, 0.5)
    if not near:  # perhaps only the section is missing or wrong
        last = key.rsplit(".", 1)[-1]
        near = [k for k in sorted(KEYS) if k.rsplit(".", 1)[-1] == last][:1]
    hint = f"did you mean {near[0]}?" if near else "see radvis synth --print-config for all keys"
    return f"unknown configuration key {key}; {hint}"


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    message = str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "missing":
        text = f"{place} is missing"
    elif first["type"] == "value_error":
        text = f"{place}: {message}" if place else message
    else:
        message = message[:1].lower() + message[1:]
        message = message.removeprefix("input ").replace("a valid tuple", "a list, as ['radar']")
        limits = allowed(place)
        text = f"{place} = {first['input']!r}: {message}{f' (allowed: {limits})' if limits else ''}"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return text + more


def allowed(key: str) -> str:
    """Return the range of a numeric key, as `1e+09 to 3e+11`; empty if it has none."""
    schema: dict[str, Any] = _ADAPTER.json_schema()
    node: dict[str, Any] = schema
    for part in key.split("."):
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        node = node.get("properties", {}).get(part, {})
    low = node.get("minimum", node.get("exclusiveMinimum"))
    high = node.get("maximum", node.get("exclusiveMaximum"))
    if low is None and high is None:
        return ", ".join(node.get("enum", []))
    if low is None:
        return f"up to {high:g}"
    return f"from {low:g}" if high is None else f"{low:g} to {high:g}"
