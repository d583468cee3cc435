"""What a maintainer says of a release: name, version, licence, who made it, when."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import date

from license_expression import get_spdx_licensing
from semver import Version

from scenes.config import ConfigError

LICENSE = "LICENSE"  # name of the file
LONGEST = 2000  # letters of a description
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # of files and folders on any system


@dataclass(frozen=True)
class Terms:
    """What no dataset can say of itself.

    Attributes:
        name: Of the release, for people and for files.
        version: By semver.org, version 2.
        license: SPDX identifier of the licence.
        creator: Person or institution.
        day: When it is published, as 2026-11-28; empty if it is not to be said.
        description: A sentence or a few.
        url: Where it will be found; empty if that is not known.
    """

    name: str
    version: str
    license: str
    creator: str
    day: str = ""
    description: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ConfigError(
                f"--name {self.name!r}: letters, digits, dots, dashes and underscores, 1 to 100"
            )
        parse_version("--version", self.version)
        check_license(self.license)
        _check_text("--creator", self.creator, 1, 200)
        _check_text("--description", self.description, 0, LONGEST)
        if self.url and not re.fullmatch(r"https?://[^\s\"'<>()]{1,500}", self.url):
            raise ConfigError(f"--url {self.url!r}: write it whole, as https://example.org/data")
        if self.day:
            check_day(self.day)

    @property
    def license_url(self) -> str:
        """Where the licence can be read."""
        return f"https://spdx.org/licenses/{self.license}.html"


def parse_version(what: str, text: str) -> Version:
    """Return a version.

    Raises:
        ConfigError: If it is none by semver.org.
    """
    try:
        return Version.parse(text)
    except (ValueError, TypeError):
        raise ConfigError(
            f"{what} {text!r}: write a semantic version, three numbers, as 1.1.0"
        ) from None


def check_license(name: str) -> None:
    """Raise ConfigError unless a name is one SPDX identifier, spelled as SPDX does."""
    known = {
        key for key, symbol in get_spdx_licensing().known_symbols.items()
        if not symbol.is_exception and not key.startswith("LicenseRef-")  # those are ScanCode's own
    }  # fmt: skip
    if name in known:
        return
    lower = {key.lower(): key for key in known}
    longer = sorted(key for key in lower if key.startswith(f"{name.lower()}-"))  # GPL-3.0-only
    near = longer or difflib.get_close_matches(name.lower(), lower, 1, 0.6)
    guess = f": do you mean {lower[near[0]]}?" if near else ", as CC-BY-4.0 or CC0-1.0"
    raise ConfigError(f"--license {name!r} is no SPDX identifier{guess}")


def check_day(text: str) -> None:
    """Raise ConfigError unless a text is a day, as 2026-11-28."""
    try:
        good = date.fromisoformat(text).isoformat() == text
    except ValueError:
        good = False
    if not good:
        raise ConfigError(f"--date {text!r}: write a day, as 2026-11-28")


def _check_text(what: str, text: str, least: int, most: int) -> None:
    if not least <= len(text.strip()) <= len(text) <= most or not text.isprintable():
        raise ConfigError(f"{what} {text!r:.80}: one line of {least} to {most} letters that print")


def license_text(terms: Terms) -> str:
    """Return what the file LICENSE says."""
    return (
        f"SPDX-License-Identifier: {terms.license}\n\n"
        f"{terms.name} {terms.version} by {terms.creator} is licensed under {terms.license}:\n"
        f"{terms.license_url}\n"
    )
