"""Long work shows how far it is to whoever sits at a terminal, and nothing of it to a pipe."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from console.jobs.files import JobFiles
from console.jobs.job import State
from tests.console.scene import TABLE, fill_store

ROOT = Path(__file__).resolve().parents[2]

DEMO = """
import asyncio, itertools
from demo.drive import drive
from demo.traffic import traffic
asyncio.run(drive("http://127.0.0.1:9", itertools.islice(traffic(), 3), 3))
"""

WORK = {
    "replay": (["-m", "console", "replay", "--against", "http://127.0.0.1:9", "--unsafe"], r"replaying .*1/1"),
    "rejudge": (["-m", "console", "rejudge"], r"rejudging .*1/1"),
    "purge": (["-m", "console", "purge", "--route", "order-read", "--yes"], r"removing|rewriting|emptying"),
    "demo": (["-c", DEMO], r"users at work .*3/3"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill_store(tmp_path / "strangler.db")
    (tmp_path / "routes.yaml").write_text(TABLE)
    return tmp_path


def environment() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "80", "LANG": "C.UTF-8"}


def at_a_terminal(words: list[str], folder: Path) -> str:
    """What a terminal showed that had its standard error; standard output is a file, as with ``> report.txt``."""
    ours, theirs = pty.openpty()
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *words], stdin=theirs, stdout=out, stderr=theirs, cwd=folder, env=environment()
        )
        os.close(theirs)
        shown = b""
        try:
            while piece := _read(ours):
                shown += piece
            process.wait(30)
        finally:
            process.kill()
            process.wait()
            os.close(ours)
    assert not re.search(rb"\d+/\d+ \d+:\d\d:\d\d|\x1b", (folder / "out").read_bytes()), (
        "the bar is no part of the result"
    )
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other end is closed
        return b""


@pytest.mark.parametrize("work", WORK)
def test_at_a_terminal_a_bar_shows_how_far_it_is(work: str, folder: Path) -> None:
    words, expected = WORK[work]
    assert re.search(expected, at_a_terminal(words, folder))


@pytest.mark.parametrize("work", ["replay", "rejudge", "purge"])
def test_the_console_is_told_how_far_a_command_is_and_that_it_has_ended(work: str, folder: Path) -> None:
    at_a_terminal(WORK[work][0], folder)
    (job,) = JobFiles(folder / "strangler.db.jobs").all()
    assert (job.kind, job.via, job.state) == (work, "command", State.DONE)
    assert job.total > 0
    assert job.done == job.total


@pytest.mark.parametrize("work", WORK)
def test_a_pipe_gets_no_bar(work: str, folder: Path) -> None:
    words, expected = WORK[work]
    done = subprocess.run(
        [sys.executable, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=folder,
        env=environment(),
        check=False,
    )
    assert not re.search(expected, done.stderr.decode() + done.stdout.decode())
    assert b"\x1b" not in done.stderr + done.stdout
    assert b"Traceback" not in done.stderr
