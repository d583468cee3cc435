"""Tables and figures of results, drawn from rows alone: one Markdown and one HTML page."""

from benchmark.report.page import write_report
from benchmark.report.sections import Figure, Section, sections
from benchmark.report.tables import results_table

__all__ = ["Figure", "Section", "results_table", "sections", "write_report"]
