"""How many questions a sitting asks, and how early its answers fix the decision.

    python benchmarks/sitting.py [STACK.yaml ...] [--completions 40] [--depth standard] [--json FILE]

Each stack (by default every sample) is taken for the truth. A sitting begins with an empty file; every question is
answered with what the stack says, "I don't know" where it says nothing. With code: the sitting begins with the facts
that an inspector can draw (steps, actions, stores, integrations, knowledge, gates, models, monitors and evals with
what is seen of them), so that only the rest is asked.

Then the order is put to the test. After the first third of the answers the rest is answered at random, many times (each
choice of a question is as likely as any other, seeded); counted is how often the decision at the end is the one that
stood after the first third. Standard library and AuditKit only; never part of the tests.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from auditkit import load_checklist, read_stack
from auditkit.assessment import judge
from auditkit.errors import InputError
from auditkit.model.coverage import Coverage
from auditkit.model.facts import EMPTY, THE_SYSTEM, Component, Fact, Ref, Stack
from auditkit.model.keys import keys
from auditkit.model.receipts import Inspected
from auditkit.model.vocabulary import SECTION_OF
from auditkit.shipped import folder
from auditkit.sources.questionnaire.every import questions_for
from auditkit.sources.questionnaire.questions import Judged, Question
from auditkit.sources.questionnaire.replies import Item, Reply
from auditkit.sources.questionnaire.sitting import Rules, Sitting
from auditkit.sources.stack_file.writer import write_stack

DAY = date(2026, 11, 20)
SEEN = {
    "step": ("decider", "kind", "next", "loop.bound", "loop.max_iterations", "validation.kind", "model", "integrations",
             "knowledge", "reads_state", "writes_state", "tools"),
    "action": ("step", "effect", "consequential", "integration", "gate", "decided_by", "inputs"),
    "store": ("kind", "durable"), "integration": ("kind", "direction", "timeout", "timeout_s", "retry", "retries.max"),
    "knowledge": ("kind",), "gate": ("type", "enforced_in", "before"), "model": ("name", "provider", "pinned"),
    "monitor": ("kind",), "eval": ("path", "in_ci"),
}
"""What code usually shows; the measured recall of the inspectors on labelled projects is in docs/accuracy or the notes."""
MOST = 120
"""A sitting that asks more than this asks in circles."""


def rules(depth: str) -> Rules:
    """How every sitting here is held."""
    checklist = load_checklist("reliability")
    return Rules(checklist, questions_for(checklist), lambda s: Judged(*judge(s, checklist, on=DAY, live=True)), depth=depth)  # type: ignore[arg-type]


def truth_of(question: Question, truth: Stack) -> Reply:
    """The answer that the true stack gives."""
    form = question.form
    if form.lists is not None:
        refs = truth.by_kind[form.lists]
        items = tuple(Item(r.id, tuple((k, v) for k in form.columns if (v := value(truth, r, k)) is not None), r.id)
                      for r in refs)
        if not refs and SECTION_OF[form.lists] not in truth.complete:
            return Reply(question.id, outcome="unknown")
        return Reply(question.id, items=items, whole=True)
    facts = {(r.id, k): v for r in question.refs for k in form.fields if (v := value(truth, r, k)) is not None}
    return Reply(question.id, facts=facts) if facts else Reply(question.id, outcome="unknown")


def value(stack: Stack, ref: Ref, key: str) -> object:
    """What a stack says of a key, as an answer states it."""
    if key.startswith("system.") and ref.kind != "system":
        ref, key = THE_SYSTEM, key.removeprefix("system.")
    facts = stack.index.get(ref, {}).get(key, ())
    if not facts:
        return None
    if keys(ref.kind)[key].many:
        return tuple(dict.fromkeys(f.value for f in facts if f.value != EMPTY))
    return facts[0].value


# One sitting -----------------------------------------------------------------------------------------------

@dataclass
class Held:
    """A sitting held to its end."""

    asked: list[str]
    decisions: list[str]
    """The decision after each answer."""
    sittings: list[Sitting]
    seconds: float


def begin(rules_: Rules, truth: Stack, *, code: bool) -> Sitting:
    """A sitting on an empty file, or on what `inspect` would write of the true stack's code."""
    if not code:
        return Sitting.begin(rules_, "")
    place = Inspected(path="agent.py", line=1, commit="4f1c9e2")
    seen = Stack(
        name=truth.name,
        components=tuple(Component(kind=c.kind, id=c.id, receipts=(place,)) for c in truth.components if c.kind in SEEN),
        facts=tuple(Fact(kind=f.kind, id=f.id, key=f.key, value=f.value, receipt=place) for f in truth.facts
                    if f.key in ("name", *SEEN.get(f.kind, ()))),
        complete={SECTION_OF[kind]: place for kind in SEEN if truth.by_kind[kind]})
    return Sitting.begin(replace(rules_, coverage=Coverage(root=".")), write_stack(seen))


def hold(sitting: Sitting, truth: Stack) -> Held:
    """Answers every question that comes up with what is true."""
    held, start, gone = Held([], [], [sitting], 0.0), time.process_time(), set[str]()
    while (question := next((q for q in sitting.plan.of("open") if q.id not in gone), None)) and len(held.asked) < MOST:
        sitting = answered(sitting, truth_of(question, truth))
        held.asked.append(question.id)
        held.decisions.append(sitting.figures.decision)
        held.sittings.append(sitting)
        gone.add(question.id) if any(q.id == question.id for q in sitting.plan.of("open")) else None
    held.seconds = time.process_time() - start
    return held


def answered(sitting: Sitting, reply: Reply) -> Sitting:
    """The sitting after a reply; what cannot be said yet (a component that nobody has named) is left out."""
    try:
        return sitting.after(reply)
    except InputError:
        pass
    if reply.items is not None:
        def alone(item: Item, fact: tuple[str, object]) -> Reply:
            return replace(reply, items=(replace(item, facts=(fact,)),))

        rows = tuple(replace(i, facts=tuple(f for f in i.facts if _fits(sitting, alone(i, f)))) for i in reply.items)
        return sitting.after(replace(reply, items=rows))
    fits = {place: said for place, said in reply.facts.items() if _fits(sitting, replace(reply, facts={place: said}))}
    return sitting.after(replace(reply, facts=fits) if fits else Reply(reply.question, outcome="unknown"))


def _fits(sitting: Sitting, reply: Reply) -> bool:
    try:
        sitting.after(reply)
    except InputError:
        return False
    return True


def at_random(sitting: Sitting, truth: Stack, rng: random.Random, asked: Collection[str]) -> str:
    """The decision when the rest is answered at random; lists are as they are, what has no choices stays unknown.

    `asked` are the questions before: who could say only part of an answer then is not asked the same again.
    """
    for _ in range(MOST):
        question = next((q for q in sitting.plan.of("open") if q.id not in asked), None)
        if question is None:
            break
        n = len(question.form.choices)
        if question.form.lists is not None:
            sitting = answered(sitting, truth_of(question, truth))
        elif n:
            sitting = answered(sitting, Reply(question.id, each={r.id: rng.randrange(n) for r in question.refs}))
        else:
            sitting = answered(sitting, truth_of(question, truth))
        if any(q.id == question.id for q in sitting.plan.of("open")):
            sitting = sitting.after(Reply(question.id, outcome="unknown"))
    return sitting.figures.decision


# All of them -----------------------------------------------------------------------------------------------

def main(arguments: Sequence[str] | None = None) -> int:
    """Holds the sittings and prints a line each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("stacks", nargs="*", help="stack files; by default every sample")
    parser.add_argument("--completions", type=int, default=20, help="random completions of each sitting")
    parser.add_argument("--depth", default="standard", choices=("quick", "standard", "all"))
    parser.add_argument("--json", type=Path, help="write the figures there")
    wanted = parser.parse_args(arguments)
    paths = [Path(s) for s in wanted.stacks] or sorted(folder("sample_stacks").glob("*.yaml"))
    held_by, rows = rules(wanted.depth), []
    for path in paths:
        truth = read_stack(path)
        row: dict[str, object] = {"stack": path.stem, "steps": len(truth.by_kind["step"])}
        for code in (False, True):
            held = hold(begin(held_by, truth, code=code), truth)
            third = max(1, len(held.asked) // 3)
            then = held.decisions[third - 1] if held.decisions else held.sittings[0].figures.decision
            rng = random.Random(f"{path.stem}{code}")
            start = held.sittings[min(third, len(held.sittings) - 1)]
            ends = [at_random(start, truth, rng, held.asked[:third]) for _ in range(wanted.completions)]
            row["with code" if code else "without code"] = {
                "questions": len(held.asked), "decision": held.decisions[-1] if held.decisions else then,
                "fixed by the first third": sum(e == then for e in ends) / max(1, len(ends)), "asked": held.asked,
                "seconds an answer": round(held.seconds / max(1, len(held.asked)), 3)}
        rows.append(row)
        print(_line(row), flush=True)
    if wanted.json:
        wanted.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


def _line(row: dict[str, object]) -> str:
    parts = [f"{row['stack']!s:<24}{row['steps']!s:>3} steps"]
    for name in ("without code", "with code"):
        one = row[name]
        assert isinstance(one, dict)
        parts.append(f"{name}: {one['questions']:>3} questions, {one['decision']:<7}"
                     f"fixed by the first third {one['fixed by the first third']:.0%}, {one['seconds an answer']} CPU s each")
    return "   ".join(parts)


if __name__ == "__main__":
    sys.exit(main())
