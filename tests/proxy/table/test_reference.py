"""docs/reference/routes.md names every key and every default, and what it shows loads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from proxy.model.table import DEFAULT_COMPARED_HEADERS, Timeouts
from proxy.table import backend_keys, client_keys, compare_keys, grammar, keep_keys, redact_keys, shadow_keys
from proxy.table.load import load_table
from proxy.table.schema import json_schema

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "routes.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^#+ (\w+)\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL))
SCHEMA = json_schema()
TABLES = {
    "Backend": ("backends", ""), "Health": ("backends", "health."), "Default": ("defaults", ""), "Timeout": ("timeouts", ""), "Group": ("groups", ""),
    "Endpoint": ("backends", "urls[]."), "BackendTls": ("backends", "tls."), "Breaker": ("backends", "breaker."),
    "Bulkhead": ("backends", "bulkhead."), "Ejection": ("backends", "ejection."), "Retry": ("retries", ""), "RateLimit": ("rate_limit", ""),
    "Listen": ("listen", ""), "ListenTls": ("listen", "tls."), "Limit": ("limits", ""), "Keep": ("keep", ""), "Redact": ("redact", ""), "Overload": ("overload", ""),
    "RouteLimit": ("routes", "limits."), "DefaultShadow": ("defaults", "shadow."), "Request": ("requests", ""),
    "Edit": ("requests", "both."), "SideEdit": ("requests", "candidate."), "Prefix": ("requests", "candidate.prefix."),
    "Route": ("routes", ""), "Match": ("match", ""), "Shadow": ("shadow", ""), "Compare": ("compare", ""), "Normalise": ("compare", "normalise[]."), "Ready": ("ready", ""),
}  # fmt: skip
"""The section in which the keys of a map stand, as rows of a table."""

IN_PROSE = {"Certificate": "listen", "Identity": "defaults", "Waiver": "compare", "Unordered": "compare"}


def row(section: str, key: str) -> str:
    found = re.search(rf"^\| `{re.escape(key)}` \|.*$", SECTIONS[section], re.MULTILINE)
    assert found, f"{section} says nothing of {key}"
    return found[0]


@pytest.mark.parametrize("name", SCHEMA["$defs"])
def test_every_key_stands_in_its_section(name: str) -> None:
    for key in SCHEMA["$defs"][name]["properties"]:
        if name in IN_PROSE:
            assert re.search(rf"\b{key}\b", SECTIONS[IN_PROSE[name]])
        else:
            section, prefix = TABLES[name]
            assert row(section, prefix + key)


def test_every_key_of_the_file_is_named() -> None:
    for key in SCHEMA["properties"]:
        assert re.search(rf"^\| `{key}` \|", PAGE, re.MULTILINE)


SHARES = {"repeat", "target", "errors", "budget", "unseen"}
SIZES = {"max_request", "max_answer", "head", "target", "memory", "size"}
DAYS = {"contents", "evidence"}


def in_units(key: str, value: Any) -> str:
    """A default as it is written in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if key in SHARES and isinstance(value, float):
        return f"{value * 100:g}%"
    if key in DAYS:
        return f"{value / 86400:g}d"
    if key == "size":
        return f"{value >> 30}GiB"
    if key in SIZES and isinstance(value, int):
        return f"{value // 1024}KiB" if value < 1 << 20 else f"{value >> 20}MiB"
    return f"{value:g}" if key == "hours" else str(value) if isinstance(value, int) else f"{value:g}s"


@pytest.mark.parametrize("name", sorted(set(TABLES) - {"Timeout"}))
def test_defaults_are_told_as_they_are(name: str) -> None:
    section, prefix = TABLES[name]
    model = next(
        found
        for home in (grammar, backend_keys, client_keys, compare_keys, keep_keys, redact_keys, shadow_keys)
        if (found := getattr(home, f"{name}Keys", None))
    )
    for key, field in ((field.alias or name, field) for name, field in model.model_fields.items()):
        if field.default is PydanticUndefined:
            assert "equired" in row(section, prefix + key)
        elif field.default is not None and not isinstance(field.default, list | dict):
            assert f"| `{in_units(key, field.default)}` |" in row(section, prefix + key)


def test_the_defaults_of_timeouts_and_headers_are_told_as_they_are() -> None:
    defaults = Timeouts()
    for key in ("connect", "first_byte", "idle", "tunnel"):
        assert f"| `{getattr(defaults, key):g}s` |" in row("timeouts", key)
    assert all(f"`{header}`" in row("compare", "headers") for header in DEFAULT_COMPARED_HEADERS)


def test_the_example_loads() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(load_table(example, environ={}).routes) == 3


@pytest.mark.parametrize("pattern", ["(a+)+", "a*a*", ".*x.*y"])
def test_what_is_said_to_be_refused_is(pattern: str) -> None:
    assert f"`{pattern}`" in PAGE
    with pytest.raises(ValueError, match="repeat"):
        load_table(
            f"version: 1\nbackends: {{ legacy: {{ url: http://a }} }}\nroutes:\n  - {{ name: a, match: {{ path: /a, headers: {{ X: '~{pattern}' }} }}, backend: legacy }}\n"
        )
