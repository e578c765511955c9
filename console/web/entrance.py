"""What stands between a request and its address: who asks, whether they may, and whether a form is one of theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from aiohttp import web

from console.access.door import Door, Entry
from console.web.caller import Caller
from console.web.fields import FORM, form_of
from console.web.problem import problem
from console.web.refused import Refused
from console.web.rights import Right

LOGIN: Final = "/login"
LOGOUT: Final = "/logout"

CSRF_HEADER: Final = "X-Csrf-Token"
"""For scripts of our pages, which send no form."""


ATTEMPT_SECONDS: Final = 600


class Provider(Protocol):
    """Logs people in who are known elsewhere; ``name`` is what the login page calls it. Both ways raise NotLetIn."""

    @property
    def name(self) -> str: ...

    async def begin(self, after: str) -> tuple[str, str]: ...

    async def end(self, id_: str | None, query: dict[str, str]) -> tuple[Caller, str]: ...


class Unknown(Exception):
    """Nobody has said who they are, and the address asks for somebody. ``trouble``: a secret was shown, and it is none."""

    def __init__(self, trouble: str = "") -> None:
        super().__init__()
        self.trouble = trouble


class Entrance:
    """``secure``: the port speaks TLS, so cookies travel by TLS only, and no other host of the domain can set ours. ``danger``: what
    whoever reaches the port can do there that they should not, None if nothing."""

    def __init__(
        self,
        door: Door,
        *,
        secure: bool = False,
        danger: str | None = None,
        tls_error: Callable[[], str | None] = lambda: None,
        provider: Provider | None = None,
    ) -> None:
        self.provider = provider
        self.door = door
        self.secure = secure
        self.danger = danger
        self.tls_error = tls_error
        self._cookie = "__Host-strangler" if secure else "strangler"
        self._attempt = f"{self._cookie}-login"

    def document(self) -> dict[str, Any]:
        """For the page that tells how the instance is."""
        notices = [self.danger, self.door.error, self.tls_error()]
        return {"asks": self.door.asks, "tls": self.secure, "notices": [notice for notice in notices if notice]}

    def cookie_of(self, request: web.Request) -> str | None:
        return request.cookies.get(self._cookie)

    def entry_of(self, request: web.Request) -> Entry:
        return self.door.who(request.headers, self.cookie_of(request))

    def remember(self, response: web.Response, session: str) -> None:
        """Until the browser is closed; how long the session is good for is not the cookie's to say."""
        response.set_cookie(self._cookie, session, path="/", httponly=True, samesite="Strict", secure=self.secure)

    def attempt_of(self, request: web.Request) -> str | None:
        return request.cookies.get(self._attempt)

    def remember_attempt(self, response: web.Response, attempt: str) -> None:
        """Lax: the browser shall bring it along when the provider sends it back."""
        response.set_cookie(
            self._attempt, attempt, max_age=ATTEMPT_SECONDS, path="/", httponly=True, samesite="Lax", secure=self.secure
        )

    def forget_attempt(self, response: web.Response) -> None:
        response.del_cookie(self._attempt, path="/", httponly=True, samesite="Lax", secure=self.secure)

    def forget(self, response: web.Response) -> None:
        response.del_cookie(self._cookie, path="/", httponly=True, samesite="Strict", secure=self.secure)


def check(entry: Entry, right: Right, *, bodies: bool) -> None:
    """Raises Unknown, and Refused with the right that is missing. Whoever shows a bad secret gets nothing that asks for a right."""
    caller = entry.caller
    if caller.may(right) and (caller.bodies or not bodies):
        return
    if caller.role is None:
        raise Unknown(entry.trouble)
    missing = "bodies" if caller.may(right) else right.value
    wanted = "see recorded requests and answers" if missing == "bodies" else right.value
    raise Refused(
        403, f"{caller.name} ({caller.role}) may not {wanted}: ask an admin for the right", {"right": missing}
    )


async def check_form(request: web.Request, entry: Entry) -> None:
    """What a browser sends with a session's cookie carries the token of that session's pages, too. Raises Refused."""
    session = entry.session
    if session is None or request.method in {"GET", "HEAD"}:
        return
    shown = request.headers.get(CSRF_HEADER, "")
    if not shown and request.content_type == FORM:
        shown = str((await form_of(request)).get("csrf", ""))
    if not session.is_form_of(shown):
        raise Refused(403, "this form is not of this session: load its page again, and send it once more")


def ask_who(request: web.Request, trouble: str) -> web.Response:
    """A person goes to the login page and comes back; a program is told how to say who it is."""
    is_script = request.headers.get("HX-Request") == "true"
    if not trouble and not is_script and request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
        return web.Response(status=303, headers={"Location": f"{LOGIN}?{urlencode({'next': request.path_qs})}"})
    how = 'Bearer realm="strangler"' + (', error="invalid_token"' if trouble else "")
    answer = problem(
        401, trouble or "say who you are: `Authorization: Bearer TOKEN`, or log in at /login", WWW_Authenticate=how
    )
    if is_script:
        answer.headers["HX-Redirect"] = LOGIN
    return answer
