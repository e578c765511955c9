"""XML, by the label (``application/xml``, ``text/xml``, ``...+xml``), or by ``<?xml`` where the label names nothing.

    $.order.item[2].@id      an attribute of the third of several items; of a single one without [2]
    $.order.item[2].#text    its text
    $.order.#order           the order of children of different names, where both sides have the same children

Not compared: prefixes of namespaces, the order of attributes, how a character is written, CDATA or not, comments, and white space
that is an element's only text, unless ``xml:space="preserve"``. An element of another namespace than its parent's says so in
``#namespace``. Document types that declare anything are not read, so that nothing expands: then the body is text.
"""

from __future__ import annotations

import re
from typing import Any, Final
from xml.parsers import expat

from shadow.compare.body import Claim, Document, Example
from shadow.compare.charset import Text, read_text
from shadow.compare.coding import Unreadable
from shadow.compare.markup import TEXT, Elements, Parts
from shadow.compare.media import Media
from shadow.compare.shapes import NAMED
from shadow.compare.tree import Object, Tree

_DECLARED: Final = re.compile(rb'\A(?:\xef\xbb\xbf)?<\?xml[^>]{1,100}?encoding\s*=\s*["\']([\w.-]{1,40})["\']')
_ENTITY: Final = re.compile(r"&(?!(?:lt|gt|amp|quot|apos);|#)")
_PREFIXES: Final = {
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi",
}
"""Attributes of these namespaces are named as everybody writes them; others by their whole namespace."""
_SPACE: Final = " \t\r\n"


class XmlBody:
    precedence = 30
    shape = NAMED
    examples = (
        Example(
            "prefixes, order of attributes and white space do not count",
            "application/xml",
            b'<o:order xmlns:o="urn:o" id="1" at="2">\n  <o:item/>\n</o:order>',
            b'<order at="2" id="1" xmlns="urn:o"><item></item></order>',
        ),
        Example(
            "attributes, text and repeated children have short paths",
            "application/xml",
            b'<order><item id="1"/><item id="2"/><total>9.5</total></order>',
            b'<order><item id="1"/><item id="3"/><total>9.6</total></order>',
            ("$.order.item[1].@id", "$.order.total.#text"),
        ),
        Example(
            "the order of different children counts",
            "application/xml",
            b"<a><b/><c/></a>",
            b"<a><c/><b/></a>",
            ("$.a.#order",),
        ),
        Example(
            "text shows where children stand",
            "application/xml",
            b"<p>Hello <b>big</b> world</p>",
            b"<p><b>big</b> Hello world</p>",
            ("$.p.#text",),
        ),
    )

    def claim(self, media: Media, body: bytes) -> Claim:
        if media.type in {"application/xml", "text/xml"} or media.type.endswith("+xml"):
            return Claim.LABEL
        return Claim.LOOK if not media.type and body[:64].lstrip().startswith(b"<?xml") else Claim.NONE

    def read(self, body: bytes, media: Media) -> Document:
        text = _decoded(body, media)
        return Document(_tree(text.text), text.charset, text.labelled)


def _decoded(body: bytes, media: Media) -> Text:
    """The label counts first, then what the document declares (RFC 7303 section 3)."""
    declared = _DECLARED.match(body)
    return read_text(body, media.charset or (declared[1].decode() if declared else None))


def _tree(text: str) -> Tree:
    if not text.strip():
        raise Unreadable("empty")
    parser = expat.ParserCreate("utf-8", " ")  # whatever it declares: it is decoded already
    elements = _XmlElements(text)
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler = elements.start
    parser.EndElementHandler = elements.end
    parser.CharacterDataHandler = elements.data
    parser.ProcessingInstructionHandler = elements.instruction
    parser.StartDoctypeDeclHandler = elements.document_type
    try:
        parser.Parse(text.removeprefix("\ufeff").encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError as error:
        raise Unreadable(str(error)) from error
    return elements.tree()


class _XmlElements(Elements):
    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self._space = ""
        self._spaces = [""]
        self._preserved = [False]

    def start(self, name: str, attributes: Any) -> None:
        self._space, _, local = name.rpartition(" ")
        super().start(local, attributes)

    def attributes(self, name: str, attributes: list[str]) -> Object:  # noqa: ARG002 - all elements alike
        tree: Object = {} if self._space == self._spaces[-1] else {"#namespace": self._space}
        self._spaces.append(self._space)
        preserved = self._preserved[-1]
        if attributes:
            for given, value in zip(attributes[::2], attributes[1::2], strict=True):
                key = _attribute(given) if " " in given else f"@{given}"
                if key == "@xml:space":
                    preserved = value == "preserve"
                tree[key] = value
        self._preserved.append(preserved)
        return tree

    def end(self, name: str) -> None:
        super().end(name)
        self._spaces.pop()
        self._preserved.pop()

    def spaced(self, name: str, parts: Parts) -> Parts:  # noqa: ARG002 - all elements alike
        if self._preserved[-1]:
            return parts
        for part in parts:
            if isinstance(part, str) and part.strip(_SPACE):
                return parts
        return [part for part in parts if not isinstance(part, str)]

    def instruction(self, target: str, data: str) -> None:
        self.child(f"?{target}", {TEXT: data})

    def document_type(self, name: str, system: str | None, public: str | None, has_declarations: int) -> None:
        """Expat calls this before it reads a declaration, and stops at what is raised here."""
        if has_declarations:
            raise Unreadable("its document type declares entities or elements")
        if _ENTITY.search(self._text):
            raise Unreadable("it uses entities that its document type may explain")
        self.type = " ".join(part for part in (name, public, system) if part)


def _attribute(name: str) -> str:
    space, _, local = name.rpartition(" ")
    return f"@{_PREFIXES[space]}:{local}" if space in _PREFIXES else f"@{{{space}}}{local}"


BODY = XmlBody()
