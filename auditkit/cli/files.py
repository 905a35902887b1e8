"""Reading targets and writing outputs: the rim, where files are touched."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditkit.errors import InputError, NothingToAudit, Problem
from auditkit.formats.terminal import Screen
from auditkit.model.facts import Stack
from auditkit.syntax.words import did_you_mean

if TYPE_CHECKING:
    from auditkit.checklist.checks import Checklist
    from auditkit.model.coverage import Coverage
    from auditkit.sources.inspection import Inspection


def on_date(_ctx: click.Context, _param: click.Parameter, value: str | None) -> date | None:
    """The day that an option names, written 2026-11-20. Fails with a hint for anything else."""
    if value is None:
        return None
    try:
        day = datetime.strptime(value, "%Y-%m-%d").astimezone().date()
        if not 2000 <= day.year <= 2199:
            raise ValueError
        return day
    except (ValueError, OverflowError, OSError):
        raise click.BadParameter(f"a day is written 2026-11-20, not {value[:20]!r}") from None


def today() -> date:
    """The day on this machine; the only clock, read at the rim."""
    return datetime.now().astimezone().date()


@dataclass(frozen=True)
class Read:
    """What the targets hold: one stack, or one for each workflow that was drawn; and what was read of code."""

    stacks: tuple[Stack, ...]
    inspection: Inspection | None = None
    code: str | None = None
    """The target that is code, as the user named it."""

    @property
    def coverage(self) -> Coverage | None:
        """What was looked at in code."""
        return self.inspection.coverage if self.inspection else None


def read_targets(targets: Sequence[str], workflow: str | None = None) -> Stack:
    """The one stack that all targets describe together. Raises InputError with every problem, or NothingToAudit."""
    found = read_all(targets, workflow)
    if len(found.stacks) > 1:
        from auditkit.cli.code import which

        raise which(found.stacks, targets[0], f"auditkit audit {targets[0]}")
    return found.stacks[0]


def read_all(targets: Sequence[str], workflow: str | None = None) -> Read:
    """What all targets say: stack files joined, and bound to code where there is some.

    Raises InputError with every problem, or NothingToAudit.
    """
    problems: list[Problem] = []
    declared: list[Stack] = []
    code: list[str] = []
    for target in targets:
        if _is_code(target):
            code.append(target)
            continue
        try:
            from auditkit.sources.stack_file import read_stack

            declared.append(read_stack(target))
        except InputError as error:
            problems += error.problems
    if len(code) > 1:
        problems.append(Problem(code[1], 0, "is a second folder or export, and one audit is of one",
                                f"audit it apart from {code[0]}"))
    if problems:
        raise InputError(*problems)
    stack = reduce(or_, declared) if declared else None
    if not code:
        assert stack is not None
        if not stack.components[1:] and not stack.facts:
            raise NothingToAudit(f"{targets[0]}: nothing to audit. It describes no step and states no fact.\n"
                                 "This is not a clean result: nothing was assessed and nothing was written.\n"
                                 "Next        auditkit init voice.yaml              start from a template")
        return Read((stack,))
    return _with_code(stack, code[0], workflow)


def _is_code(target: str) -> bool:
    """Whether a target is code; the readers of code are loaded only when it may be."""
    if Path(target).suffix in (".yaml", ".yml", "") and not Path(target).is_dir() and not Path(target).exists():
        return False
    from auditkit.cli.code import is_code

    return is_code(target)


def _with_code(declared: Stack | None, target: str, workflow: str | None) -> Read:
    from auditkit.cli.code import named, read_code
    from auditkit.sources.binding import bind

    found = read_code(target)
    one = named(found.stacks, workflow, target)
    if declared is None:
        return Read((one,) if one is not None else found.stacks, found, target)
    return Read((bind(declared, found.stacks, one.name if workflow and one else None),), found, target)


def checklist_of(name: str, lens: str | None) -> Checklist:
    """A checklist by name or file, only what a lens shows. Raises InputError."""
    from auditkit.checklist.checks import through

    checklist = lensed(name, lens)
    return checklist if lens is None else through(checklist, lens)


def lensed(name: str, lens: str | None) -> Checklist:
    """A whole checklist by name or file, to be looked at through a lens that exists. Raises InputError."""
    from auditkit.checklist.checks import LENSES
    from auditkit.checklist.load import load_checklist

    checklist = load_checklist(name)
    if lens is not None and lens not in LENSES:
        meant = did_you_mean(lens, LENSES)
        hint = f"did you mean '{meant}'?" if meant else f"there are {', '.join(LENSES)}"
        raise InputError(Problem("--lens", 0, f"no lens {lens!r}", hint))
    return checklist


def write(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all: beside it first, then moved into its place. Raises OSError."""
    from auditkit.sources.stack_file.saving import replace_file

    replace_file(path, data)


def screen() -> Screen:
    """What the terminal behind stdout can show."""
    stream = sys.stdout
    shown = stream.isatty() and os.environ.get("TERM") != "dumb"
    utf8 = (getattr(stream, "encoding", "") or "").lower().replace("-", "") == "utf8"
    return Screen(colour=shown and "NO_COLOR" not in os.environ, unicode=shown and utf8)


def row(word: str, text: str, more: str = "") -> str:
    """A line of the kind `Wrote       voice-audit.pdf   17 pages`."""
    return f"{word:<12}{text}" + (f"{' ' * max(1, 18 - len(text))}{more}" if more else "")
