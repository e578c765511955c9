"""Where each value stands in the text of a route table. Pure.

YAML's own reader tells the places; an alias is a node of its own, since what it stands for is written elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

Step = str | int
Location = tuple[Step, ...]
"""Keys and indices, from the top of the table."""

_DASH: Final = re.compile(r"(?:[&!]\S*|\s+|#[^\r\n]*)*-")
"""From where a block list begins, its anchor perhaps, to its first dash."""


class Node:
    """``text[start:end]`` holds a scalar, an alias, or a flow collection; of a block collection it holds its first character at least.
    ``children`` are its values by key or index; ``column`` is where its first key or dash stands."""

    __slots__ = ("children", "column", "end", "flow", "key_start", "sort", "start", "value")

    def __init__(self, sort: str, event: Any) -> None:
        self.sort = sort
        """``map``, ``list``, ``scalar`` or ``alias``."""
        self.start: int = event.start_mark.index
        self.end: int = event.end_mark.index
        self.key_start: int = self.start
        """Where its key begins, if it has one."""
        self.column: int = event.start_mark.column
        self.flow: bool = bool(getattr(event, "flow_style", False))
        self.value: str = event.value if sort == "scalar" else ""
        self.children: dict[Step, Node] = {}

    @property
    def last(self) -> Node | None:
        return next(reversed(self.children.values()), None)


def nodes_of(text: str) -> Node:
    """The top of a text that the loader found good: it has bounded depth, and one document."""
    events: Iterator[Any] = iter(yaml.parse(text, Loader=yaml.CSafeLoader))
    for event in events:
        if isinstance(event, yaml.NodeEvent):
            return _node(event, events, text)
    raise ValueError("no document")


def _node(event: Any, events: Iterator[Any], text: str) -> Node:
    match event:
        case yaml.AliasEvent():
            return Node("alias", event)
        case yaml.ScalarEvent():
            return Node("scalar", event)
        case yaml.SequenceStartEvent():
            return _list(Node("list", event), events, text)
        case _:
            return _map(Node("map", event), events, text)


def _list(node: Node, events: Iterator[Any], text: str) -> Node:
    dash = _DASH.match(text, node.start)
    if dash is not None and not node.flow:
        node.column = column_of(text, dash.end() - 1)
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        node.children[len(node.children)] = _node(event, events, text)
    return _ended(node, event)


def _map(node: Node, events: Iterator[Any], text: str) -> Node:
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _node(event, events, text)
        if not node.children and not node.flow:
            node.column = key.column
        value = node.children[key.value] = _node(next(events), events, text)
        value.key_start = key.start
    return _ended(node, event)


def _ended(node: Node, event: Any) -> Node:
    node.end = event.end_mark.index
    return node


def column_of(text: str, index: int) -> int:
    return index - max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) - 1
