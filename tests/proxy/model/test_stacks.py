"""A blocked process tells where."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from proxy.model.stacks import SIGNAL, stacks_file

PROGRAM = """
import re, sys, time
from proxy.model.stacks import write_stacks_when_asked

def in_python():
    while True:
        pass

def in_c():
    re.match("(a+)+$", "a" * 60 + "b")

write_stacks_when_asked(sys.argv[1], "proxy", 0)
print("blocked", flush=True)
globals()[sys.argv[2]]()
"""


@pytest.mark.promise("O11")
@pytest.mark.parametrize("where", ["in_python", "in_c"])
def test_it_writes_its_stacks_wherever_it_is_blocked(tmp_path: Path, where: str) -> None:
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path), where], stdout=subprocess.PIPE, cwd=root
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"blocked\n"
            file = stacks_file(tmp_path, "proxy", 0, process.pid)
            deadline = time.monotonic() + 10.0
            while f" in {where}" not in file.read_text():  # it may not be there yet
                process.send_signal(SIGNAL)
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert process.poll() is None
        finally:
            process.kill()
