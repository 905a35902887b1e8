"""Reading code and exports at the rim: which targets are code, progress on the way, and what an empty result says."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from auditkit.cli.failures import reason
from auditkit.errors import InputError, NothingToAudit, Problem
from auditkit.formats.coverage import coverage_sentences
from auditkit.formats.terminal import HANG, WIDTH, safe, wrapped
from auditkit.model.coverage import Coverage
from auditkit.model.facts import Stack
from auditkit.model.receipts import Inspected
from auditkit.sources.inspection import Inspection, inspect_code
from auditkit.syntax.words import did_you_mean, listed

SLOW_S = 2.0
"""After so many seconds a terminal is told what is being done."""
MOST_FAILED = 6
_CODE = (".py", ".ipynb")
_STACK_KEY = re.compile(rb'(?m)^["{\s]*stack["\']?\s*:')
_EXPORT_KEY = re.compile(rb'(?m)^(?:app|kind|workflow|nodes)\s*:')


def is_code(target: str) -> bool:
    """Whether a target is a folder, a source file or a workflow export, and not a stack file."""
    path = Path(target)
    if path.is_dir() or path.suffix in _CODE:
        return path.exists()
    if path.suffix not in (".json", ".yaml", ".yml") or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            start = file.read(200_000)
    except OSError:
        return False
    if path.suffix == ".json":
        return b'"nodes"' in start or not re.search(rb'"stack"\s*:', start)
    return bool(_EXPORT_KEY.search(start)) and not _STACK_KEY.search(start)


def read_code(target: str) -> Inspection:
    """What was drawn from a folder, a source file or an export. Raises InputError, or NothingToAudit."""
    try:
        with _progress() as tell:
            found = inspect_code(Path(target), progress=tell)
    except OSError as error:
        raise InputError(Problem(target, 0, f"cannot be read: {reason(error)}", "is this the right path?")) from None
    if not found.stacks:
        raise Empty(target, found.coverage)
    return replace(found, stacks=told_apart(found.stacks))


def told_apart(stacks: Sequence[Stack]) -> tuple[Stack, ...]:
    """The workflows under names that differ, since a name is what chooses one, and what its file is called."""
    taken: set[str] = set()
    made = []
    for stack in stacks:
        name, n = stack.name, 2
        while name.lower() in taken:
            name, n = f"{stack.name}_{n}", n + 1
        taken.add(name.lower())
        made.append(stack if name == stack.name else stack.having(name=name))
    return tuple(made)


class Empty(NothingToAudit):
    """Code was read and no workflow was met in it."""

    def __init__(self, target: str, coverage: Coverage) -> None:
        self.coverage = coverage
        super().__init__(nothing_found(target, coverage))


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A line on a terminal's stderr that tells how far a long reading is."""
    began, told = time.monotonic(), 0.0
    width = 0

    def tell(what: str, done: int, total: int) -> None:
        nonlocal told, width
        now = time.monotonic()
        if now - began < SLOW_S or now - told < 0.2 or not sys.stderr.isatty():
            return
        told = now
        share = f" {100 * done // total}%" if total else ""
        line = f"{safe(what)[:50].capitalize()}{share} ..."
        click.echo(f"\r{line:<{width}}", err=True, nl=False)
        width = max(width, len(line))

    yield tell
    if width:
        click.echo(f"\r{'':<{width}}\r", err=True, nl=False)


def nothing_found(target: str, coverage: Coverage) -> str:
    """Why nothing was found: what was seen, read and left out; an empty result is never a clean one."""
    head = f"{safe(target)}: nothing to audit. {coverage.seen:,} file{'s' * (coverage.seen != 1)} seen, " \
           f"{coverage.files_read:,} read."
    lines = wrapped(head, 0)
    more = coverage_sentences(coverage)[1:] if coverage.seen else []
    lines += wrapped(" ".join(more), 0) if more else []
    if coverage.files_read and not coverage.failed:
        lines += wrapped("No agent, graph, crew or workflow was met in them. If there is one, this version does not know its "
                         "library.", 0)
    for gap in coverage.failed[:MOST_FAILED]:
        lines += wrapped(f"{gap.path}{f':{gap.line}' if gap.line else ''}: {gap.reason}", 0)
    lines += ["This is not a clean result: nothing was assessed and nothing was written.",
              "Next        auditkit init voice.yaml              start from a template"]
    return "\n".join(lines)


def named(stacks: Sequence[Stack], workflow: str | None, target: str) -> Stack | None:
    """The workflow of that name, or the only one that begins so; the only one when none is named; None when one would
    have to be named.

    Raises InputError when there is none of that name.
    """
    if workflow is None:
        return stacks[0] if len(stacks) == 1 else None
    found = next((s for s in stacks if s.name == workflow), None)
    alike = [s for s in stacks if s.name.lower() == workflow.lower()] or [
        s for s in stacks if s.name.lower().startswith(workflow.lower())]
    if found is None and len(alike) == 1:
        return alike[0]
    if found is None:
        names = [s.name for s in stacks]
        meant = did_you_mean(workflow, names)
        hint = f"did you mean '{meant}'?" if meant else f"there {'is' if len(names) == 1 else 'are'} {listed(_few(names), 'and')}"
        raise InputError(Problem(target, 0, f"no workflow {workflow!r} in it", hint))
    return found


def _few(names: Sequence[str]) -> list[str]:
    return [*names[:8], f"{len(names) - 8} more"] if len(names) > 9 else list(names)


def which(stacks: Sequence[Stack], target: str, command: str) -> InputError:
    """Several workflows where one is wanted: their names, and the line to type."""
    hint = f"name one, such as: {command} --workflow {stacks[0].name}"
    return InputError(Problem(target, 0, f"{len(stacks)} workflows: {listed(_few([s.name for s in stacks]), 'and')}", hint))


def place_of(stack: Stack) -> str:
    """Where a workflow is: the first place of the whole, else of its first component."""
    return next((f"{r.path}:{r.line}" for c in stack.components for r in c.receipts if isinstance(r, Inspected)), "")


def steps_in_words(stack: Stack) -> str:
    """How many steps a workflow has."""
    n = len(stack.by_kind["step"])
    return f"{n} step{'s' if n != 1 else ' '}"


def workflow_rows(stacks: Sequence[Stack], most: int = 40) -> list[str]:
    """One line a workflow: its name, how many steps, where."""
    shown = stacks[:most]
    width = min(32, max((len(safe(s.name)) for s in shown), default=0))
    rows = []
    for stack in shown:
        name, place = safe(stack.name), safe(place_of(stack))
        start = f"{name:<{width}}  {steps_in_words(stack):>9}   "
        room = WIDTH - HANG - len(start)
        if room < min(len(place), 16):      # a name is what one types, so it is never cut
            rows += [name] if len(name) > width else []
            start = f"{'' if len(name) > width else name:<{width}}  {steps_in_words(stack):>9}   "
            room = WIDTH - HANG - len(start)
        rows.append(start + (place if len(place) <= room else f"...{place[len(place) - room + 3:]}"))
    if len(stacks) > most:
        rows.append(f"and {len(stacks) - most} more: auditkit inspect lists them all")
    return rows
