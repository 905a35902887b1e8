"""The base of everything that travels through the pipe: frozen, strict, comparable."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Truth = bool | None
"""Three-valued: True, False, or None for "not known"."""

Basis = Literal["measured", "inspected", "declared", "assumed"]
"""What stands behind a number or a statement, strongest first."""

STRENGTH: dict[str, int] = {"measured": 3, "inspected": 2, "declared": 1, "assumed": 0}


class Frozen(BaseModel):
    """A value that never changes after it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
