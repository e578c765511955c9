"""Several processes share out a suite under our conftest.py."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

SUITE = """
import os, pathlib, time, pytest

def stay(name):
    for sign in "+-":
        with pathlib.Path(os.environ["SEEN"]).open("a") as seen:
            seen.write(sign + name + "\\n")
        time.sleep(0.05)

@pytest.mark.parametrize("number", range(10))
def test_one(number):
    stay(f"one {number}")

@pytest.mark.alone
@pytest.mark.parametrize("number", range(4))
def test_alone(number):
    stay(f"alone {number}")

@pytest.mark.parametrize("number", range(10))
def test_another(number):
    stay(f"another {number}")

@pytest.mark.long
def test_long():
    stay("long")
"""


def seen(directory: Path, processes: int) -> list[str]:
    """What began (+) and ended (-), in its order."""
    shutil.copy(Path(__file__).with_name("conftest.py"), directory)
    (directory / "__init__.py").touch()
    (directory / "pytest.ini").write_text("[pytest]\nmarkers =\n  alone\n  long\n")
    (directory / "test_suite.py").write_text(SUITE)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(processes), "--dist", "worksteal"]
    ran = subprocess.run(
        command, cwd=directory, env=environment | {"SEEN": str(directory / "seen")},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return (directory / "seen").read_text().splitlines()


def test_who_is_alone_has_nobody_beside_him_and_others_have(tmp_path: Path) -> None:
    told = seen(tmp_path, 2)
    assert len(told) == 2 * 25
    following = list(itertools.pairwise(told))
    assert all(after == f"-{before[1:]}" for before, after in following if before.startswith("+alone"))
    assert any(before[0] == after[0] == "+" for before, after in following)


def test_what_is_long_begins_first_and_who_is_alone_comes_last(tmp_path: Path) -> None:
    told = seen(tmp_path, 1)
    assert told[0] == "+long"
    assert [one for one in told if "alone" in one] == told[-8:]
