"""The keys of ``shadow`` as values."""

from __future__ import annotations

from typing import Final

from proxy.model.edits import Edits, RequestEdits
from proxy.model.keep import Contents
from proxy.model.table import Cookies, ShadowPolicy
from proxy.table.shadow_keys import DefaultShadowKeys, EditKeys, RequestKeys, ShadowKeys, SideEditKeys
from proxy.table.values import READ_AFTER_WRITE

WINDOW: Final = 30.0
"""Seconds after a write in which reads are copied, where nothing else is said."""


def shadow_policy(keys: ShadowKeys, defaults: DefaultShadowKeys | None) -> ShadowPolicy:
    return ShadowPolicy(
        sample=keys.sample,
        unsafe=keys.unsafe,
        candidate=keys.candidate,
        timeout=keys.timeout,
        max_request=keys.max_request,
        max_answer=keys.max_answer,
        repeat=keys.repeat,
        cookies=Cookies(keys.cookies),
        after_write=(keys.window or WINDOW) if keys.writes == READ_AFTER_WRITE else None,
        keep=Contents(keys.keep or (defaults and defaults.keep) or Contents.REDACTED),
        requests=_request_edits(keys.requests, defaults.requests if defaults else None),
    )


def _request_edits(route: RequestKeys | None, default: RequestKeys | None) -> RequestEdits:
    """Each part is the route's, else the default's."""
    own, other = route or RequestKeys(), default or RequestKeys()
    return RequestEdits(
        _edits(own.both or other.both),
        _side_edits(own.control or other.control),
        _side_edits(own.candidate or other.candidate),
    )


def _edits(keys: EditKeys | None) -> Edits:
    return Edits(tuple(keys.set.items()), tuple(keys.drop)) if keys else Edits()


def _side_edits(keys: SideEditKeys | None) -> Edits:
    if keys is None:
        return Edits()
    prefix = (keys.prefix.from_, keys.prefix.to) if keys.prefix else None
    return Edits(tuple(keys.set.items()), tuple(keys.drop), keys.host, prefix)
