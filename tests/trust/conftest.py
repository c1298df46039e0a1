"""Programs that are killed at the end; profiles of hypothesis.

Hypothesis gives the same few examples in each run of CI, or many new ones.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from started_program import Program

# Times say nothing on a busy machine; a fixture of a folder may serve all examples of a test.
_COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    "database": None,
    "print_blob": True,
}
settings.register_profile("quick", max_examples=40, derandomize=True, **_COMMON)
settings.register_profile(
    "long", max_examples=int(os.environ.get("UVANET_FUZZ_EXAMPLES", "5000")), **_COMMON
)
settings.load_profile("long" if "UVANET_FUZZ_EXAMPLES" in os.environ else "quick")


@pytest.fixture
def programs() -> Iterator[list[Program]]:
    """Those that are killed at the end."""
    started: list[Program] = []
    yield started
    for one in started:
        one.kill()
