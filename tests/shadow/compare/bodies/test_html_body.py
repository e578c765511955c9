"""HTML: what a user could see counts, what no user sees does not."""

from __future__ import annotations

import pytest

from tests.shadow.answers import NO_RULES, answer, compared, found, rules


def html_found(left: str, right: str, by=NO_RULES) -> list[str]:  # type: ignore[no-untyped-def]  # a test's short hand
    comparison = compared(*(answer(side.encode(), content_type="text/html") for side in (left, right)), by)
    assert comparison.undecodable is None
    return [path for path, _ in found(comparison)]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("<p>a", "<P>a</P>\n"),
        ("<p>a</p><p>b</p>", "<!-- x --><p>a</p>\n\n  <p> b </p>"),
        ("<p class='a b'>", "<p class=' b  a '>"),
        ("<a href=x rel='noopener nofollow'>l</a>", "<a rel='nofollow noopener' href='x'>l</a>"),
        ("<p>a&amp;b &eacute;", "<p>a&b é"),
        ("<input disabled>", "<input disabled=disabled />"),
        ("<p>a<!-- x -->b", "<p>ab"),
        ("<table><tr><td>1</table>", "<table>\n<tr>\n<td>1</td>\n</tr>\n</table>"),
        ("<ul><li>1<li>2</ul>", "<ul><li>1</li>\n<li>2</li></ul>"),
        ("<html><body><p>x</body></html>\n", "<p>x"),
        ("<p>x</p><script>\nf()\n</script>", "<p>x</p><script>f()</script>"),
        ("<p>a\r\nb</p>", "<p>a\nb</p>"),
        ("<button> Go </button>", "<button>Go</button>"),
        ("<dl><dt>a<dt>b<dd>c<dd>d</dl>e", "<dl><dt>a</dt><dt>b</dt><dd>c</dd><dd>d</dd></dl>e"),
        ("<p>a<section>b</section>c", "<p>a</p><section>b</section>c"),
        ("<p>a<div><p>b</div>c", "<p>a</p><div><p>b</p></div>c"),
        ("<table><tr><td>a<tr><td>b</table>c", "<table><tbody><tr><td>a</td></tr><tr><td>b</td></tr></tbody></table>c"),
        (
            "<table><thead><tr><th>a<tbody><tr><td>b</table>",
            "<table><thead><tr><th>a</th></tr></thead><tr><td>b</td></tr></table>",
        ),
        (
            "<select><optgroup><option>a<optgroup><option>b</select>c",
            "<select><optgroup><option>a</option></optgroup><optgroup><option>b</option></optgroup></select>c",
        ),
        ("<h1>a<h2>b</h2>", "<h1>a</h1><h2>b</h2>"),
    ],
)
def test_two_spellings_of_one_page_are_equal(left: str, right: str) -> None:
    assert html_found(left, right) == []


@pytest.mark.parametrize(
    ("left", "right", "places"),
    [
        ("<p>a <b>b</b> c", "<p>a <b>b</b>c", ["$.html.body.p.#text"]),
        ("<b>a</b> <i>b</i>", "<b>a</b><i>b</i>", ["$.html.body.#text"]),
        ("<p>a<p>b", "<p>b<p>a", ["$.html.body.p[0]"]),
        ("<div>a</div><p>b</p>", "<p>b</p><div>a</div>", ["$.html.body.#order"]),
        ("<pre>a  b</pre>", "<pre>a b</pre>", ["$.html.body.pre.#text"]),
        ("<p>a<!--[if IE]>x<![endif]-->", "<p>a", ["$.html.body.p.#text", '$.html.body.p["!comment"]']),
        ("<!DOCTYPE html><p>a", "<p>a", ["$.#doctype"]),
        ("<p>&lt;b>", "<p><b></b>", ["$.html.body.p.#text", "$.html.body.p.b"]),
        ("<script>a</script><p>x", "<script>b</script><p>x", ["$.html.head.script.#text"]),
        ("<p hidden>x", "<p>x", ["$.html.body.p.@hidden"]),
        ("<p>x</p></body>y", "<p>x</p></body>z", ["$.html.body.#text"]),
        ("<a href=/orders/3f9ab2c1>", "<a href=/orders/77aa01bd>", ["$.html.body.a.@href"]),
        ("<img src=/p/12345678.jpg>", "<img src=/p/12345679.jpg>", ["$.html.body.img.@src"]),
        ("<style>a{b:c}</style><p>", "<style>a{b:d}</style><p>", ["$.html.head.style.#text"]),
    ],
)
def test_what_a_user_could_see_differs(left: str, right: str, places: list[str]) -> None:
    assert sorted(html_found(left, right)) == places


HASHED = [
    '<script nonce="{}" src=/x.js></script>',
    '<link rel=stylesheet href="/assets/app-{}.css">',
    '<script src="/static/main.{}.chunk.js"></script>',
    '<script src="/static/main.js?v={}"></script>',
    '<script src="/x.js" integrity="sha384-{0}{0}{0}{0}{0}{0}{0}{0}"></script>',
    '<img src="/i/logo.{}.png">',
    "<meta http-equiv=Content-Security-Policy content=\"script-src 'nonce-{}'\">",
    '<meta name="csrf-token" content="{}">',
    '<form><input type=hidden name="csrfmiddlewaretoken" value="{}"></form>',
    '<form><input type=hidden name="authenticity_token" value="{}"></form>',
    '<form><input type=hidden name="__RequestVerificationToken" value="{}"></form>',
    '<form><input type=hidden name="_token" value="{}"></form>',
]


@pytest.mark.parametrize("page", HASHED)
def test_what_changes_with_every_answer_counts_by_its_shape(page: str) -> None:
    one, other, none = page.format("3f9ab2c1"), page.format("0a0b0c0d"), page.format("")
    assert html_found(one, other) == []
    assert len(html_found(one, none)) == 1


@pytest.mark.parametrize("page", [page for page in HASHED if "token" in page.lower()])
def test_a_token_that_is_none_is_a_difference(page: str) -> None:
    for wrong in ("undefined", "null", "{{ csrf }}"):
        assert len(html_found(page.format("3f9ab2c1"), page.format(wrong))) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/p/3f9ab2c1-aaaa-4bbb-8ccc-3f9ab2c1aaaa.jpg", "/p/3f9ab2c1-aaaa-4bbb-8ccc-3f9ab2c1bbbb.jpg"),
        ("/jquery-3.7.1.min.js", "/jquery-3.7.2.min.js"),
        ("/index-B3F2k9za.js", "/other-B3F2k9za.js"),
        ("/main-a1.js", "/main-a2.js"),
    ],
)
def test_names_are_not_taken_for_hashes(one: str, other: str) -> None:
    tag = "img" if one.endswith("jpg") else "script"
    assert html_found(f"<{tag} src='{one}'>", f"<{tag} src='{other}'>") != []


def test_json_in_a_script_keeps_its_types_under_a_tolerance() -> None:
    page = '<p>1.0</p><script type="application/json">{"n": %s}</script>'
    by = rules(tolerance={"$..n": 0.5, "$..p": 0.5})
    assert html_found(page % "1.0", page % "1.1", by) == []
    assert html_found(page % "1.0", page % '"1.0"', by) == ["$.html.body.script.#json.n"]
    assert html_found("<p>1</p>", "<p>1.25 </p>", by) == []


def test_rules_hold_in_pages() -> None:
    left, right = "<ul><li id=a>1<li id=b>2</ul><p>at 1", "<ul><li id=b>2<li id=a>1</ul><p>at 2"
    assert html_found(left, right, rules("$..p", unordered={"$.html.body.ul.li": "@id"})) == []
    assert html_found("<p>Total: 1", "<p>Total: 2", rules("$.html.body.p")) == []


def test_a_page_without_any_tag_is_text() -> None:
    assert html_found("OK", "KO") == ["body"]
    assert html_found("<p>OK</p>", "OK") == ["body"]


def test_the_charset_is_the_labels_or_the_pages() -> None:
    left = answer('<meta charset="iso-8859-1"><p>é'.encode("latin-1"), content_type="text/html")
    right = answer("<meta charset=utf-8><p>é".encode(), content_type="text/html")
    assert [path for path, _ in found(compared(left, right))] == ["$.html.head.meta.@charset"]
