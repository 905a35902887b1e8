"""Which facts a check reads, in words."""

from __future__ import annotations

from collections.abc import Iterator

from auditkit.checklist.checks import Check
from auditkit.checklist.conditions import Both, Condition, Either, Not, Related, Test


def reads(check: Check) -> tuple[str, ...]:
    """The facts a check reads, as written in its conditions: `effect`, `gate.enforced_in`, `evals: size`."""
    parts = [check.when, check.passes, *([check.partial] if check.partial is not None else [])]
    return tuple(dict.fromkeys(path for part in parts for path in _paths(part)))


def _paths(condition: Condition) -> Iterator[str]:
    match condition:
        case Test(path=path):
            yield path
        case Related(relation=relation, that=that):
            inner = list(_paths(that))
            yield f"{relation}: {', '.join(inner)}" if inner else relation
        case Not(part):
            yield from _paths(part)
        case Both(parts) | Either(parts):
            for part in parts:
                yield from _paths(part)


def keys_in(condition: Condition) -> frozenset[str]:
    """The keys that a condition looks at, as written; those of related components stand on their own."""
    match condition:
        case Test(path=path):
            return frozenset({path})
        case Related(relation=relation, that=that):
            return keys_in(that) | {relation}
        case Not(part):
            return keys_in(part)
        case Both(parts) | Either(parts):
            return frozenset().union(*(keys_in(part) for part in parts))
