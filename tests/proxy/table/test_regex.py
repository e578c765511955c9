"""Regexes that could take for ever are refused; those that people write are not."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from proxy.table.automaton import Dangerous
from proxy.table.regex import check_regex, may_overlap
from tests.machine import patience

SAFE = [
    r"", r"/a/[0-9]+", r"^/pricelist/[0-9]{4}$", r"(/[^/]+)*", r"(?:/[a-z]+)+/?", r".*", r".*Mobile.*", r".+\.php", r"/.*\.(css|js|png)",
    r"[a-z]+-[a-z]+", r"-?[0-9]+", r"https?://[^/]+/.*", r"(en|de|fr)(-[A-Z]{2})?", r"/v[12]/.*", r"(?i)mozilla/.*", r"/orders/(?:\d+|new)",
    r"[0-9]{1,3}(\.[0-9]{1,3}){3}", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"/user/(\d+)/(profile|posts)(/\d+)?", r"\w+@\w+\.com",
    r"(a|b)*c", r"[^;]*;.*", r"(|a)b", r"(?:ab|ac)+", r"(x(|y))*", r"a++b", r"(?>a+)b", r"(?P<year>\d{4})-(?P<month>\d\d)", r"Bearer [^ ]+", r"a|b|cd", r"(?i:A)b",
    r"\bfoo\b", r"[\w.-]+", r"[^\d]x", r"[]a]", r"\[[0-9]+\]", "--&&", "[a-][-b]--", r"\Aa\Z",
]  # fmt: skip

DANGEROUS = [
    r"(a|a)*", r"(a?b?)*",
    r"(a+)+$", r"(a*)*", r"(a|aa)+", r"(ab|ab)*", r"(a?){30}a{30}", r"a*a*b", r".*foo.*bar", r".*.*=.*", r"(.*a){12}", r"(a(|))*", r"(|)" * 30, r"((a|)*b)*c", r"(\w+\s?)*$",
    r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(ab|ab)" * 20, r"((a{1,20}){1,20}){1,20}", r"(x+x+)+y", r"(.+)*x", "a?" * 25 + "a" * 25, r"\d+\d+x",
    r"(a*b*)*c", r"(a{2,5}){2,9}", r"(?:[a-z0-9]+(-[a-z0-9]+)*\.)+[a-z]{2,}x?[a-z]*", r".*foo.*\b", r".*a.*^", r"(?i)(a|A)*b(?:aB|Ab)+[ab]+x",
]  # fmt: skip

NOT_HELD = [r"(?=a)b", r"(?<!a)b", r"(a)\1", r"(?P<x>a)(?P=x)", r"(a)?(?(1)b|c)", "[", "(", "*a", r"(?u)a", r"(?u:\w)", "a{1,300}" * 90, "(" * 300, "[[a]", "a" * 501]  # fmt: skip


@pytest.mark.parametrize("pattern", SAFE)
def test_a_safe_regex_is_let_through(pattern: str) -> None:
    check_regex(pattern)


@pytest.mark.promise("B134")
@pytest.mark.parametrize("pattern", DANGEROUS + NOT_HELD)
def test_a_dangerous_regex_is_refused_with_help(pattern: str) -> None:
    with pytest.raises(Dangerous) as caught:
        check_regex(pattern)
    assert caught.value.help


_CHARACTERS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\w", "x?", "(?:ab|a)"])
_REGEXES = st.recursive(
    _CHARACTERS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "*?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=7,
)


@settings(max_examples=300, deadline=None)
@given(_REGEXES, st.text("ab", min_size=1, max_size=4))
def test_what_is_let_through_is_quick_on_texts_that_nearly_match(pattern: str, word: str) -> None:
    try:
        check_regex(pattern)
    except Dangerous:
        assume(False)
    text = word * 2500 + "!"
    started = time.thread_time()
    re.compile(pattern, re.ASCII | re.DOTALL).fullmatch(text)
    # Quadratic work on 10,000 characters takes a second and more; linear work a millisecond.
    took = time.thread_time() - started
    assert took < 0.25 or took < patience(0.25)


@given(_REGEXES, _REGEXES, st.text("abx", max_size=6))
def test_two_regexes_that_match_one_text_are_known_to_overlap(one: str, other: str, text: str) -> None:
    try:
        automata = check_regex(one), check_regex(other)
    except Dangerous:
        assume(False)
    if all(re.fullmatch(pattern, text, re.ASCII | re.DOTALL) for pattern in (one, other)):
        assert may_overlap(*automata)


@pytest.mark.parametrize(
    ("one", "other"), [("/a/[0-9]+", "/b/[0-9]+"), ("[0-9]{2}", "[0-9]{4}"), ("a", "A"), ("[^a]", "a"), ("a.*", "b.*")]
)
def test_regexes_that_share_no_text_are_told_apart(one: str, other: str) -> None:
    assert not may_overlap(check_regex(one), check_regex(other))
