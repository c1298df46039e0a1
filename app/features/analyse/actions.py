"""What the menu Analyse holds."""

from __future__ import annotations

from app.shell.actions import ActionContext, ActionSpec, Menu


def _frame(now: ActionContext) -> bool:
    return now.frame


def _clip(now: ActionContext) -> bool:
    return now.frame and now.seekable


_A = Menu.ANALYSE

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "region_rectangle",
        "Draw rectangle",
        _A,
        ("A",),
        "region-rectangle",
        available=_frame,
        checkable=True,
    ),
    ActionSpec(
        "region_ellipse",
        "Draw ellipse",
        _A,
        ("Q",),
        "region-ellipse",
        available=_frame,
        checkable=True,
    ),
    ActionSpec(
        "region_polygon",
        "Draw polygon",
        _A,
        ("Y",),
        "region-polygon",
        available=_frame,
        checkable=True,
    ),
    ActionSpec("rename_region", "Rename region", _A, ("F2",), available=_frame),
    ActionSpec("delete_region", "Delete region", _A, ("Delete",), available=_frame),
    ActionSpec(
        "save_shares", "Save shares as CSV…", _A, ("B",), "table", available=_frame, group=1
    ),
    ActionSpec("save_regions", "Save regions…", _A, ("Shift+X",), available=_frame, group=1),
    ActionSpec("load_regions", "Load regions…", _A, ("Shift+O",), available=_frame, group=1),
    ActionSpec("copy_numbers", "Copy numbers", _A, ("Ctrl+Shift+C",), available=_frame, group=1),
    ActionSpec("strip", "Attention over time", _A, ("Shift+T",), "pulse", group=2, checkable=True),
    ActionSpec("scan_clip", "Scan the whole clip", _A, ("J",), "scan", available=_clip, group=2),
    ActionSpec(
        "previous_change",
        "Change before",
        _A,
        ("Shift+N",),
        "previous-change",
        available=_clip,
        group=2,
    ),
    ActionSpec("next_change", "Next change", _A, ("N",), "next-change", available=_clip, group=2),
    ActionSpec(
        "average",
        "Average heat of the clip",
        _A,
        ("H",),
        "average",
        available=_frame,
        group=3,
        checkable=True,
    ),
    ActionSpec("looks", "Order of looks", _A, ("X",), "looks", group=3, checkable=True),
)
