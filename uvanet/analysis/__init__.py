"""What maps of attention say: regions and their shares, spread, peaks, looks, and change."""

from uvanet.analysis.map_stats import change, density, entropy, peak
from uvanet.analysis.record import Record, RegionSummary, Series
from uvanet.analysis.regions import Region, Shape, load_regions, save_regions, shares
from uvanet.analysis.scan import Sample, scan
from uvanet.analysis.scanpath import ScanpathPoint, order_of_looks

__all__ = [
    "Record",
    "Region",
    "RegionSummary",
    "Sample",
    "ScanpathPoint",
    "Series",
    "Shape",
    "change",
    "density",
    "entropy",
    "load_regions",
    "order_of_looks",
    "peak",
    "save_regions",
    "scan",
    "shares",
]
