"""Who may ask what: every address, asked by everybody, over real sockets."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import pytest

from console.web.addresses import ADDRESSES, Address
from console.web.caller import NOBODY, Caller
from console.web.rights import Right, Role
from shadow.signature import signature_id
from tests.console.scene import HOSTILE, PAIR
from tests.console.web.people import USERS, Browser, GuardedPort, token_of

NAMES = {
    "name": "order-read",
    "signature": signature_id("order-read", "$.total", "type_changes"),
    "id": PAIR,
    "hash": "0",
}
ENDLESS = {"/events", "/jobs/events"}

CALLERS = [NOBODY, *(Caller(user.name, user.role, user.bodies) for user in USERS)]


def filled(path: str) -> str:
    path = path.replace("{hash}/{name}", "0/style.css")
    return re.sub(r"\{(\w+)\}", lambda found: NAMES.get(found[1], "x"), path)


def as_(caller: Caller) -> dict[str, str]:
    return {} if caller is NOBODY else {"Authorization": f"Bearer {token_of(caller.name)}"}


@pytest.mark.promise("B137")
@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: f"{address.method} {address.path}")
async def test_every_address_answers_those_who_may_and_nobody_else(guarded: GuardedPort, address: Address) -> None:
    for caller in CALLERS:
        method = "HEAD" if address.path in ENDLESS else address.method
        status, body, answer = await guarded.ask(
            filled(address.path), method, headers=as_(caller), allow_redirects=False
        )
        who = f"{caller.name}: {status} {body}"
        if caller.may(address.right) and (caller.bodies or not address.bodies):
            assert status != 401, who
            assert status != 403 or address.path == "/login", who
        elif caller is NOBODY:
            assert (status, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="strangler"'), who
        else:
            missing = "bodies" if caller.may(address.right) else address.right.value
            assert status == 403, who
            assert method == "HEAD" or body["right"] == missing, who


def test_an_address_cannot_be_made_without_saying_who_may_ask_it() -> None:
    with pytest.raises(TypeError, match="right"):
        Address("GET", "/new", handler=ADDRESSES[0].handler)  # type: ignore[call-arg]  # that is the point
    assert inspect.signature(Address).parameters["right"].default is inspect.Parameter.empty
    assert all(type(address.right) is Right for address in ADDRESSES)


def test_what_asks_for_no_right_is_known_by_name() -> None:
    """A new address without a right is a decision: it is put on this list, too."""
    assert {address.path for address in ADDRESSES if address.right is Right.OPEN} == {
        "/login",
        "/login/provider",
        "/login/provider/back",
        "/logout",
        "/static/{hash}/{name}",
        "/healthz",
        "/-/healthy",
        "/readyz",
        "/-/ready",
        "/api/openapi.json",
    }


def test_nobody_may_nothing_and_no_user_is_nobody() -> None:
    assert [right for right in Right if NOBODY.may(right)] == [Right.OPEN]
    assert all(user.role in Role for user in USERS)


@pytest.mark.parametrize("address", [one for one in ADDRESSES if one.method == "GET" and one.path not in ENDLESS])
async def test_without_the_right_to_bodies_no_answer_holds_a_recorded_value(
    guarded: GuardedPort, address: Address
) -> None:
    for accept in ("text/html", "application/json"):
        headers = {**as_(Caller("admin", Role.ADMIN, bodies=False)), "Accept": accept}
        _, body, _ = await guarded.ask(filled(address.path), headers=headers)
        text = body if isinstance(body, str) else json.dumps(body)
        assert not [value for value in ("alert(1)", "12.50", "it's", "it&#39;s") if value in text]
        assert f"/pairs/{PAIR}" not in text or address.bodies


async def test_with_the_right_they_are_there(guarded: GuardedPort) -> None:
    headers = as_(Caller("viewer-bodies", Role.VIEWER, bodies=True))
    report = (await guarded.ask("/api/v1/report", headers=headers))[1]
    assert report["routes"][0]["signatures"][0]["candidate_example"] == HOSTILE


@pytest.mark.promise("B137")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer nobody-s"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": "Basic YWRtaW46YWRtaW4="}, 401),
        ({"Authorization": "Bearer " + "x" * 5000}, 401),
        ({"Authorization": f"Bearer {token_of('viewer')}"}, 403),
        ({"Authorization": f"Bearer {token_of('admin')}", "Origin": "http://evil.example"}, 403),
        ({"Authorization": f"Bearer {token_of('admin')}", "Content-Type": "text/plain"}, 403),
        ({"Authorization": f"Bearer {token_of('admin')}", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Authorization": f"Bearer {token_of('admin')}", "Host": "evil.example"}, 421),
    ],
)
async def test_who_may_not_changes_nothing(guarded: GuardedPort, headers: dict[str, str], status: int) -> None:
    for path in ("/-/reload", "/api/v1/table/rollback"):
        assert (await guarded.ask(path, "POST", headers=headers))[0] == status
    assert guarded.reloads == 0
    assert (await guarded.ask("/-/reload", headers=as_(CALLERS[-1])))[0] == 405


async def test_who_may_changes_under_their_own_name(guarded: GuardedPort) -> None:
    headers = {"Authorization": f"bearer {token_of('operator')}"}
    assert (await guarded.ask("/-/reload", "POST", headers=headers, json={"by": "somebody else"}))[0] == 202
    assert guarded.said == [{"by": "operator", "reason": "", "hash": None}]


async def test_a_token_in_the_address_is_none(guarded: GuardedPort) -> None:
    for name in ("token", "access_token", "STRANGLER_TOKEN"):
        assert (await guarded.ask(f"/api/v1/status?{name}={token_of('admin')}"))[0] == 401


async def test_probes_need_no_name_and_are_told_nothing_of_our_inside(guarded: GuardedPort) -> None:
    guarded.store.write_text("no database" * 1000)
    assert (await guarded.ask("/healthz"))[1] == {"status": "degraded", "reasons": []}
    assert (await guarded.ask("/healthz", headers=as_(CALLERS[1])))[1]["reasons"] != []


async def test_a_bad_token_is_not_saved_by_a_good_session(browser: Browser) -> None:
    await browser.log_in("admin")
    status, body, answer = await browser.ask("/system", headers={"Authorization": "Bearer x"})
    assert (status, body["detail"]) == (401, "this token is none of a user's")
    assert answer.headers["WWW-Authenticate"].endswith('error="invalid_token"')


async def test_a_page_that_loads_itself_goes_to_the_login_page_once_the_session_is_over(browser: Browser) -> None:
    status, _, answer = await browser.ask("/system", headers={"HX-Request": "true"})
    assert (status, answer.headers["HX-Redirect"]) == (401, "/login")


@pytest.mark.parametrize("name", ["viewer", "viewer-bodies", "reviewer", "reviewer-bodies"])
async def test_pages_offer_nothing_that_the_one_who_looks_may_not_do(
    guarded: GuardedPort, browser: Browser, name: str
) -> None:
    await browser.log_in(name)
    paths = [
        filled(address.path)
        for address in ADDRESSES
        if address.method == "GET" and address.handler.startswith("pages.")
    ]
    for path in paths:
        status, page, _ = await browser.ask(path)
        if status != 200:
            continue
        for method, action in _offered(page):
            found, body, _ = await browser.ask(action, method, data={} if method == "POST" else None)
            # An empty form of our own page is refused for what it lacks, never for who sent it.
            assert not (found == 403 and "right" in body), (path, action)


def _offered(page: str) -> list[tuple[str, str]]:
    forms = re.findall(r'<form method="post" action="([^"]+)"', page)
    links = re.findall(r'(?:href|hx-get)="(/[^"]*)"', page)
    return [("POST", form) for form in forms if form != "/logout"] + [
        ("GET", link.replace("&amp;", "&")) for link in links if not link.startswith("/static/")
    ]


async def test_every_form_carries_the_token_of_its_session_and_is_worth_nothing_without(
    guarded: GuardedPort, browser: Browser
) -> None:
    await browser.log_in("reviewer-bodies")
    page = filled("/differences/{signature}")
    _, text, _ = await browser.ask(page)
    forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", text, re.DOTALL)
    assert len(forms) == 3
    csrf = await browser.csrf()
    assert all(f'name="csrf" value="{csrf}"' in form for form in forms)
    said: dict[str, Any] = {"state": "noise", "owner": "", "note": ""}
    for wrong in ({}, {"csrf": ""}, {"csrf": "x" * 43}, {"csrf": csrf[:-1]}, {"csrf": "\u00e4"}):
        status, body, _ = await browser.ask(f"{page}/triage", "POST", data={**said, **wrong})
        assert (status, "load its page again" in body) == (403, True)
    assert (await browser.ask(f"{page}/triage", "POST", json=said))[0] == 403
    assert (await browser.ask(f"{page}/triage", "POST", data={**said, "csrf": csrf}))[0] == 303
    assert (await browser.ask(f"{page}/triage", "POST", json=said, headers={"X-Csrf-Token": csrf}))[0] == 303


async def test_a_token_of_another_session_is_none_of_this_one(guarded: GuardedPort, browser: Browser) -> None:
    await browser.log_in("reviewer")
    async with Browser(guarded) as other:
        await other.log_in("reviewer")
        csrf = await other.csrf()
    path = filled("/differences/{signature}/triage")
    assert (await browser.ask(path, "POST", data={"state": "noise", "csrf": csrf}))[0] == 403
