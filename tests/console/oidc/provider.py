"""A provider of identities on loopback that keeps to the protocol: it checks what a client must show, and signs with a real key."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus, urlencode

from aiohttp import web
from aiohttp.test_utils import TestServer
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT = "strangler"
SECRET = "a secret: with + signs & umlauts ü"

Claims = dict[str, Any]


@dataclass
class LocalProvider:
    """Whoever comes to log in is ``person``. ``change`` may spoil the claims of a token, ``sign`` replaces how it is signed."""

    person: Claims = field(default_factory=lambda: {"sub": "1", "preferred_username": "ada", "groups": ["sre"]})
    secret: str | None = SECRET
    change: Callable[[Claims], Claims] = lambda claims: claims
    sign: Callable[[Claims], str] | None = None
    metadata: Claims = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first"}, auto_kid=True))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    issuer: str = ""

    async def start(self) -> TestServer:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._describe)
        app.router.add_get("/keys", self._keys)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        server = TestServer(app)
        await server.start_server()
        self.issuer = str(server.make_url("")).rstrip("/")
        return server

    async def _describe(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        described = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        return web.json_response(described | self.metadata)

    async def _keys(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        return web.json_response(KeySet([self.key]).as_dict(private=False))

    async def _authorize(self, request: web.Request) -> web.Response:
        """The person agrees at once."""
        query = dict(request.query)
        wrong = [
            name for name, value in {"response_type": "code", "client_id": CLIENT}.items() if query.get(name) != value
        ]
        if wrong or query.get("code_challenge_method") != "S256" or "openid" not in query.get("scope", "").split():
            return web.Response(status=400, text=f"bad request: {wrong}")
        code = secrets.token_urlsafe()
        self.codes[code] = query
        back = urlencode({"code": code, "state": query["state"], "iss": self.issuer})
        return web.Response(status=302, headers={"Location": f"{query['redirect_uri']}?{back}"})

    async def _token(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or form.get("redirect_uri") != asked["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        if create_s256_code_challenge(form.get("code_verifier", "")) != asked["code_challenge"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        if not self._is_the_client(request, form):
            return web.json_response({"error": "invalid_client"}, status=401)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            **self.person,
        }
        token = (self.sign or self.signed)(self.change(claims))
        return web.json_response({"access_token": "opaque", "token_type": "Bearer", "id_token": token})

    def signed(self, claims: Claims) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key, algorithms=["RS256"])

    def _is_the_client(self, request: web.Request, form: dict[str, str]) -> bool:
        if self.secret is None:
            return form.get("client_id") == CLIENT
        if "client_secret_post" in self.metadata.get("token_endpoint_auth_methods_supported", ()):
            return (form.get("client_id"), form.get("client_secret")) == (CLIENT, self.secret)
        # RFC 6749, section 2.3.1
        shown = base64.b64decode(request.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        return tuple(map(unquote_plus, shown.split(":", 1))) == (CLIENT, self.secret)
