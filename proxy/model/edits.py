"""What is changed in the requests that the shadow itself sends. The live path forwards what came, untouched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Self

NEVER_SENT: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "content-length",
        "x-shadow",
    }
)
"""Fields of a request that belong to one hop (RFC 9110 section 7.6.1), to the sending of a body, or to us: never copied, never set."""

CONDITIONAL: Final = frozenset({"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"})
"""RFC 9110 section 13.1. They speak of what the client got from one side; the other side's validators are its own."""

_TRANSPARENT: Final = CONDITIONAL | {"accept-encoding"}
"""Fields without which the same is answered, in another form."""

STARTED_AT: Final = "$started_at"
STARTED_AT_EPOCH: Final = "$started_at_epoch"
MOMENTS: Final = (STARTED_AT, STARTED_AT_EPOCH)
"""Values that stand for the moment at which the client's request came: in RFC 3339, and in whole Unix seconds."""

PINNED: Final = "both sides are asked, so that both answer under these edits"


@dataclass(frozen=True, slots=True)
class Value:
    """A header's value. ``secret``: it came from a variable of the environment."""

    text: str = field(repr=False)
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Edits:
    """Headers that are set (in place of all of that name) and dropped, the Host, and a path prefix that becomes another."""

    set: tuple[tuple[str, Value], ...] = ()
    drop: tuple[str, ...] = ()
    host: str | None = None
    prefix: tuple[str, str] | None = None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        prefix = data["prefix"]
        values = tuple((name, Value(**value)) for name, value in data["set"])
        return cls(values, tuple(data["drop"]), data["host"], (prefix[0], prefix[1]) if prefix else None)

    @property
    def public(self) -> list[Any]:
        """All of it but what is secret, to tell whether two are the same."""
        values = [[name, None if value.secret else value.text] for name, value in self.set]
        return [values, self.drop, self.host, self.prefix]

    @property
    def names(self) -> frozenset[str]:
        """The headers that it is about, in lower case."""
        return frozenset(name.lower() for name in (*self.drop, *(name for name, _ in self.set)))

    @property
    def pins(self) -> bool:
        """Whether an answer that was not given under these edits says nothing about one that was."""
        return not self.names <= _TRANSPARENT

    def described(self) -> list[str]:
        """In words, without values."""
        names = [name for name, _ in self.set]
        words = [f"sets {', '.join(names)}"] if names else []
        words += [f"drops {', '.join(self.drop)}"] if self.drop else []
        words += [f"Host {self.host}"] if self.host is not None else []
        words += [f"{self.prefix[0]} becomes {self.prefix[1]}"] if self.prefix is not None else []
        return words


@dataclass(frozen=True, slots=True)
class RequestEdits:
    """By side. ``both`` comes first, then what is said of the side alone."""

    both: Edits = Edits()
    control: Edits = Edits()
    candidate: Edits = Edits()

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(*(Edits.from_json(data[side]) for side in ("both", "control", "candidate")))

    def of(self, *, control: bool) -> tuple[Edits, ...]:
        """What holds for one side, in the order in which it is done."""
        side = self.control if control else self.candidate
        return tuple(edits for edits in (self.both, side) if edits != Edits())

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(
            value.text for edits in (self.both, self.control, self.candidate) for _, value in edits.set if value.secret
        )

    @property
    def public(self) -> list[Any]:
        return [edits.public for edits in (self.both, self.control, self.candidate)]

    def described(self) -> tuple[str, ...]:
        sides = (("both sides", self.both), ("control", self.control), ("candidate", self.candidate))
        words = [f"{side}: {'; '.join(words)}" for side, edits in sides if (words := edits.described())]
        return (*words, PINNED) if self.both.pins else tuple(words)
