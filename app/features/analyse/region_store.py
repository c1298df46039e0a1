"""Stores the regions of all sources in one file of the user's data folder."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from app.runtime.source_store import SourceStore
from uvanet.analysis import Region
from uvanet.errors import UsageError


class RegionStore(SourceStore):
    """Regions by the string that opens their source; see `SourceStore`."""

    def get(self, spec: str) -> list[Region]:
        """Returns the regions of a source."""
        result = []
        for entry in self.get_entries(spec):
            with contextlib.suppress(UsageError):
                result.append(Region.from_dict(entry))
        return result

    def put(self, spec: str, regions: Sequence[Region]) -> None:
        """Sets the regions of a source. Call `write` to store them in the file."""
        self.put_entries(spec, [region.as_dict() for region in regions])
