from collections.abc import AsyncIterator

import pytest

from console.oidc.settings import OidcSettings, RoleRule
from console.web.rights import Role
from tests.console.oidc.provider import CLIENT, LocalProvider

REDIRECT = "http://127.0.0.1:8081/login/provider/back"


@pytest.fixture
async def provider() -> AsyncIterator[LocalProvider]:
    local = LocalProvider()
    server = await local.start()
    yield local
    await server.close()


@pytest.fixture
def settings(provider: LocalProvider) -> OidcSettings:
    rules = (
        RoleRule("groups", "sre", Role.OPERATOR, bodies=True),
        RoleRule("groups", "staff", Role.VIEWER, bodies=False),
    )
    return OidcSettings(
        provider.issuer, CLIENT, provider.secret, REDIRECT, ("openid", "email"), ("preferred_username", "sub"), rules
    )
