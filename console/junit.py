"""Results as JUnit's XML, which every CI reads: suites of cases. What XML cannot hold is written as an escape. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

from proxy.model.printable import printable

BAD: Final = {"failure": "failures", "error": "errors", "skipped": "skipped"}
"""What a case may be beside good, and the attribute of the suite that counts it."""


@dataclass(frozen=True, slots=True)
class Case:
    """``bad`` is None, or one of ``BAD``: then ``message`` says why in a line, and ``details`` in several. ``output`` are facts
    that stand with good and bad cases."""

    group: str
    name: str
    bad: str | None = None
    message: str = ""
    details: Sequence[str] = ()
    output: Sequence[str] = ()
    seconds: float = 0.0


def junit(name: str, suites: Iterable[tuple[str, Sequence[Case]]], generated_at: str) -> str:
    """One suite for each name with its cases. ``generated_at`` is RFC 3339."""
    root = ElementTree.Element("testsuites", name=printable(name))
    for title, cases in suites:
        bad = [case.bad for case in cases]
        attributes = {
            "name": printable(title),
            "tests": str(len(cases)),
            **{counter: str(bad.count(tag)) for tag, counter in BAD.items()},
            "time": f"{sum(case.seconds for case in cases):.3f}",
            "timestamp": generated_at[:19],  # readers take ISO 8601 without fractions and zone, which is UTC
        }
        suite = ElementTree.SubElement(root, "testsuite", attributes)
        for case in cases:
            _add(suite, case)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _add(suite: ElementTree.Element, case: Case) -> None:
    element = ElementTree.SubElement(
        suite, "testcase", classname=printable(case.group), name=printable(case.name), time=f"{case.seconds:.3f}"
    )
    if case.bad is not None:
        told = ElementTree.SubElement(element, case.bad, message=printable(case.message))
        told.text = _lines(case.details)
    if case.output:
        ElementTree.SubElement(element, "system-out").text = _lines(case.output)


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(map(printable, lines))
