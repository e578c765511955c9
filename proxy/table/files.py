"""What a table needs beside its text: files for TLS to its backends, each of use; the package that speaks HTTP/2."""

from __future__ import annotations

from proxy import http2
from proxy.model.listen import BackendTls
from proxy.model.tls_context import BadTlsFile, client_context, files_of
from proxy.table.compile import backend_tls
from proxy.table.document import Document
from proxy.table.grammar import TableKeys


def check_files(keys: TableKeys, document: Document) -> None:
    if keys.listen is not None and keys.listen.http2 and not http2.is_available():
        document.mistake(
            ("listen", "http2"),
            "the package h2 is not installed",
            "run pip install 'strangler[http2]'",
            code="bad-file",
        )
    good: set[BackendTls] = set()
    for name, backend in keys.backends.items():
        tls = backend_tls(backend.tls) if backend.tls is not None else None
        if tls is None or tls in good or not files_of(tls):
            continue
        try:
            client_context(tls)
        except BadTlsFile as error:
            document.mistake(("backends", name, "tls", error.key), str(error), error.advice, code="bad-file")
        else:
            good.add(tls)
