"""A recording into a folder that takes for ever: the program ends, the recording is kept."""

import subprocess
import sys
from pathlib import Path

from export_kit import frames_of

from app.runtime.child_process import own_environment

STUCK = """
import sys
from functools import partial
from PySide6.QtCore import QTimer
sys.path[:0] = sys.argv[1:3]
from window_bench import Contrast, FakeCamera
from app import main
from uvanet import sources
from uvanet.video.replay_segments import MotionJpegFile
camera, real = FakeCamera(), sources.make_source
sources.make_source = lambda spec, **_: camera if spec == "camera:fake" else real(spec)
def write(self, data, t):
    print("saving", flush=True)
    camera.free.wait()  # a folder that takes for ever
MotionJpegFile.write = write
class Program(main.Program):
    def __init__(self, options):
        super().__init__(options, Contrast())
        self.live = next(f for f in self.features if type(f).__name__ == "Export").recording.live
        self.step = self.context.actions.trigger
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.look)
        self.timer.start(20)
    def look(self):
        if not self.live.recording and self.session.info is not None:
            self.step("record")
        recorder = self.live._recorder
        span = recorder and recorder.buffer and recorder.buffer.span
        if self.live.recording and span and span[1] - span[0] > 0.5:
            self.timer.stop()
            self.step("record")
main.Program = Program
sys.exit(main.run(main.Options("camera:fake")))
"""


def test_a_signal_ends_a_program_that_saves_into_a_slow_folder(launch, clip, home):
    here = Path(__file__).parent
    child = subprocess.Popen(
        [sys.executable, "-c", STUCK, str(here.parents[1]), str(here)],
        env=own_environment(),
        stdout=subprocess.PIPE,
    )
    try:
        assert child.stdout.readline() == b"saving\n"
        child.terminate()
        # Its copy never ends. The bound of the time is that of `shut_down`.
        child.wait(60)
    finally:
        child.kill()
        child.communicate()
    assert list(home.rglob("*.mkv")) == []  # nothing incomplete is seen
    bench = launch(clip)
    bench.until(lambda: "recovered" in bench.banner.message)
    path = Path(bench.banner.hint)
    assert frames_of(path) >= 5
    assert [path] == list(home.rglob("*.mkv"))
    assert list(home.rglob(".*.part")) == []
