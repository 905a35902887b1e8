"""Receipts: where a statement comes from. A fact without one cannot be built."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from auditkit.model.base import Frozen


class Declared(Frozen):
    """Somebody said so: in a stack file, or as an answer."""

    basis: Literal["declared"] = "declared"
    path: str
    line: int
    who: str | None = None
    when: date | None = None
    note: str | None = None


class Inspected(Frozen):
    """It was seen at a place in code or configuration, by an inspector (`rule`) or by a person (`who`).

    `how` is left out when the value stands there; else it was `resolved` from there to where it stands, or it
    is the `default` of the library in use, which `note` names with its version, or it is what a thing is `named` for
    while its code, which was read, does nothing of the kind (yet).
    """

    basis: Literal["inspected"] = "inspected"
    path: str
    line: int
    commit: str | None = None
    rule: str | None = None
    how: Literal["resolved", "default", "named"] | None = None
    note: str | None = None
    who: str | None = None
    when: date | None = None


class Measured(Frozen):
    """It was counted: `successes` of `n`, from `source`, over `window`.

    `path` and `line` say where the counts stand; counts typed into a stack file are measured counts whose
    raw data AuditKit has not read.
    """

    basis: Literal["measured"] = "measured"
    source: str
    n: int
    successes: int | None = None
    window: str | None = None
    when: date | None = None
    path: str | None = None
    line: int | None = None


Receipt = Annotated[Declared | Inspected | Measured, Field(discriminator="basis")]
