"""What went wrong, told to whoever asked: a page for a person, the problem document for a program."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from console.access.door import Entry
from console.web.problem import problem, problem_document


def trouble(
    request: web.Request, entry: Entry, status: int, detail: str, members: dict[str, Any] | None = None, **headers: str
) -> web.Response:
    """As ``problem``. The page has what leads on: the head of all pages."""
    answer = problem(status, detail, members, **headers)
    if _reads_pages(request):
        # What draws pages is loaded when somebody asks for one (see handlers): a probe that goes astray need not wait for it.
        from console.web.answers import about  # noqa: PLC0415
        from console.web.templates import render  # noqa: PLC0415

        document = {**problem_document(status, detail), "about": about(request, entry.caller, entry.session)}
        answer.text = render("trouble.html", document)
        answer.content_type = "text/html"
    answer.headers["Vary"] = "Accept"
    return answer


def _reads_pages(request: web.Request) -> bool:
    """The API speaks JSON whoever asks; elsewhere browsers name text/html, and scripts of our pages and programs do not."""
    asks_json = request.path.startswith("/api/") or request.query.get("format") == "json"
    return not asks_json and "text/html" in request.headers.get("Accept", "")
