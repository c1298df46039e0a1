"""Makes the README's pictures from the real program; `make pictures` runs this.

For each scene the program is started with the settings of the scene, its actions are triggered, and
the window is saved. A new picture is a new row of `SCENES`.

    python packaging/make_pictures.py                 all of them, into resources/pictures
    python packaging/make_pictures.py regions -o /tmp one of them, elsewhere
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 120
NEAR_SECONDS = 0.3


@dataclass(frozen=True)
class Scene:
    """A picture of the program.

    Attributes:
        name: Name of the file, without ending.
        source: The source that the window plays.
        theme: "dark" or "light".
        size: Width and height of the window.
        seconds: Time in the source at which the picture is taken; playback is not paused.
        settings: Sections of the settings file, with the fields that differ from their defaults.
        regions: Regions on the picture, with name, shape and points.
        actions: Names of the actions that are triggered before the picture, in order; work that
            they start in the background is finished first.
        last: Name of an action that is triggered at `seconds`, such as one that opens a dialog.
        settle: Seconds from there to the picture, in which all displays are updated.
    """

    name: str
    source: str = "demo"
    theme: str = "dark"
    size: tuple[int, int] = (1100, 720)
    seconds: float = 1.6
    settings: dict[str, Any] = field(default_factory=dict)
    regions: tuple[dict[str, Any], ...] = ()
    actions: tuple[str, ...] = ()
    last: str = ""
    settle: float = 0.25


_FACE = {"name": "Face", "shape": "ellipse", "points": [[0.31, 0.16], [0.53, 0.7]]}
_SHUTTLE = {"name": "Shuttle", "shape": "rectangle", "points": [[0.74, 0.1], [0.97, 0.86]]}

SCENES = (
    Scene("overlay"),
    Scene(
        "regions",
        seconds=1.6,
        regions=(_FACE, _SHUTTLE),
        settings={"window": {"folded": ["Overlay"]}},
        actions=("scan_clip",),
    ),
    Scene(
        "scanpath",
        theme="light",
        seconds=6.0,
        settings={"analyse": {"scanpath": True}},
        actions=("scan_clip",),
    ),
    Scene(
        "compare",
        seconds=1.6,
        settings={"compare": {"view": "side"}, "window": {"folded": ["Overlay"]}},
        settle=0.6,
    ),
    Scene(
        "export",
        seconds=1.6,
        settings={
            "export": {"preset": "beside", "extras": ["csv"]},
            "window": {"folded": ["Overlay"]},
        },
        regions=(_FACE,),
        last="export_clip",
        settle=1.0,
    ),
)


def main() -> int:
    """Makes the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="scenes to make; all where none is named")
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "resources" / "pictures")
    parser.add_argument("--scene", help=argparse.SUPPRESS)  # for the process of one scene
    args = parser.parse_args()
    if args.scene:
        code = take(Scene(**json.loads(args.scene)), args.out)
        from app.runtime.shutdown import leave_at_once

        # Python's collection at the end of the process can crash in PySide6 on a busy machine.
        leave_at_once(code)
    known = {scene.name: scene for scene in SCENES}
    unknown = set(args.names) - set(known)
    if unknown:
        parser.error(f"no scene {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.names or known:
        if not make(known[name], args.out.absolute()):
            print(f"make_pictures: the scene {name} failed", file=sys.stderr)
            return 1
        print(args.out / f"{name}.png", flush=True)
    return 0


def make(scene: Scene, out: Path) -> bool:
    """Makes one picture in a process and a home of its own.

    Without a display, on Linux, an Xvfb is started for it.
    """
    with tempfile.TemporaryDirectory(prefix="uvanet-scene-") as home:
        folders = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), home)
        environment = {**os.environ, **folders, "XDG_STATE_HOME": home, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, __file__, "--scene", json.dumps(asdict(scene)), "-o", str(out)]
        bare = not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
        if sys.platform == "linux" and bare:
            server = shutil.which("xvfb-run")
            if server is None:
                print("make_pictures: there is no display, and no xvfb-run", file=sys.stderr)
                return False
            command = [server, "-a", "-s", "-screen 0 1920x1200x24", *command]
        done = subprocess.run(
            command, env=environment, cwd=ROOT, timeout=PATIENCE_SECONDS, check=False
        )
        return done.returncode == 0


def take(scene: Scene, out: Path) -> int:
    """Runs the program for one scene and saves the picture; in the scene's own process."""
    from app.runtime import import_guards as environment

    environment.import_cv2()
    from PySide6.QtCore import QTimer

    from app.features.analyse.feature import Analyse
    from app.features.diagnostics.scheduled_task import grab
    from app.main import Options, Program
    from app.runtime.settings import settings_path
    from uvanet.analysis import Region

    path = settings_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(scene.settings))
    width, height = scene.size
    program = Program(Options(scene.source, size=(width, height), theme=scene.theme))
    context, window, saved = program.context, program.window, []
    program.problem.connect(lambda text: (print(text, file=sys.stderr), window.close()))

    def begin() -> None:
        # After some seconds of playback, since the graphs are empty before.
        QTimer.singleShot(3000, prepare)

    def prepare() -> None:
        if scene.regions:
            analyse = next(part for part in program.features if isinstance(part, Analyse))
            analyse.regions.replace_all([Region.from_dict(region) for region in scene.regions])
        for name in scene.actions:
            context.actions[name].trigger()
        wait()

    def wait() -> None:
        if context.jobs.busy():
            QTimer.singleShot(100, wait)
            return
        context.presenter.presented.connect(look)
        context.session.seek(scene.seconds)

    def look(packet: Any) -> None:
        # By the time of the frame and not by the clock, since a busy machine drops frames.
        if abs(packet.frame.pts - scene.seconds) < NEAR_SECONDS:
            context.presenter.presented.disconnect(look)
            if scene.last:
                context.actions[scene.last].trigger()
            QTimer.singleShot(round(scene.settle * 1000), finish)

    def finish() -> None:
        context.messages.dismiss()
        context.slots.canvas.repaint()
        saved.append(grab(window).save(str(out / f"{scene.name}.png")))
        window.close()

    context.presenter.first_overlay.connect(begin)
    code = program.run()
    return code or int(saved != [True])


if __name__ == "__main__":
    sys.exit(main())
