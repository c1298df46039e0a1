"""The web page in headless Chromium: a fake camera and a video file."""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from command_kit import run_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # seconds; a bound, not a measure


class Browser:
    """Chromium without a window, driven through the pipe of its developer tools.

    Args:
        profile: An empty folder.
        gpu: Options that say whether there is a graphics processor.
    """

    def __init__(self, profile: Path, gpu: Sequence[str] = ("--disable-gpu",)) -> None:
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        script = f'exec "$@" 3<&{to_read} 4>&{to_write}'
        chromium = shutil.which("chromium")
        assert chromium is not None
        options = (
            *("--headless=new", "--no-sandbox", "--remote-debugging-pipe", *gpu),
            *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
            f"--user-data-dir={profile}",
        )
        self._process = subprocess.Popen(
            ["bash", "-c", script, "-", chromium, *options],
            pass_fds=(to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._number, self._pending = 0, b""
        self.messages: list[dict[str, Any]] = []
        self._session = ""

    def open(self, url: str) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self.call("Network.enable")
        self.call("Page.navigate", url=url)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self._pending:
                data = os.read(self._read, 1 << 16)
                assert data, "Chromium ended"
                self._pending += data
            text, _, self._pending = self._pending.partition(b"\0")
            answer = json.loads(text)
            self.messages.append(answer)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def value(self, expression: str) -> Any:
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return result["result"].get("value")

    def until(self, expression: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        while not (value := self.value(expression)):
            message = self.value("document.getElementById('message')?.textContent")
            assert time.monotonic() < deadline, f"{expression} did not come true: {message}"
            assert not message, message
            time.sleep(0.1)
        return value

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._write)
        os.close(self._read)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page, built and served; a skip where that cannot be."""
    for tool in ("chromium", "npm", "bash"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    out = tmp_path_factory.mktemp("web")
    command = [sys.executable, str(ROOT / "packaging/web/build.py"), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the page cannot be built: {done.stderr.strip()[-200:]}")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    handler = functools.partial(Handler, directory=str(out))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/index.html"
        server.shutdown()
        thread.join()


@pytest.fixture
def browser(site: str, tmp_path: Path) -> Iterator[Browser]:
    chromium = Browser(tmp_path / "profile")
    chromium.open(site)
    yield chromium
    chromium.end()


PAINTED = (
    "(() => { const c = document.getElementById('heat'); if (!c.width) return 0;"
    "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;"
    "for (let i = 3; i < d.length; i += 4) n += d[i] > 100; return n; })()"
)
READY = "document.getElementById('model')?.options.length === 4 && document.readyState"


def test_the_camera_gets_an_overlay_from_each_model(browser):
    browser.until(READY)
    browser.until("typeof document.getElementById('camera').onclick === 'function'")
    browser.value("document.getElementById('camera').click()")
    for name in ("uvanet-64", "uvanet-32", "uvanet-128", "uvanet-256"):
        browser.value(
            f"(() => {{ const m = document.getElementById('model'); m.value = '{name}';"
            "m.dispatchEvent(new Event('change')); })()"
        )
        browser.until(f"document.getElementById('time').value.startsWith('{name}:')")
        browser.until(PAINTED)
    screenshot = browser.call("Page.captureScreenshot")["data"]
    assert len(screenshot) > 10_000
    if folder := os.environ.get("UVANET_ARTEFACTS"):
        import base64

        Path(folder, "web.png").write_bytes(base64.b64decode(screenshot))


def test_webgpu_is_used_where_there_is_one(site, tmp_path):
    # In software; the same as on a graphics processor but for its speed.
    gpu = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan")
    chromium = Browser(tmp_path / "profile", gpu)
    try:
        chromium.open(site)
        chromium.until("typeof document.getElementById('camera').onclick === 'function'")
        chromium.value("document.getElementById('camera').click()")
        shown = chromium.until("document.getElementById('time').value")
        assert shown.endswith("(webgpu)")
        chromium.until(PAINTED)
    finally:
        chromium.end()


def play(browser: Browser, film: Path, seconds: int) -> None:
    """Plays the demo as a video file."""
    command = ["predict", "demo", "-o", film, "--layers", "original", "--quiet"]
    assert run_command(*command, "--seconds", seconds).returncode == 0
    browser.until(READY)
    browser.until("typeof document.getElementById('file').onchange === 'function'")
    document = browser.call("DOM.getDocument")["root"]["nodeId"]
    node = browser.call("DOM.querySelector", nodeId=document, selector="#file")["nodeId"]
    browser.call("DOM.setFileInputFiles", files=[str(film)], nodeId=node)
    browser.until(PAINTED)


def test_a_video_file_gets_an_overlay(browser, tmp_path):
    play(browser, tmp_path / "film.webm", 1)


def test_a_seek_forgets_the_frames_before(browser, tmp_path):
    browser.value(
        "window.sizes = []; window.Float32Array = new Proxy(Float32Array, {construct(made, given) {"
        "if (Number.isInteger(given[0])) sizes.push(given[0]); return new made(...given); }})"
    )
    # Each run makes an array for the map and one for the state. A first frame has a state of zeros
    # as well, which is the first array of all.
    firsts = "sizes.reduce((sum, size) => sum + (size === sizes[0] ? 1 : -1), 0)"
    play(browser, tmp_path / "film.webm", 20)
    before = browser.value(firsts)
    browser.value("document.getElementById('video').currentTime = 10")
    browser.until(f"{firsts} > {before}")


def test_the_page_loads_nothing_from_elsewhere(browser, site):
    browser.until("document.getElementById('time')?.closest('body') && " + READY)
    asked = [
        message["params"]["request"]["url"]
        for message in browser.messages
        if message.get("method") == "Network.requestWillBeSent"
    ]
    assert asked
    host = site.rpartition("/")[0]
    assert all(url.startswith((host, "data:", "blob:")) for url in asked)
