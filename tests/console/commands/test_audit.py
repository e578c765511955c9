from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.audit.line import Said, Step, hash_of_line
from console.audit.trail import Trail
from console.exits import Exit
from tests.console.conftest import Strangler
from tests.console.scene import HOSTILE


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "strangler.db.audit.jsonl"
    same = {"act": "a1", "by": "ada", "via": "command", "what": "strangler weight", "of": {"moves": "ordering"}}
    Trail(path).append(
        Said(step=Step.INTENDED, **same),  # type: ignore[arg-type]
        Said(
            step=Step.DONE,
            before={"table": "a" * 64},
            after={"table": "b" * 64},
            words="split of order-read",
            status=0,
            **same,  # type: ignore[arg-type]
        ),
        Said(step=Step.REFUSED, act="a2", by="ben", via="console", what="POST /-/reload", status=503),
        Said(step=Step.INTENDED, act="a3", by=HOSTILE, via="console", what="PUT /api/v1/table"),
    )
    return path


def test_acts_are_listed_newest_first_in_80_columns(strangler: Strangler, log: Path) -> None:
    result = strangler("audit")
    assert result.exit_code == Exit.FINE
    assert max(map(len, result.stdout.splitlines())) <= 80
    words = " ".join(result.stdout.split())
    assert "strangler weight: done" in words
    assert "split of order-read: table aaaaaaaaaaaa -> bbbbbbbbbbbb" in words
    assert "ben POST /-/reload: refused 503" in words
    assert "not known" in words
    assert words.index("reload") < words.index("weight") < words.index("the log begins")
    assert "\x1b" not in result.stdout


def test_an_address_stands_on_one_line_in_80_columns(strangler: Strangler, log: Path) -> None:
    what = "POST /api/v1/signatures/{signature}/triage"
    Trail(log).append(Said(step=Step.REFUSED, act="a4", by="reviewer", via="console", what=what, status=403))
    assert what in strangler("audit", "--limit", "1").stdout


def test_filters_and_limit_choose(strangler: Strangler, log: Path) -> None:
    def listed(*words: str) -> list[str]:
        return [one["act"] for one in json.loads(strangler("audit", *words, "--format", "json").stdout)["acts"]]

    assert listed() == ["a3", "a2", "a1", ""]
    assert listed("--who", "ada", "--since", "1h") == ["a1"]
    assert listed("--about", "ORDERING") == ["a1"]
    assert listed("--about", "nothing") == []
    result = strangler("audit", "--limit", "2")
    assert "There are older ones: --limit 4" in result.stderr


def test_a_whole_chain_is_told_with_its_end(strangler: Strangler, log: Path) -> None:
    result = strangler("audit", "--verify")
    head = hash_of_line(log.read_bytes().splitlines()[-1])
    assert (result.exit_code, result.stdout) == (Exit.FINE, f"whole: lines 1 to 5\nline 5 has the hash {head}\n")


def test_a_broken_chain_is_told_with_the_line_where_it_breaks(strangler: Strangler, log: Path) -> None:
    log.write_bytes(log.read_bytes().replace(b"split of order-read", b"split of nobody...."))
    result = strangler("audit", "--verify")
    assert result.exit_code == Exit.FINDINGS
    assert "broken: strangler.db.audit.jsonl, line 4: the line before it (number 3) was changed" in result.stdout
    document = json.loads(strangler("audit", "--verify", "--format", "json").stdout)
    assert (document["whole"], document["last"]) == (False, 3)


def test_without_a_log_it_says_what_to_do(strangler: Strangler, log: Path) -> None:
    log.unlink()
    for words in (("audit",), ("audit", "--verify")):
        result = strangler(*words)
        assert result.exit_code == Exit.UNDECIDED
        assert "there is no audit log" in result.stderr
    log.mkdir()
    assert "Is a directory" in strangler("audit").stderr
    assert "/nowhere" in strangler("audit", "--audit", "nowhere/x.jsonl", "--verify").stderr
