"""Secrets are planted wherever users and services put them, and looked for wherever an instance leaves anything."""

from __future__ import annotations

import asyncio
import base64
import gzip
import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.integration.instance import Instance
from tests.integration.test_faults import until
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
    redact: {{ paths: [$.person, "$.people[*].born"], patterns: ["CUST-[0-9A-Za-z+/]+"] }}
    split: {{ legacy: 100, orders: 0 }}
    shadow: {{ sample: 100%, unsafe: "a test" }}
    ready: {{ target: 99%, hours: 0 }}
"""


class Canaries:
    """``plant`` gives a new secret for a place; ``found`` tells which of them stand in some bytes, however they are written."""

    def __init__(self) -> None:
        self._planted: dict[str, str] = {}

    def plant(self, place: str) -> str:
        secret = f"cAn4ry+{len(self._planted):03}/{place[:3]}Xq9z"
        self._planted[place] = secret
        return secret

    def add(self, place: str, secret: str) -> str:
        self._planted[place] = secret
        return secret

    def found(self, content: bytes) -> list[str]:
        return [place for place, secret in self._planted.items() if any(one in content for one in _spellings(secret))]

    def __len__(self) -> int:
        return len(self._planted)


def _spellings(secret: str) -> Iterator[bytes]:
    yield from (secret.encode(), quote(secret).encode(), quote(secret, safe="").encode(), html.escape(secret).encode())
    yield json.dumps(secret)[1:-1].encode()
    for offset in range(3):  # base64 of a text that holds it, wherever it begins there
        whole = base64.b64encode(b"\0" * offset + secret.encode())
        yield whole[(0, 2, 3)[offset] : -4].rstrip(b"=")
        yield whole[(0, 2, 3)[offset] : -4].translate(bytes.maketrans(b"+/", b"-_")).rstrip(b"=")


def _jwt(canaries: Canaries, place: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"sub": canaries.plant(place)}).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJIUzI1NiJ9.{claims}.{canaries.add(place + ' signature', 'c2lnbmF0dXJlOfMine')}"


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
        "note2": f"customer CUST-{new('customer')} wrote",
        "page": f"<input type=password name=p value='{new('html in json')}'>", "form": f"a=1&password={new('form in json')}",
    }  # fmt: skip
    page = (
        f"<html><meta content='{new('meta')}' name='csrf-token'><body data-token='{new('attribute')}'>"
        f"<form><input type=hidden name=authenticity_token value='{new('csrf field')}'><textarea name=secret>{new('textarea')}</textarea>"
        f"<input type=password name=p value=\"{new('password field')}\"></form><a href='/x?sid={new('link')}'>{side}</a>"
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
            f"side={side}&phone={quote(new('phone field'))}&born={quote(new('born field'))}&user[password]={quote(new('form field'))}",
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
            path = head.split(b" ")[1].split(b"?")[0].split(b";")[0]
            if path == b"/echo":  # says what it got, as debug pages do
                await connection.send(ok(head + body if echo else head[:40], b"Content-Type: text/plain"))
            else:
                await connection.send(answers[path])

    return Origin(handler)


def _requests(plant: Canaries, bodies: dict[str, tuple[str, str]]) -> Iterator[bytes]:
    new = plant.plant
    basic = base64.b64encode(f"user:{new('basic')}".encode()).decode()
    headers = {
        "Host": "shop.example", "Cookie": f"session={new('cookie')}; prefs={new('another cookie')}", "X-User-Id": new("identity"),
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
    session = f";jsessionid={quote(new('path parameter'), safe='')}"
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


def _told(running: Instance) -> dict[str, bytes]:
    """What commands and pages say."""
    directory = running.directory
    pairs = _json(running, "/api/v1/signatures")["signatures"]
    examples = {pair["example_pair"] for pair in pairs if pair["example_pair"]}
    pages = ["/", "/metrics", "/healthz", "/api/v1/status", "/api/v1/report", "/api/v1/signatures"]
    pages += [f"{place}/{pair}" for pair in examples for place in ("/api/v1/pairs", "/pairs")]
    pages += ["/differences", "/routes/orders", "/system", *(f"/differences/{one['id']}" for one in pairs)]
    assert examples
    told = {page: running.admin(page)[1] for page in pages}
    commands = [["report"], ["diffs"], ["report", "--format", "json"], ["diffs", "--format", "json"], ["suggest"]]
    commands += [["show", pair] for pair in examples] + [["show", pair, "--format", "json"] for pair in examples]
    commands += [["replay", "--save", str(directory / "saved.jsonl")]]
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "console", *command, "--store", running.store],
            capture_output=True, check=False, cwd=directory, env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), "COLUMNS": "400", "PARTNER": "x"},
        )  # fmt: skip
        assert done.returncode in {0, 1}, done.stderr.decode()
        told[" ".join(command)] = done.stdout + done.stderr
    return told


def _files(directory: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in directory.rglob("*") if file.is_file()}


def _json(running: Instance, page: str) -> dict[str, list[dict[str, str]]]:
    return dict(json.loads(running.admin(page)[1]))


@pytest.mark.promise("B133")
async def test_no_secret_stays_anywhere_on_disk_in_a_log_a_metric_or_a_page(tmp_path: Path) -> None:
    plant = Canaries()
    asked, ours, theirs = (_bodies(plant, side) for side in ("request", "legacy", "orders"))
    sets = [
        [f"Set-Cookie: sid={plant.plant(side + ' set-cookie')}; Path=/".encode(), f"X-Session: {plant.plant(side + ' header')}".encode(),
         f"Location: /x?token={quote(plant.plant(side + ' location'))}".encode(), f"X-Build: Bearer {plant.plant(side + ' build')}".encode()]
        for side in ("legacy", "orders")
    ]  # fmt: skip
    requests = [*_requests(plant, asked), *_plain_requests(plant)]
    temporary, run = tmp_path / "tmp", tmp_path / "run"
    temporary.mkdir()
    run.mkdir(mode=0o700)
    env = {"TMPDIR": str(temporary), "PARTNER": plant.plant("set in copies"), "XDG_RUNTIME_DIR": str(run)}
    async with (
        _backend(_answers(ours, sets[0]) | _plain(plant, "legacy"), echo=False) as legacy,
        _backend(_answers(theirs, sets[1]) | _plain(plant, "orders"), echo=True) as orders,
    ):
        (tmp_path / "routes.yaml").write_text(TABLE.format(legacy=legacy.port, orders=orders.port))
        options = ["--config", "routes.yaml", "--log-level", "debug"]
        running = Instance(tmp_path, options, env)
        try:
            await asyncio.to_thread(running.wait_ready)
            client = await Client.connect(running.port)
            for request in requests:
                await client.send(request)
                assert (await client.read_answer())[0] == 200
            await client.close()
            await until(
                lambda: sum(route["compared"] for route in running.report().values()) >= len(requests),
                lambda: str(running.report()),
                30,
            )
            told = await asyncio.to_thread(_told, running)
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
