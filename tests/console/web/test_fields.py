from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpClient

from console.web.fields import FORM, fields_of, flag_of, one_of, text_of, unknown
from console.web.refused import Refused

JSON = {"Content-Type": "application/json"}

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
    assert await send(data=expected) == expected
    assert await send(json=expected) == expected
    for coding in ("utf-8", "utf-16"):
        assert await send(data=json.dumps(expected).encode(coding), headers=JSON) == expected
    assert await send(data="{}", headers={"Content-Type": "application/json; charset=nonsense"}) == {}


@pytest.mark.parametrize(("given", "expected"), [(True, True), (False, False), ("yes", True), ("", False)])
def test_yes_and_no_are_those_of_a_checkbox_or_of_json(given: str | bool, expected: bool) -> None:
    assert flag_of({"kinds": given}, "kinds") is expected
    assert flag_of({}, "kinds") is False
    with pytest.raises(Refused, match="kinds is true or false; 'no' is not"):
        flag_of({"kinds": "no"}, "kinds")


@pytest.mark.parametrize("text", ["[1]", '{"a": 1}', '{"a": null}', "{", "", "[" * 100_000, '"a"'])
async def test_what_is_no_object_of_texts_is_refused_in_words(send: Send, text: str) -> None:
    told = await send(data=text, headers={"Content-Type": "application/json"})
    assert told.startswith(("the body is no JSON", "send a JSON object", "send an object whose members are texts"))


@pytest.mark.parametrize("media", ["multipart/form-data", "multipart/form-data; boundary=B", "text/plain", ""])
async def test_what_is_neither_form_nor_json_is_refused_in_words(send: Send, media: str) -> None:
    assert "the body is no JSON" in await send(data=b"--B\r\n", headers={"Content-Type": media})


async def test_a_form_in_an_unknown_charset_is_refused_in_words(send: Send) -> None:
    told = await send(data=b"a=b", headers={"Content-Type": f"{FORM}; charset=nonsense"})
    assert told.startswith("the form cannot be read")


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
    assert text_of({"note": " b\n"}, "note", most=3) == "b"
    assert text_of({}, "note", most=3) == ""
    for given, least in (({"note": "abcd"}, 0), ({}, 1), ({"note": "  "}, 1), ({"note": "    "}, 0)):
        with pytest.raises(Refused, match=f"note has {least} to 3 characters"):
            text_of(given, "note", most=3, least=least)


def test_a_text_is_one_that_a_file_can_hold() -> None:
    with pytest.raises(Refused, match="note is a text; True is not"):
        text_of({"note": True}, "note", most=3)
    with pytest.raises(Refused, match="half a character"):
        text_of({"note": "\ud800"}, "note", most=3)
