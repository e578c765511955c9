"""The folder is the registry: to add a body type, a header's sense or a gate, add one file to its folder."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Any


def found_in(package: ModuleType, name: str) -> tuple[Any, ...]:
    """The value called ``name`` of every module in ``package``, in the modules' alphabetical order.

    Raises TypeError for a module without it: a file that is silently not used would be worse.
    """
    found = []
    for entry in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{entry.name}")
        if not hasattr(module, name):
            raise TypeError(f"{module.__name__} defines no {name}")
        found.append(getattr(module, name))
    return tuple(found)
