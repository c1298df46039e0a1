"""Writes a report as PDF on A4; needs no window and no screen."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QGuiApplication,
    QImage,
    QLinearGradient,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPen,
    QPolygonF,
    QTextOption,
)

from uvanet.i18n import tr
from uvanet.redaction import visible
from uvanet.report.content import (
    Report,
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
from uvanet.report.graph import (
    Graph,
    axis_ticks,
    gaze_graphs,
    graphs,
    thinned,
    tick_text,
    time_ticks,
)

_DPI = 144
_MM = _DPI / 25.4
_PICTURE_HEIGHT = 60 * _MM  # maximum height in a row of pictures
_INK, _QUIET, _LINE, _CARD = "#1b1f24", "#5b6470", "#d9dee4", "#f5f7f9"
_LEFT_TOP = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
_RIGHT_TOP = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop


def report_pdf(report: Report) -> bytes:
    """Returns a report as PDF.

    Starts a Qt application without a screen if the process has no application.
    """
    application = QGuiApplication.instance()
    if application is None:
        # The paint engine of PDF needs fonts, but no screen.
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        application = QGuiApplication(sys.argv[:1])
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_DPI)
    writer.setTitle(visible(report.title))
    writer.setCreator(report.version)
    margins = QMarginsF(15, 16, 15, 16)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4),
            QPageLayout.Orientation.Portrait,
            margins,
            QPageLayout.Unit.Millimeter,
        )
    )
    pages = _Pages(writer, f"{report.version}, {report.date}")
    _write(pages, report)
    pages.end()
    return bytes(buffer.data().data())


class _Pages:
    """Writes blocks below each other; a block that does not fit starts a new page."""

    def __init__(self, writer: QPdfWriter, foot: str) -> None:
        self._writer, self._foot = writer, foot
        self.painter = QPainter(writer)
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.width = float(writer.width())
        self._bottom = writer.height() - 8 * _MM
        self.y = 0.0
        self._number = 1

    def end(self) -> None:
        """Completes the last page."""
        self._write_foot()
        self.painter.end()

    def need(self, height: float) -> None:
        """Starts a new page if a block of this height does not fit."""
        if self.y > 0 and self.y + height > self._bottom:
            self._write_foot()
            self._writer.newPage()
            self.y, self._number = 0.0, self._number + 1

    def heading(self, text: str, room: float) -> None:
        """Writes a heading on the same page as the next `room` units of height."""
        self.need(14 * _MM + room)
        self.y += 7 * _MM if self.y else 0.0
        self.text(text, 12.5, bold=True)
        self.y += 1.5 * _MM

    def text(self, text: str, size: float = 9.5, *, bold: bool = False, color: str = _INK) -> None:
        """Writes a paragraph."""
        height = self.height(text, self.width, size, bold=bold)
        self.need(height)
        self.write(text, QRectF(0, self.y, self.width, height), size, bold=bold, color=color)
        self.y += height

    def height(self, text: str, width: float, size: float = 9.5, *, bold: bool = False) -> float:
        """Returns the height of a text that is wrapped to a width."""
        self.painter.setFont(_font(size, bold=bold))
        room = QRectF(0, 0, width, 1e5)
        return self.painter.boundingRect(room, visible(text), _wrapped(_LEFT_TOP)).height()

    def write(
        self,
        text: str,
        box: QRectF,
        size: float = 9.5,
        *,
        bold: bool = False,
        color: str = _INK,
        align: Qt.AlignmentFlag = _LEFT_TOP,
    ) -> None:
        """Writes a text into a box."""
        self.painter.setFont(_font(size, bold=bold))
        self.painter.setPen(QColor(color))
        self.painter.drawText(box, visible(text), _wrapped(align))

    def picture(self, picture: ReportPicture, x: float, width: float, max_height: float) -> float:
        """Draws a picture with its caption; returns the height of both."""
        scale = min(width / picture.width, max_height / picture.height)
        box = QRectF(x, self.y, picture.width * scale, picture.height * scale)
        self.painter.drawImage(box, QImage.fromData(picture.jpeg))
        caption = f"{picture.caption}  {picture.detail}".strip()
        height = self.height(caption, width, 8)
        self.write(caption, QRectF(x, box.bottom() + _MM, width, height), 8, color=_QUIET)
        return box.height() + height + 2 * _MM

    def rule(self) -> None:
        """Draws a horizontal line below a row."""
        self.painter.setPen(QPen(QColor(_LINE), 1))
        self.painter.drawLine(QPointF(0, self.y), QPointF(self.width, self.y))
        self.y += 1.2 * _MM

    def dot(self, x: float, color: str) -> None:
        """Draws the dot of a region or line before its name."""
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(QColor(color))
        self.painter.drawEllipse(QRectF(x, self.y + 0.9 * _MM, 2.4 * _MM, 2.4 * _MM))

    def _write_foot(self) -> None:
        top = self._writer.height() - 5 * _MM
        box = QRectF(0, top, self.width, 5 * _MM)
        self.write(self._foot, box, 8, color=_QUIET)
        self.write(str(self._number), box, 8, color=_QUIET, align=_RIGHT_TOP)


def _write(pages: _Pages, report: Report) -> None:
    pages.text(report.title, 19, bold=True)
    pages.text(dated(report), color=_QUIET)
    _write_caution(pages, report.caution)
    pages.heading(average_title(report), 90 * _MM)
    if report.average is not None:
        pages.y += pages.picture(report.average, 0, pages.width, 105 * _MM)
    pictures = [slide.picture for slide in report.slides if slide.picture is not None]
    _write_pictures(pages, pictures, columns=2 if report.compared else 3)
    _write_scale(pages, report.scale)
    if report.slides:
        heads = slide_heads(report)
        colors = [region.color for region in report.regions]
        _write_table(
            pages, tr("Pictures"), heads, [(row, "") for row in slide_rows(report)], colors
        )
        pages.text(slide_notes(report), 8, color=_QUIET)
    elif report.regions:
        _write_regions(pages, report)
    for graph in graphs(report):
        _write_graph(pages, graph)
    if report.gaze is not None:
        _write_facts(pages, tr("Recorded gaze of people"), report.gaze.facts)
        pages.text(gaze_note(report.gaze), 8, color=_QUIET)
        for graph in gaze_graphs(report.gaze):
            _write_graph(pages, graph)
    if report.moments:
        pages.heading(tr("Moments at which the attention moves most"), _PICTURE_HEIGHT)
        _write_pictures(pages, report.moments)
    _write_facts(pages, tr("Source and model"), report.facts)
    if report.limits:
        pages.heading(tr("Known limits of the model"), 10 * _MM)
        for limit in report.limits:
            pages.text(f"\N{BULLET} {limit}")
    _write_facts(pages, tr("Settings"), report.settings)


def _write_caution(pages: _Pages, caution: str) -> None:
    margin = 3 * _MM
    height = pages.height(caution, pages.width - 2 * margin)
    pages.y += 4 * _MM
    pages.need(height + 2 * margin)
    box = QRectF(0, pages.y, pages.width, height + 2 * margin)
    pages.painter.fillRect(box, QColor(_CARD))
    pages.painter.fillRect(QRectF(0, pages.y, _MM, box.height()), QColor("#e69f00"))
    inner = QRectF(margin, pages.y + margin, pages.width - 2 * margin, height)
    pages.write(caution, inner)
    pages.y += box.height()


def _write_scale(pages: _Pages, colors: Sequence[str]) -> None:
    bar = QRectF(0, pages.y, 70 * _MM, 3 * _MM)
    gradient = QLinearGradient(bar.topLeft(), bar.topRight())
    for index, color in enumerate(colors):
        gradient.setColorAt(index / (len(colors) - 1), QColor(color))
    pages.painter.fillRect(bar, gradient)
    below = bar.translated(0, 4 * _MM)
    below.setHeight(5 * _MM)
    pages.write(tr("little attention"), below, 8, color=_QUIET)
    pages.write(tr("most attention"), below, 8, color=_QUIET, align=_RIGHT_TOP)
    pages.y += 9 * _MM


def _write_regions(pages: _Pages, report: Report) -> None:
    rows = [(region_cells(region, report.duration), region.color) for region in report.regions]
    _write_table(pages, tr("Regions"), region_heads(report.duration), rows)
    pages.text(region_note(report.duration), 8, color=_QUIET)


def _write_table(
    pages: _Pages,
    title: str,
    heads: Sequence[str],
    rows: Sequence[tuple[Sequence[str], str]],
    colors: Sequence[str] = (),
) -> None:
    """Writes a table.

    Args:
        pages: The pages.
        title: Heading of the table.
        heads: Head of each column; the first column is wider and left-aligned.
        rows: Cells of each row, and the color of a dot before the first cell; empty for no dot.
        colors: Colors of the heads after the first.
    """
    first = pages.width * 0.36
    rest = (pages.width - first) / (len(heads) - 1)
    pages.heading(title, 20 * _MM)
    for number, (cells, color) in enumerate([(heads, ""), *rows]):
        indent = 4 * _MM if color else 0.0
        widths = [first - indent, *[rest - 2 * _MM] * (len(heads) - 1)]
        height = max(map(pages.height, cells, widths))
        pages.need(height + 2 * _MM)
        if color:
            pages.dot(0, color)
        ink = _INK if number else _QUIET
        pages.write(cells[0], QRectF(indent, pages.y, widths[0], height), color=ink)
        for column in range(1, len(heads)):
            box = QRectF(first + (column - 1) * rest + 2 * _MM, pages.y, rest - 2 * _MM, height)
            color = colors[column - 1] if not number and column <= len(colors) else ink
            pages.write(cells[column], box, color=color, align=_RIGHT_TOP)
        pages.y += height + 0.8 * _MM
        pages.rule()


def _write_graph(pages: _Pages, graph: Graph) -> None:
    seconds, lines, axis = graph.seconds, graph.lines, graph.axis
    height, left = 42 * _MM, 11 * _MM
    pages.heading(graph.title, height + 12 * _MM)
    box = QRectF(left, pages.y + _MM, pages.width - left, height)
    start, end = float(seconds[0]), max(float(seconds[-1]), float(seconds[0]) + 1e-3)
    painter = pages.painter
    for value in axis_ticks(axis):
        y = box.bottom() - box.height() * (value - axis.low) / (axis.high - axis.low)
        painter.setPen(QPen(QColor(_LINE), 1))
        painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
        text_box = QRectF(0, y - 2 * _MM, left - 2 * _MM, 5 * _MM)
        pages.write(axis.text(value), text_box, 7.5, color=_QUIET, align=_RIGHT_TOP)
    for tick in time_ticks(start, end):
        x = box.left() + (tick - start) / (end - start) * box.width()
        corner = QPointF(min(x - 15 * _MM, pages.width - 22 * _MM), box.bottom() + _MM)
        text_box = QRectF(corner, QSizeF(30 * _MM, 5 * _MM))
        centered = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        pages.write(tick_text(tick), text_box, 7.5, color=_QUIET, align=centered)
    for line in lines:
        points = [
            QPointF(
                box.left() + (time - start) / (end - start) * box.width(),
                box.bottom() - (value - axis.low) / (axis.high - axis.low) * box.height(),
            )
            for time, value in thinned(seconds, line.values).tolist()
        ]
        painter.setPen(QPen(QColor(line.color), 2.2))
        painter.drawPolyline(QPolygonF(points))
    pages.y = box.bottom() + 6 * _MM
    for line in lines:
        height = pages.height(line.name, pages.width - 4 * _MM, 8)
        pages.need(height)
        pages.dot(0, line.color)
        inner = QRectF(4 * _MM, pages.y, pages.width - 4 * _MM, height)
        pages.write(line.name, inner, 8, color=_QUIET)
        pages.y += height


def _write_pictures(pages: _Pages, pictures: Sequence[ReportPicture], columns: int = 3) -> None:
    gap = 4 * _MM
    width = (pages.width - gap * (columns - 1)) / columns
    max_height = _PICTURE_HEIGHT * 3 / columns
    for begin in range(0, len(pictures), columns):
        line = pictures[begin : begin + columns]
        heights = [min(max_height, width * picture.height / picture.width) for picture in line]
        pages.need(max(heights) + 10 * _MM)
        heights = [
            pages.picture(picture, column * (width + gap), width, max_height)
            for column, picture in enumerate(line)
        ]
        pages.y += max(heights) + 2 * _MM


def _write_facts(pages: _Pages, title: str, facts: Sequence[tuple[str, str]]) -> None:
    pages.heading(title, 10 * _MM)
    left = 32 * _MM
    for name, value in facts:
        height = pages.height(value, pages.width - left)
        pages.need(height + 2 * _MM)
        pages.write(name, QRectF(0, pages.y, left, height), color=_QUIET)
        pages.write(value, QRectF(left, pages.y, pages.width - left, height))
        pages.y += height + 0.8 * _MM
        pages.rule()


def _wrapped(align: Qt.AlignmentFlag) -> QTextOption:
    option = QTextOption(align)
    # Lines break at words; a long name without spaces breaks anywhere.
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    return option


def _font(size: float, *, bold: bool) -> QFont:
    font = QFont("sans-serif")
    font.setPointSizeF(size)
    font.setBold(bold)
    return font
