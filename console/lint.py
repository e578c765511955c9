"""What ``strangler check`` can say of a route table, by code: what it means, a table that earns it, and what to do. The page
docs/reference/lint.md is made of this, ``strangler check --explain CODE`` prints it, and a test runs every example. A code is never given
another meaning. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from proxy.table.mistakes import ERROR, WARNING


@dataclass(frozen=True, slots=True)
class Lint:
    """``example`` is a whole table that earns this code and no other."""

    means: str
    example: str
    mend: str
    severity: str = ERROR


_HEAD: Final = """\
version: 1
backends:
  legacy: { url: http://127.0.0.1:8000 }
  orders: { url: http://127.0.0.1:9000 }
"""


def _routes(*routes: str) -> str:
    return f"{_HEAD}routes:\n" + "".join(f"  - {route}\n" for route in routes)


def _one(keys: str) -> str:
    return _routes(f"{{ name: order-read, match: {{ path: /orders }}, {keys} }}")


def _match(match: str) -> str:
    return _routes(f"{{ name: order-read, match: {match}, backend: legacy }}")


LINTS: Final[dict[str, Lint]] = {
    "bad-character": Lint(
        "The file is not UTF-8, is indented with tabs, or holds a control character.",
        "version: 1\nbackends:\n\tlegacy: { url: http://127.0.0.1:8000 }\n",
        "Save it as UTF-8, indent with spaces, and remove characters that cannot be seen.",
    ),
    "not-yaml": Lint(
        "YAML cannot be read from here on. What stands before it is checked all the same.",
        "version: 1\nbackends: { legacy: { url: http://127.0.0.1:8000 }\nroutes: []\n",
        "Look for a bracket that is not closed, an indent that is off, or a value that needs quotes.",
    ),
    "unsupported-yaml": Lint(
        "YAML that a route table does not need: tags, a second document, or aliases beyond the bounds.",
        "version: 1\nbackends:\n  legacy: { url: !!binary aHR0cA== }\n",
        "Write the plain value.",
    ),
    "too-large": Lint(
        "The file has more than 4 MiB, or more than 256 `path_regex`, each of which is tried in turn on every request.",
        _HEAD
        + "routes:\n"
        + "".join(f"  - {{ name: r{n}, match: {{ path_regex: /r{n} }}, backend: legacy }}\n" for n in range(257)),
        "Fold routes that share a path into one with `/**` or `{name}`.",
    ),
    "duplicate-key": Lint(
        "A key stands twice in one map. Most readers of YAML would silently take the last one.",
        "version: 1\nversion: 1\nbackends: { legacy: { url: http://127.0.0.1:8000 } }\n",
        "Keep one of them.",
    ),
    "unset-variable": Lint(
        "`${NAME}` is asked for, and the environment of the command has no such variable.",
        'version: 1\nbackends: { legacy: { url: "${STRANGLER_LINT_NOT_SET}" } }\n',
        "Set it, or give a default: `${NAME:-default}`. A plain `${` is written `$${`.",
    ),
    "unknown-key": Lint(
        "There is no such key here. It is refused rather than ignored, since it was written to have an effect.",
        _one("bakend: legacy, backend: legacy"),
        "Write the key that was meant; [the reference](routes.md) has them all.",
    ),
    "missing-key": Lint(
        "A key that must be there is not.", _routes("{ name: order-read, backend: legacy }"), "Add it."
    ),
    "wrong-type": Lint(
        "A map, a list or text stands where another of these is wanted; often a word that YAML reads as true, as nothing or as a number.",
        _one("backend: no"),
        "Put text in quotes; write `[...]` for a list and `{ key: value }` for a map.",
    ),
    "bad-value": Lint(
        "The value of this key is not one that it may have: no duration, no share, no method, out of range, empty.",
        _one("backend: legacy, timeouts: { connect: 5 seconds }"),
        "The message says what is wanted: `500ms`, `30s`; `64KiB`; `10%`; `GET`.",
    ),
    "no-legacy": Lint(
        "No backend is named `legacy`. What no route claims goes to the monolith, and it has to be known where that is.",
        "version: 1\nbackends: { monolith: { url: http://127.0.0.1:8000 } }\n",
        "Name the backend of the monolith `legacy`.",
    ),
    "backend-without-url": Lint(
        "A backend says nowhere where it listens.",
        "version: 1\nbackends: { legacy: {} }\n",
        "Add `url`, or `urls` for several endpoints.",
    ),
    "link-local": Lint(
        "A backend is at a link-local address, or another one at which clouds keep metadata and credentials: whoever sends requests would read them.",
        "version: 1\nbackends: { legacy: { url: http://169.254.169.254 } }\n",
        "Write where the backend is. If it is there all the same, say `allow_link_local: true`.",
    ),
    "unknown-backend": Lint(
        "A route or split names a backend that the table has not.",
        _one("backend: order"),
        "Write the name as it stands under `backends`, or add it there.",
    ),
    "unknown-group": Lint(
        "A route names a group that the table has not.",
        _one("group: ordering"),
        "Write the name as it stands under `groups`, or add it there.",
    ),
    "duplicate-name": Lint(
        "Two routes have one name, or a route has that of a group that it is not in. Metrics, reports and commands go by names.",
        _routes(*(f"{{ name: order-read, match: {{ path: /{path} }}, backend: legacy }}" for path in "ab")),
        "Name one of them otherwise.",
    ),
    "duplicate-entry": Lint(
        "The same thing stands twice: a URL of a backend, or a header whose names differ in case only.",
        'version: 1\nbackends:\n  legacy: { urls: ["http://127.0.0.1:8000", "http://127.0.0.1:8000"] }\n',
        "Keep one of them. To give an endpoint more requests, give it a `weight`.",
    ),
    "conflicting-keys": Lint(
        "Two keys stand together of which each makes the other meaningless, such as `url` and `urls`, or `split` and `backend`.",
        _one("backend: legacy, split: { orders: 1 }"),
        "Keep one of them.",
    ),
    "no-destination": Lint(
        "A route claims requests and says nowhere who answers them.",
        _routes("{ name: order-read, match: { path: /orders } }"),
        "Add `split`, `backend` or `group`.",
    ),
    "zero-weights": Lint(
        "All weights of a split are 0, so nobody would take a request.",
        _one("split: { orders: 0, legacy: 0 }"),
        "Give one backend a weight.",
    ),
    "group-not-sticky": Lint(
        "A route of a group has `sticky: false`. A group draws once for each user; that is what it is for.",
        f"{_HEAD}groups: {{ ordering: {{ split: {{ orders: 5, legacy: 95 }} }} }}\n"
        "routes:\n  - { name: order-read, match: { path: /orders }, group: ordering, sticky: false }\n",
        "Remove `sticky`, or give the route a split of its own.",
    ),
    "tls-unused": Lint(
        "`tls` of a backend has a key that nothing will look at: the backend is not asked over TLS, or `ca` stands beside `verify: false`.",
        "version: 1\nbackends: { legacy: { url: http://127.0.0.1:8000, tls: { server_name: shop.example } } }\n",
        "Write `https://` in the URL, or remove the key.",
    ),
    "bad-file": Lint(
        "A certificate, key or authority that the table names is missing or of no use, or HTTP/2 is asked for and its package is not installed.",
        "version: 1\nbackends: { legacy: { url: https://127.0.0.1, tls: { ca: missing.pem } } }\n",
        "Check the path, the mode and the content of the file, or install `strangler[http2]`.",
    ),
    "empty-match": Lint(
        "A match has no condition and would claim everything, which is seldom meant.",
        _match("{}"),
        'Add a condition; to claim everything write `path: "/**"`.',
    ),
    "bad-pattern": Lint(
        "`path` is no pattern: it does not begin with `/`, has `**` in its middle, or `{id}` with something beside it.",
        _match("{ path: orders }"),
        "Write `/a/b`, `/a/{id}` or `/a/**`; `path_regex` is there for the rest.",
    ),
    "bad-host": Lint(
        "`host` is not a host name, has a port, or has a `*` that is not in front.",
        _match('{ host: "shop.example:8080" }'),
        "Write `shop.example` or `*.example.com`.",
    ),
    "dangerous-regex": Lint(
        "A regular expression cannot be read, or could take very long on a text that a stranger chose: a repeat within a repeat, for one.",
        _match('{ path_regex: "/(a+)+" }'),
        "Write it without a repeat within a repeat, or as a pattern.",
    ),
    "impossible-match": Lint(
        "A condition that can never hold, such as a path that does not begin with `/`, or one on a header that we take away.",
        _match('{ path: /orders, headers: { X-Shadow: "1" } }'),
        "Remove it, or write what was meant.",
    ),
    "tie": Lint(
        "Two routes can claim the same request with equal right. The order of lines never decides.",
        _routes(
            '{ name: by-a, match: { path: /orders, headers: { X-A: "1" } }, backend: legacy }',
            '{ name: by-b, match: { path: /orders, headers: { X-B: "1" } }, backend: orders }',
        ),
        "Add `priority: 1` to the one that shall have it, or a condition that only one of them has.",
    ),
    "unreachable-route": Lint(
        "Other routes come first for all that this one matches, so it would never be used.",
        _routes(
            "{ name: all, match: { path: /orders }, backend: legacy, priority: 1 }",
            "{ name: reads, match: { path: /orders, methods: [GET] }, backend: orders }",
        ),
        "Remove it, or give it the higher priority.",
    ),
    "unsafe-without-reason": Lint(
        "`unsafe` has writes copied, so that they happen twice. It wants the reason why that is harmless, for whoever reads it next.",
        _one('split: { orders: 0, legacy: 100 }, shadow: { sample: 1%, unsafe: "" }'),
        "Say in a few words why a repeat does no harm.",
    ),
    "bad-candidate": Lint(
        "It is not clear which backend is judged: the split has several new ones, or `candidate` is legacy or not among them.",
        _one("split: { legacy: 1 }, shadow: { sample: 1%, candidate: legacy }"),
        "Add `candidate` with the name of the new backend.",
    ),
    "nothing-to-compare": Lint(
        "A route is shadowed, and only legacy takes part in it.",
        _one("backend: legacy, shadow: { sample: 1% }"),
        "Add the new backend to the split with weight 0, or `candidate: NAME`.",
    ),
    "no-identity": Lint(
        "A jar of cookies, or reads after writes, need to know who a user is.",
        _one("split: { orders: 0, legacy: 100 }, shadow: { sample: 1%, cookies: jar }"),
        "Add `defaults: { identity: [{ cookie: session }] }`.",
    ),
    "retired-calls-legacy": Lint(
        "A retired route never calls legacy, and this one gives it a share, or copies to it.",
        _one("split: { orders: 99, legacy: 1 }, retired: true"),
        "Set the weight of legacy to 0, and remove `shadow`.",
    ),
    "odd-weights": Lint(
        "The weights look like percentages and do not add up to 100. They are relative: 20 beside 95 is 17.4 %, not 20 %.",
        _one("split: { orders: 20, legacy: 95 }"),
        "Let them add up to 100. Small ratios (1 to 9) are not warned of.",
        WARNING,
    ),
    "split-journey": Lint(
        "A route lies within the pattern of a route that draws its users apart from it, so one user may get the new side here and the old one there.",
        _routes(
            '{ name: order-read, match: { path: "/orders/{id}" }, split: { orders: 5, legacy: 95 } }',
            "{ name: order-new, match: { path: /orders/new }, split: { orders: 50, legacy: 50 } }",
        ),
        "Put both into one group, if a user's steps lead from one to the other.",
        WARNING,
    ),
    "waiver-ends": Lint(
        "A waiver has ended, or will within a week: then what it accepts counts as a difference again.",
        _one("split: { orders: 0, legacy: 100 }, shadow: { sample: 1% }, compare: { ignore: [{ path: $.a, reason: x, until: 2026-01-31 }] }"),
        "Remove it if the difference is gone; give it another end if it is still right.",
        WARNING,
    ),
    "unused-backend": Lint(
        "No route uses this backend.",
        _HEAD,
        "Remove it, or add the route that was meant.",
        WARNING,
    ),
    "unused-group": Lint(
        "No route is in this group.",
        f"{_HEAD}groups: {{ ordering: {{ split: {{ orders: 5, legacy: 95 }} }} }}\n",
        "Remove it, or add `group` to its routes.",
        WARNING,
    ),
}  # fmt: skip
"""Errors keep a table from being loaded; warnings do not. In the order of a reader's way through a table."""
