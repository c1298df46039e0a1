"""Tables that the window writes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from uvanet.atomic_io import write_output
from uvanet.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(os.name != "posix", reason="file modes of POSIX")
def test_a_table_is_as_readable_as_the_user_wants_files_to_be(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_output(tmp_path / "shares.csv", "seconds\n")
    finally:
        os.umask(before)
    assert (tmp_path / "shares.csv").stat().st_mode & 0o777 == 0o644


def test_a_table_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="missing"):
        write_output(tmp_path / "missing" / "shares.csv", "")
