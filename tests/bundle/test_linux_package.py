"""Desktop entry, AppStream metadata, Flatpak manifest, and the Debian package: installed, run,
removed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from system_commands import check

ROOT = Path(__file__).resolve().parents[2]
LINUX = ROOT / "packaging" / "linux"


def need(*tools: str) -> None:
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


def test_the_desktop_entry_is_valid():
    need("desktop-file-validate")
    assert check("desktop-file-validate", LINUX / "uvanet.desktop") == ""


def test_the_appstream_metadata_are_valid():
    need("appstreamcli")
    check("appstreamcli", "validate", "--no-net", LINUX / "org.uvanet.live.metainfo.xml")


def test_the_debian_package_is_installed_run_and_removed(package, environment, tmp_path):
    need("dpkg")
    if os.geteuid() != 0:
        pytest.skip("installing a package needs root")
    check("dpkg", "--force-depends", "--install", package)
    try:
        picture = tmp_path / "window.png"
        done = subprocess.run(
            ["/usr/bin/uvanet-live", "run", "demo", "--screenshot", str(picture)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert picture.stat().st_size > 10_000
        assert Path("/usr/share/applications/uvanet.desktop").is_file()
    finally:
        check("dpkg", "--purge", "uvanet-live")
    assert not Path("/opt/uvanet-live").exists()
    assert not Path("/usr/bin/uvanet-live").is_symlink()


def test_the_flatpak_manifest_is_read_and_its_files_exist():
    need("flatpak-builder")
    manifest = LINUX / "org.uvanet.live.yml"
    facts = json.loads(check("flatpak-builder", "--show-manifest", manifest))
    metadata = ElementTree.parse(LINUX / "org.uvanet.live.metainfo.xml")
    assert facts["id"] == metadata.findtext("id")
    assert facts["command"] == metadata.findtext("provides/binary")
    (module,) = facts["modules"]
    bundle, *files = [one["path"] for one in module["sources"]]
    assert (LINUX / bundle).resolve() == ROOT / "dist" / "uvanet-live"
    assert [name for name in files if not (LINUX / name).is_file()] == []
