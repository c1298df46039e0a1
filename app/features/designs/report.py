"""The report about two designs, for HTML and PDF."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from app.features.designs.design import Design
from app.ui.i18n import tr
from app.ui.number_text import number_text
from uvanet.analysis import Region, entropy
from uvanet.analysis.region_summary import RegionSummary
from uvanet.overlay import OverlayStyle, compose
from uvanet.redaction import printable
from uvanet.registry import resolve_model
from uvanet.report.content import Report, ReportRegion, ReportSlide, accuracy_text
from uvanet.report.pictures import report_picture, scale_colors
from uvanet.resizing import shrink
from uvanet.video.layers import color_of, draw_regions

_WIDTH = 960  # pixels of each picture


def comparison_report(
    titles: Sequence[str],
    designs: Sequence[Design],
    regions: Sequence[Region],
    style: OverlayStyle,
    model: str,
) -> Report:
    """Describes two designs. Slow: not on the GUI thread.

    Args:
        titles: Names of the two designs.
        designs: The predicted designs, in the same order.
        regions: The regions of both.
        style: Style of the heat maps.
        model: Name or path of the model.

    Raises:
        ModelError: The model does not exist any more.
    """
    card = resolve_model(model).card
    facts = [(tr("Model"), printable(model))]
    if card is not None:
        facts = [(tr("Model"), f"{card.name}: {tr(card.description)}")]
        facts.append((tr("Accuracy"), accuracy_text(card)))
    if any(len(design.samples) > 1 for design in designs):
        facts.append((tr("Films"), tr("Mean of 40 pictures at equal distances; one is shown.")))
    # The report takes only names and colors from here; each slide has its own shares.
    unused = RegionSummary(0.0, 0.0, None, 0)
    return Report(
        title=tr("{first} and {second}").format(first=titles[0], second=titles[1]),
        date=time.strftime(tr("%Y-%m-%d %H:%M")),
        facts=facts,
        average=None,
        scale=scale_colors(style.colormap),
        regions=[
            ReportRegion(region.name, color_of(region, index), unused, ())
            for index, region in enumerate(regions)
        ],
        limits=[] if card is None else [tr(limit) for limit in card.limits],
        settings=[
            (tr("Colors"), style.colormap),
            (tr("Opacity"), number_text(style.opacity)),
            (tr("Threshold"), number_text(style.threshold)),
        ],
        slides=[
            _slide(printable(title), design, regions, style)
            for title, design in zip(titles, designs, strict=True)
        ],
        compared=True,
    )


def _slide(
    title: str, design: Design, regions: Sequence[Region], style: OverlayStyle
) -> ReportSlide:
    shown = design.at(0.5)
    image = compose(shrink(shown.image, _WIDTH), shown.saliency, style)
    # For a film, the table has the mean shares, which differ from those in this one picture.
    draw_regions(image, regions, shown.saliency if len(design.samples) == 1 else None)
    spread = float(np.mean([entropy(sample.saliency) for sample in design.samples]))
    shares = design.shares(regions) if regions else []
    return ReportSlide(title, report_picture(image, title), spread, shares)
