from __future__ import annotations

from pathlib import Path

import pytest

from console.web import moves as module
from console.web.moves import moves_document
from proxy.model.versions import TableVersion, hash_of

AT = 1_795_000_000.0


def text(weight: int | None, *, shadow: bool = True, comment: str = "") -> str:
    """A table in which ``search`` has that weight on the new side, or is missing."""
    lines = [
        f"# {comment}",
        "version: 1",
        "backends:",
        "  legacy: { url: http://127.0.0.1:1 }",
        "  new: { url: http://127.0.0.1:2 }",
    ]
    lines += ["routes:", "  - { name: other, match: { path: /other }, backend: legacy }"]
    if weight is not None:
        copied = "shadow: { sample: 10%, candidate: new }, " if shadow else ""
        lines.append(
            f"  - {{ name: search, match: {{ path: /search }}, {copied}split: {{ new: {weight}, legacy: {100 - weight} }} }}"
        )
    return "\n".join(lines)


def journal(folder: Path, *texts: str | None) -> Path:
    file = folder / "tables.jsonl"
    versions = [
        TableVersion(number, AT + number, "anna", f"step {number}", hash_of(one or ""), "routes.yaml", one)
        for number, one in enumerate(texts, 1)
    ]
    file.write_bytes(b"".join(version.to_line() for version in versions))
    return file


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PLACES", {})


def test_only_versions_that_moved_the_route_are_told_newest_first(tmp_path: Path) -> None:
    file = journal(tmp_path, text(None), text(0), text(0, comment="other"), text(5), text(100), None)
    document = moves_document(file, "search")
    told = [(move["version"], move["stage"], move["weights"][0]["share"]) for move in document["moves"]]
    assert told == [(5, "live", 100), (4, "canary", 5), (2, "shadow", 0)]
    assert document["moves"][0]["reason"] == "step 5"
    assert document["earlier"] is False


def test_a_route_that_left_the_table_and_came_back_says_so(tmp_path: Path) -> None:
    document = moves_document(journal(tmp_path, text(5), text(None), text(5)), "search")
    assert [move["stage"] for move in document["moves"]] == ["canary", None, "canary"]


@pytest.mark.parametrize("texts", [(), (text(None),), (None,), ("routes: [broken",)])
def test_where_nothing_is_known_there_are_no_moves(tmp_path: Path, texts: tuple[str | None, ...]) -> None:
    assert moves_document(journal(tmp_path, *texts), "search") == {"moves": [], "earlier": False}


def test_a_table_that_can_no_longer_be_read_says_nothing_of_the_route(tmp_path: Path) -> None:
    document = moves_document(journal(tmp_path, text(5), "routes: [broken", text(5)), "search")
    assert [move["version"] for move in document["moves"]] == [1]


def test_without_a_journal_there_are_no_moves(tmp_path: Path) -> None:
    assert moves_document(tmp_path / "none", "search") == {"moves": [], "earlier": False}


def test_a_long_journal_is_read_from_its_end_and_the_rest_is_said_to_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_VERSIONS", 3)
    document = moves_document(journal(tmp_path, *(text(weight) for weight in range(1, 7))), "search")
    assert [move["version"] for move in document["moves"]] == [6, 5, 4]
    assert document["earlier"] is True


def test_large_tables_are_read_a_few_for_each_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 1)
    file = journal(tmp_path, *(text(weight) for weight in range(1, 4)))
    seen = [[move["version"] for move in moves_document(file, "search")["moves"]] for _ in range(3)]
    assert seen == [[3], [3, 2], [3, 2, 1]]


def test_a_new_version_is_seen_at_once(tmp_path: Path) -> None:
    moves_document(journal(tmp_path, text(5)), "search")
    assert len(moves_document(journal(tmp_path, text(5), text(10)), "search")["moves"]) == 2
