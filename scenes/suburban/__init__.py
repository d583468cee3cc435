"""The scene `suburban`: a street of houses with gardens."""

from scenes.suburban.layout import sample_suburban

__all__ = ["sample_suburban"]
