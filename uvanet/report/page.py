"""Lays out a report as one HTML file; pictures are embedded as data addresses."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape
from itertools import zip_longest

from uvanet.i18n import language, tr
from uvanet.redaction import visible
from uvanet.report.content import (
    Report,
    ReportGaze,
    ReportPicture,
    average_title,
    dated,
    gaze_note,
    region_cells,
    region_heads,
    region_note,
    slide_heads,
    slide_notes,
    slide_rows,
)
from uvanet.report.graph import Graph, gaze_graphs, graph_svg, graphs

# Forbids the page to load or run anything, whatever a name contains.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --quiet: #5b6470; --paper: #ffffff;
  --line: #d9dee4; --card: #f5f7f9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --quiet: #9aa4af;
  --paper: #14171b; --line: #333a42; --card: #1d2228; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 32px 24px 48px; max-width: 960px; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.7em; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 1.15em; margin: 36px 0 10px; break-after: avoid; }
p { margin: 6px 0; } .quiet, figcaption, th { color: var(--quiet); }
.caution { border-left: 4px solid #e69f00; background: var(--card); padding: 10px 14px;
  margin: 18px 0; }
figure { margin: 0; break-inside: avoid; }
img { display: block; width: 100%; height: auto; border-radius: 6px; }
.average img { max-height: 78vh; width: auto; max-width: 100%; }
.moments { display: grid; grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)); gap: 16px; }
.moments.pair { grid-template-columns: 1fr 1fr; }
figcaption { font-size: .9em; padding-top: 4px; } figcaption b { color: var(--ink); }
.bar { max-width: 420px; margin-top: 10px; font-size: .85em; color: var(--quiet); }
.bar i { display: block; height: 12px; border-radius: 6px; print-color-adjust: exact;
  -webkit-print-color-adjust: exact; }
.bar div { display: flex; justify-content: space-between; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { font-weight: 500; text-align: left; } th, td { padding: 6px 14px 6px 0; vertical-align: top;
  border-bottom: 1px solid var(--line); } tr { break-inside: avoid; }
.numbers :is(td, th):not(:first-child) { text-align: right; white-space: nowrap; }
 .facts th { width: 11em; }
.wide { overflow-x: auto; }
.dot { display: inline-block; width: .75em; height: .75em; border-radius: 50%; margin-right: .45em;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.key { display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: .9em; color: var(--quiet); }
svg { display: block; width: 100%; height: auto; break-inside: avoid; }
.axis { fill: var(--quiet); font: 12px system-ui, sans-serif; } .grid { stroke: var(--line); }
footer { margin-top: 40px; border-top: 1px solid var(--line); padding-top: 10px; font-size: .9em; }
@page { size: A4; margin: 16mm 15mm; }
@media print { :root { --ink: #1b1f24; --quiet: #5b6470; --paper: #ffffff; --line: #d9dee4;
  --card: #f5f7f9; color-scheme: light; } body { padding: 0; max-width: none; font-size: 10.5pt; }
  .moments { grid-template-columns: repeat(3, 1fr); gap: 10px; }
  .average img { max-height: 110mm; } }
"""


def report_html(report: Report) -> str:
    """Lays a report out as HTML.

    Every text from outside is escaped, and a policy in the page forbids scripts and connections.
    """
    title = _text(report.title)
    parts = [
        f'<!DOCTYPE html>\n<html lang="{language()}">\n<head>\n<meta charset="utf-8">\n',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        f"<title>{title}: {_text(tr('Predicted attention'))}</title>\n<style>{_STYLE}</style>\n"
        "</head>\n<body>\n",
        f"<header><h1>{title}</h1>",
        f'<p class="quiet">{_text(dated(report))}</p></header>\n',
        f'<p class="caution">{_text(report.caution)}</p>\n',
        _average(report),
        _slides(report) if report.slides else _regions(report),
        *map(_graph, graphs(report)),
        _gaze(report.gaze) if report.gaze is not None else "",
        _moments(report),
        _facts(tr("Source and model"), report.facts),
    ]
    if report.limits:
        items = "".join(f"<li>{_text(limit)}</li>" for limit in report.limits)
        parts.append(f"{_heading(tr('Known limits of the model'))}<ul>{items}</ul>\n")
    parts += [
        _facts(tr("Settings"), report.settings),
        f'<footer class="quiet">{_text(report.version)}, {_text(report.date)}</footer>\n',
        "</body>\n</html>\n",
    ]
    return "".join(parts)


def _average(report: Report) -> str:
    colors = ", ".join(report.scale)
    figure = ""
    if report.average is not None:
        figure = f'<div class="average">{_figure(report.average)}</div>\n'
    shown = [slide.picture for slide in report.slides if slide.picture is not None]
    if shown:
        grid = "moments pair" if report.compared else "moments"
        figure = f'<div class="{grid}">{"".join(map(_figure, shown))}</div>\n'
    return (
        f"<section>{_heading(average_title(report))}{figure}"
        f'<div class="bar"><i style="background: linear-gradient(to right, {colors})"></i>'
        f"<div><span>{_text(tr('little attention'))}</span>"
        f"<span>{_text(tr('most attention'))}</span></div></div></section>\n"
    )


def _regions(report: Report) -> str:
    if not report.regions:
        return ""
    heads = "".join(f'<th scope="col">{_text(head)}</th>' for head in region_heads(report.duration))
    rows = []
    for region in report.regions:
        name, *rest = region_cells(region, report.duration)
        cells = "".join(f"<td>{_text(cell)}</td>" for cell in rest)
        rows.append(f"<tr><td>{_dot(region.color)}{_text(name)}</td>{cells}</tr>")
    return (
        f"<section>{_heading(tr('Regions'))}{_numbers(heads, ''.join(rows))}"
        f"{_note(region_note(report.duration))}</section>\n"
    )


def _slides(report: Report) -> str:
    colors = ["", *(region.color for region in report.regions)]
    heads = "".join(
        f'<th scope="col">{_dot(color) if color else ""}{_text(head)}</th>'
        for head, color in zip_longest(slide_heads(report), colors, fillvalue="")
    )
    rows = "".join(
        f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>"
        for row in slide_rows(report)
    )
    return (
        f"<section>{_heading(tr('Pictures'))}{_numbers(heads, rows)}"
        f"{_note(slide_notes(report))}</section>\n"
    )


def _gaze(gaze: ReportGaze) -> str:
    return (
        _facts(tr("Recorded gaze of people"), gaze.facts)
        + _note(gaze_note(gaze))
        + "".join(map(_graph, gaze_graphs(gaze)))
    )


def _graph(graph: Graph) -> str:
    key = "".join(f"<span>{_dot(line.color)}{_text(line.name)}</span>" for line in graph.lines)
    return (
        f"<section>{_heading(graph.title)}{graph_svg(graph)}\n"
        f'<div class="key">{key}</div></section>\n'
    )


def _moments(report: Report) -> str:
    if not report.moments:
        return ""
    figures = "\n".join(map(_figure, report.moments))
    return (
        f"<section>{_heading(tr('Moments at which the attention moves most'))}"
        f'<div class="moments">{figures}</div></section>\n'
    )


def _figure(picture: ReportPicture) -> str:
    data = base64.b64encode(picture.jpeg).decode()
    caption = f"<b>{_text(picture.caption)}</b> {_text(picture.detail)}".strip()
    return (
        f'<figure><img src="data:image/jpeg;base64,{data}" width="{picture.width}" '
        f'height="{picture.height}" alt="{_text(picture.caption)}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _facts(title: str, facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_text(name)}</th><td>{_text(value)}</td></tr>'
        for name, value in facts
    )
    table = f'<table class="facts"><tbody>{rows}</tbody></table>'
    return f"<section>{_heading(title)}{table}</section>\n"


def _heading(text: str) -> str:
    return f"<h2>{_text(text)}</h2>\n"


def _note(text: str) -> str:
    return f'<p class="quiet">{_text(text)}</p>\n'


def _numbers(heads: str, rows: str) -> str:
    table = f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
    return f'<div class="wide"><table class="numbers">{table}</table></div>\n'


def _dot(color: str) -> str:
    return f'<span class="dot" style="background: {color}"></span>'


def _text(text: str) -> str:
    return escape(visible(text), quote=True)
