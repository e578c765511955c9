"""Valid traffic, and what is done to it: bytes, lines and chunks cut, doubled, swapped, replaced; then sent in pieces.

Every message carries a tag of four bytes where ``<@@>`` stands, so that a byte that reaches somebody else is seen.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

TAG = b"<@@>"


def request(start: bytes, *lines: bytes, body: bytes = b"") -> bytes:
    method, _, rest = start.partition(b" ")
    head = method + b" /<@@>" + rest + b" HTTP/1.1"
    return b"\r\n".join((head, b"Host: x", *lines, b"", b"")) + body


REQUESTS = [
    request(b"GET /a"),
    request(b"GET /b?q=1", b"Connection: close"),
    request(b"HEAD /c"),
    request(b"OPTIONS /c", b"Accept: */*", b"Cookie: a=b"),
    request(b"GET /ws", b"Connection: Upgrade", b"Upgrade: websocket"),
    request(b"GET /old").replace(b"HTTP/1.1", b"HTTP/1.0"),
    request(b"GET /old", b"Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0"),
    request(b"POST /d", b"Content-Length: 9", body=b"hello<@@>"),
    request(b"POST /e", b"Transfer-Encoding: chunked", body=b"3;x=1\r\nabc\r\n4\r\n<@@>\r\n0\r\nX-Sum: 1\r\n\r\n"),
    request(b"POST /f", b"Connection: Upgrade", b"Upgrade: h2c", b"Content-Length: 4", body=TAG),
    request(
        b"POST /f", b"Connection: Upgrade", b"Upgrade: x", b"Transfer-Encoding: chunked", body=b"4\r\n<@@>\r\n0\r\n\r\n"
    ),
    request(b"PUT /g", b"Expect: 100-continue", b"Content-Length: 4", body=TAG),
    request(b"DELETE /h", b"Connection: X-Hop", b"X-Hop: <@@>", b"Content-Length: 0"),
    request(b"GET /i", b"Content-Length: 32", body=b"GET /<@@>/in HTTP/1.1\r\nHost: x\r\n\r\n"[:32]),
    b"GET http://x/<@@>/j HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\r\n\r\n" + request(b"GET /k"),
]


def answer(*lines: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join((*lines, b"", b"")) + body


FINE = answer(b"HTTP/1.1 200 OK", b"Content-Length: 4", body=TAG)
ANSWERS = [
    FINE,
    FINE,
    answer(b"HTTP/1.1 200 OK", b"Connection: close", b"Content-Length: 4", body=TAG),
    answer(b"HTTP/1.1 204 No Content"),
    answer(b"HTTP/1.1 304 Not Modified", b"Content-Length: 5"),
    answer(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", body=b"4\r\n<@@>\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"),
    answer(b"HTTP/1.0 200 OK", body=b"until the end <@@>"),
    answer(b"HTTP/1.1 103 Early Hints", b"Link: </a>") + FINE,
    answer(b"HTTP/1.1 100 Continue") + FINE,
    answer(b"HTTP/1.1 101 Switching Protocols", b"Connection: Upgrade", b"Upgrade: websocket"),
    FINE + FINE,
    answer(b"HTTP/1.1 500 Oh", b"Set-Cookie: a=<@@>", b"Set-Cookie: b=c", b"Content-Length: 0"),
    answer(b"HTTP/1.1 413 Too much", b"Content-Length: 4", b"Connection: close", body=TAG),
    b"",
]

SPICE = [
    b"",
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b" ",
        b"\t",
        b":",
        b",",
        b";",
        b"0",
        b"9",
        b"f",
        b"\x80",
        b"\xff",
        b"%",
        b"/../",
        b"<",
    ),
    *(b"Content-Length: 3\r\n", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"),
    *(b"0\r\n\r\n", b"\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    *(b"HTTP/1.0", b"HTTP/2.0", b"Upgrade: websocket\r\n", b"Expect: 100-continue\r\n", b"X: " + b"y" * 5000 + b"\r\n"),
]


@dataclass(frozen=True)
class Talk:
    """What one side says: pieces, and how it ends: stays open, ends its side, or resets."""

    pieces: tuple[bytes, ...]
    end: str

    def whole(self) -> Talk:
        return Talk((b"".join(self.pieces),), self.end)

    def tagged(self, tag: bytes) -> list[bytes]:
        """A placeholder that is cut in two stays what it is: it names nobody."""
        return [piece.replace(TAG, tag) for piece in self.pieces]


@dataclass(frozen=True)
class Case:
    """Some clients at the same time, and the answers that the backend gives in turn. ``traceable``: whose answer is whose can be told."""

    clients: tuple[Talk, ...]
    answers: tuple[Talk, ...]
    traceable: bool


@st.composite
def _mutated(draw: st.DrawFn, messages: list[bytes]) -> bytes:
    data = b"".join(draw(st.lists(st.sampled_from(messages), min_size=1, max_size=4)))
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 1, 2, 3]))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["bytes", "bytes", "double", "drop", "swap", "case", "cut"])):
            case "bytes":
                data = data[:at] + draw(st.sampled_from(SPICE)) + data[at + draw(st.integers(0, 3)) :]
            case "cut":
                data = data[:at]
            case "case":
                data = data[:at] + data[at : at + 12].swapcase() + data[at + 12 :]
            case how:
                lines = data.split(b"\r\n")
                one, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
                if how == "double":
                    lines.insert(other, lines[one])
                elif how == "swap":
                    lines[one], lines[other] = lines[other], lines[one]
                else:
                    del lines[one]
                data = b"\r\n".join(lines)
    return data


@st.composite
def _talks(draw: st.DrawFn, messages: list[bytes]) -> Talk:
    data = draw(_mutated(messages))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
    pieces = tuple(data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True))
    return Talk(pieces, draw(st.sampled_from(["stays", "stays", "ends", "resets"])))


_CLIENTS = st.lists(_talks(REQUESTS), min_size=1, max_size=3).map(tuple)
_GOOD_CLIENTS = st.lists(
    st.sampled_from(REQUESTS).map(lambda data: Talk((data,), "stays")), min_size=1, max_size=3
).map(tuple)
_ANSWERS = st.lists(_talks(ANSWERS), min_size=1, max_size=3).map(tuple)

SIDES = {
    "clients": st.builds(Case, _CLIENTS, st.just((Talk((FINE,), "stays"),)), st.just(True)),
    "backend": st.builds(
        Case, _GOOD_CLIENTS, _ANSWERS.map(lambda talks: tuple(talk.whole() for talk in talks)), st.just(True)
    ),
    "both": st.builds(Case, _CLIENTS, _ANSWERS, st.just(False)),
}
"""Who is hostile. A backend sends each answer at once where it shares connections with the witness: an answer too many that arrives when the next
request is on its way already cannot be told from the answer to that."""
