"""The pages themselves: Markdown with figures beside it, and one HTML file with them inside."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from benchmark.panels import panel_path
from benchmark.report.sections import SECTIONS, sections
from benchmark.report.tables import as_html, as_markdown, escaped, named
from benchmark.rows import Row, current
from synth.shards import replace_file

MARKDOWN, PAGE = "report.md", "report.html"
STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem .8rem;border-bottom:1px solid #ccc;
text-align:right}td:first-child,th:first-child{text-align:left}svg,img{max-width:100%;height:auto}
small{color:#555}"""


def write_report(rows: Sequence[Row], folder: Path) -> tuple[Path, Path]:
    """Write both pages and return their paths.

    Args:
        rows: Of any runs; each dataset and preset gets a part, each task in it a section.
        folder: To write into; figures for the Markdown go beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = current(rows)
    markdown, page = ["# Results\n"], ["<h1>Results</h1>"]
    keys = sorted({(row.dataset, row.data, row.preset) for row in rows if row.task in SECTIONS})
    for number, key in enumerate(keys):
        part = [row for row in rows if (row.dataset, row.data, row.preset) == key]
        title = f"{key[0]}, preset {key[2]}"
        markdown.append(f"## {escaped(title)}\n")
        page.append(f"<h2>{html.escape(title)}</h2>")
        for section in sections(part):
            markdown.append(f"### {section.title}\n\n{escaped(section.text)}\n")
            page.append(f"<h3>{section.title}</h3><p>{html.escape(section.text)}</p>")
            for table in section.tables:
                markdown.append(as_markdown(table))
                page.append(as_html(table))
            for figure in section.figures:
                name = f"{figure.name}-{number}.svg"
                replace_file(folder / name, figure.svg.encode())
                markdown.append(f"![{figure.text}]({name})\n")
                page.append(figure.svg[figure.svg.index("<svg") :])
            if section.notes:
                markdown.append("\n".join(f"* {escaped(note)}" for note in section.notes) + "\n")
                items = "".join(f"<li>{html.escape(note)}</li>" for note in section.notes)
                page.append(f"<details><summary>What runs said</summary><ul>{items}</ul></details>")
        for name, path in panels(part, folder):
            markdown.append(f"![{escaped(name)}]({quote(str(path.relative_to(folder)))})\n")
            data = base64.b64encode(path.read_bytes()).decode()
            source = f"data:image/jpeg;base64,{data}"
            page.append(f'<h3>{html.escape(name)}</h3><img alt="" src="{source}">')
        markdown.append(f"{escaped(origin(part))}\n")
        page.append(f"<p><small>{html.escape(origin(part))}</small></p>")
    body = "\n".join(page)
    text = (
        "<!doctype html><html lang=en><meta charset=utf-8><title>radvis results</title>"
        f"<style>{STYLE}</style>{body}</html>"
    )
    replace_file(folder / MARKDOWN, "\n".join(markdown).encode())
    replace_file(folder / PAGE, text.encode())
    return folder / MARKDOWN, folder / PAGE


def panels(rows: Sequence[Row], folder: Path) -> list[tuple[str, Path]]:
    """Return the pictures of frames that runs left in a folder, with what they show."""
    found = {}
    for row in rows:
        path = panel_path(folder, row.method, row.config, row.data)
        if row.task == "localisation" and path.is_file():
            found[path] = f"Frames of {named(row.method, row.variant)}"
    return [(name, path) for path, name in found.items()]


def origin(rows: Sequence[Row]) -> str:
    """Return what made the rows: command, version, machine, data."""
    commands = sorted({row.command for row in rows})
    machines = sorted({row.machine for row in rows})
    versions = sorted({row.version for row in rows})
    data = sorted({row.data[:16] for row in rows})
    return (
        f"Made by {'; '.join(commands)} with {', '.join(versions)} on {', '.join(machines)}; "
        f"data {', '.join(data)}."
    )
