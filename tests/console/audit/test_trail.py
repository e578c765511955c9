"""The trail on a real disk: whole lines, a chain over files, two writers, crashes."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.audit.files import full_files
from console.audit.line import MAX_LINE, NOTHING_BEFORE, Said, Step, hash_of_line
from console.audit.reading import Wanted, check, everything, find
from console.audit.trail import CannotAudit, Trail
from tests.proxy.supervise.instance import until
from tests.small_disk import make_read_only, small_disk

ROOT = Path(__file__).resolve().parents[3]

WRITER = """
import sys
from pathlib import Path
from console.audit.line import Said, Step
from console.audit.trail import Trail
trail = Trail(Path(sys.argv[1]), max_file=40_000)
for number in range(150):
    trail.append(Said(step=Step.DONE, act=f"{sys.argv[2]}-{number}", by=sys.argv[2], what="x" * 100))
"""


def said(what: str = "POST /-/reload", step: Step = Step.DONE, act: str = "") -> Said:
    return Said(step=step, by="ada", via="console", what=what, act=act)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "strangler.db.audit.jsonl"


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def test_each_line_has_the_hash_of_the_one_before_and_only_we_may_read_them(path: Path) -> None:
    Trail(path).append(said(), said())
    Trail(path).append(said())
    raws = lines(path)
    read = [json.loads(raw) for raw in raws]
    assert [one["step"] for one in read] == ["opened", "done", "done", "done"]
    assert [one["number"] for one in read] == [1, 2, 3, 4]
    assert [one["chain"] for one in read] == [NOTHING_BEFORE, *map(hash_of_line, raws[:-1])]
    assert path.stat().st_mode & 0o777 == 0o600
    assert check(path).to_json() == {
        "whole": True, "first": 1, "last": 4, "head": hash_of_line(raws[-1]), "torn": 0, "broken": None,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["x" * 100_000, "\U0001f600" * 9_000, "\x00" * 5_000, '"\\' * 9_000, "\ud800" * 900])
def test_whatever_is_said_a_line_stays_within_its_bound(path: Path, text: str) -> None:
    members = {f"{number}{text}": text for number in range(100)}
    Trail(path).append(
        Said(
            step=Step.DONE,
            act=text,
            by=text,
            via=text,
            what=text,
            right=text,
            words=text,
            of=members,
            before=members,
            after=members,
        )
    )
    assert max(map(len, lines(path))) < MAX_LINE
    assert check(path).broken is None


@pytest.mark.parametrize("cut", [1, 2, 30, 400])
def test_a_line_that_a_crash_tore_is_told_and_the_chain_goes_on(path: Path, cut: int) -> None:
    trail = Trail(path)
    trail.append(said(), said("PUT /api/v1/table"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert check(path).broken is None
    trail.append(said())
    last = [json.loads(raw) for raw in lines(path)[-2:]]
    if cut == 1:  # only its end was missing
        assert [(one["step"], one["number"]) for one in last] == [("done", 3), ("done", 4)]
    else:
        torn = whole[:-cut].split(b"\n")[-1]
        assert (last[0]["step"], last[0]["of"]) == ("torn", {"bytes": str(len(torn)), "hash": hash_of_line(torn)})
        assert whole[:-cut] + b"\n" in path.read_bytes()
    assert (check(path).broken, check(path).torn) == (None, int(cut != 1))


def test_the_very_first_line_may_be_torn_too(path: Path) -> None:
    Trail(path).append()
    path.write_bytes(path.read_bytes()[:-30])
    Trail(path).append(said())
    assert (check(path).broken, check(path).first, check(path).torn) == (None, 1, 1)


def test_what_a_power_cut_left_empty_is_a_torn_line(path: Path) -> None:
    Trail(path).append(said())
    with path.open("ab") as file:
        file.write(b"\0" * 700)
    Trail(path).append(said())
    assert (check(path).broken, check(path).torn) == (None, 1)


def test_two_processes_write_at_once_and_over_several_files(path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [subprocess.Popen([*command, name], cwd=ROOT) for name in ("ada", "ben")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert len(full_files(path)) >= 2
    assert all(file.stat().st_size <= 40_000 for file in full_files(path))
    assert check(path).broken is None
    acts = [line.said.act for line in everything(path, Wanted(limit=50)) if line.said.act]
    for name in ("ada", "ben"):
        assert [act for act in acts if act.startswith(name)] == [f"{name}-{n}" for n in reversed(range(150))]


def test_full_files_are_kept_to_a_number_and_the_log_says_which_are_gone(path: Path) -> None:
    trail = Trail(path, max_file=3 * MAX_LINE + 2000, max_files=2)
    for _ in range(60):
        trail.append(said())
    assert len(full_files(path)) == 2
    first = json.loads(lines(path)[0])
    assert first["step"] == "rotated"
    assert first["of"]["file"] == full_files(path)[-1].name
    assert first["of"]["removed"].endswith(".jsonl")
    found = check(path)
    assert (found.broken, found.first) == (None, int(first["of"]["removed_to"]) + 1)
    full_files(path)[0].unlink()
    assert "the lines before it are gone, and no line says that they were too old" in (check(path).broken or "")


def test_a_crash_between_two_files_breaks_nothing(path: Path) -> None:
    trail = Trail(path)
    trail.append(said())
    path.rename(path.with_name("strangler.db.audit.000001.jsonl"))
    assert check(path).last == 2
    trail.append(said())
    assert [json.loads(raw)["number"] for raw in lines(path)] == [3, 4]
    assert check(path).broken is None


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda raws: [*raws[:2], raws[2].replace(b"ada", b"eve"), *raws[3:]], "line 4: the line before it (number 3)"),
        (lambda raws: [*raws[:2], *raws[3:]], "line 3: its number is 4 and not 3"),
        (lambda raws: [*raws[:2], raws[3], raws[2], raws[4]], "line 3: its number is 4 and not 3"),
        (lambda raws: [raws[0], raws[1], raws[1], *raws[2:]], "line 3: its number is 2 and not 3"),
        (lambda raws: raws[1:], "the first line has number 2"),
        (lambda raws: [*raws[:3], b"nonsense", *raws[3:]], "line 5: line 4 of strangler.db.audit.jsonl is no line"),
        (lambda raws: [*raws, b"nonsense"], "line 6: it is no line"),
        (lambda raws: [b"{}", *raws], "line 2: line 1 of strangler.db.audit.jsonl is no line"),
    ],
)
def test_a_line_that_is_changed_taken_out_or_put_in_breaks_the_chain(path: Path, change: object, where: str) -> None:
    Trail(path).append(*[said(f"act {number}") for number in range(4)])
    assert callable(change)
    path.write_bytes(b"".join(raw + b"\n" for raw in change(lines(path))))
    assert where in (check(path).broken or "")


def test_a_broken_chain_stays_broken_and_lines_are_written_all_the_same(path: Path) -> None:
    Trail(path).append(said(), said(), said())
    raws = lines(path)
    path.write_bytes(b"".join(raw + b"\n" for raw in [*raws[:1], raws[1].replace(b"ada", b"eve"), *raws[2:], b"junk"]))
    before = check(path).broken
    Trail(path).append(said())
    assert check(path).broken == before
    assert json.loads(lines(path)[-1])["number"] == 5


def test_another_file_is_never_written_into(path: Path) -> None:
    for content in ("version: 1\n", "{}", "\n"):
        path.write_text(content)
        with pytest.raises(CannotAudit, match="no audit log"):
            Trail(path).append(said())
        assert path.read_text() == content
    path.unlink()
    path.symlink_to("nowhere")
    with pytest.raises(CannotAudit, match="leads nowhere"):
        Trail(path).append(said())
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(CannotAudit, match="no regular file"):
        Trail(path).append(said())


def test_what_cannot_be_written_is_told_until_it_can(path: Path) -> None:
    path.mkdir()
    trail = Trail(path)
    trail.open()
    assert "cannot be written: Is a directory" in str(trail.error)
    with pytest.raises(CannotAudit, match="Is a directory"):
        trail.append(said())
    path.rmdir()
    trail.append(said())
    assert trail.error is None
    with pytest.raises(CannotAudit, match="No such file"):
        Trail(path.parent / "nowhere" / "x.jsonl").append(said())


def test_a_lock_that_somebody_keeps_is_not_waited_for_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.audit.trail._LOCK_SECONDS", 0.05)
    Trail(path).open()
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(CannotAudit, match="keeps it locked"):
            Trail(path).append(said())
    Trail(path).append(said())


def test_on_a_full_disk_nothing_of_a_line_stays_and_later_ones_follow(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with small_disk(folder):
        path = folder / "audit.jsonl"
        trail = Trail(path)
        trail.append(said())
        filler = folder / "filler"
        with pytest.raises(OSError, match="No space"):
            filler.write_bytes(b"x" * 4_000_000)
        with pytest.raises(CannotAudit, match="No space left"):
            trail.append(*[said()] * 40)
        trail.error = None
        trail.open()
        assert "No space left" in str(trail.error)
        assert path.read_bytes().endswith(b"\n")
        assert check(path).broken is None
        filler.unlink()
        trail.open()
        assert trail.error is None
        trail.append(said())
        assert (check(path).broken, check(path).torn) == (None, 0)
        make_read_only(folder, read_only=True)
        with pytest.raises(CannotAudit, match="Read-only"):
            trail.append(said())
        make_read_only(folder, read_only=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_what_root_makes_belongs_to_the_owner_of_the_folder(path: Path) -> None:
    os.chown(path.parent, 1234, 4321)
    Trail(path).append(said())
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


def test_writers_that_are_killed_leave_no_lock_and_no_break(path: Path) -> None:
    for number in range(4):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path), f"w{number}"], cwd=ROOT)
        until(lambda name=f"w{number}": find(path, Wanted(who=name, limit=1)).lines, "lines")
        writer.kill()
        writer.wait()
        Trail(path).append(said())
        assert check(path).broken is None
