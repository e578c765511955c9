"""JUnit has no schema of its own: what its best-known readers (Jenkins, GitLab, Surefire) ask for is checked literally."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from console.junit import BAD, Case, junit

CASES = st.builds(
    Case,
    group=st.text(max_size=10),
    name=st.text(max_size=10),
    bad=st.sampled_from([None, *BAD]),
    message=st.text(max_size=20),
    details=st.lists(st.text(max_size=10), max_size=3),
    output=st.lists(st.text(max_size=10), max_size=2),
    seconds=st.floats(0, 1e6),
)


def check(text: str) -> etree._Element:
    root = etree.fromstring(text.encode())
    assert root.tag == "testsuites"
    for suite in root:
        assert suite.tag == "testsuite"
        assert set(suite.attrib) == {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
        assert len(suite) == int(suite.attrib["tests"])
        for tag, counter in BAD.items():
            assert len(suite.findall(f"testcase/{tag}")) == int(suite.attrib[counter])
        for case in suite:
            assert (case.tag, set(case.attrib)) == ("testcase", {"classname", "name", "time"})
            tags = [str(child.tag) for child in case]
            assert tags == sorted(tags, key=lambda tag: tag == "system-out")
            assert len([tag for tag in tags if tag in BAD]) <= 1
            assert set(tags) <= {*BAD, "system-out"}
    return root


@given(st.lists(st.tuples(st.text(max_size=10), st.lists(CASES, max_size=4)), max_size=3))
def test_whatever_was_found_readers_can_read_it(suites: list[tuple[str, Sequence[Case]]]) -> None:
    root = check(junit("all \x00 \ud800 ]]>", suites, "2026-03-31T14:05:09.123Z"))
    assert [len(suite) for suite in root] == [len(cases) for _, cases in suites]


def test_a_bad_case_says_why_in_a_line_and_in_several() -> None:
    case = Case("g", "n", "failure", "worst \x1b[31m", ["one", "<two>"], ["fact"])
    (told, output) = check(junit("all", [("s", [case])], "2026-03-31T14:05:09Z"))[0][0]
    assert (told.get("message"), told.text, output.text) == ("worst \\x1b[31m", "one\n<two>", "fact")
