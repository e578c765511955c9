import subprocess
import sys
from pathlib import Path

import pytest

from bench import instructions


def check(monkeypatch: pytest.MonkeyPatch, counted: int) -> int:
    """What ``--check`` exits with if valgrind counts ``counted`` a request, where 1,000 are recorded."""
    counts = iter((0, counted * instructions.COUNTED))
    monkeypatch.setattr(instructions, "require", lambda _: None)
    monkeypatch.setattr(instructions, "_count", lambda *_: next(counts))
    monkeypatch.setattr(sys, "argv", ["instructions", "--check"])
    return instructions.main()


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    file = tmp_path / "instructions.json"
    file.write_text("{}")
    monkeypatch.setattr(instructions, "RECORDED", file)
    monkeypatch.setattr(instructions, "_count", lambda requests, _: 1_000 * requests)
    monkeypatch.setattr(instructions, "require", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["instructions", "--record"])
    assert instructions.main() == 0
    return file


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(("counted", "code"), [(500, 0), (1_000, 0), (1_030, 0), (1_031, 1)])
def test_the_check_fails_only_above_three_percent_over_the_recorded_figure(
    monkeypatch: pytest.MonkeyPatch, counted: int, code: int
) -> None:
    assert check(monkeypatch, counted) == code


def test_without_a_figure_of_this_python_the_check_says_that_it_checked_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], recorded: Path
) -> None:
    recorded.write_text("{}")
    assert check(monkeypatch, 9_999) == 0
    assert "nothing was checked" in capsys.readouterr().out


@pytest.mark.parametrize("failure", [SystemExit("missing valgrind"), subprocess.CalledProcessError(100, "apt-get")])
def test_without_valgrind_the_check_says_that_it_checked_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], failure: BaseException
) -> None:
    def refuse(_: object) -> None:
        raise failure

    monkeypatch.setattr(instructions, "require", refuse)
    monkeypatch.setattr(sys, "argv", ["instructions", "--check"])
    assert instructions.main() == 0
    assert "nothing was checked" in capsys.readouterr().out
