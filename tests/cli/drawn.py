"""An inspection made by hand, for the commands that show one."""

from __future__ import annotations

from pathlib import Path

from auditkit.model.coverage import Coverage
from auditkit.model.facts import Component, Fact, Gap, Stack
from auditkit.model.receipts import Inspected
from auditkit.sources.inspection import Inspection
from auditkit.sources.inspection.folder import Folder

COVERAGE = Coverage(
    root="assistant", commit="758db71758db71758db71758db71758db71758db", seen=28, read=(("Python", 18), ("JSON", 5)),
    skipped=(("ignored by .gitignore", 1),), others=(("Markdown", 2), ("other", 2)), libraries=("Google API", "LangGraph"),
    failed=(Gap(path="eaia/old.py", line=3, reason="does not parse"),),
    constructors=(("langgraph.graph.StateGraph", 2, 2), ("langgraph.types.Odd", 1, 0)))


def at(path: str, line: int) -> Inspected:
    """A place in the code."""
    return Inspected(path=path, line=line, commit=COVERAGE.commit, rule="made.by_hand")


def workflow(name: str, steps: int = 2, line: int = 190) -> Stack:
    """A workflow of some steps, with an action that sends mail and no gate."""
    path = f"eaia/{name}.py"
    parts = [Component(kind="system", id="system", receipts=(at(path, line),)),
             *(Component(kind="step", id=f"step_{n}", receipts=(at(path, line + n),)) for n in range(1, steps + 1)),
             Component(kind="action", id="send_email", receipts=(at("eaia/gmail.py", 152),))]
    facts = [("system", "system", "name", name), ("step", "step_1", "decider", "model"), ("action", "send_email", "effect", "message"),
             ("action", "send_email", "step", "step_1"), ("action", "send_email", "gate", "none")]
    return Stack(name=name, components=tuple(parts), gaps=(Gap(path=path, line=7, reason="a dynamic import"),),
                 facts=tuple(Fact(kind=k, id=i, key=key, value=v, receipt=at(path, line + 1)) for k, i, key, v in facts))


def inspection(*stacks: Stack, coverage: Coverage = COVERAGE) -> Inspection:
    """What `inspect_code` would give."""
    return Inspection(stacks, coverage, (), Folder(Path()))
