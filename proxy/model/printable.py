"""Makes text from strangers safe to look at: no line breaks, no terminal escapes, no bidirectional controls."""

from __future__ import annotations


def printable(text: str) -> str:
    """``text`` with everything that is not plainly visible written as ``\\x1b`` or ``\\u202e``."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(ord(char)) for char in text)


def _escape(code: int) -> str:
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
