"""The editor of the route table, with a real file, journal and store."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from console.web.caller import Caller
from console.web.drafts import as_in_file
from console.web.rights import Role
from proxy.model.versions import hash_of
from tests.console.commands.test_history import MOVED, keep, version
from tests.console.scene import HOSTILE, TABLE, fill_store
from tests.console.test_status import TOLD_TABLE
from tests.console.web.pages.test_pages import own
from tests.console.web.port import Port, start
from tests.console.web.reader import Reader

AS_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
AT_HOME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def file(port: Port, tmp_path: Path) -> Path:
    path = tmp_path / "routes.yaml"
    path.write_text(TABLE)
    await start(port, table=TOLD_TABLE | {"source": str(path), "hash": hash_of(TABLE)})
    return path


def held(file: Path) -> str:
    return file.read_bytes().decode()


def save(file: Path, text: str) -> None:
    file.write_text(text)


def stamp(file: Path) -> tuple[int, int]:
    return file.stat().st_mtime_ns, file.stat().st_ino


async def send(port: Port, path: str, fields: Any, **headers: str) -> tuple[int, Any, Any]:
    return await port.ask(path, "POST", data=fields, headers=AT_HOME | headers, allow_redirects=False)


def form(text: str, base: str = TABLE, **more: str) -> dict[str, str]:
    """As a browser sends it: every line ends with CRLF."""
    return {"text": text.replace("\n", "\r\n"), "base": hash_of(base), **more}


def seen(text: str, base: str = TABLE, reason: str = "as agreed") -> dict[str, str]:
    return form(text, base, planned=hash_of(text), reason=reason)


def field(page: str, name: str) -> str | None:
    found: Iterable[dict[str, str | None]] = (dict(given) for _, given in Reader(page).tags)
    return next(one["value"] for one in found if one.get("name") == name)


async def test_the_text_stands_in_a_field_as_the_file_has_it(port: Port, file: Path) -> None:
    status, page, _ = await port.ask("/table")
    assert status == 200
    assert own(Reader(page))
    assert field(page, "base") == hash_of(TABLE)
    assert "\n" + TABLE in Reader(page).text
    twin = (await port.ask("/table?format=json"))[1]
    assert (twin["text"], twin["verdict"]["ok"], twin["can_change"]) == (TABLE, True, True)


async def test_a_plan_is_told_and_nothing_is_touched(port: Port, file: Path) -> None:
    fill_store(port.store)
    before = stamp(file)
    status, page, _ = await send(port, "/table/plan", form(MOVED))
    assert status == 200
    text = " ".join(Reader(page).text.split())
    assert "order-read: 20 % to 30 % of identities move to orders" in text
    assert "of 1 recorded request would change owner" in text
    assert field(page, "planned") == hash_of(MOVED)
    part = (await send(port, "/table/plan", form(MOVED), **{"HX-Request": "true"}))[1]
    assert "<textarea" not in part
    assert 'id="verdict"' in part
    assert (stamp(file), port.said) == (before, [])
    assert [one.name for one in file.parent.iterdir() if one.name.startswith((".routes", "routes"))] == ["routes.yaml"]


async def test_mistakes_stand_at_their_place_with_a_caret_and_what_to_write(port: Port, file: Path) -> None:
    _, page, _ = await send(port, "/table/plan", form(TABLE.replace("group: ordering", "groop: ordering")))
    text = Reader(page).text
    assert "12:5" in text
    assert 'did you mean "group"?' in text
    assert "   12 |     groop: ordering\n      |     ^^^^^" in text
    assert "/table/codes/unknown-key" in page
    code = await port.ask("/table/codes/unknown-key")
    assert (code[0], "There is no such key here" in Reader(code[1]).text) == (200, True)
    assert (await port.ask("/table/codes/nonsense"))[0] == 404


async def test_warnings_come_with_their_codes(port: Port, file: Path) -> None:
    odd = TABLE.replace("orders: 20, legacy: 80", "orders: 20, legacy: 800")
    _, page, _ = await send(port, "/table/plan", form(odd))
    assert "/table/codes/odd-weights" in page


async def test_what_was_planned_is_put_in_force_for_a_reason(port: Port, file: Path) -> None:
    status, _, answer = await send(port, "/table/apply", seen(MOVED))
    assert (status, answer.headers["Location"]) == (303, f"/table/result?hash={hash_of(MOVED)}")
    assert held(file) == MOVED
    assert port.said == [{"by": "local", "reason": "as agreed", "hash": hash_of(MOVED)}]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (seen(MOVED, reason=" "), "Say why"),
        (form(MOVED, reason="x"), "here is its plan"),
        (seen(TABLE + "# more\n") | {"text": MOVED}, "here is its plan"),
        (seen(TABLE), "nothing to put in force"),
        (seen("version: nonsense"), "This is no good table"),
        (seen(MOVED, base="version: 1"), "Somebody was quicker"),
    ],
)
async def test_what_is_in_the_way_is_told_with_the_text_kept(
    port: Port, file: Path, fields: dict[str, str], said: str
) -> None:
    status, page, _ = await send(port, "/table/apply", fields)
    assert (status in {409, 422}, said in Reader(page).text) == (True, True)
    assert fields["text"].replace("\r\n", "\n") in Reader(page).text
    assert (held(file), port.said) == (TABLE, [])


async def test_two_changes_apart_are_put_together_and_nothing_is_lost(port: Port, file: Path, tmp_path: Path) -> None:
    ours = TABLE.replace("path: /search", "path: /find")
    keep(tmp_path, version(1, TABLE), version(2, MOVED, by="ada", reason=f"30 % {HOSTILE}"))
    save(file, MOVED)
    status, page, _ = await send(port, "/table/apply", seen(ours))
    text = Reader(page).text
    assert status == 409
    assert own(Reader(page))
    assert "ada was quicker" in text
    assert "Both changes are in the text below" in text
    both = MOVED.replace("path: /search", "path: /find")
    assert "\n" + both in text
    assert "\n" + ours in text
    assert field(page, "base") == hash_of(MOVED)
    assert (held(file), port.said) == (MOVED, [])
    assert (await send(port, "/table/apply", seen(both, MOVED)))[0] == 303
    assert held(file) == both


async def test_two_changes_of_one_place_are_shown_and_mine_is_kept(port: Port, file: Path, tmp_path: Path) -> None:
    ours = TABLE.replace("orders: 20, legacy: 80", "orders: 50, legacy: 50")
    keep(tmp_path, version(1, TABLE), version(2, MOVED))
    save(file, MOVED)
    text = Reader((await send(port, "/table/apply", seen(ours)))[1]).text
    assert "The text below is yours." in text
    assert "+  ordering: { split: { orders: 30, legacy: 70 } }" in text
    assert "+  ordering: { split: { orders: 50, legacy: 50 } }" in text
    assert "\n" + ours in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        HOSTILE,
        "</textarea><script>alert(1)</script>",
        "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*{'a' if not n else f'b{n - 1}'}, *a]\n" for n in range(200)),
        "x: " + "[" * 50_000,
        "version: 1\n" * 20_000,
        "\x00\x01\ufeff\u2028",
        'version: 1\nbackends: { legacy: { url: "${HOME}${PATH}" } }',
    ],
)
async def test_hostile_text_is_answered_with_what_is_wrong(port: Port, file: Path, text: str) -> None:
    for path in ("/table/plan", "/table/apply"):
        status, page, _ = await send(port, path, seen(text))
        assert status == (200 if path == "/table/plan" else 422)
        assert own(Reader(page))
        assert "mistake" in Reader(page).text
    assert held(file) == TABLE


def too_long() -> io.BytesIO:
    return io.BytesIO(b"text=" + b"%23+long%0D%0A" * 400_000)


@pytest.mark.parametrize("path", ["/table/plan", "/table/apply"])
async def test_five_megabytes_are_too_much(port: Port, file: Path, path: str) -> None:
    status, page, _ = await send(port, path, too_long(), **AS_FORM)
    assert (status, "larger than a route table may be" in Reader(page).text) == (413, True)
    status, page, _ = await send(port, path, too_long(), **AS_FORM, **{"HX-Request": "true"})
    assert (status, "larger than a route table may be" in Reader(page).text) == (200, True)
    assert held(file) == TABLE


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/x-www-form-urlencoded; charset=nonsense"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=nonsense"},
    ],
)
async def test_what_is_no_form_is_refused(port: Port, file: Path, headers: dict[str, str]) -> None:
    status, body, _ = await port.ask("/table/plan", "POST", data=b"\xff\xfe--x", headers=AT_HOME | headers)
    assert (status, body["status"]) == (400, 400)


async def test_lines_that_read_otherwise_than_they_are_are_named(port: Port, file: Path) -> None:
    text = TABLE + "# a\u202eb\n"
    page = (await send(port, "/table/plan", form(text)))[1]
    assert "U+202E" in Reader(page).text
    assert text in Reader(page).text  # it must come back as it was


async def test_no_page_tells_what_a_variable_stands_for(
    port: Port, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_URL", "http://hunter2:9000")
    text = TABLE.replace("http://127.0.0.1:9000", '"${SHOP_URL}"')
    _, page, _ = await send(port, "/table/plan", form(text))
    assert "the backend orders is at ${SHOP_URL}" in Reader(page).text
    assert "hunter2" not in page
    assert (await send(port, "/table/apply", seen(text)))[0] == 303
    pages = [(await port.ask(path))[1] for path in ("/table", "/table/weights", "/table/versions")]
    assert "hunter2" not in "".join(pages)
    assert "${SHOP_URL}" in pages[0]


async def test_who_may_not_change_it_reads_it(port: Port, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = Caller("kim", Role.VIEWER, bodies=False)
    monkeypatch.setattr("console.access.door.LOCAL", viewer)
    page = (await port.ask("/table"))[1]
    assert "readonly" in page
    assert "Put it in force" not in page
    assert "Show the plan" not in (await port.ask("/table/weights"))[1]
    for path in ("/table/plan", "/table/apply", "/table/move", "/table/versions/1/restore"):
        assert (await send(port, path, seen(MOVED)))[0] == 403
    assert held(file) == TABLE


async def test_without_a_file_that_can_be_changed_what_is_in_force_is_shown(port: Port, tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text(TABLE)
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    await start(port, table=TOLD_TABLE | {"source": str(tmp_path / "link.yaml")})
    status, page, _ = await port.ask("/table")
    assert status == 409
    assert "is a symbolic link" in Reader(page).text
    assert "\n" + TABLE in Reader(page).text
    assert "readonly" in page
    await start(port, table=TOLD_TABLE | {"source": "--legacy http://127.0.0.1:8000"})
    assert (await port.ask("/table"))[0] == 404
    assert (await port.ask("/table/weights"))[0] == 200


@pytest.mark.parametrize(
    ("sent", "file", "text"),
    [
        ("a\r\nb\r\n", "a\nb\n", "a\nb\n"),
        ("a\r\nc\r\n", "a\nb\n", "a\nc\n"),
        ("a\r\nc\r\n", "a\r\nb\r\n", "a\r\nc\r\n"),
        ("a\r\nb\r\n", "a\r\nb\n", "a\r\nb\n"),
        ("a\r\nb", "", "a\nb"),
    ],
)
def test_line_ends_are_those_of_the_file(sent: str, file: str, text: str) -> None:
    assert as_in_file(sent, file) == text
