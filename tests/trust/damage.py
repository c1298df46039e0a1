"""Damaged variants of files: changed, cut and repeated bytes, and JSON with odd values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from uvanet.errors import UvanetError

_DEPTH = 3_000  # brackets: more than a recursive reader takes
ODD_TEXT = (
    "",
    "a" * 5_000,
    "../../etc/passwd",
    "\x1b[31mred\x07",
    "<b>bold</b><img src='/etc/passwd'>",
    "=HYPERLINK(1)",
    "\u202egpj.exe",
    "nul\x00byte",
)
ODD_VALUES: tuple[Any, ...] = (
    *ODD_TEXT,
    None,
    True,
    0,
    -1,
    2**63,
    10**400,
    1e308,
    -0.5,
    [],
    {},
    [None],
    {"a": {"b": [1, 2]}},
)


def check_refusal(error: UvanetError, name: str = "") -> None:
    """A refusal is one readable line of a bounded length, and names the file."""
    assert name in error.message
    assert len(error.message) < 1_000, error.message
    assert "\x1b" not in error.message
    assert len(error.message.splitlines()) == 1, error.message


@st.composite
def damaged_bytes(draw: DrawFn, data: bytes) -> bytes:
    """A variant of `data`: a few bytes changed, cut off, zeroed, inserted or repeated."""
    values = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        if not values:
            break
        # Headers decide most, so that half of the damage is there.
        end = len(values) - 1
        place = draw(st.integers(0, end) | st.integers(0, min(end, 512)))
        length = draw(st.integers(1, 64))
        kind = draw(st.sampled_from(("change", "change", "cut", "zero", "insert", "repeat")))
        if kind == "change":
            values[place] = draw(st.integers(0, 255))
        elif kind == "cut":
            del values[place:]
        elif kind == "zero":
            values[place : place + length] = bytes(min(length, len(values) - place))
        elif kind == "insert":
            values[place:place] = draw(st.binary(min_size=1, max_size=16))
        else:
            values[place:place] = values[place : place + length]
    return bytes(values)


@st.composite
def damaged_json(draw: DrawFn, data: bytes) -> bytes:
    """A variant of a JSON text: some values replaced, fields removed, names changed."""
    value = json.loads(data)
    for _ in range(draw(st.integers(1, 3))):
        value = _mutated(draw, value)
    text = json.dumps(value)
    if draw(st.integers(0, 19)) == 0:  # too deep for a reader that calls itself
        text = text.replace(":", ":" + "[" * _DEPTH, 1)
    return text.encode()


def damaged_text(data: bytes) -> st.SearchStrategy[bytes]:
    """A variant of a JSON text, by its bytes or by its values."""
    return damaged_json(data) | damaged_bytes(data) | st.binary(max_size=64)


def _mutated(draw: DrawFn, value: Any) -> Any:
    """The value with one entry at any depth replaced, removed, renamed or repeated."""
    if isinstance(value, dict) and value and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(value)))
        kind = draw(st.sampled_from(("inside", "inside", "inside", "remove", "rename", "add")))
        changed = dict(value)
        if kind == "inside":
            changed[key] = _mutated(draw, value[key])
        elif kind == "remove":
            del changed[key]
        elif kind == "rename":
            changed[draw(st.sampled_from(ODD_TEXT))] = changed.pop(key)
        else:
            changed[draw(st.text(max_size=8))] = draw(st.sampled_from(ODD_VALUES))
        return changed
    if isinstance(value, list) and value and draw(st.integers(0, 3)):
        place = draw(st.integers(0, len(value) - 1))
        if draw(st.booleans()):
            return [*value[:place], _mutated(draw, value[place]), *value[place + 1 :]]
        return value * draw(st.sampled_from((0, 2, 500)))
    return draw(st.sampled_from(ODD_VALUES))
