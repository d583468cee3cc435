"""What methods raise."""

from __future__ import annotations


class MethodError(ValueError):
    """There is no such method, it is none, or it has nothing to learn from."""
