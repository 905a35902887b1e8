"""Reading targets and writing outputs: the rim, where files are touched."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import click

from auditkit.checklist.checks import LENSES, Checklist, through
from auditkit.checklist.load import load_checklist
from auditkit.errors import InputError, NothingToAudit, Problem
from auditkit.formats.terminal import Screen
from auditkit.model.facts import Stack
from auditkit.sources.stack_file import read_stack
from auditkit.syntax.words import did_you_mean


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


def read_targets(targets: Sequence[str]) -> Stack:
    """The stack that all targets describe together. Raises InputError with every problem, or NothingToAudit."""
    problems: list[Problem] = []
    stacks: list[Stack] = []
    for target in targets:
        if Path(target).is_dir():
            _not_a_folder(target)
        try:
            stacks.append(read_stack(target))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(*problems)
    stack = stacks[0]
    for other in stacks[1:]:
        stack = stack | other
    if not stack.components[1:] and not stack.facts:
        raise NothingToAudit(f"{targets[0]}: nothing to audit. It describes no step and states no fact.\n"
                             "This is not a clean result: nothing was assessed and nothing was written.\n"
                             "Next        auditkit init voice.yaml              start from a template")
    return stack


def _not_a_folder(target: str) -> None:
    """Code is not read yet; say so, and never look like a clean result."""
    empty = not any(Path(target).iterdir())
    if empty:
        raise NothingToAudit(f"{target}: nothing to audit. 0 files seen, 0 read.\n"
                             "This is not a clean result: nothing was assessed and nothing was written.\n"
                             "Next        auditkit init voice.yaml              start from a template")
    raise InputError(Problem(target, 0, "is a folder; this version audits stack files",
                             "describe the workflow first: auditkit init voice.yaml"))


def checklist_of(name: str, lens: str | None) -> Checklist:
    """A checklist by name or file, only what a lens shows. Raises InputError."""
    checklist = lensed(name, lens)
    return checklist if lens is None else through(checklist, lens)


def lensed(name: str, lens: str | None) -> Checklist:
    """A whole checklist by name or file, to be looked at through a lens that exists. Raises InputError."""
    checklist = load_checklist(name)
    if lens is not None and lens not in LENSES:
        meant = did_you_mean(lens, LENSES)
        hint = f"did you mean '{meant}'?" if meant else f"there are {', '.join(LENSES)}"
        raise InputError(Problem("--lens", 0, f"no lens {lens!r}", hint))
    return checklist


def write(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all: beside it first, then moved into its place. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent or Path())
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def screen() -> Screen:
    """What the terminal behind stdout can show."""
    stream = sys.stdout
    shown = stream.isatty() and os.environ.get("TERM") != "dumb"
    utf8 = (getattr(stream, "encoding", "") or "").lower().replace("-", "") == "utf8"
    return Screen(colour=shown and "NO_COLOR" not in os.environ, unicode=shown and utf8)


def row(word: str, text: str, more: str = "") -> str:
    """A line of the kind `Wrote       voice-audit.pdf   17 pages`."""
    return f"{word:<12}{text}" + (f"{' ' * max(1, 18 - len(text))}{more}" if more else "")
