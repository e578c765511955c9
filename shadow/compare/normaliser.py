"""What a normaliser is. To add one, add a file to ``normalisers/`` that defines ``NORMALISER``, and its name and options to
``proxy/model/normalise.py``; its docstring is its reference, its examples are tests."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Final, Protocol

from proxy.model.normalise import Normalise
from shadow.compare import normalisers
from shadow.folder import found_in


class Normaliser(Protocol):
    """One way to make values comparable. Values are those of ``tree``: text is str, numbers are bytes."""

    name: str
    examples: tuple[tuple[Any, Any, bool], ...]
    """Two JSON values, and whether they are equal by it."""

    def normal(self, value: Any, how: Normalise) -> Hashable | None:
        """What is the same for values that count as equal, None for one that this does not speak about: it is then compared as
        it is. Text for text, if others may go on with it. Never raises, and takes linear time."""
        ...

    def near(self, control: Any, candidate: Any, how: Normalise) -> bool:
        """Whether two values that are the same by ``normal`` are near enough."""
        ...


_BY_NAME: Final[dict[str, Normaliser]] = {one.name: one for one in found_in(normalisers, "NORMALISER")}


def made_equal(rules: Sequence[Normalise], control: Any, candidate: Any) -> str | None:
    """The label of the rule with which those of one place, in their order, make two different values equal; None if they do not.
    Those that turn text into text are followed by the next one."""
    for how in rules:
        normaliser = _BY_NAME[how.name]
        left, right = normaliser.normal(control, how), normaliser.normal(candidate, how)
        if left is not None and left == right and normaliser.near(control, candidate, how):
            return how.label
        control = left if isinstance(left, str) else control
        candidate = right if isinstance(right, str) else candidate
    return None


def content(rules: Sequence[Normalise], value: Any) -> Hashable | None:
    """What is the same for values that the rules may make equal; None if they do not speak about this one."""
    normal: Hashable | None = None
    for how in rules:
        made = _BY_NAME[how.name].normal(value, how)
        if made is not None:
            normal = made
            if not isinstance(made, str):
                break
            value = made
    return normal


def normal_text(rules: Sequence[Normalise], text: str) -> str:
    """A whole body of text, as far as rules turn text into text."""
    for how in rules:
        made = _BY_NAME[how.name].normal(text, how)
        text = made if isinstance(made, str) else text
    return text


def examples() -> list[tuple[str, Any, Any, bool]]:
    """Of all normalisers, with their names, for tests and the reference."""
    return [(one.name, *example) for one in _BY_NAME.values() for example in one.examples]
