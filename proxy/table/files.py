"""The files that a table names for TLS to its backends: each must be there, and be of use."""

from __future__ import annotations

from proxy.model.listen import BackendTls
from proxy.model.tls_context import BadTlsFile, client_context, files_of
from proxy.table.compile import backend_tls
from proxy.table.document import Document
from proxy.table.grammar import TableKeys


def check_files(keys: TableKeys, document: Document) -> None:
    good: set[BackendTls] = set()
    for name, backend in keys.backends.items():
        tls = backend_tls(backend.tls) if backend.tls is not None else None
        if tls is None or tls in good or not files_of(tls):
            continue
        try:
            client_context(tls)
        except BadTlsFile as error:
            document.mistake(("backends", name, "tls", error.key), str(error), error.advice)
        else:
            good.add(tls)
