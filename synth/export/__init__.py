"""Datasets in the formats of other tools."""

from synth.export.run import FORMATS, Export, plan_export, run_export

__all__ = ["FORMATS", "Export", "plan_export", "run_export"]
