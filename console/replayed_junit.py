"""What a new build made of stored requests, as JUnit's XML: one suite for each route, one case for each request."""

from __future__ import annotations

from xml.etree import ElementTree

from console.replayed import Document, by_route, places_of
from proxy.model.printable import printable

_TAGS = {"different": "failure", "error": "error", "timeout": "error", "unusable": "skipped"}


def replayed_junit(document: Document) -> str:
    suites = ElementTree.Element("testsuites", name=f"strangler replay against {printable(document['against'])}")
    for route, pairs in by_route(document["pairs"]).items():
        tags = [_TAGS.get(pair["result"], "") for pair in pairs]
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            name=printable(route),
            tests=str(len(pairs)),
            failures=str(tags.count("failure")),
            errors=str(tags.count("error")),
            skipped=str(tags.count("skipped")),
            time=f"{sum(pair['seconds'] for pair in pairs):.3f}",
            timestamp=document["generated_at"],
        )
        for pair, tag in zip(pairs, tags, strict=True):
            _add_case(suite, pair, tag)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True)


def _add_case(suite: ElementTree.Element, pair: Document, tag: str) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=printable(pair["route"]),
        name=printable(f"{pair['method']} {pair['target']} ({pair['pair']})"),
        time=f"{pair['seconds']:.3f}",
    )
    if tag:
        told = ElementTree.SubElement(case, tag, message=printable(places_of(pair)))
        told.text = "\n".join(
            printable(f"{one['path']} {one['kind']}: {one['control']} -> {one['candidate']}")
            for one in pair["differences"]
        )
