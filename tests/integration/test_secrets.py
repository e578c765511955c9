"""Secrets are planted wherever users and services put them, and looked for wherever an instance leaves anything."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from tests.integration.canaries import Canaries
from tests.integration.instance import Instance
from tests.integration.test_faults import until, until_shadowing
from tests.proxy.wire import Client, Origin, OriginConnection, ok

pytestmark = pytest.mark.heavy

TABLE = """
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{legacy}" }}
  orders: {{ url: "http://127.0.0.1:{orders}", version_header: X-Build }}
defaults:
  identity: [{{ header: X-User-Id }}]
  redact: {{ names: ["*mail*", phone] }}
  shadow: {{ requests: {{ candidate: {{ set: {{ X-Partner-Key: "${{PARTNER}}" }} }} }} }}
routes:
  - name: structure
    match: {{ path: "/structure/**" }}
    split: {{ legacy: 100, orders: 0 }}
    shadow: {{ sample: 100%, unsafe: "a test", keep: structure }}
  - name: nothing
    match: {{ path: "/nothing/**" }}
    split: {{ legacy: 100, orders: 0 }}
    shadow: {{ sample: 100%, unsafe: "a test", keep: nothing }}
  - name: orders
    match: {{ path: "/**" }}
    redact:
      paths: [$.person, "$.people[*].born"]
      patterns:
        - "CUST-[0-9A-Za-z+/]+"
        - "called (?P<name>[0-9A-Za-z+/]+)"
        - "member (?P<card>[0-9A-Za-z+/]+)"
        - "see (?:(?P<secret>nobody)|[0-9A-Za-z+/]+)"
    split: {{ legacy: 100, orders: 0 }}
    shadow: {{ sample: 100%, unsafe: "a test" }}
    ready: {{ target: 99%, hours: 0 }}
"""


def _jwt(canaries: Canaries, place: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"sub": canaries.plant(place)}).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJIUzI1NiJ9.{claims}.{canaries.add(place + ' signature', 'c2lnbmF0dXJlOfMine')}"


def _references(secret: str) -> str:
    return "".join(f"&#{ord(char)};" for char in secret)


def _broken(plant: Canaries) -> dict[bytes, bytes]:
    """Answers that cannot be read."""
    new = plant.plant
    ok_line = "HTTP/1.1 200 OK\r\n"
    answers = {
        "/broken/line": f"HTTP/1.1 {new('broken status line')}\r\n\r\n",
        "/broken/field": f"{ok_line}Set-Cookie {new('broken field')}\r\n\r\n",
        "/broken/length": f"{ok_line}Content-Length: {new('broken length')}\r\n\r\n",
        "/broken/chunk": f"{ok_line}Transfer-Encoding: chunked\r\n\r\n{new('broken chunk')}\r\n",
    }
    return {path.encode(): answer.encode() for path, answer in answers.items()}


def _bodies(plant: Canaries, side: str) -> dict[str, tuple[str, str]]:
    """By path: media type and body, all of them different on each side."""

    def new(place: str) -> str:
        return plant.plant(f"{side} {place}")

    inner = json.dumps({"access_token": new("json in json")})
    coded = base64.b64encode(json.dumps({"password": new("base64 of json")}).encode()).decode()
    card = plant.add(f"{side} card", "4111111111111111" if side == "legacy" else "5500000000000004")
    by_key = {new("api_key by name"): 1}
    document = {
        "password": new("json member"), "credentials": {"deep": [new("json below")]}, "inner": inner, "coded": coded,
        "card": f"paid with {card}", "jwt": _jwt(plant, f"{side} jwt"), "note": f"Authorization: Bearer {new('bearer in text')}",
        "fields": [{"name": "api_key", "value": next(iter(by_key))}], "tokens": {new("secret key of a map"): side},
        "seen": by_key, "url": f"https://user:{quote(new('userinfo'), safe='')}@host/?token={new('query in json')}", "side": side,
        "mail": new("mail"), "contact": {"Phone": new("phone")}, "person": {"called": new("person")}, "people": [{"born": new("born")}],
        "note2": f"customer CUST-{new('customer')} wrote", "note3": f"called {new('group name')}, member {new('group card')}",
        "note4": f"see {new('group that took no part')}", "of": {f"CUST-{new('member by pattern')}": {"n": side}},
        "page": f"<input type=password name=p value='{new('html in json')}'>", "form": f"a=1&password={new('form in json')}",
    }  # fmt: skip
    page = (
        f"<html><meta content='{new('meta')}' name='csrf-token'><body data-token='{new('attribute')}'>"
        f"<form><input type=hidden name=authenticity_token value='{new('csrf field')}'><textarea name=secret>{new('textarea')}</textarea>"
        f"<input type=password name=p value=\"{new('password field')}\"></form><a href='/x?sid={new('link')}'>{side}</a>"
        f"<p title='CUST-{_references(new('references'))}'>CUST-{_references(new('references in a text'))}</p>"
        f"<script>var c = 'CUST-{new('escaped').replace('/', '%2F')}'</script>"
        f'<span id=api-key>{new("id")}</span><script>var t = {{"token": "{new("script")}"}}</script></body></html>'
    )
    xml = (
        f"<a side='{side}' password='{new('xml attribute')}'><Secret><b>{new('xml element')}</b></Secret>"
        f"<Mail>{new('mail element')}</Mail><born>{new('born element')}</born><add key='ApiKey' value='{new('xml named')}'/><pin><![CDATA[{new('cdata')}]]></pin></a>"
    )
    part = '--B\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
    parts = (
        part.format("password", "", new("part"))
        + part.format("p", f"\r\nX-Api-Key: {new('header of a part')}", side)
        + part.format("f", '; filename="a.txt"', new("file"))
        + "--B--\r\n"
    )
    return {
        "/json": ("application/json", json.dumps(document)),
        "/html": ("text/html", page),
        "/xml": ("application/xml", xml),
        "/form": (
            "application/x-www-form-urlencoded",
            f"side={side}&phone={quote(new('phone field'))}&born={quote(new('born field'))}&user[password]={quote(new('form field'))}&user[phone]={quote(new('field of a field'))}&CUST-{quote(new('name of a field'), safe='')}=1",
        ),
        "/multipart": ("multipart/form-data; boundary=B", parts),
        "/text": ("text/plain", f"{side}\nthe password is '{new('text')}' and then " + "x" * 100),
        "/lines": ("application/x-ndjson", json.dumps({"secret": new("ndjson"), "side": side}) + "\n"),
        "/events": ("text/event-stream", f"data: {json.dumps({'token': new('event'), 'side': side})}\n\n"),
        "/bytes": ("application/octet-stream", f"\0\1{side}{new('bytes')}"),
    }


def _answers(bodies: dict[str, tuple[str, str]], headers: list[bytes]) -> dict[bytes, bytes]:
    return {
        path.encode(): ok(body.encode(), f"Content-Type: {media}".encode(), *headers)
        for path, (media, body) in bodies.items()
    }


def _backend(answers: dict[bytes, bytes], echo: bool) -> Origin:
    async def handler(connection: OriginConnection) -> None:
        while True:
            head = await connection.read_head()
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = await connection.read_exactly(int(length[1])) if length else b""
            path = (
                head.split(b" ")[1]
                .split(b"?")[0]
                .split(b";")[0]
                .split(b"/CUST")[0]
                .split(b"/redacted-")[0]
                .removeprefix(b"http://shop.example")
            )
            if path == b"/echo":  # says what it got, as debug pages do
                await connection.send(ok(head + body if echo else head[:40], b"Content-Type: text/plain"))
            else:
                await connection.send(answers[path])
            if path.startswith(b"/broken"):
                return

    return Origin(handler)


def _requests(plant: Canaries, bodies: dict[str, tuple[str, str]]) -> Iterator[bytes]:
    new = plant.plant
    basic = base64.b64encode(f"user:{new('basic')}".encode()).decode()
    headers = {
        "Host": "shop.example", "Cookie": f"session={new('cookie')}; prefs={new('another cookie')}; CUST-{new('name of a cookie')}=1",
        f"X-CUST-{plant.add('name of a header', 'cAn4ryOfaName9z')}": "1", "X-Next": f"https://b.example/?phone={quote(new('url in a header'), safe='')}", "X-User-Id": new("identity"),
        "X-Api-Key": new("x-api-key"), "X-Auth-Token": new("x-auth-token"), "X-Amz-Security-Token": new("x-amz"),
        "Proxy-Authenticate-Token": new("odd header"), "X-Csrf-Token": new("csrf header"), "X-Mail": new("mail header"), "X-State": json.dumps({"password": new("json in a header")}),
        "Referer": f"https://shop.example/x?token={quote(new('referer'))}", "X-Debug": f"Bearer {new('bearer in a header')}", "X-Jwt": _jwt(plant, "request jwt"),
    }  # fmt: skip
    authorizations = (
        f"Basic {basic}",
        f"Bearer {new('bearer')}",
        new("bare authorization"),
        f"Digest response={new('digest')}",
    )
    query = f"?page=2&mail={quote(new('mail query'))}&ref=CUST-{quote(new('customer query'), safe='+/')}&token={quote(new('query'), safe='')}&q={quote(json.dumps({'password': new('json in the query')}))}&user%5Bpin%5D={quote(new('bracketed'))}"
    query += f"&user[phone]={quote(new('field of a field in the query'), safe='')}&next=https://b.example/?phone={quote(new('url in the query'), safe='')}"
    query += f"&CUST-{quote(new('name of a parameter'), safe='')}=1&back={quote('https://b.example/?token=' + new('coded url in the query'), safe='')}"
    session = f";jsessionid={quote(new('path parameter'), safe='')};phone={quote(new('named path parameter'), safe='')}"
    whole = f"http://shop.example/json/CUST-{quote(new('path of a whole url'), safe='+/')}?phone={quote(new('query of a whole url'))}"
    yield f"GET {whole} HTTP/1.1\r\nHost: shop.example\r\n\r\n".encode()
    coded = f"CUST-{new('what a coding is called')}"
    yield f"POST /text HTTP/1.1\r\nHost: a\r\nContent-Encoding: {coded}\r\nContent-Length: 1\r\n\r\na".encode()
    for number, (path, (media, body)) in enumerate(
        [*bodies.items(), ("/echo", ("text/plain", "nothing")), ("/gzip", ("text/plain", ""))]
    ):
        method = "POST" if number % 2 else "GET"
        lines = {**headers, "Authorization": authorizations[number % 4], "Content-Type": media}
        lines |= {
            "X-Request-Id": f"Bearer {new(f'request id {number}')}",
            "Content-Length": str(len(body.encode()) if method == "POST" else 0),
        }
        head = f"{method} {path}{query if number % 3 else session} HTTP/1.1\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        yield f"{head}\r\n{body if method == 'POST' else ''}".encode()


def _plain(plant: Canaries, side: str) -> dict[bytes, bytes]:
    """Values that nothing gives away, on routes that keep none; and a coded body."""
    answers = {
        b"/" + route: ok(json.dumps({"n": plant.plant(f"{side} of {route.decode()}")}).encode(), b"Content-Type: application/json", f"X-Plain: {plant.plant(side + ' plain')}".encode())
        for route in (b"structure/x", b"nothing/x")
    }  # fmt: skip
    coded = gzip.compress(json.dumps({"password": plant.plant(f"{side} gzip"), "side": side}).encode())
    return answers | {b"/gzip": ok(coded, b"Content-Type: application/json", b"Content-Encoding: gzip")}


def _plain_requests(plant: Canaries) -> Iterator[bytes]:
    """Without a query: the access log shows what is in one."""
    for route in ("structure", "nothing"):
        body = json.dumps({"a": plant.plant(f"request of {route}")})
        yield (
            f"POST /{route}/x HTTP/1.1\r\nHost: a\r\nX-Plain: {plant.plant(route + ' header')}\r\nCookie: a={plant.plant(route + ' cookie')}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


async def _nonsense(port: int, plant: Canaries) -> None:
    """What is no request, and requests that are refused."""
    new = plant.plant
    for said in (
        f"{new('nonsense')}\r\n\r\n",
        f"GET /a?b={quote(new('bad field'), safe='')} HTTP/1.1\r\nHost: a\r\n{new('bad field line')}\r\n\r\n",
        f"GET /../{quote(new('refused path'))} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {new('refused bearer')}\r\n\r\n",
        f"POST /api/v1/{new('nowhere')} HTTP/1.1\r\nHost: a\r\nContent-Length: {new('bad length')}\r\n\r\n",
    ):
        client = await Client.connect(port)
        await client.send(said.encode())
        await client.read_to_end()
        await client.close()


def _told(running: Instance, build: int) -> dict[str, bytes]:
    """What commands and pages say."""
    directory = running.directory
    pairs = _json(running, "/api/v1/signatures")["signatures"]
    examples = {pair["example_pair"] for pair in pairs if pair["example_pair"]}
    pages = ["/", "/metrics", "/healthz", "/api/v1/status", "/api/v1/report", "/api/v1/signatures"]
    pages += [f"{place}/{pair}" for pair in examples for place in ("/api/v1/pairs", "/pairs")]
    pages += ["/differences", "/routes/orders", "/system", *(f"/differences/{one['id']}" for one in pairs)]
    pages += ["/audit", "/api/v1/audit"]
    assert examples
    told = {page: running.admin(page)[1] for page in pages}
    told |= {f"again {pair}": _again(running, pair) for pair in examples}
    commands = [["diffs"], ["diffs", "--format", "json"], ["suggest"], ["rejudge"], ["rejudge", "--format", "json"]]
    commands += [["report", "--format", format_] for format_ in ("text", "json", "markdown", "junit", "sarif", "html")]
    commands += [["show", pair] for pair in examples] + [["show", pair, "--format", "json"] for pair in examples]
    again = ["replay", "--unsafe", "--against", f"http://127.0.0.1:{build}"]
    commands += [["replay", "--save", str(directory / "saved.jsonl")]]
    commands += [[*again, "--format", format_] for format_ in ("text", "json", "junit", "markdown")]
    commands += [[*again, "--from", str(directory / "saved.jsonl"), "--config", str(directory / "none.yaml")]]
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "console", *command, "--store", running.store],
            capture_output=True, check=False, cwd=directory, env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), "COLUMNS": "400", "PARTNER": "x"},
        )  # fmt: skip
        assert done.returncode in {0, 1}, done.stderr.decode()
        told[" ".join(command)] = done.stdout + done.stderr
    return told


def _dealt_with(route: dict[str, Any]) -> int:
    """A backend that sends nonsense ends its connection, so a copy may find a dead one: that is counted, too."""
    return int(route["compared"]) + int(route["skipped"].get("connection_dead", 0))


def _again(running: Instance, pair: str) -> bytes:
    page = Request(f"http://127.0.0.1:{running.admin_port}/pairs/{pair}/replay", b"", {"Sec-Fetch-Site": "same-origin"})
    with urlopen(page, timeout=30) as answer:  # noqa: S310 - our own instance
        return bytes(answer.read())


def _files(directory: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in directory.rglob("*") if file.is_file()}


def _json(running: Instance, page: str) -> dict[str, list[dict[str, str]]]:
    return dict(json.loads(running.admin(page)[1]))


@pytest.mark.long
@pytest.mark.promise("B133")
async def test_no_secret_stays_anywhere_on_disk_in_a_log_a_metric_or_a_page(tmp_path: Path) -> None:
    plant = Canaries()
    asked, ours, theirs = (_bodies(plant, side) for side in ("request", "legacy", "orders"))
    sets = [
        [f"Set-Cookie: sid={plant.plant(side + ' set-cookie')}; Path=/".encode(), f"X-Session: {plant.plant(side + ' header')}".encode(),
         f"Location: /x?token={quote(plant.plant(side + ' location'))}".encode(), f"X-Build: {'Bearer ' if side == 'legacy' else 'CUST-'}{plant.plant(side + ' build')}".encode()]
        for side in ("legacy", "orders")
    ]  # fmt: skip
    requests = [*_requests(plant, asked), *_plain_requests(plant)]
    temporary, run = tmp_path / "tmp", tmp_path / "run"
    temporary.mkdir()
    run.mkdir(mode=0o700)
    env = {"TMPDIR": str(temporary), "PARTNER": plant.plant("set in copies"), "XDG_RUNTIME_DIR": str(run)}
    broken = _broken(plant)
    requests += [b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path for path in broken]
    fine = dict.fromkeys(broken, ok(b"fine"))
    unread = {b"/broken/legacy": f"HTTP/1.1 {plant.plant('broken answer to a user')}\r\n\r\n".encode()}
    async with (
        _backend(_answers(ours, sets[0]) | _plain(plant, "legacy") | fine | unread, echo=False) as legacy,
        _backend(_answers(theirs, sets[1]) | _plain(plant, "orders") | broken, echo=True) as orders,
    ):
        (tmp_path / "routes.yaml").write_text(TABLE.format(legacy=legacy.port, orders=orders.port))
        options = ["--config", "routes.yaml", "--log-level", "debug"]
        running = Instance(tmp_path, options, env)
        try:
            await asyncio.to_thread(running.wait_ready)
            await until_shadowing(running)
            client = await Client.connect(running.port)
            for request in requests:
                await client.send(request)
                assert (await client.read_answer())[0] == 200
            await client.send(b"GET /broken/legacy HTTP/1.1\r\nHost: a\r\n\r\n")
            assert (await client.read_answer())[0] == 502
            await client.close()
            for port in (running.port, running.admin_port):
                await _nonsense(port, plant)
            await until(
                lambda: sum(map(_dealt_with, running.report().values())) >= len(requests),
                lambda: str(running.report()),
                90,
            )
            told = await asyncio.to_thread(_told, running, orders.port)
            left = _files(tmp_path)
            examples = {
                name: {one["control_example"] for one in route["signatures"]}
                for name, route in running.report().items()
            }
            assert examples["nothing"] == {None}
            assert all(example.startswith('"(text, ') for example in examples["structure"])
            assert examples["structure"]
            assert {"strangler.db", "strangler.db-wal", "strangler.db-shm"} <= {file.name for file in left}
            assert b"redacted-" in b"".join(left.values())
        finally:
            await asyncio.to_thread(running.end)
        left |= _files(tmp_path)
    assert len(plant) > 100
    places = {**told, **{str(file.relative_to(tmp_path)): content for file, content in left.items()}}
    assert {place: found for place, content in places.items() if (found := plant.found(content))} == {}
    modes = {file.name: oct(file.stat().st_mode & 0o777) for file in left if file.exists() and "strangler" in file.name}
    assert set(modes.values()) == {"0o600"}
