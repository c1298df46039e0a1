"""From a source to files: annotated clips, pictures, raw maps and tables, each frame once."""

from uvanet.export.control import Control, Progress
from uvanet.export.exporter import Result, export
from uvanet.export.job import PANES, Job, Look, Region

__all__ = ["PANES", "Control", "Job", "Look", "Progress", "Region", "Result", "export"]
