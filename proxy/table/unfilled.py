"""A table's text read without what its ``${VARIABLES}`` stand for, so that whatever is told of it can be shown. Pure.

Each variable gets a word of ours that stands where its value would, and is written as ``${NAME}`` again in what people read. Numbers and
spans are no secrets, and the grammar wants to see them: those stay. A text that cannot be read like this has no words to show.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from proxy.listen.tls import files_of
from proxy.model.listen import ClientTls
from proxy.model.table import Table
from proxy.table.load import load_table
from proxy.table.mistakes import BadTable, Mistake

_PLAIN: Final = re.compile(r"\d{1,6}(\.\d{1,3})?(ms|s|m|h|d|%|B|KiB|MiB|GiB)?|true|false")
_URL: Final = re.compile(r"(https?)://")
_URL_NAME: Final = re.compile(r"\burl:\s*[\"']?\$\{(\w+)|\$\{(\w+):-https?://")
"""A variable that must be a URL: by where it stands, or by what stands in for it."""

_WORD: Final = re.compile(r"variable-((?:[0-9a-f]{2})+)-value|https?://url-((?:[0-9a-f]{2})+)-value(?::80|:443)?")
"""Names are written in hexadecimal: hosts have no case, and no underscores. A URL gets a port if it has none."""

_CUT: Final = re.compile(r"(variable|https?://url)-[0-9a-f]+(-v?a?l?u?)?(?=\.\.\.|\")")
"""A word of ours of which a message has only the beginning."""

_BAD_FILE: Final = "bad-file"

_NO_MEANINGS: Final[Mapping[str, str]] = MappingProxyType({})

NOT_SHOWN: Final = "what a variable stands for is not shown here: `strangler check` where it runs tells more"


class Unfilled(Mapping[str, str]):
    """In place of an environment: words instead of values. With ``any_name`` it has every variable, for texts of other times; ``urls``
    are the names of those that must be URLs, where no value tells."""

    def __init__(
        self, environ: Mapping[str, str], *, any_name: bool = False, urls: frozenset[str] = frozenset()
    ) -> None:
        self._environ = environ
        self._any_name = any_name
        self._urls = urls

    def __getitem__(self, name: str) -> str:
        value = self._environ.get(name)
        if value is None and not self._any_name:
            raise KeyError(name)
        if value is not None and (not value or _PLAIN.fullmatch(value)):
            return value
        scheme = _URL.match("http://" if value is None and name in self._urls else value or "")
        return f"{f'{scheme[0]}url' if scheme else 'variable'}-{name.encode().hex()}-value"

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


def may_hold_variables(text: str) -> bool:
    """Within quotes a backslash may write any character: ``"\\x24{NAME}"`` is a variable, too."""
    return "${" in text or "\\" in text


def named(text: str) -> str:
    """With the names of variables again where our words stand for them."""
    whole = _WORD.sub(lambda found: f"${{{bytes.fromhex(found[1] or found[2]).decode(errors='replace')}}}", text)
    return _CUT.sub("${", whole)


def unfilled_table(text: str, environ: Mapping[str, str], *, any_name: bool = False) -> Table | None:
    """None if ``text`` cannot be read like this."""
    urls = frozenset(one[1] or one[2] for one in _URL_NAME.finditer(text)) if any_name else frozenset()
    try:
        return load_table(text, environ=Unfilled(environ, any_name=any_name, urls=urls))
    except BadTable:
        return None


def shown_mistakes(
    text: str, found: Iterable[Mistake], environ: Mapping[str, str], meanings: Mapping[str, str] = _NO_MEANINGS
) -> tuple[Mistake, ...]:
    """``found`` in ``text``, in words that hold no variable's value: those of the text without them, where it has the same mistake, else
    what its code means, as ``meanings`` have it."""
    if not may_hold_variables(text):
        return tuple(found)
    told: dict[tuple[int, int, str], Mistake] = {}
    try:
        load_table(text, environ=Unfilled(environ), with_files=True)
    except BadTable as error:
        told = {(one.line, one.column, one.code): _named(one) for one in error.mistakes}
    return tuple(_shown(one, told.get((one.line, one.column, one.code)), meanings) for one in found)


def shown_paths(text: str, message: str, tls: ClientTls | None, environ: Mapping[str, str]) -> str:
    """``message`` about a file of ``tls``, which ``text`` names; with the variables of its path."""
    if tls is None or not may_hold_variables(text):
        return message
    unfilled = unfilled_table(text, environ)
    names = files_of(unfilled.listen.tls) if unfilled is not None and unfilled.listen.tls is not None else ()
    if len(names) != len(files_of(tls)):
        return f"a file that it names is no good; {NOT_SHOWN}"
    for path, name in sorted(zip(files_of(tls), names, strict=True), key=lambda pair: -len(pair[0])):
        message = message.replace(path, named(name))
    return message


def _named(told: Mistake) -> Mistake:
    return replace(told, message=named(told.message), suggestion=told.suggestion and named(told.suggestion))


def _shown(real: Mistake, told: Mistake | None, meanings: Mapping[str, str]) -> Mistake:
    if told is None or (told.code == _BAD_FILE and "${" in told.message):  # no file has the name of a variable
        return replace(real, message=meanings.get(real.code, "this is wrong"), suggestion=NOT_SHOWN)
    return told
