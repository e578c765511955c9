"""Templates: everything in them is text of strangers unless a template wrote it, and is escaped. Pure but for reading templates."""

from __future__ import annotations

from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from console.web.filters import FILTERS
from console.web.rights import Right
from console.web.static import address_of
from proxy.model.printable import printable


def _safe(value: Any) -> Any:
    """What a stranger wrote cannot turn the text around or hide in it; line breaks are kept where a template asks with ``lines``."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_TEMPLATES: Final = Environment(
    loader=PackageLoader("console.web"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_safe,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters.update(FILTERS)
_TEMPLATES.globals["static"] = address_of
_TEMPLATES.globals["Right"] = Right


def render(template: str, document: dict[str, Any]) -> str:
    return _TEMPLATES.get_template(template).render(document)
