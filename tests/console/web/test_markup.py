"""Whatever strangers wrote is text on every page: the page with it is made of the same elements as the page with harmless words."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.console.test_status import told
from tests.console.web.conftest import served
from tests.console.web.hostile import CONTROLS, HARMLESS, MARKUP, fill
from tests.console.web.port import Port, start
from tests.console.web.reader import Reader


def filled(directory: Path, text: str) -> tuple[Port, str]:
    directory.mkdir()
    port = Port(directory)
    return port, fill(port.store, text)


async def pages_with(directory: Path, text: str) -> dict[str, str]:
    """Every page, with ``text`` in whatever it shows."""
    port, id_ = filled(directory, text)
    async with served(port):
        table = {**told()["table"], "error": f"routes.yaml:1:1: {text}", "by": text, "reason": text, "source": text}
        await start(port, table=table, state="ready")
        query = quote(text.encode("utf-8", "surrogatepass"))
        paths = {
            "overview": f"/?q={query}&stage={query}",
            "plain overview": "/",
            "route": f"/routes/order-read?window={query}",
            "system": "/system",
            "differences": f"/differences?q={query}&kind={query}&state={query}&done={query}",
            "all differences": "/differences",
            "difference": f"/differences/{id_}",
            "pair": "/pairs/1f3a5c0000000001",
            "answers": "/pairs/1f3a5c0000000001/answers",
        }
        found = {}
        for name, path in paths.items():
            status, body, answer = await port.ask(path)
            assert status == 200, (name, body)
            assert answer.content_type == "text/html"
            assert answer.charset == "utf-8"
            found[name] = body
    return found


def skeleton(page: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(tag, tuple(name for name, _ in given)) for tag, given in Reader(page).tags]


@pytest.mark.promise("B130")
@pytest.mark.parametrize("text", MARKUP)
async def test_markup_is_shown_as_text(tmp_path: Path, text: str) -> None:
    plain = await pages_with(tmp_path / "plain", HARMLESS)
    for name, page in (await pages_with(tmp_path / "hostile", text)).items():
        # A search that finds nothing shows another page, so those with the text in their address are compared by what may be there at all.
        if name in {"overview", "differences"}:
            assert {tag for tag, _ in skeleton(page)} <= {tag for one in plain.values() for tag, _ in skeleton(one)} | {
                "option"
            }
        else:
            assert skeleton(page) == skeleton(plain[name]), name
        for tag, given in Reader(page).tags:
            for attribute, value in given:
                assert not attribute.startswith("on"), (name, tag, attribute)
                # What is typed and what is read on demand is text; every other attribute might be followed.
                assert attribute in {"value", "title"} or not (value or "").strip().lower().startswith(
                    ("javascript:", "data:")
                )
                if attribute in {"href", "src", "action", "hx-get"}:
                    assert not value or (value[:1] in "/?#" and value[:2] != "//"), (name, tag, value)
            if tag == "script":
                assert dict(given)["src"].startswith("/static/")  # type: ignore[union-attr]  # always given


@pytest.mark.promise("B132")
@pytest.mark.parametrize("text", CONTROLS)
async def test_what_cannot_be_seen_is_written_out(tmp_path: Path, text: str) -> None:
    unseen = {char for char in text if not char.isprintable()} - {"\n", "\r"}
    for name, page in (await pages_with(tmp_path / "hostile", text)).items():
        assert not unseen & set(page), name


@pytest.mark.promise("B132")
@pytest.mark.parametrize("text", CONTROLS)
async def test_nothing_that_is_asked_for_writes_headers(port: Port, text: str) -> None:
    query = quote(text)
    for path in (f"/differences/{query}", f"/pairs/{query}", f"/routes/{query}", f"/static/0/{query}", f"/{query}"):
        status, body, answer = await port.ask(path)
        assert status in {404, 503}
        assert "x" not in answer.cookies
        assert not any(char in body["detail"] for char in text if not char.isprintable())


HOSTILE_IDS = (
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "' OR 1=1 --",
    "%",
    "_",
    "\x00",
    "1; DROP TABLE pairs",
    "*",
    "x" * 5000,
)


@pytest.mark.promise("B139")
@pytest.mark.parametrize("given", HOSTILE_IDS)
async def test_an_id_that_leads_out_of_its_folder_or_into_sql_finds_nothing(tmp_path: Path, given: str) -> None:
    port = Port(tmp_path)
    fill(port.store, HARMLESS)
    async with served(port):
        await start(port)
        id_ = quote(given, safe="")
        for path in (
            f"/pairs/{id_}",
            f"/api/v1/pairs/{id_}",
            f"/differences/{id_}",
            f"/routes/{id_}",
            f"/static/0/{id_}",
        ):
            assert (await port.ask(path))[0] == 404, path
        for path in (f"/api/v1/report?route={id_}", f"/api/v1/signatures?route={id_}"):
            assert (await port.ask(path))[0] == 404, path
        assert (await port.ask("/api/v1/signatures"))[1]["signatures"] != []


@pytest.mark.promise("B139")
@pytest.mark.parametrize(
    "page", ["1000000000", "-1", "0", "1e9", "x", "99999999999999999999", "' OR 1=1", "", "\u0661"]
)
async def test_a_page_that_is_not_there_is_an_empty_or_another_one(tmp_path: Path, page: str) -> None:
    port = Port(tmp_path)
    fill(port.store, HARMLESS)
    async with served(port):
        await start(port)
        for path in ("/", "/differences"):
            assert (await port.ask(f"{path}?page={quote(page)}&sort={quote(page)}&order=x"))[0] == 200


@pytest.mark.promise("B139")
async def test_filters_are_values_and_never_a_query(tmp_path: Path) -> None:
    injection = quote("' OR 1=1 --")
    port = Port(tmp_path)
    fill(port.store, HARMLESS)
    async with served(port):
        await start(port)
        for name, expected in {"route": 404, "kind": 200, "state": 200, "q": 200, "since": 400}.items():
            status, body, _ = await port.ask(f"/differences?format=json&{name}={injection}")
            assert (status, status != 200 or body["list"]["of"] == 0) == (expected, True), (name, body)
        assert (await port.ask("/differences?format=json"))[1]["list"]["of"] == 1
