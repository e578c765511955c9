"""XML: what counts, what does not, and what is not read at all."""

from __future__ import annotations

import pytest

from tests.shadow.answers import NO_RULES, answer, compared, found, rules


def xml_found(left: str | bytes, right: str | bytes, by=NO_RULES) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]  # a test's short hand
    sides = (side.encode() if isinstance(side, str) else side for side in (left, right))
    comparison = compared(*(answer(side, content_type="application/xml") for side in sides), by)
    assert comparison.undecodable is None
    return found(comparison)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("<a/>", "<a></a>"),
        ("<a/>", '<?xml version="1.0"?>\n<!-- c -->\n<a>\n</a>\n'),
        ("<a>x&amp;y</a>", "<a><![CDATA[x&y]]></a>"),
        ("<a>&#65;\r\n</a>", "<a>A\n</a>"),
        ("<a>on<!-- x -->e</a>", "<a>one</a>"),
        ('<a b="1" c="2"/>', "<a c='2' b='1'/>"),
        ('<p:a xmlns:p="u" p:b="1"/>', '<q:a xmlns:q="u" q:b="1"/>'),
        ('<a xmlns="u"><b/></a>', '<x:a xmlns:x="u" xmlns:y="z"><x:b/></x:a>'),
        ("<a>\n  <b>1</b>\n</a>", "<a><b>1</b></a>"),
        ("<a>é</a>".encode("latin-1"), "<a>é</a>".encode("latin-1") + b" "),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"), '<?xml version="1.0" encoding="utf-8"?><a>é</a>'),
    ],
)  # fmt: skip
def test_two_spellings_of_one_document_are_equal(left: str | bytes, right: str | bytes) -> None:
    assert xml_found(left, right) == []


@pytest.mark.parametrize(
    ("left", "right", "places"),
    [
        ("<a> x</a>", "<a>x</a>", ["$.a.#text"]),
        ('<a xml:space="preserve"> </a>', '<a xml:space="preserve"/>', ["$.a.#text"]),
        ('<a xmlns="u"/>', '<a xmlns="v"/>', ["$.a.#namespace"]),
        ('<a xmlns:p="u" p:b="1"/>', '<a xmlns:p="u" p:b="2"/>', ['$.a["@{u}b"]']),
        ('<a xsi:type="t" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>', "<a/>", ["$.a.@xsi:type"]),
        ("<a><b>1</b></a>", "<a><b>1</b><b>2</b></a>", ["$.a.b[1]"]),
        ("<a><b/><c/></a>", "<a><b/><c/><d/></a>", ["$.a.d"]),
        ("<a><b/><c/></a>", "<a><c/><d/><b/></a>", ["$.a.d"]),
        ("<a><b/></a>", "<b><b/></b>", ["$.a", "$.b"]),
        ("<?x y?><a/>", "<?x z?><a/>", ['$["?x"].#text']),
        ("<p>a &lt;b> <b/></p>", "<p>a <b/>&lt;b> </p>", ["$.p.#text"]),
        ("<a><i>1</i><i>2</i></a>", "<a><i>2</i><i>1</i></a>", ["$.a.i[0]"]),
        ("<!DOCTYPE a><a/>", '<!DOCTYPE a SYSTEM "x.dtd"><a/>', ["$.#doctype"]),
    ],
)  # fmt: skip
def test_what_a_reader_would_see_differs(left: str, right: str, places: list[str]) -> None:
    assert sorted(path for path, _ in xml_found(left, right)) == places


def test_rules_hold_with_brackets_or_without() -> None:
    one, other = ("<o><i id='1'><p>1</p></i></o>", "<o><i id='1'><p>2</p></i></o>")
    many, others = (text.replace("</o>", "<i id='2'><p>9</p></i></o>") for text in (one, other))
    for path in ("$.o.i.p", "$.o.i[].p", "$.o[].i[].p[].#text", "$..p", "$.o.i.p.#text"):
        assert xml_found(one, other, rules(path)) == []
        assert xml_found(many, others, rules(path)) == []
    assert xml_found(many, others, rules("$.o.i[1].p")) == [("$.o.i[0].p.#text", "values_changed")]
    assert xml_found(many, others, rules("$.o.i[0].p")) == []
    assert xml_found(one, other, rules("$.o.p")) != []


def test_lists_in_any_order_and_tolerances_hold_in_xml() -> None:
    left = "<o><i id='1'><p>1.00</p></i><i id='2'><p>2</p></i></o>"
    right = "<o><i id='2'><p>2.001</p></i><i id='1'><p>1</p></i></o>"
    by = rules(unordered={"$.o.i": "@id"}, tolerance={"$.o.i.p": 0.01})
    assert xml_found(left, right, by) == []
    assert xml_found(left, right.replace("2.001", "2.1"), by) == [("$.o.i[1].p.#text", "values_changed")]
    by = rules(unordered={"$.o.i": "n"})
    left, right = "<o><i><n>1</n><v>1</v></i><i><n>2</n></i></o>", "<o><i><n>2</n></i><i><n>1</n><v>2</v></i></o>"
    assert xml_found(left, right, by) == [("$.o.i[0].v.#text", "values_changed")]
    assert xml_found("<o><i>a</i><i>b</i></o>", "<o><i>b</i><i>a</i></o>", rules(unordered={"$.o.i": None})) == []


@pytest.mark.parametrize(
    "bad",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a>&nbsp;</a>',
        "<a>",
        "<a>&nbsp;</a>",
        "<a b=1/>",
        "<a/><b/>",
        "text",
        "",
    ],
)
def test_what_is_no_plain_xml_is_text_and_against_xml_it_is_the_difference(bad: str) -> None:
    assert [path for path, _ in xml_found(bad, bad + " ")] == ["body"]
    assert xml_found(bad, "<a>y</a>") == [("body", "type_changes")]
    assert xml_found("<a>y</a>", bad) == [("body", "type_changes")]


def test_xml_is_known_by_its_label_or_by_its_look() -> None:
    for content_type in ("text/xml; charset=utf-8", "image/svg+xml", "application/soap+xml", None):
        sides = (answer(f'<?xml version="1.0"?><a>{n}</a>'.encode(), content_type=content_type) for n in (1, 2))
        assert found(compared(*sides)) == [("$.a.#text", "values_changed")]
