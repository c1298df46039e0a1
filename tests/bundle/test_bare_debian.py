"""The Debian package on a bare Debian, with nothing but what the package depends on."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest
from system_commands import check

USER = "visitor"
# A mount namespace of its own, so that nothing stays mounted when a test is killed.
INSIDE = """
set -e
mount --bind /proc "$0/proc"
mount --bind /dev "$0/dev"
mkdir -p "$0/tmp/.X11-unix"
mount --bind /tmp/.X11-unix "$0/tmp/.X11-unix"
exec chroot "$0" "$@"
"""

Inside = Callable[..., str]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The smallest Debian of this system's release and mirror, with a user."""
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        pytest.skip("needs debootstrap and root")
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    options = ("--format", "$(SITE)", "Created-By: Packages", f"Release: {release}")
    mirror = check("apt-get", "indextargets", *options).split()[0]
    folder = tmp_path_factory.mktemp("debian")
    folder.chmod(0o755)  # it is the user's root directory
    # The signing key of a local mirror may be unknown here.
    check("debootstrap", "--variant=minbase", "--no-check-gpg", release, folder, mirror)
    check("chroot", folder, "useradd", "--create-home", USER)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def inside(system: Path, x_display: str) -> Inside:
    """Runs a command in the bare Debian and returns what it prints."""

    def run(*command: str, user: str = "root") -> str:
        home = "/root" if user == "root" else f"/home/{user}"
        words = ("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", f"HOME={home}")
        words += (f"DISPLAY={x_display}", "DEBIAN_FRONTEND=noninteractive")
        chosen = ("runuser", "-u", user, "--", *words, *command)
        return check("unshare", "--mount", "sh", "-c", INSIDE, system, *chosen)

    return run


def test_the_package_brings_all_that_it_needs(package: Path, system: Path, inside: Inside) -> None:
    shutil.copy(package, system / package.name)
    inside("apt-get", "install", "--yes", "--no-install-recommends", f"/{package.name}")

    home = system / "home" / USER
    picture, clip, table = (f"/home/{USER}/{name}" for name in ("a.png", "a.mp4", "a.csv"))
    inside("uvanet-live", "run", "demo", "--screenshot", picture, user=USER)
    window = cv2.imread(str(home / "a.png"))
    assert window[window.shape[0] // 4 : window.shape[0] // 2].std() > 20
    inside("uvanet-live", "predict", "demo", "-o", clip, "-o", table, "--seconds", "2", user=USER)
    video = cv2.VideoCapture(str(home / "a.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == len((home / "a.csv").read_text().splitlines()) - 1
    assert " CRITICAL " not in (home / ".local/state/uvanet/log/uvanet.log").read_text()

    inside("apt-get", "purge", "--yes", "uvanet-live")
    assert not (system / "opt" / "uvanet-live").exists()
    assert not (system / "usr" / "bin" / "uvanet-live").is_symlink()
