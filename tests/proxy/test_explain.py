"""What ``explain`` says is what ``decide`` does."""

from __future__ import annotations

import pytest

from console.explanation_text import explanation_text
from proxy.explain import Explanation, explain
from proxy.model.message import RequestHead
from proxy.routing import Routing
from proxy.table.load import load_table

TEXT = """
version: 1
backends:
  legacy: { url: http://127.0.0.1:1 }
  new: { url: http://127.0.0.1:2 }
  newer: { url: http://127.0.0.1:3 }
defaults: { identity: [{ cookie: session }, { header: X-User }] }
groups: { g: { split: { new: 20, legacy: 80 } } }
routes:
  - { name: read, match: { path: "/a/{id}", methods: [GET, HEAD] }, group: g, shadow: { sample: 50% } }
  - { name: all, match: { path: "/a/**" }, group: g, shadow: { sample: 100% } }
  - { name: beta, match: { path: "/a/**", headers: { X-Beta: "1" } }, backend: new, priority: 1 }
  - { name: dice, match: { path: /dice }, split: { new: 50, legacy: 50 }, sticky: false, shadow: { sample: 10% } }
  - { name: three, match: { path: /three }, split: { new: 1, newer: 1, legacy: 1 }, shadow: { sample: 100%, candidate: new } }
  - { name: retired, match: { path_regex: "/old/.*", host: a.com, query: { x: "*" } }, backend: new, retired: true }
"""
ROUTING = Routing(load_table(TEXT), b"k" * 32)


def told(target: str, identity: str | None = None, method: bytes = b"GET", **headers: str) -> Explanation:
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return explain(ROUTING, RequestHead.from_headers(method, target.encode(), lines), identity)


def no_dice() -> float:
    raise AssertionError("the dice were thrown")


@pytest.mark.parametrize("target", ["/a/1", "/a", "/three"])
def test_the_backend_and_the_copy_are_those_that_would_be(target: str) -> None:
    for user in range(100):
        request = RequestHead.from_headers(b"GET", target.encode(), [(b"X-User", b"%d" % user)])
        decision, _, _ = ROUTING.decide(request, no_dice)
        for explanation in (explain(ROUTING, request), told(target, str(user))):
            assert explanation.backend == decision.primary.name
            assert explanation.shadow == (decision.shadow.name if decision.shadow else None)
            assert explanation.route == decision.route.name


def test_the_share_at_which_an_identity_moves_is_told() -> None:
    for user in range(50):
        explanation = told("/a/1", str(user))
        assert explanation.moves_at is not None
        assert (explanation.backend == "new") is (explanation.moves_at < 0.2)
    assert explanation.weights == (("new", 20, 0.2), ("legacy", 80, 0.8))
    assert (explanation.stage, explanation.identity, explanation.identity_source) == ("canary", "49", "as given")


def test_the_ladder_tells_what_was_tried_in_which_order() -> None:
    assert told("/a/1").lines == (
        "beta: /a/** [header X-Beta = 1]: no, header X-Beta is absent",
        "retired: a.com ~/old/.* [parameter x = *]: no, host is absent, not a.com",
        "dice: /dice: no, path is not /dice",
        "three: /three: no, path is not /three",
        "read: GET or HEAD /a/{id}: yes, the first that matches has the request",
        "all: /a/**: matches too, but read comes first: its path is more specific",
    )
    assert told("/a/1", x_beta="1").lines[-2].endswith("but beta comes first: priority 1 before 0")


@pytest.mark.parametrize(
    ("target", "identity", "method", "backend", "sentence", "shadow_sentence"),
    [
        ("/x", None, b"GET", "legacy", "no route claims it", "no copy: the route has no shadow"),
        ("/a/1", None, b"GET", None, "without an identity a new one is drawn", "with a chance of 50 %"),
        ("/a/1", None, b"POST", None, "without an identity a new one is drawn", "no copy: POST may change something"),
        ("/dice", "1", b"GET", None, "every request is drawn anew", "10 %"),
        ("/a", None, b"GET", None, "without an identity", "copied to the side that does not answer"),
        ("/a", "1", b"GET", "legacy", "drawn by the identity", "copied: every request is"),
    ],
)
def test_what_only_the_dice_know_is_said_to_be_so(
    target: str, identity: str | None, method: bytes, backend: str | None, sentence: str, shadow_sentence: str
) -> None:
    explanation = told(target, identity, method)
    assert explanation.backend == backend
    assert sentence in explanation.backend_reason
    assert shadow_sentence in explanation.shadow_reason


def test_a_retired_route_and_one_that_is_not_claimed_have_their_words() -> None:
    retired = told("/old/x?x=1", host="a.com")
    assert (retired.route, retired.stage, retired.backend, retired.backend_reason) == (
        "retired",
        "retired",
        "new",
        "the route is retired",
    )
    unclaimed = told("/x")
    assert (unclaimed.route, unclaimed.stage, unclaimed.weights) == ("(unclaimed)", None, (("legacy", 1, 1.0),))


def test_where_the_identity_came_from_is_told() -> None:
    assert told("/a", cookie="session=1", x_user="2").identity_source == "cookie session"
    assert told("/a", x_user="2").identity_source == "header X-User"
    assert told("/a").identity_source.startswith("none")
    assert told("/a", "x", cookie="session=1").identity == "x"


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("requests: 1000, per: 1m, burst: 20", "1,000 requests in 60 s, 20 at once, counted by address"),
        ("requests: 5, per: 1s, by: identity", "5 requests in 1 s, 5 at once, counted by identity"),
        ("requests: 5, per: 1s, mode: observe", "5 requests in 1 s, 5 at once, counted by address, only observed"),
    ],
)
def test_the_limit_that_a_request_counts_against_is_told(limit: str, words: str) -> None:
    table = load_table(
        "version: 1\nbackends: { legacy: { url: http://127.0.0.1:1 } }\n"
        f"routes: [{{ name: a, match: {{ path: /a }}, backend: legacy, rate_limit: {{ {limit} }} }}]\n"
    )
    routing = Routing(table, b"secret")
    explanation = explain(routing, RequestHead.from_headers(b"GET", b"/a", []), "kim")
    assert explanation.rate_limit == words
    assert words in " ".join(explanation_text(explanation).split())
    elsewhere = explain(routing, RequestHead.from_headers(b"GET", b"/else", []), "kim")
    assert elsewhere.rate_limit is None
    assert "rate limit" not in explanation_text(elsewhere)


def test_a_target_that_is_refused_is_told_to_be() -> None:
    assert told("/a/../b").refused == "400: the path holds a dot segment"


def test_a_split_of_three_has_no_one_threshold() -> None:
    assert told("/three", "1").moves_at is None


def test_the_edits_of_copies_are_told_by_their_names_alone() -> None:
    requests = (
        '{ both: { set: { X-Seed: "${SEED}" } }, candidate: { host: orders.internal, prefix: { from: /a, to: /b } } }'
    )
    line = "{ name: a, match: { path: /a }, split: { legacy: 1, new: 0 }, shadow: { sample: 100%, unsafe: ours, cookies: jar, requests: "
    text = TEXT[: TEXT.index("  - { name: read")] + f"  - {line}{requests} }} }}\n"
    routing = Routing(load_table(text, environ={"SEED": "hunter2"}), b"secret")
    explanation = explain(routing, RequestHead.from_headers(b"GET", b"/a", []))
    assert explanation.edits == (
        "both sides: sets X-Seed",
        "candidate: Host orders.internal; /a becomes /b",
        "both sides are asked, so that both answer under these edits",
        "the side that gets the copy: cookies that it has set for this user",
    )
    assert "with edits  candidate: Host orders.internal" in explanation_text(explanation)
    assert "hunter2" not in f"{explanation}{explanation_text(explanation)}"
    assert explain(routing, RequestHead.from_headers(b"POST", b"/a", [])).edits == (
        *explanation.edits[:2],
        explanation.edits[3],
    )
    assert told("/x").edits == ()
