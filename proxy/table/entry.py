"""What every map of routes.yaml has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Entry(BaseModel):
    """No key but the known ones, no value of another type than the wanted one."""

    model_config = ConfigDict(extra="forbid", strict=True)
