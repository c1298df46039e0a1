"""Runs every check; `make test` and CI run this and nothing else.

`make coverage` also measures test coverage, which makes the tests about a fifth slower.

    lint, format, types, import contracts
    tests             all, a file at a time in each process; on the real window system
    lower bounds      the oldest allowed versions in an empty environment; tests without torch
    wheel             built, installed into an empty environment, used from there

All stages run even if one fails. The summary lists times and failures; the exit code is 1 if any
stage failed. Torch is not part of the lower bounds, since its builds are too large.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = Path(sys.executable).parent
# Two processes more than cores: tests wait for frames, children and servers half of the time.
PYTEST = ("-m", "pytest", "-q", "-n", str((os.cpu_count() or 1) + 2), "--dist", "loadfile")
NATIVE = {"linux": "xcb", "darwin": "cocoa"}.get(sys.platform, "windows")
"""Qt's name of the window system. On Linux the tests start Xvfb, see tests/conftest.py."""
FAST_TESTS = (
    "tests/analysis",
    "tests/media",
    "tests/render",
    "tests/sources/test_pictures.py",
    "tests/sources/test_spec.py",
    "tests/sources/test_screen.py",
    "tests/sources/test_video.py",
    "tests/ui",
    "tests/pipeline/test_latest_slot.py",
    "tests/uvanet/test_api.py",
    "tests/uvanet/test_atomic_io.py",
    "tests/uvanet/test_cli.py",
    "tests/uvanet/test_cli_environment.py",
    "tests/uvanet/test_model_card.py",
    "tests/uvanet/test_preprocess.py",
    "tests/uvanet/test_stream.py",
)
TEST_TOOLS = (
    *("pytest", "pytest-qt", "pytest-xdist", "pillow", "pillow_heif", "scipy"),
    *("imageio-ffmpeg", "tifffile"),
)
MIN_COVERAGE = 90
"""Files below this share of lines and branches are listed in the summary, percent."""


class Checks:
    """Runs stages and keeps their results.

    Attributes:
        results: Title, success and seconds of each stage.
    """

    def __init__(self) -> None:
        self.results: list[tuple[str, bool, float]] = []

    def run(self, title: str, *command: str | Path, **environment: str) -> str | None:
        """Runs a command in the checkout and prints its output when it is done.

        Returns:
            The output; None where the command failed.
        """
        began = time.monotonic()
        try:
            done = subprocess.run(
                [str(word) for word in command],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
            )
            output, passed = done.stdout, done.returncode == 0
            if done.returncode < 0:
                output += f"\nended by signal {-done.returncode}\n"
        except OSError as error:
            output, passed = f"{error}\n", False
        seconds = time.monotonic() - began
        word = "passed" if passed else "FAILED"
        print(f"\n== {title}\n{output}== {title} {word} in {seconds:.0f} s", flush=True)
        self.results.append((title, passed, seconds))
        return output if passed else None


def run_tests(checks: Checks, coverage_file: Path | None) -> None:
    """Runs all tests; long files first, so that no core waits for another one at the end."""
    options = ("--cov", "--cov-report=") if coverage_file else ()
    environment = {"COVERAGE_FILE": str(coverage_file)} if coverage_file else {}
    checks.run(
        "tests",
        *(sys.executable, *PYTEST, "--no-loadscope-reorder", "--durations=20", *options, "tests"),
        QT_QPA_PLATFORM=NATIVE,
        **environment,
    )


def check_lower_bounds(checks: Checks, folder: Path, wheel: Path) -> None:
    """Installs the oldest versions that pyproject.toml allows, and runs tests on them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needs = project["dependencies"]
    pins = [re.sub(r"^([\w.-]+)>=([\w.]+).*$", r"\1==\2", line) for line in needs]
    lower = folder / "lower-bounds.txt"
    lower.write_text("\n".join(pins) + "\n")
    pinned = (ROOT / "packaging/constraints.txt").read_text().splitlines()
    oldest = {pin.partition("==")[0].lower() for pin in pins}
    tools = [
        pin
        for pin in pinned
        if (name := pin.partition("==")[0].lower()) in TEST_TOOLS and name not in oldest
    ]
    title = "lower bounds"
    scripts = make_environment(checks, title, folder / "oldest", lower, wheel, *tools)
    if scripts is None:
        return
    python, environment = scripts / "python", {"QT_QPA_PLATFORM": "offscreen"}
    plain = (*PYTEST, "-p", "no:cacheprovider")
    checks.run(f"{title}, tests", python, *plain, *FAST_TESTS, **environment)
    picture = folder / "window.png"
    window = (python, "-m", "uvanet", "run", "demo", "--screenshot", picture)
    checks.run(f"{title}, window", *window, **environment)


def check_wheel(checks: Checks, folder: Path, wheel: Path) -> None:
    """Installs the wheel alone and predicts the demo with it."""
    constraints = ROOT / "packaging/constraints.txt"
    scripts = make_environment(checks, "wheel", folder / "wheel", constraints, wheel)
    if scripts is None:
        return
    out = folder / "demo.mp4"
    # -P: the checkout, which is the working folder, must not be imported.
    predict = (scripts / "python", "-P", "-m", "uvanet", "predict", "demo", "-o", out)
    output = checks.run("wheel, predict", *predict, "--json", "--quiet")
    checks.run("wheel, uvanet-live", scripts / "uvanet-live", "--version")
    if output is not None:
        result = json.loads(output)
        whole = result["frames"] == result["source"]["frames"] and out.stat().st_size > 0
        checks.results.append(("wheel, all frames written", whole, 0.0))


def make_environment(
    checks: Checks, title: str, folder: Path, constraints: Path, *packages: str | Path
) -> Path | None:
    """Makes an environment with some packages; returns its folder of scripts, None on failure."""
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = (scripts / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check")
    done = checks.run(f"{title}, install", *pip, "-c", constraints, *packages)
    return None if done is None else scripts


def report_coverage(checks: Checks, data: Path) -> None:
    """Prints the share of covered lines and branches, and lists the files with the least."""
    target = data.with_suffix(".json")
    command = (sys.executable, "-m", "coverage", "json", "-q", f"--data-file={data}", "-o", target)
    if checks.run("coverage", *command) is None:
        return
    report = json.loads(target.read_text())
    totals = report["totals"]
    print(
        f"\n== coverage: {totals['percent_covered']:.1f} % of lines and branches "
        f"({totals['missing_lines']} of {totals['num_statements']} lines and "
        f"{totals['missing_branches']} of {totals['num_branches']} branches are not covered)"
    )
    shares = {name: entry["summary"]["percent_covered"] for name, entry in report["files"].items()}
    for name, share in sorted(shares.items(), key=lambda entry: entry[1]):
        if share < MIN_COVERAGE:
            print(f"   {share:5.1f} %  {name}")


def main() -> int:
    """Runs all stages and prints the summary; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--coverage", action="store_true", help="measure test coverage, too")
    measured = parser.parse_args().coverage
    began, checks = time.monotonic(), Checks()
    # Tests start hundreds of processes; without byte code each compiles the program anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="uvanet-check-") as name:
        folder = Path(name)
        checks.run("lint", SCRIPTS / "ruff", "check", ".")
        checks.run("format", SCRIPTS / "ruff", "format", "--check", ".")
        checks.run("types", SCRIPTS / "mypy")
        checks.run("import contracts", SCRIPTS / "lint-imports")
        coverage_file = folder / "coverage.tests" if measured else None
        run_tests(checks, coverage_file)
        build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder)
        if checks.run("build", *build) is not None:
            (wheel,) = folder.glob("*.whl")
            check_lower_bounds(checks, folder, wheel)
            check_wheel(checks, folder, wheel)
        if coverage_file is not None:
            report_coverage(checks, coverage_file)
    print("\n== summary")
    for title, passed, seconds in checks.results:
        print(f"   {'passed' if passed else 'FAILED'}  {seconds:5.0f} s  {title}")
    failed = [title for title, passed, _ in checks.results if not passed]
    print(f"   {time.monotonic() - began:.0f} s, {len(failed)} of {len(checks.results)} failed")
    for title in failed:
        print(f"check: {title} failed", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
