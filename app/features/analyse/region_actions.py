"""The actions of the regions: drawing, changing, files and tables."""

from __future__ import annotations

from PySide6.QtCore import QPoint

from app.features.analyse.region_card import RegionCard
from app.features.analyse.region_files import RegionFiles
from app.features.analyse.regions import Regions
from app.shell.actions import FRAME, Menu, MenuActions
from app.shell.feature import Feature
from app.shell.region_editor import among
from app.shell.region_menu import ask_color, show_region_menu
from app.ui.region_layer import RegionLayer
from uvanet.analysis import Region, Shape

analyse_action = MenuActions(Menu.ANALYSE)
edit_action = MenuActions(Menu.EDIT)

TOOLS = {
    "region_rectangle": Shape.RECTANGLE,
    "region_ellipse": Shape.ELLIPSE,
    "region_polygon": Shape.POLYGON,
}


class RegionActions(Feature):
    """The actions of `Analyse` that are about regions.

    Attributes:
        regions: The regions of the current source.
        card: The list of regions in the side panel.
        layer: The regions on the picture.
        files: Saves and loads regions.
    """

    regions: Regions
    card: RegionCard
    layer: RegionLayer
    files: RegionFiles

    @analyse_action(
        "Draw rectangle",
        "A",
        icon="region-rectangle",
        needs=FRAME,
        checkable=True,
        words="region area AOI ROI box add new",
    )
    def region_rectangle(self, on: bool) -> None:
        """Selects the tool for rectangles, or none."""
        self.select_tool(Shape.RECTANGLE if on else None)

    @analyse_action(
        "Draw ellipse",
        "Q",
        icon="region-ellipse",
        needs=FRAME,
        checkable=True,
        words="region area AOI ROI circle add new",
    )
    def region_ellipse(self, on: bool) -> None:
        """Selects the tool for ellipses, or none."""
        self.select_tool(Shape.ELLIPSE if on else None)

    @analyse_action(
        "Draw polygon",
        "Y",
        icon="region-polygon",
        needs=FRAME,
        checkable=True,
        words="region area AOI ROI shape add new",
    )
    def region_polygon(self, on: bool) -> None:
        """Selects the tool for polygons, or none."""
        self.select_tool(Shape.POLYGON if on else None)

    @analyse_action("Select all regions", "Ctrl+A", needs=FRAME)
    def select_regions(self) -> None:
        """Selects all regions, for arrow keys, Delete and the context menu."""
        self.show_regions(True)
        self.regions.select(self.regions.all)
        self.context.slots.canvas.setFocus()

    @analyse_action("Show regions", "Alt+R", checkable=True, words="hide outlines areas visible")
    def show_regions(self, on: bool) -> None:
        """Shows the regions on the picture, or hides them there; their statistics go on."""
        self.context.actions.set_checked("show_regions", on)
        self.regions.show_on_picture(on)

    @analyse_action("Rename region", "F2", needs=FRAME, words="name label title")
    def rename_region(self) -> None:
        """Starts editing the name of the selected region."""
        if selection := self.regions.chosen():
            self.context.slots.show_card(self.card)
            self.card.edit_name(selection[-1])

    @analyse_action("Duplicate region", "Ctrl+Shift+D", needs=FRAME, words="copy clone")
    def duplicate_region(self) -> None:
        """Duplicates the selected regions with an offset."""
        self.regions.duplicate(self.regions.chosen())

    @analyse_action("Color of region…", "Alt+C", needs=FRAME)
    def color_region(self) -> None:
        """Asks for the color of the selected regions."""
        ask_color(self.context.slots.window, self.regions)

    @analyse_action("Lock region", "Alt+K", icon="lock", needs=FRAME)
    def lock_region(self) -> None:
        """Locks the selected regions against changes by mouse and keys, or unlocks them."""
        self.regions.toggle_lock(self.regions.chosen())

    @analyse_action("Delete region", "Delete", needs=FRAME, words="remove erase", loses=True)
    def delete_region(self) -> None:
        """Deletes the selected regions."""
        self.regions.remove(self.regions.chosen())

    @analyse_action(
        "Clear regions", "Shift+Delete", needs=FRAME, words="remove delete all", loses=True
    )
    def clear_regions(self) -> None:
        """Deletes all regions."""
        self.regions.clear()

    @analyse_action("Save regions…", "Shift+X", needs=FRAME, group=1)
    def save_regions(self) -> None:
        """Saves the regions as a file."""
        self.files.ask_save()

    @analyse_action("Load regions…", "Ctrl+Shift+X", needs=FRAME, group=1)
    def load_regions(self) -> None:
        """Loads a region file."""
        self.show_regions(True)
        self.files.ask_load()

    @analyse_action(
        "Save shares as CSV…",
        "B",
        icon="table",
        needs=FRAME,
        group=1,
        words="table spreadsheet Excel export",
    )
    def save_shares(self) -> None:
        """Saves the shares of the regions over time as a table."""
        self.files.ask_save_shares()

    @edit_action(
        "Copy table of regions",
        "Ctrl+B",
        needs=FRAME,
        icon="copy",
        group=1,
        words="spreadsheet Excel statistics dwell",
    )
    def copy_regions(self) -> None:
        """Copies the statistics of the regions to the clipboard, one row per region."""
        self.files.copy_summary()

    def select_tool(self, tool: Shape | None) -> None:
        """Selects the drawing tool, or none."""
        self.layer.select_tool(tool)
        self.check_tool()
        if tool is not None:
            self.show_regions(True)
            self.context.slots.canvas.setFocus()

    def check_tool(self) -> None:
        """Checks the action of the selected tool."""
        for name, shape in TOOLS.items():
            self.context.actions.set_checked(name, shape is self.layer.tool)

    def show_menu(self, position: QPoint) -> None:
        """Shows the menu of the selected regions at a position of the screen, pixels."""
        show_region_menu(self.context.slots.window, self.regions, self.context.actions, position)

    def show_menu_of(self, region: Region, position: QPoint) -> None:
        """Shows the menu of the selected regions; selects a region that is not among them."""
        if not among(self.regions.selection, region):
            self.regions.select([region])
        self.show_menu(position)
