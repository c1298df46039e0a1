"""Help: About, the documentation, and reports of problems."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QPushButton

from app.features.diagnostics import documentation
from app.features.diagnostics.about import AboutDialog
from uvanet.paths import log_folder


def test_the_report_names_versions_and_nothing_private(player, clip, home):
    player.trigger("about")
    dialog = player.window.findChild(AboutDialog)
    assert dialog.isVisible()
    dialog.copy.click()
    report = QGuiApplication.clipboard().text()
    for word in (
        "UVA-Net Live",
        "Python",
        "Qt",
        "opencv-python-headless",
        "Latency p50 (ms)",
        "video 160x120",
    ):
        assert word in report
    for secret in (str(home), str(clip.parent), clip.name, clip.stem, "recent", "folder"):
        assert secret not in report
    dialog.close()


def test_help_opens_the_documentation(player, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    player.trigger("documentation")
    (address,) = opened
    assert (Path(QUrl(address).toLocalFile()) / "index.md").is_file()


@pytest.mark.parametrize("address", ["https://example.org/docs", ""])
def test_an_installed_program_opens_the_site_of_its_metadata(launch, clip, monkeypatch, address):
    """Without a checkout; where the metadata name no site, there is no such command."""
    lines = [f"Documentation, {address}"] if address else ["Source, https://example.org/code"]
    metadata = SimpleNamespace(get_all=lambda _: lines)
    monkeypatch.setattr("importlib.metadata.metadata", lambda _: metadata)
    monkeypatch.setattr(documentation, "__file__", "/usr/lib/app/features/diagnostics/d.py")
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    bench = launch(clip)
    assert ("documentation" in bench.actions) is bool(address)
    bench.trigger("documentation") if address else None
    assert opened == [address] * bool(address)


def test_help_copies_a_report_of_a_problem(player, home):
    log_folder().mkdir(parents=True, exist_ok=True)
    (log_folder() / "uvanet.log").write_text(f"opened {home}/film.mp4\n")
    player.trigger("copy_problem_report")
    player.until(lambda: "opened ~/film.mp4" in QGuiApplication.clipboard().text())
    assert QGuiApplication.clipboard().text().startswith("uvanet ")


def test_the_about_box_opens_folders_and_pages(player, monkeypatch):
    opened = []
    monkeypatch.setattr(
        "app.features.diagnostics.about.QDesktopServices.openUrl",
        lambda url: opened.append(url.toString()),
    )
    player.trigger("about")
    dialog = player.window.findChild(AboutDialog)
    for name in ("Settings", "Log", "Models", "Cache", "Paper", "License"):
        (button,) = [one for one in dialog.findChildren(QPushButton) if one.text() == name]
        button.click()
    folders = [QUrl(address).toLocalFile() for address in opened[:4]]
    assert all(Path(folder).is_dir() for folder in folders)
    assert len(set(folders)) == 4
    assert opened[4:] == [
        "https://arxiv.org/abs/1904.04449",
        "https://www.apache.org/licenses/LICENSE-2.0",
    ]
    dialog.close()
