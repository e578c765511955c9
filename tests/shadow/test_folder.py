"""The folder is the registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from shadow import gates
from shadow.compare import bodies, headers
from shadow.folder import found_in


@pytest.mark.parametrize(("package", "name", "least"), [(bodies, "BODY", 3), (headers, "SENSE", 5), (gates, "GATE", 7)])
def test_every_file_of_an_extension_folder_is_used(package: object, name: str, least: int) -> None:
    files = [path for path in Path(package.__path__[0]).glob("*.py") if path.name != "__init__.py"]  # type: ignore[attr-defined]  # a package
    assert len(found_in(package, name)) == len(files) >= least  # type: ignore[arg-type]  # a package


def test_a_file_that_would_silently_not_be_used_is_an_error() -> None:
    with pytest.raises(TypeError, match="defines no SENSE"):
        found_in(bodies, "SENSE")
