"""Acts as people and programs read them. Pure."""

from __future__ import annotations

from typing import Any

from console.audit.line import Said, Step
from console.audit.reading import Found

Document = dict[str, Any]

_SHORT_HASH = 12

_HERE = frozenset({("from", "127.0.0.1"), ("from", "::1")})
"""Goes without saying."""


def found_document(found: Found) -> Document:
    """Newest first; ``before`` is what to ask for next, None if there is no more."""
    return {"acts": [line.to_json() for line in found.lines], "before": found.before, "unread": found.unread}


def what_words(said: Said) -> str:
    """What was done, or what became of the log itself."""
    match said.step:
        case Step.OPENED:
            return "the log begins"
        case Step.ROTATED:
            gone = f"; {said.of['removed']} removed for their age" if "removed" in said.of else ""
            return f"goes on from {said.of.get('file', '')}{gone}"
        case Step.TORN:
            return f"a line was torn by a crash ({said.of.get('bytes', '?')} bytes)"
        case _:
            return said.what


def came_words(said: Said) -> str:
    if said.step is Step.INTENDED:
        return "not known"
    ended_well = said.step is Step.DONE and said.status in {None, 0, 200, 202, 303}
    return "" if not said.act else said.step.value if ended_well else f"{said.step} {said.status}"


def about_words(said: Said) -> list[str]:
    """What it was about, and what it changed: a line each."""
    if not said.act:
        return []
    told = sorted(((name, value) for name, value in said.of.items() if not _goes_without(said, name)), key=_is_last)
    of = ", ".join(_words(name, value) for name, value in told)
    changed = ", ".join(_changed(name, said.before.get(name), value) for name, value in said.after.items())
    return [one for one in (of, f"{said.words}: {changed}" if said.words and changed else said.words or changed) if one]


def _goes_without(said: Said, name: str) -> bool:
    """What everybody knows, or what stands there already: the id that was asked for, where the pair that was found has it."""
    value = said.of[name]
    is_told = name == "id" and said.of.get("pair", "").startswith(value)
    return is_told or (name, value) in _HERE or (name, value) == ("times", "1")


def _changed(name: str, before: str | None, after: str) -> str:
    """What is new, and what stays as it was, has no arrow."""
    return f"{name} {_short(after)}" if before in {None, "-", after} else f"{name} {_short(before)} -> {_short(after)}"


def _words(name: str, value: str) -> str:
    match name:
        case "times":
            return f"{value} times"
        case "why":
            return value
        case _:
            return f"{name.replace('_', ' ')} {_short(value)}"


def _is_last(one: tuple[str, str]) -> bool:
    return one[0] == "from"


def _short(value: str) -> str:
    """Hashes by their beginning, as the list of versions and people have them."""
    if value.startswith("sha256:"):
        return f"sha256:{value[7 : 7 + _SHORT_HASH]}"
    return value[:_SHORT_HASH] if len(value) == 64 and set(value) <= set("0123456789abcdef") else value
