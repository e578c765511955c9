"""``set-cookie``: which cookies are set with which attributes. Their values and expiry times are new in every answer and do not
count, but whether a cookie is emptied does; nor does the order of lines and attributes."""

from __future__ import annotations


class CookiesSense:
    names = ("set-cookie",)

    def sense(self, lines: tuple[str, ...], origins: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - no URL in it
        return tuple(sorted(_shape(line) for line in lines))


def _shape(line: str) -> str:
    pair, *attributes = (part.strip(" \t") for part in line.split(";"))
    name, _, value = pair.partition("=")
    kept = sorted({_attribute(attribute) for attribute in attributes if attribute})
    shape = "" if value.strip(' \t"') == "" else "*"
    return "; ".join([f"{name.strip()}={shape}", *kept])


def _attribute(attribute: str) -> str:
    """RFC 6265 section 5.2: names in any case; Path keeps its case, times are reduced to being there, but Max-Age=0 deletes."""
    name, _, value = attribute.partition("=")
    name = name.strip().lower()
    if name == "path":
        return f"path={value.strip()}"
    if name == "max-age":
        return "max-age=0" if value.strip().startswith(("-", "0")) else "max-age"
    return "expires" if name == "expires" else f"{name}={value.strip().lower()}"


SENSE = CookiesSense()
