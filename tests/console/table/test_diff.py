from __future__ import annotations

import difflib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.table.diff import MOST_CHANGED, merged, unified

LINES = st.lists(st.sampled_from("abcde"), max_size=30)


def patched(old: list[str], diff: str) -> list[str]:
    """``old`` with a unified diff applied, as ``patch`` would."""
    done, at = [], 0
    for line in diff.splitlines()[2:]:
        if line.startswith("@@"):
            begin, _, length = line.split()[1][1:].partition(",")
            start = int(begin) - (length != "0")
            done += old[at:start]
            at = start
        elif line[0] in " -":
            assert old[at] == line[1:]
            done += [line[1:]] if line[0] == " " else []
            at += 1
        else:
            done.append(line[1:])
    return done + old[at:]


@given(LINES, LINES)
def test_a_diff_makes_one_text_of_the_other(old: list[str], new: list[str]) -> None:
    diff = unified("\n".join(old), "\n".join(new), "old", "new")
    one, other = "\n".join(old).splitlines(), "\n".join(new).splitlines()
    assert patched(one, diff) == other
    assert bool(diff) == (one != other)


def test_it_reads_as_diffs_do() -> None:
    old, new = [str(n) for n in range(40)], [str(n) for n in range(40) if n != 17] + ["40"]
    expected = difflib.unified_diff(old, new, "old", "new", lineterm="")
    assert unified("\n".join(old), "\n".join(new), "old", "new") == "".join(f"{line}\n" for line in expected)


@pytest.mark.parametrize("many", [MOST_CHANGED // 4, 5_000, 500_000])
def test_no_text_takes_seconds(many: int) -> None:
    old, new = "a\nb\n" * many, "b\nc\na\n" * many
    began = time.perf_counter()
    assert unified(old, new, "old", "new")
    assert merged(old, new, old) == new
    assert time.perf_counter() - began < 10


BASE = "one\ntwo\nthree\nfour\nfive\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "both"),
    [
        ("ONE\ntwo\nthree\nfour\nfive\n", "one\ntwo\nthree\nfour\nFIVE\n", "ONE\ntwo\nthree\nfour\nFIVE\n"),
        ("one\nthree\nfour\nfive\n", "one\ntwo\nthree\nfour\nfive\nsix\n", "one\nthree\nfour\nfive\nsix\n"),
        ("one\nTWO\nthree\nfour\nfive\n", "one\nTWO\nthree\nfour\nfive\n", "one\nTWO\nthree\nfour\nfive\n"),
        ("one\nTWO\nthree\nfour\nfive\n", "one\n2\nthree\nfour\nfive\n", None),
        ("one\ntwo\nand\nthree\nfour\nfive\n", "one\ntwo\nor\nthree\nfour\nfive\n", None),
        (BASE, BASE, BASE),
        (BASE.replace("\n", "\r\n"), BASE.replace("five", "5"), BASE.replace("five", "5").replace("\n", "\r\n")),
    ],
)
def test_two_changes_are_put_together_unless_they_touch(ours: str, theirs: str, both: str | None) -> None:
    assert merged(BASE, ours, theirs) == both


@given(LINES, LINES)
def test_a_change_alone_is_what_comes_of_both(base: list[str], ours: list[str]) -> None:
    base_text, ours_text = ("".join(f"{line}\n" for line in lines) for lines in (base, ours))
    assert merged(base_text, ours_text, base_text) == ours_text
    assert merged(base_text, base_text, ours_text) == ours_text
