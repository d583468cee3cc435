"""The scene `canyon`: a street between façades."""

from scenes.canyon.layout import sample_canyon

__all__ = ["sample_canyon"]
