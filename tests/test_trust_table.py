"""The table of docs/trust.md is made from what the long runs left."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "packaging" / "trust_table.py"
CASE = "test_a_recording_that_is_killed_is_saved_at_the_next_start"
SKIPPED = "test_a_training_that_is_killed_again_and_again_is_resumed_to_its_end"


def test_kills_and_damaged_media_are_counted(tmp_path: Path) -> None:
    page, kills, media = (tmp_path / name for name in ("trust.md", "kills.xml", "media.jsonl"))
    page.write_text("before\n<!-- figures -->\nreplaced\n<!-- end of figures -->\nafter\n")
    cases = "".join(
        f'<testcase name="{CASE}[{number}]"><properties>'
        f'<property name="kills" value="{number}"/></properties></testcase>'
        for number in range(3)
    )
    cases += '<testcase name="test_settings"><properties>'
    cases += '<property name="failed writes" value="9"/></properties></testcase>'
    skipped = f'<testcase name="{SKIPPED}[0]"><skipped/>'
    kills.write_text(f"<testsuites><testsuite>{cases}{skipped}</testcase></testsuite></testsuites>")
    results = [{"file": f"{n % 2}.mp4", "result": "read" if n else "crash"} for n in range(4)]
    media.write_text("".join(json.dumps(one) + "\n" for one in results))
    command = [sys.executable, str(SCRIPT), "--page", str(page)]
    command += ["--kills", str(kills), "--media", str(media), "--row", "more", "7", "well"]
    subprocess.run(command, check=True)
    head, *rows = [line for line in page.read_text().splitlines() if line.startswith("| ")]
    assert head == "| what | how much | result |"
    writes, recordings, damaged, more = rows
    assert writes.startswith("| calls of the file layer that failed, one after the other | 9 |")
    assert recordings.startswith("| recordings killed at random moments | 3 | each saved")
    assert damaged.startswith("| damaged media (2 files) | 4 | 3 read, 1 crash; 1 crash, hang or")
    assert more == "| more | 7 | well |"
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "replaced" not in text
