"""What stands at places of a JSON text that a table's rules hide. The text is scanned, not parsed, as in ``json_text``. Pure, linear."""

from __future__ import annotations

import json
from typing import Final

from proxy.model.path import Step
from proxy.model.redact import Place
from shadow.redact.hide import Hide
from shadow.redact.json_text import TOKEN, end_of_value, written_in

MAX_DEPTH: Final = 64


def redact_paths(text: str, hide: Hide, below: Place = ()) -> str:
    """``text``, which stands at ``below``, with the values at ``hide.rules.paths`` replaced by strings. So is what lies too deep to look."""
    pieces = TOKEN.findall(text)
    shown: list[str] = []
    place: list[Step] = []  # of the value that comes next; in an object, the name that was read last
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        if piece in "}]":
            del place[-1:]
        elif piece == ",":
            if place and isinstance(place[-1], int):
                place[-1] += 1
        elif piece[0] == '"' and place and isinstance(place[-1], str) and _is_name(pieces, at):
            place[-1] = _name(piece)
        elif piece != ":" and not piece.isspace():
            if len(place) > MAX_DEPTH or hide.rules.at((*below, *place)):
                end = end_of_value(pieces, at)
                shown.append(json.dumps(hide(written_in("".join(pieces[at:end])))))
                at = end
                continue
            if piece in "{[":
                place.append("" if piece == "{" else 0)
        shown.append(piece)
        at += 1
    return "".join(shown)


def _is_name(pieces: list[str], at: int) -> bool:
    at += 1
    while at < len(pieces) and pieces[at].isspace():
        at += 1
    return at < len(pieces) and pieces[at] == ":"


def _name(piece: str) -> str:
    try:
        return str(json.loads(piece, strict=False))
    except ValueError:  # cut in the middle
        return written_in(piece)
