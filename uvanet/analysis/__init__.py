"""Analysis of saliency maps: map statistics, regions, and the attention over a clip's time."""

from uvanet.analysis.map_stats import (
    Peak,
    change,
    density,
    entropy,
    peak,
    peaks,
    region_shares,
)
from uvanet.analysis.record import Record, Series
from uvanet.analysis.region_summary import (
    SUMMARY_COLUMNS,
    RegionSummary,
    summary_cells,
    summary_rows,
    table_names,
)
from uvanet.analysis.regions import (
    MaskRegion,
    Region,
    Shape,
    load_masks,
    load_regions,
    save_regions,
)
from uvanet.analysis.scan import Sample, scan

__all__ = [
    "SUMMARY_COLUMNS",
    "MaskRegion",
    "Peak",
    "Record",
    "Region",
    "RegionSummary",
    "Sample",
    "Series",
    "Shape",
    "change",
    "density",
    "entropy",
    "load_masks",
    "load_regions",
    "peak",
    "peaks",
    "region_shares",
    "save_regions",
    "scan",
    "summary_cells",
    "summary_rows",
    "table_names",
]
