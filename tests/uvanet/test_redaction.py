"""Secrets in URLs are removed from all texts by one rule."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from uvanet.errors import SourceError
from uvanet.redaction import printable, redact, redact_source
from uvanet.sources import make_source

ADDRESS = "http://user:s3cret@127.0.0.1:9/live?token=t0ken"
SECRETS = ("s3cret", "t0ken", "user")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (ADDRESS, "http://127.0.0.1:9/live"),
        ("rtsp://me:a@b@cam/1", "rtsp://cam/1"),
        ("rtsp://me@cam/1#frag", "rtsp://cam/1"),
        ("rtsp://cam/1", "rtsp://cam/1"),
        ("HTTP://me:x@[bad/y?z", "HTTP://[bad/y"),
        ("/a/b:c@d.mp4", "/a/b:c@d.mp4"),
        ("C:\\films\\a.mp4", "C:\\films\\a.mp4"),
        (f"['predict', '{ADDRESS}', '-o']", "['predict', 'http://127.0.0.1:9/live', '-o']"),
        ("rtmp://a/app/key?k=1 and https://u:p@b/c", "rtmp://a/app/key and https://b/c"),
        ("It listens at tcp://10.0.0.1:8786.", "It listens at tcp://10.0.0.1:8786."),
    ],
)
def test_addresses_lose_their_secrets(text, shown):
    assert redact(text) == shown


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        ("http://us er:s3cret@cam/a b?token=t0ken x", "http://cam/a b"),
        ("http://user:s3cret/live", "http://user/live"),
        ("http://cam:8080/a b", "http://cam:8080/a b"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("/films/what? now.mp4", "/films/what? now.mp4"),
    ],
)
def test_a_source_loses_its_secrets_also_behind_a_space(spec, shown):
    assert redact_source(spec) == shown


def test_names_of_any_bytes_become_text():
    assert printable(os.fsdecode(b"caf\xe9.mp4")) == "caf\\xe9.mp4"
    assert printable(Path("Tür.mp4")) == "Tür.mp4"
    json.dumps(printable(os.fsdecode(b"\xff"))).encode("utf-8")


def test_control_characters_reach_no_terminal():
    assert printable("a\x1b[31m\n\u202eb") == "a\\x1b[31m\\x0a\\u202eb"
    error = SourceError("a\x1b]0;title\x07 is missing.\nLook", "\x9bm")
    assert str(error) == "a\\x1b]0;title\\x07 is missing.\nLook \\x9bm"


def test_no_error_holds_a_secret():
    error = SourceError(f"{ADDRESS} is missing.", f"Look at {ADDRESS}")
    assert str(error) == "http://127.0.0.1:9/live is missing. Look at http://127.0.0.1:9/live"


def test_a_record_on_the_terminal_is_safe():
    code = f"""
import logging
from uvanet.cli import main
main(["info", "uvanet-32", "--json"])
logging.getLogger("x").warning("\\x1b[31m %s", {ADDRESS!r})
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert done.stderr == "uvanet: \\x1b[31m http://127.0.0.1:9/live\n"


def test_a_file_name_steers_no_terminal(tmp_path):
    name = "a\x1b[31m\x07.png"
    command = [sys.executable, "-m", "uvanet", "predict", name, "-o", f"{name}.csv"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False
    )
    assert done.returncode == 2
    assert "does not exist" in done.stderr
    assert not {"\x1b", "\x07"} & set(done.stdout + done.stderr)


@pytest.mark.parametrize(
    "spec",
    [
        ADDRESS,
        "http://user:s3cret@[bad/x?token=t0ken",
        "http://user:s3cret@:0/?t0ken",
        "http://us er:s3cret@127.0.0.1:9/a b?token=t0ken",
        "http://127.0.0.1:s3cret/live",
    ],
)
def test_errors_show_no_secret(spec):
    with pytest.raises(SourceError) as caught, make_source(spec):
        pass
    assert not any(secret in str(caught.value) for secret in SECRETS)


@pytest.mark.parametrize("option", [[], ["--json"], ["--events"]])
def test_the_command_line_shows_no_secret(tmp_path, option):
    program = [sys.executable, "-m", "uvanet", "predict", ADDRESS, "-o", tmp_path / "o.json"]
    done = subprocess.run(
        [*program, *option], capture_output=True, text=True, input="", timeout=120, check=False
    )
    assert done.returncode != 0
    shown = done.stdout + done.stderr
    assert option == ["--events"] or "127.0.0.1" in shown
    assert not any(secret in shown for secret in SECRETS)
