from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpClient

from console.web.fields import fields_of, one_of, text_of, unknown
from console.web.refused import Refused

Send = Callable[..., Awaitable[Any]]


@pytest.fixture
async def send(aiohttp_client: AiohttpClient) -> Send:
    """Sends something; what was read of it, or why it was refused."""

    async def read(request: web.Request) -> web.Response:
        try:
            return web.json_response(await fields_of(request))
        except Refused as error:
            return web.json_response(str(error), status=error.status)

    app = web.Application()
    app.router.add_post("/", read)
    client = await aiohttp_client(app)

    async def sent(**options: Any) -> Any:
        async with client.post("/", **options) as answer:
            return await answer.json()

    return sent


async def test_forms_and_json_say_the_same(send: Send) -> None:
    expected = {"state": "noise", "note": "a b"}
    assert await send(data={"state": "noise", "note": " a b\n"}) == expected
    assert await send(json=expected) == expected
    form = aiohttp.FormData(expected)
    form._is_multipart = True
    assert await send(data=form) == expected


async def test_yes_and_no_are_those_of_a_checkbox(send: Send) -> None:
    assert await send(json={"a": True, "b": False}) == {"a": "yes", "b": ""}


@pytest.mark.parametrize("text", ["[1]", '{"a": 1}', '{"a": null}', "{", "", "[" * 100_000, '"a"'])
async def test_what_is_no_object_of_texts_is_refused_in_words(send: Send, text: str) -> None:
    told = await send(data=text, headers={"Content-Type": "application/json"})
    assert told.startswith(("the body is no JSON", "send an object whose members are texts"))


async def test_a_file_is_no_text(send: Send) -> None:
    form = aiohttp.FormData()
    form.add_field("note", b"x", filename="note.txt")
    assert "texts" in await send(data=form)


def test_a_field_that_nobody_asked_for_was_meant_to_do_something() -> None:
    unknown({"state": "noise"}, ("state", "note"))
    with pytest.raises(Refused, match="'notes' is not known here; known: state, note"):
        unknown({"notes": "x"}, ("state", "note"))


def test_a_word_is_one_of_those_known() -> None:
    assert one_of({"state": "noise"}, "state", ("noise", "fixed")) == "noise"
    for given in ({"state": "Noise"}, {}):
        with pytest.raises(Refused, match="state is one of noise, fixed"):
            one_of(given, "state", ("noise", "fixed"))


def test_a_text_has_a_length() -> None:
    assert text_of({"note": "abc"}, "note", most=3) == "abc"
    assert text_of({}, "note", most=3) == ""
    for given, least in (({"note": "abcd"}, 0), ({}, 1)):
        with pytest.raises(Refused, match=f"note has {least} to 3 characters"):
            text_of(given, "note", most=3, least=least)
