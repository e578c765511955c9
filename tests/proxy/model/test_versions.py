from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from proxy.model.versions import TableVersion, hash_of, read_versions, versions_in

ONE = TableVersion(1, 1_774_958_400.0, "ada", "20 % as agreed", hash_of("a"), "/etc/routes.yaml", "a")
TWO = TableVersion(2, 1_774_958_500.0, "file", "", hash_of("b"), "/etc/routes.yaml", "b")


@given(text=st.text() | st.none(), reason=st.text(), by=st.text())
def test_a_line_holds_all_of_a_version_whatever_its_words_are(text: str | None, reason: str, by: str) -> None:
    version = replace(ONE, text=text, reason=reason, by=by)
    line = version.to_line()
    assert line.count(b"\n") == 1
    assert versions_in(line) == [version]


@given(cut=st.integers(0, 400))
def test_wherever_a_crash_tore_the_last_line_the_others_are_read(cut: int) -> None:
    lines = ONE.to_line() + TWO.to_line()
    whole = ONE.to_line() + lines[len(ONE.to_line()) :][:cut]
    assert versions_in(whole)[0] == ONE
    assert versions_in(whole + b"\n" + replace(TWO, number=3).to_line())[-1].number == 3


def test_what_is_no_version_is_passed_over() -> None:
    nonsense = b'{"version": "1"}\n[]\n\xff\n' + b"[" * 100_000 + b"\n"
    assert versions_in(nonsense + ONE.to_line()) == [ONE]


def test_a_later_line_says_more_of_a_version_and_its_text_stays() -> None:
    late = replace(TWO, by="ben", reason="said late", text=None)
    assert versions_in(TWO.to_line() + ONE.to_line() + late.to_line()) == [ONE, replace(late, text="b")]


def test_without_a_journal_there_are_no_versions(tmp_path: Path) -> None:
    assert read_versions(tmp_path / "none") == []


def test_programs_get_everything_but_the_text() -> None:
    assert ONE.to_json() == {
        "version": 1, "at": "2026-03-31T12:00:00.000Z", "by": "ada", "reason": "20 % as agreed", "hash": hash_of("a"),
        "source": "/etc/routes.yaml", "has_text": True,
    }  # fmt: skip
