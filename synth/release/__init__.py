"""Releases: datasets with splits, documents, checksums and a version, in one folder.

    plan = plan_release(Terms("lot", "1.0.0", "CC-BY-4.0", "Example Lab"), out, (folder,))
    make_release(plan)
    check_release(out)                           # [] if nothing is wrong

What a release holds: docs/releases.md.
"""

from synth.release.archive import archive
from synth.release.changes import Changes, changes, term_lines
from synth.release.check import check_release
from synth.release.croissant import lacking
from synth.release.make import make_release
from synth.release.plan import ReleasePlan, plan_release
from synth.release.record import Release, is_release, read_release
from synth.release.terms import Terms

__all__ = [
    "Changes", "Release", "ReleasePlan", "Terms", "archive", "changes", "check_release",
    "is_release", "lacking", "make_release", "plan_release", "read_release", "term_lines",
]  # fmt: skip
