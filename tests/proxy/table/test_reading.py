"""YAML that is hostile, broken or strange: refused with its place, never a crash, never much work."""

from __future__ import annotations

import pytest
import yaml

from proxy.table.document import Document
from proxy.table.reading import MAX_BYTES, read
from tests.proxy.table.texts import BACKENDS, load, mistake, mistakes


def document(text: str) -> Document:
    return read(text, {}, "routes.yaml")


@pytest.mark.promise("B135")
@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", (1, 1), "a route table is a map of keys"),
        ("# nothing\n", (1, 1), "a route table is a map of keys"),
        ("[]", (1, 1), "a route table is a map of keys"),
        ("hello", (1, 1), "a route table is a map of keys"),
        (b"version: 1\n a: \xff\n", (2, 5), "byte 0xff is not UTF-8"),
        ("version: 1\0", (1, 11), "U+0000 is not allowed"),
        ("version: 1 # \x1b[31m", (1, 14), "U+001B is not allowed"),
        ("a: \ud800", (1, 4), "U+D800 is not allowed"),
        ("version: 1\n\tb: 2\n", (2, 1), "a tab cannot indent"),
        ("a: !!python/object/apply:os.system [ls]\n", (1, 4), "python/object/apply:os.system"),
        ("a: !mine 1\n", (1, 4), 'the tag "!mine" is not allowed'),
        ("a: !!str [1]\n", (1, 4), "is not allowed"),
        ("version: 1\n---\nversion: 1\n", (2, 1), "a second document begins here"),
        ("a: *b\n", (1, 4), "no anchor &b ends before this"),
        ("a: &b [*b]\n", (1, 8), "no anchor &b ends before this"),
        ("{a: 1}: 2\n", (1, 1), "a map or a list cannot be a key"),
        ("a: { b: ${C} }\n", (1, 10), "YAML cannot be read here"),
        ("a: [1, 2\nb: 3\n", (2, 2), "YAML cannot be read here"),
        ("a: b: c\n", (1, 5), "YAML cannot be read here"),
        ("a: @b\n", (1, 4), "YAML cannot be read here"),
        ("a: &x 1\n<<: 5\n", (2, 5), "<< takes a map"),
        ("? 5\n: 6\n", (1, 3), "5 is read as a number; a key is a word"),
        ("true: 6\n", (1, 1), "true is read as true; a key is a word"),
        ("~: 6\n", (1, 1), "~ is read as nothing; a key is a word"),
        ("%YAML 3.0\n---\na: 1\n", (1, 1), "YAML cannot be read here"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str | bytes, place: tuple[int, int], message: str) -> None:
    found = next(m for m in mistakes(text) if message in m.message)
    assert (found.line, found.column) == place


def test_a_variable_within_braces_is_told_to_need_quotes() -> None:
    assert 'needs quotes: "/a/{id}"' in (mistakes("a: { path: /orders/{id}, methods: [GET] }\n")[-1].suggestion or "")
    assert 'needs quotes: "${NAME}"' in (mistakes("a: { b: ${C} }\n")[-1].suggestion or "")


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert load("\ufeff" + BACKENDS).legacy.is_legacy
    assert read(b"\xef\xbb\xbfa: 1", {}, "f").data == {"a": 1}


@pytest.mark.promise("B135")
def test_a_large_file_is_refused_before_it_is_read() -> None:
    assert "at most" in mistake("#" * (MAX_BYTES + 1)).message
    assert "at most" in mistake(b"\xff" * 50_000_000).message


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_depth_is_bounded_without_recursion(opening: str) -> None:
    assert any("nested deeper than 50" in m.message or "cannot be" in m.message for m in mistakes(opening * 200_000))


@pytest.mark.promise("B135")
def test_an_alias_bomb_is_refused_before_it_goes_off() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 11)]
    assert any("values" in m.message for m in mistakes("\n".join(lines)))


@pytest.mark.promise("B135")
def test_a_merge_bomb_is_refused_before_it_goes_off() -> None:
    big = "a: &a {" + ", ".join(f"k{n}: 1" for n in range(20_000)) + "}\n"
    assert any("values" in m.message for m in mistakes(big + "".join(f"b{n}: {{<<: *a}}\n" for n in range(90))))
    assert any(
        "aliases" in m.message for m in mistakes("a: &a {b: 1}\n" + "".join(f"b{n}: {{<<: *a}}\n" for n in range(200)))
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-7", -7), ("0", 0), ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("true", True), ("no", False), ("ON", True),
        ("~", None), ("", None), ("null", None),
        ("010", "010"), ("0x10", "0x10"), ("1_000", "1_000"), ("1:30", "1:30"), ("2027-03-31", "2027-03-31"), ("y", "y"),
        ("'1'", "1"), ('"no"', "no"), ("!!str 1", "1"), ("1" * 5000, float("inf")), ("=", "="), ("10%", "10%"),
    ],
)  # fmt: skip
def test_words_mean_what_both_versions_of_yaml_agree_on(text: str, value: object) -> None:
    read_value = document(f"a: {text}\n").data["a"]
    assert (type(read_value), read_value) == (type(value), value)


def test_a_merge_gives_only_what_is_not_written_out() -> None:
    data = document("a: &a {x: 1, y: 2}\nb: &b {x: 3, z: 4}\nc: {<<: [*a, *b], y: 9}\n").data
    assert data["c"] == {"y": 9, "x": 1, "z": 4}
    assert document("a: {'<<': 1}").data == {"a": {"<<": 1}}


def test_every_value_knows_its_place() -> None:
    text = "a:\n  - b: [1,\n      2]\n    c: &c {d: 3}\ne: *c\n"
    found = document(text)
    assert found.place(("a", 0, "b", 1)) == (2, 6)
    assert found.place(("a", 0, "c", "d")) == (3, 14)
    assert found.place(("a", 0, "c"), key=True) == (3, 4)
    assert found.place(("e", "d")) == (3, 14)
    assert found.place(("a", 0, "zzz")) == (1, 4)
    assert found.place(("a", 0, "b", "zzz")) == (1, 7)
    assert found.place(()) == (0, 0)


def test_the_same_data_is_read_as_pyyaml_reads_it() -> None:
    text = (
        BACKENDS
        + "routes:\n  - name: a\n    match: {path: /a, methods: [GET]}\n    split:\n      orders: 5\n    x: |\n      y\n       z\n"
    )
    assert document(text).data == yaml.safe_load(text)
