from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from console.exits import Exit
from tests.console.conftest import Strangler

HEAD = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n\r\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    contents = {
        "a": b'{"total": 1, "served_at": 1}',
        "same": b'{ "served_at": 1,  "total": 1 }',
        "later": b'{"total": 1, "served_at": 2}',
        "wrong": b'{"total": "1", "served_at": 1}',
        "answer": HEAD % 200 + b'{"total": 1, "served_at": 1}',
        "error": HEAD % 500 + b'{"total": 1, "served_at": 1}',
        "broken": b"HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\n\r\nnot gzip at all",
        "broken2": b"HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\n\r\nnor this",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


pytestmark = pytest.mark.usefixtures("files", "routes_file")


def test_equal_documents_are_equal_however_they_are_written(strangler: Strangler) -> None:
    result = strangler("compare", "a", "same")
    assert (result.exit_code, result.stdout) == (Exit.FINE, "equal\n")


def test_a_difference_is_shown_with_both_values(strangler: Strangler) -> None:
    result = strangler("compare", "a", "wrong")
    assert result.exit_code == Exit.FINDINGS
    assert "different in 1 place\n" in result.stdout
    assert "$.total  type_changes" in result.stdout
    assert '1 -> "1"' in result.stdout


def test_a_route_s_rules_are_used(strangler: Strangler) -> None:
    assert strangler("compare", "a", "later").exit_code == Exit.FINDINGS
    waived = strangler("compare", "a", "later", "--route", "order-read")
    assert waived.exit_code == Exit.FINE
    assert "by $.served_at" in waived.stdout


@pytest.mark.parametrize(
    ("names", "bodies", "place"),
    [
        (("a.html", "b.htm"), (b"<p class='x y'>1", b"<P class='y x'>2</P>"), "$.html.body.p.#text"),
        (("a.xml", "b.xml"), (b"<o><i id='1'/></o>", b"<o><i id='2'/></o>"), "$.o.i.@id"),
        (("a.jsonl", "b"), (b'{"a":1}\n{"a":2}\n', b'{"a":1}\n{"a":3}\n'), "$[1].a"),
        (("a.sse", "b.sse"), (b"data: 1\n\n", b"data: 2\n\n"), "$[0].data"),
        (("a.xml.gz", "b.xml"), (gzip.compress(b"<a>1</a>"), b"<a>2</a>"), "$.a.#text"),
        (("a.txt", "b.txt"), (b"1\n2\n", b"1\n3\n"), 'line 2, after "1": "2"'),
        (("a.txt", "b.html"), (b"<html><p>1", b"<html><p>2"), "$.html.body.p.#text"),
    ],
)
def test_a_body_is_what_the_end_of_its_name_says(
    strangler: Strangler, tmp_path: Path, names: tuple[str, str], bodies: tuple[bytes, bytes], place: str
) -> None:
    for name, body in zip(names, bodies, strict=True):
        (tmp_path / name).write_bytes(body)
    result = strangler("compare", *names)
    assert result.exit_code == Exit.FINDINGS
    assert place in result.stdout


def test_whole_answers_are_compared_with_their_status(strangler: Strangler) -> None:
    assert strangler("compare", "answer", "answer").exit_code == Exit.FINE
    assert "status  values_changed" in strangler("compare", "answer", "error").stdout


def test_as_json_the_differences_are_also_told_by_deepdiff(strangler: Strangler) -> None:
    document = json.loads(strangler("compare", "a", "wrong", "--format", "json").stdout)
    assert document["outcome"] == "different"
    assert document["deepdiff"] == {"type_changes": [{"path": "$.total", "control": 1, "candidate": "1"}]}


def test_bodies_that_cannot_be_read_decide_nothing(strangler: Strangler) -> None:
    result = strangler("compare", "broken", "broken2")
    assert result.exit_code == Exit.UNDECIDED
    assert "could not be compared" in result.stdout


def test_one_side_may_be_standard_input(strangler: Strangler) -> None:
    assert strangler("compare", "a", "-", input='{"total": 1, "served_at": 1}').exit_code == Exit.FINE


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["a", "answer"], "give two of a kind"),
        (["-", "-"], "only one of LEFT and RIGHT"),
        (["a", "missing"], "missing: No such file"),
        (["a", "a", "--route", "order-reed"], "did you mean 'order-read'?"),
    ],
)
def test_bad_usage_is_told(strangler: Strangler, words: list[str], says: str) -> None:
    result = strangler("compare", *words)
    assert result.exit_code == Exit.USAGE
    assert says in result.stderr
