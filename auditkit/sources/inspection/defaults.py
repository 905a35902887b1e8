"""What a framework does when the code does not say: its defaults by version, from one table (defaults.yaml).

A default is certain only when every version that the project admits has it and it was read in the package or
its documentation. Everything else is said with its range, and never invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from packaging.version import Version as Number

from auditkit.sources.inspection.ranges import ANY
from auditkit.sources.inspection.sketch import Place
from auditkit.sources.inspection.versions import Version, Versions
from auditkit.syntax.tables import read_table

TABLE = Path(__file__).with_name("defaults.yaml")
Value = bool | int | float | str
Verified = Literal["read", "documented", "believed"]
Bound = Literal["default", "none"]
NONE: Literal["none"] = "none"
"""In the table: there is no limit."""
BEYOND = 1_000
"""So many steps, turns or calls hold no loop that goes wrong: it costs and harms long before."""
LONGEST_S = 1_800
"""So many seconds are no limit on a call that a run waits for: whoever started it has given up long before."""
COUNTED = frozenset(("super-steps", "steps", "turns", "calls", "requests", "iterations", "runs", "rounds", "replies", "handoffs"))
LIMITS = frozenset(("loop", "timeout", "retry", "approval", "memory", "setting"))


@dataclass(frozen=True, slots=True)
class Row:
    """One value over a range of versions of one package; None is no end."""

    start: str | None
    below: str | None
    value: Value
    source: str
    verified: Verified
    released: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One default of one package, over all its versions."""

    key: str
    package: str | None
    """None for what comes with no package of Python (an n8n node, the standard library)."""
    also: tuple[str, ...]
    """Other packages with the same version numbers."""
    limits: str
    """What it is about: loop, timeout, retry, approval, memory or setting."""
    unit: str
    meaning: str
    newest: str | None
    """The newest version that was read."""
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Default:
    """The default in force for a file, as far as the project's manifests tell."""

    key: str
    value: Value | None
    """The value; "none" when there is no limit; None when the admitted versions differ."""
    values: tuple[Value, ...]
    """The values of all admitted versions, oldest first, each once."""
    unit: str
    meaning: str
    note: str
    """One sentence for the reader: the value, the version and where that is read."""
    certain: bool
    """All admitted versions have this value, and it was read."""
    bounded: Bound | None
    """Whether the library limits it by itself; "none" also for limits of a thousand steps and more; None is unknown."""
    given: bool | None
    """Whether the library does it unasked (a timeout is set, a failed call is tried again); None is unknown."""
    version: Version | None
    place: Place | None
    """Where the version is read."""


def default(key: str, versions: Versions | None, near: str = "") -> Default | None:
    """The default `key` in force near a path; None when no version admitted there has it.

    Raises KeyError for a key that the table does not have.
    """
    entries = table()[key]
    found = [(entry, _version(entry, versions, near)) for entry in entries]
    named = [(entry, version) for entry, version in found if version is not None] or found
    rows = [(entry, version, row) for entry, version in named for row in entry.rows if _admitted(version, row)]
    if not rows:
        return None
    entry, version, _ = rows[0]
    values = tuple(dict.fromkeys(row.value for _, _, row in rows))
    known = all(row.verified != "believed" for _, _, row in rows) and not any(_outside(e, v) for e, v, _ in rows)
    certain = known and len(values) == 1
    bounds = {_bounded(entry, value) for value in values}
    gives = {_given(entry, value) for value in values}
    return Default(key=key, value=values[0] if len(values) == 1 else None, values=values, unit=entry.unit,
                   meaning=entry.meaning, note=_note(rows, values, known), certain=certain,
                   bounded=bounds.pop() if known and len(bounds) == 1 else None,
                   given=gives.pop() if known and len(gives) == 1 else None,
                   version=version, place=version.place if version else None)


@lru_cache(maxsize=1)
def table() -> dict[str, tuple[Entry, ...]]:
    """The whole table by key; a key has an entry for each package that the same thing came in."""
    found: dict[str, tuple[Entry, ...]] = {}
    for group in read_table(TABLE):
        for key, content in group["defaults"].items():
            found[key] = (*found.get(key, ()), _entry(key, group, content))
    return found


def _entry(key: str, group: dict[str, Any], content: dict[str, Any]) -> Entry:
    rows = [Row(row.get("from"), row.get("below"), row["value"], row["source"], row.get("verified", "read"),
                str(row["released"]) if "released" in row else None) for row in content["values"]]
    return Entry(key, group["package"], tuple(group.get("also", ())), content["limits"], content.get("unit", ""),
                 content["meaning"], group.get("newest"), tuple(rows))


def _version(entry: Entry, versions: Versions | None, near: str) -> Version | None:
    if versions is None or entry.package is None:
        return None
    named = (versions.of(package, near) for package in (entry.package, *entry.also))
    return next((v for v in named if v is not None), None)


def _admitted(version: Version | None, row: Row) -> bool:
    return version is None or version.admits(row.start, row.below)


def _outside(entry: Entry, version: Version | None) -> bool:
    """Whether a version may be in force that is older than the oldest that was read, or of a later major."""
    if version is None or version.range == ANY:
        return False
    start = entry.rows[0].start
    if start and version.lowest and version.admits(None, start):
        return True
    lowest = version.exact or version.lowest
    return bool(lowest and entry.newest and Number(lowest).major > Number(entry.newest).major)


def _bounded(entry: Entry, value: Value) -> Bound | None:
    if entry.limits not in ("loop", "timeout", "retry"):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        endless = (entry.unit in COUNTED and value >= BEYOND) or (entry.limits == "timeout" and value >= _longest(entry.unit))
        return NONE if endless else "default"
    return NONE if value == NONE else None


def _given(entry: Entry, value: Value) -> bool | None:
    if isinstance(value, bool):
        return value
    if entry.limits not in ("loop", "timeout", "retry") or (isinstance(value, str) and value != NONE):
        return None
    if entry.limits == "retry":
        return value == NONE or (isinstance(value, int | float) and value > (1 if entry.unit == "attempts" else 0))
    return _bounded(entry, value) != NONE if entry.limits == "timeout" else value != NONE


def _longest(unit: str) -> float:
    """The time that is no limit any more, in a unit of the table."""
    return LONGEST_S * {"milliseconds": 1000, "minutes": 1 / 60, "hours": 1 / 3600}.get(unit, 1)


def _note(rows: list[tuple[Entry, Version | None, Row]], values: tuple[Value, ...], known: bool) -> str:
    entry, version, _ = rows[0]
    name = entry.package or entry.key.partition(".")[0]
    if len(values) == 1:
        known_as = str(version) if version else name
        said = f"the default of {known_as}: {_shown(entry, values[0])}"
    else:
        several = len({e.package for e, _, _ in rows}) > 1
        parts = [f"{_shown(e, row.value)} {_span(row, e.package if several else None)}".strip() for e, _, row in rows]
        said = f"the default of {name} depends on its version: {'; '.join(parts)}"
    if version:
        said += f"; read in {version.place}"
    elif entry.package:
        said += f"; no manifest names {name}" + (", all versions read agree" if len(values) == 1 else "")
    return said if known else f"{said}; not certain for this version"


def _shown(entry: Entry, value: Value) -> str:
    if value == NONE:
        return {"timeout": "no timeout", "retry": "tried again without limit"}.get(entry.limits, "no limit")
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return value
    shown = f"{value:,}"
    beyond = ", no limit in effect" if _bounded(entry, value) == NONE else ""
    return f"{shown} {entry.unit}".strip() + beyond


def _span(row: Row, package: str | None) -> str:
    """The range of a row beside its neighbours: where it begins, and for the oldest where it ends."""
    span = f"before {row.below}" if row.below else f"from {row.start}" if row.start else ""
    return f"{span} of {package}" if package and span else span or f"in {package}" * bool(package)
