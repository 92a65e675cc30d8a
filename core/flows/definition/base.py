"""What all parts of a flow definition share."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Frozen, and unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def yaml_on(value: Any) -> Any:
    """YAML 1.1 reads the bare key `on` as true."""
    if isinstance(value, dict) and True in value:
        return {("on" if key is True else key): part for key, part in value.items()}
    return value


def many(value: Any) -> Any:
    """One thing may be written without its list."""
    return value if isinstance(value, (list, tuple)) else [value]
