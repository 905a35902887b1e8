"""What if: changes to the workflow that can be tried, what they would do, and how they become work in the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from auditkit.model.facts import THE_SYSTEM, Ref, Stack
from auditkit.model.report import Report
from auditkit.model.vocabulary import NONE, Branch
from auditkit.sources.questionnaire.questions import Judged
from auditkit.sources.questionnaire.replies import slug
from auditkit.sources.questionnaire.sitting import Figures, Sitting
from auditkit.sources.stack_file.editing import Add, Change, Put, Record, Remove

MOST_NAMES = 3
"""So many components are named in one line; of more, their number is said."""

AS_CODE = {"decider": "code", "success": None, "detect": None}
"""A step that becomes code: the rates of the model that did it say nothing about the code that will."""
IN_CODE = "A step in code is assumed to be right 99.5% of the time."

_BETTER = {"unknown": 0, "fail": 0, "partial": 1, "pass": 2}


@dataclass(frozen=True)
class Try:
    """One change that can be tried. `assumes` names the convention that its numbers rest on."""

    id: str
    says: str
    changes: tuple[Change, ...]
    refs: tuple[Ref, ...]
    assumes: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a try would do: the figures then, and the findings that it would mend, as check@component."""

    figures: Figures
    mends: tuple[str, ...]


def tries(sitting: Sitting) -> tuple[Try, ...]:
    """What can be tried on this workflow, by what it would gain; what mends nothing and moves nothing is left out."""
    found = [t for t in _all(sitting) if t.changes]
    now = sitting.figures
    tried = [(t, Figures.of(sitting.supposed(t.changes).report)) for t in found]

    def gain(pair: tuple[Try, Figures]) -> tuple[float, float]:
        then = pair[1]
        fewer = len(now.failed) + len(now.open) - len(then.failed) - len(then.open)
        moves = (now.silent.point - then.silent.point) + (then.success.point - now.success.point) if now.stated else 0.0
        return (moves + 0.1 * fewer, fewer)

    return tuple(t for t, f in sorted(tried, key=lambda p: gain(p), reverse=True) if gain((t, f)) > (0.0, 0.0))


def outcome(sitting: Sitting, chosen: Sequence[Try]) -> Outcome:
    """What some tries would do together."""
    then: Judged = sitting.supposed(merged(chosen))
    return Outcome(Figures.of(then.report), _mended(sitting.report, then.report))


def merged(chosen: Iterable[Try]) -> tuple[Change, ...]:
    """The changes of several tries; a step that is taken out is not changed as well."""
    every = [c for t in chosen for c in t.changes]
    gone = {c.ref for c in every if isinstance(c, Remove)}
    first = [c for c in every if not isinstance(c, Remove) and not (isinstance(c, Put) and c.ref in gone)]
    added = {(c.kind, c.id): c for c in first if isinstance(c, Add)}
    rest = [c for c in first if not isinstance(c, Add)]
    return (*added.values(), *rest, *(Remove(ref) for ref in gone))


def to_plan(sitting: Sitting, chosen: Sequence[Try], *, owner: str | None = None, due: date | None = None) -> tuple[Change, ...]:
    """The tries as work in the plan: nothing is stated about the workflow, for it is not done yet."""
    mends = outcome(sitting, chosen).mends
    planned = {closed for task in sitting.stack.plan for closed in task.closes}
    closes = tuple(m for m in mends if m not in planned and m.partition("@")[0] not in planned)
    if not closes:
        return ()
    values = (("closes", closes), ("owner", owner), ("due", due))
    return (Record("plan", tuple((k, v) for k, v in values if v is not None)),)


def _mended(before: Report, after: Report) -> tuple[str, ...]:
    old = {(f.check, f.component): f.outcome for f in before.findings}
    return tuple(f"{f.check}@{f.component}" for f in after.findings
                 if (was := old.get((f.check, f.component))) in ("fail", "partial")
                 and (f.outcome in ("not_applicable", "pass") or _BETTER.get(f.outcome, 0) > _BETTER[str(was)]))


# What can be tried -----------------------------------------------------------------------------------------

def _all(sitting: Sitting) -> Iterator[Try]:
    seen = _Seen(sitting)
    for found in (_steps, _actions, _ways, _limits):
        yield from found(seen)


@dataclass(frozen=True)
class _Seen:
    """What is known of the workflow, as tries need it."""

    sitting: Sitting

    @property
    def stack(self) -> Stack:
        """The stack as of now."""
        return self.sitting.stack

    def get(self, ref: Ref, key: str) -> object:
        """The value of a key, stated or derived; None when it is not known."""
        known = self.sitting.judged.world.known(ref, key)
        return None if known is None else known.value

    def having(self, kind: str, key: str, *values: object) -> list[Ref]:
        """The components of a kind whose key has one of some values."""
        return [r for r in self.stack.by_kind[kind] if self.get(r, key) in values]


def _steps(seen: _Seen) -> Iterator[Try]:
    """Steps that become code, or go."""
    models = seen.having("step", "decider", "model")
    ruled = [r for r in models if seen.get(r, "rule_known") is True]
    if ruled:
        yield _try(seen.stack, "rules", "{names} become{s} code", ruled, _each(ruled, AS_CODE), IN_CODE)
    yield from (_try(seen.stack, f"code:{r.id}", "{names} becomes code", [r], _each([r], AS_CODE), IN_CODE)
                for r in models if ruled != [r] and seen.get(r, "rule_known") is not False)
    idle = seen.having("step", "required", False)
    if idle:
        yield _try(seen.stack, "removed", "{names} {is} taken out", idle, [Remove(r) for r in idle])


def _actions(seen: _Seen) -> Iterator[Try]:
    """Actions that code decides, or that a person approves first."""
    for action in seen.stack.by_kind["action"]:
        if seen.get(action, "consequential") is False or seen.get(action, "effect") in ("none", "read"):
            continue
        if seen.get(action, "decided_by") == "model":
            yield _try(seen.stack, f"decides:{action.id}", "code decides what {names} does", [action],
                       [Put(action, "decided_by", "code"), Put(action, "policy_check", "policy")])
        gate = seen.get(action, "gate")
        enforced = seen.get(Ref("gate", str(gate)), "enforced_in") if gate not in (None, NONE) else None
        if enforced not in ("code", "credentials") and seen.get(action, "decided_by") != "human":
            yield _gated(seen.stack, action)


def _ways(seen: _Seen) -> Iterator[Try]:
    """Ways out and checks in code, at every step of a model that has none."""
    models = seen.having("step", "decider", "model")
    stuck = [r for r in models if not _ways_out(seen.get(r, "failure_branches"))]
    if stuck:
        out = Branch(type="handoff", trigger_in="code", trigger="it is not sure")
        yield _try(seen.stack, "ways-out", "each of {names} has a way out in code", stuck,
                   [Put(r, "failure_branches", (out,)) for r in stuck], "A way out in code is assumed to fire on 60% of errors.")
    loose = [r for r in models if seen.get(r, "validation.kind") in ("none", "judge", None)]
    if loose:
        yield _try(seen.stack, "checked", "code checks what {names} make{s}", loose,
                   _each(loose, {"validation.kind": "schema_and_rule", "validation.on_fail": "branch"}),
                   "A check of shape and rule is assumed to notice 65% of errors.")


def _limits(seen: _Seen) -> Iterator[Try]:
    """Loops, retries and calls that end, and state that is saved at every step."""
    loops = seen.having("step", "cycle", "unbounded", "default")
    if loops:
        yield _try(seen.stack, "bounded", "the loop at {names} is bounded in code", loops,
                   _each(loops, {"loop.bound": "coded", "loop.on_limit": "branch"}))
    wild = [i for i in seen.having("integration", "retry", True) if _unbounded(seen.get(i, "retries.max"))]
    if wild:
        yield _try(seen.stack, "retries", "retries to {names} are bounded", wild,
                   _each(wild, {"retries.max": 2, "retries.backoff": "exponential", "retries.jitter": True,
                                "retries.classified": True}))
    endless = seen.having("integration", "time_limited", "no")
    if endless:
        yield _try(seen.stack, "timeouts", "every call to {names} has a time limit", endless, _each(endless, {"timeout": True}))
    if seen.get(THE_SYSTEM, "state.checkpoint") in ("none", "per_run"):
        saved = Put(THE_SYSTEM, "state.checkpoint", "per_step")
        yield _try(seen.stack, "checkpoint", "state is saved at every step", [], [saved])


def _each(refs: Iterable[Ref], facts: Mapping[str, object]) -> list[Change]:
    return [Put(ref, key, value) for ref in refs for key, value in facts.items()]


def _gated(stack: Stack, action: Ref) -> Try:
    id = f"{slug(action.id)}_gate"
    while Ref("gate", id) in stack.receipts_of:
        id += "_1"
    facts = (("name", f"Approval of {stack.title(action)}"), ("type", "human"), ("enforced_in", "code"),
             ("timeout_behaviour", "deny"), ("bypassable", False), ("binds_args", True))
    return _try(stack, f"gate:{action.id}", "a person approves {names} first", [action],
                [Add("gate", id, facts), Put(action, "gate", id)], "A person is assumed to catch 60% of wrong proposals.")


def _try(stack: Stack, id: str, says: str, refs: Sequence[Ref], changes: Sequence[Change], assumes: str = "") -> Try:
    titles = [stack.title(r) for r in refs]
    one = len(titles) == 1
    names = (titles[0] if one else f"{', '.join(titles[:-1])} and {titles[-1]}" if 1 < len(titles) <= MOST_NAMES
             else f"{len(titles)} {refs[0].kind.replace('_', ' ')}s" if titles else "")
    text = says.format(names=names, s="s" if one else "", **{"is": "is" if one else "are"})
    return Try(id, text, tuple(changes), tuple(refs), assumes)


def _ways_out(branches: object) -> bool:
    """Whether one of the ways out fires in code or by a score."""
    return isinstance(branches, tuple) and any(isinstance(b, Branch) and b.trigger_in in ("code", "score") for b in branches)


def _unbounded(most: object) -> bool:
    return not isinstance(most, int) or most > 5

