"""Logging in and out, as a browser does it, over real sockets."""

from __future__ import annotations

import time

import pytest

from console.access.attempts import MOST_OF_ACCOUNT, WINDOW_SECONDS
from console.access.sessions import IDLE_SECONDS, LONGEST_SECONDS
from console.access.users import User
from console.access.users_file import write_users
from console.web.pages.login import ours
from console.web.rights import Role
from tests.console.web.people import FORM, PASSWORD, USERS, Browser, GuardedPort, token_of
from tests.console.web.port import Port, start
from tests.console.web.reader import Reader

HTML = {"Accept": "text/html"}


async def status_of(browser: Browser, path: str = "/system") -> int:
    return (await browser.ask(path))[0]


async def test_whoever_has_not_logged_in_is_asked_and_comes_back_to_their_page(browser: Browser) -> None:
    status, _, answer = await browser.ask("/routes/order-read?window=7d")
    assert (status, answer.headers["Location"]) == (303, "/login?next=%2Froutes%2Forder-read%3Fwindow%3D7d")
    page = Reader((await browser.ask(answer.headers["Location"]))[1])
    inputs = [dict(given) for name, given in page.tags if name == "input"]
    after = next(one["value"] for one in inputs if one["name"] == "next")
    assert after == "/routes/order-read?window=7d"
    status, _, answer = await browser.log_in("viewer", after=after)
    assert (status, answer.headers["Location"]) == (303, after)
    assert "viewer" in Reader((await browser.ask(after))[1]).text


async def test_nothing_leads_to_pages_before_somebody_is_in(browser: Browser) -> None:
    nav = ("nav", [("aria-label", "Pages")])
    assert nav not in Reader((await browser.ask("/login"))[1]).tags
    await browser.log_in("viewer")
    assert nav in Reader((await browser.ask("/system"))[1]).tags


async def test_the_cookie_is_for_the_browser_alone_and_says_nothing(browser: Browser) -> None:
    _, _, answer = await browser.log_in("viewer")
    said = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(said.split("; "))
    assert "viewer" not in said
    assert len(browser.cookies["strangler"]) == 43


async def test_one_of_the_user_s_tokens_is_as_good_as_the_password_and_another_s_is_not(browser: Browser) -> None:
    assert (await browser.log_in("viewer", token_of("admin")))[0] == 403
    assert (await browser.log_in("viewer", token_of("viewer")))[0] == 303


async def test_a_wrong_password_and_a_wrong_name_are_answered_alike(browser: Browser) -> None:
    answers, seconds = [], []
    for name, password in [("admin", "wrong"), ("no-such-user", "wrong"), ("", ""), ("admin", "x" * 1000)]:
        began = time.monotonic()
        status, page, _ = await browser.log_in(name, password)
        seconds.append(time.monotonic() - began)
        answers.append((status, page))
    assert len(set(answers)) == 1
    assert answers[0][0] == 403
    assert min(seconds) > 0.05  # each of them was worth a hash
    assert browser.cookies == {}


@pytest.mark.promise("B140")
async def test_of_ten_thousand_guesses_a_few_are_tried(guarded: GuardedPort, browser: Browser) -> None:
    tried = 0
    for number in range(10_000):
        status, page, answer = await browser.log_in("admin", f"guess-{number}")
        if status == 429:
            assert int(answer.headers["Retry-After"]) <= WINDOW_SECONDS
            assert "Too many tries" in page
            break
        tried += 1
    assert tried == MOST_OF_ACCOUNT
    assert (await browser.log_in("admin", PASSWORD))[0] == 429  # not even with the right one
    assert (await browser.log_in("viewer", PASSWORD))[0] == 303  # but somebody else
    guarded.now += WINDOW_SECONDS
    assert (await browser.log_in("admin", PASSWORD))[0] == 303


@pytest.mark.promise("B140")
async def test_a_session_that_somebody_else_chose_is_not_taken_over(guarded: GuardedPort) -> None:
    async with Browser(guarded) as browser:
        planted = {"Cookie": "strangler=planted"}
        data = {"name": "admin", "password": PASSWORD}
        status, _, answer = await browser.ask("/login", "POST", data=data, headers=planted)
        assert (status, "planted" in answer.headers["Set-Cookie"]) == (303, False)
    assert (await guarded.ask("/system", headers=planted))[0] == 401


@pytest.mark.promise("B140")
async def test_logging_in_again_changes_the_session_and_ends_the_former(guarded: GuardedPort, browser: Browser) -> None:
    await browser.log_in("viewer")
    former = browser.cookies["strangler"]
    await browser.log_in("viewer")
    assert browser.cookies["strangler"] != former
    assert (await guarded.ask("/system", headers={"Cookie": f"strangler={former}"}))[0] == 401


@pytest.mark.promise("B140")
async def test_after_logging_out_the_session_is_worth_nothing_to_whoever_kept_it(
    guarded: GuardedPort, browser: Browser
) -> None:
    await browser.log_in("viewer")
    kept = {"Cookie": f"strangler={browser.cookies['strangler']}"}
    assert (await browser.ask("/logout"))[0] == 405  # a link logs nobody out
    assert (await browser.ask("/logout", "POST"))[0] == 403  # nor does another site's form
    assert await status_of(browser) == 200
    status, _, answer = await browser.ask("/logout", "POST", data={"csrf": await browser.csrf()})
    assert (status, answer.headers["Location"]) == (303, "/login")
    assert browser.cookies.get("strangler", "") == ""
    assert (await guarded.ask("/system", headers=kept))[0] == 401


async def test_an_idle_session_ends(guarded: GuardedPort, browser: Browser) -> None:
    await browser.log_in("viewer")
    guarded.now += IDLE_SECONDS - 1
    assert await status_of(browser) == 200
    guarded.now += IDLE_SECONDS + 1
    assert await status_of(browser) == 303


async def test_an_open_page_keeps_no_session_alive(guarded: GuardedPort, browser: Browser) -> None:
    await browser.log_in("viewer")
    by_itself = {"HX-Request": "true", "HX-Trigger": "live"}
    guarded.now += IDLE_SECONDS - 1
    assert (await browser.ask("/system", headers=by_itself))[0] == 200
    guarded.now += 2
    assert (await browser.ask("/system", headers=by_itself))[0] == 401


async def test_no_session_lasts_longer_than_the_cap(guarded: GuardedPort, browser: Browser) -> None:
    await browser.log_in("viewer")
    began = guarded.now
    while guarded.now + IDLE_SECONDS < began + LONGEST_SECONDS:
        guarded.now += IDLE_SECONDS - 1
        assert await status_of(browser) == 200
    guarded.now = began + LONGEST_SECONDS + 1
    assert await status_of(browser) == 303


@pytest.mark.parametrize("change", ["removed", "other password", "token revoked"])
async def test_a_session_ends_with_what_it_began_with(guarded: GuardedPort, browser: Browser, change: str) -> None:
    await browser.log_in("viewer")
    viewer = next(user for user in USERS if user.name == "viewer")
    match change:
        case "removed":
            guarded.users.users = USERS.without("viewer")
        case "other password":
            guarded.users.users = USERS.with_(User("viewer", Role.VIEWER, tokens=viewer.tokens))
        case _:
            guarded.users.users = USERS.with_(viewer.without_token("test"))
    assert await status_of(browser) == 303


async def test_another_role_counts_at_once(guarded: GuardedPort, browser: Browser) -> None:
    await browser.log_in("admin")
    admin = next(user for user in USERS if user.name == "admin")
    guarded.users.users = USERS.with_(User("admin", Role.VIEWER, password=admin.password, tokens=admin.tokens))
    program = {"Accept": "*/*", "X-Csrf-Token": await browser.csrf()}
    assert (await browser.ask("/-/reload", "POST", headers=program))[1]["right"] == "operate"


async def test_what_is_wrong_with_the_list_of_users_stands_on_the_system_page(
    guarded: GuardedPort, browser: Browser
) -> None:
    await browser.log_in("viewer")
    write_users(guarded.file, USERS)
    guarded.file.chmod(0o644)
    guarded.users._read()
    assert "run chmod 600 on it" in Reader((await browser.ask("/system"))[1]).text


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\/evil",
        "",
        "/a\r\nX: y",
        "/\u202e",
        "/" + "x" * 3000,
    ],
)
def test_nobody_is_sent_elsewhere(address: str) -> None:
    assert ours(address) == "/"


async def test_the_log_tells_who_came_in_and_never_what_was_typed(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await browser.log_in("my-password-in-the-wrong-field", "wrong-secret")
    await browser.log_in("viewer")
    told = [
        (record.message, record.__dict__.get("user"))
        for record in caplog.records
        if record.name.endswith("pages.login")
    ]
    assert told == [("a login failed", None), ("a login", "viewer")]
    assert not [word for record in caplog.records for word in ("wrong", PASSWORD) if word in str(record.__dict__)]


async def test_another_site_logs_nobody_in(guarded: GuardedPort) -> None:
    data = {"name": "admin", "password": PASSWORD}
    for site in ("cross-site", "same-site"):
        assert (await guarded.ask("/login", "POST", data=data, headers={"Sec-Fetch-Site": site}))[0] == 403


@pytest.mark.parametrize("data", [{"name": "x" * 65}, {"password": "x" * 1025}, {"who": "ada"}])
async def test_a_form_that_is_none_of_ours_is_refused(guarded: GuardedPort, data: dict[str, str]) -> None:
    assert (await guarded.ask("/login", "POST", data=data, headers=FORM))[0] == 400


async def test_an_open_port_asks_nobody(port: Port) -> None:
    await start(port)
    _, _, answer = await port.ask("/login", headers=HTML, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    page = Reader((await port.ask("/system"))[1])
    assert not [given for name, given in page.tags if name == "form"]
    assert "anybody who reaches it" in page.text
