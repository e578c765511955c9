"""Where a backend may be, as the table says it."""

from __future__ import annotations

import pytest

from proxy.table.load import load_table, transparent_table
from proxy.table.mistakes import BadTable

pytestmark = pytest.mark.promise("B136")

METADATA = [
    "http://169.254.169.254",
    "http://[::ffff:169.254.169.254]",
    "http://[fe80::1]:80",
    "https://[fd00:ec2::254]",
]


def table(backend: str) -> str:
    return f"version: 1\nbackends: {{ legacy: {backend} }}\n"


def mistake_of(text: str) -> tuple[str | None, int]:
    with pytest.raises(BadTable) as told:
        load_table(text)
    (mistake,) = told.value.mistakes
    return mistake.code, mistake.line


@pytest.mark.parametrize("url", METADATA)
def test_an_address_with_a_cloud_s_secrets_is_a_mistake(url: str) -> None:
    assert mistake_of(table(f"{{ url: '{url}' }}")) == ("link-local", 2)
    assert mistake_of(table(f"{{ urls: ['http://127.0.0.1:1', '{url}'] }}")) == ("link-local", 2)
    with pytest.raises(BadTable, match="clouds keep metadata"):
        transparent_table(url)


@pytest.mark.parametrize("url", METADATA)
def test_who_has_a_backend_there_says_so(url: str) -> None:
    backend = load_table(table(f"{{ url: '{url}', allow_link_local: true }}")).backends["legacy"]
    assert backend.endpoints[0].link_local


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433",
        "http://0x7f000001",
        "http://0x7f.1",
        "http://0177.0.0.1",
        "http://127.1",
        "http://127.0.0.1.",
        "http://169.254.43518",
        "http://\u2460\u2461\u2466.0.0.1",
        "http://127\u30020\u30020\u30021",
        "http://[::1%25lo]",
        "http://user@127.0.0.1",
        "http://127.0.0.1:80@evil.example",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70",
        "ftp://127.0.0.1",
        "dict://127.0.0.1:11211",
        "ldap://127.0.0.1",
        "javascript:alert(1)",
        "http:127.0.0.1",
        "//127.0.0.1",
        "http://127.0.0.1/admin",
        "http://127.0.0.1?x=1",
        "http://127.0.0.1\\evil",
        "http://127.0.0.1\r\nX: y",
    ],
)
def test_what_only_looks_like_an_address_or_is_another_scheme_is_refused(url: str) -> None:
    escaped = url.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")
    with pytest.raises(BadTable):
        load_table(table(f'{{ url: "{escaped}" }}'))
    with pytest.raises(BadTable):
        transparent_table(url)
