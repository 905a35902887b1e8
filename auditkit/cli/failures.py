"""What went wrong, in words on stderr: place, problem, hint, and the line with the mistake marked."""

from __future__ import annotations

import os
import traceback

import click

from auditkit.cli import BUG, NOTHING, WRONG
from auditkit.errors import InputError, MissingLibrary, NothingToAudit, Problem
from auditkit.formats.terminal import WIDTH, safe, wrapped

MOST_SHOWN = 40
NUMBER = 6


def explain_failure(error: BaseException) -> int:
    """Says what went wrong; gives the exit code. What nobody foresaw is a bug and says so."""
    match error:
        case InputError():
            show_problems(error)
            return WRONG
        case NothingToAudit():
            click.echo(str(error), err=True)
            return NOTHING
        case MissingLibrary():
            click.echo(str(error), err=True)
            return WRONG
        case OSError():
            click.echo(f"{error.filename or 'the file'}: {reason(error)}", err=True)
            return WRONG
        case _:
            return _bug(error)


def show_problems(error: InputError, done: str = "Nothing was audited.") -> None:
    """All problems of an input, each with its place, and how many there are."""
    for problem in error.problems[:MOST_SHOWN]:
        for line in problem_lines(problem):
            click.echo(line, err=True)
    count = len(error.problems)
    more = f" The first {MOST_SHOWN} are shown." if count > MOST_SHOWN else ""
    click.echo(f"{count} problem{'s' if count != 1 else ''}. {done}{more}", err=True)


def problem_lines(problem: Problem) -> list[str]:
    """A problem as it stands on the screen: wrapped under its place, the mistake underlined."""
    place = safe(f"{problem.path}:{problem.line}" if problem.line else problem.path) + ": "
    text = safe(problem.text + (f"; {problem.hint}" if problem.hint else ""))
    indent = min(len(place), 24)
    lines = wrapped(place + text, 0) if len(place + text) <= WIDTH else _hanging(place, text, indent)
    if problem.excerpt and problem.line:
        shown = safe(problem.excerpt.rstrip().replace("\t", " "))[:WIDTH - NUMBER - 3]
        lines.append(f"{problem.line:>{NUMBER}} | {shown}")
        if problem.column and problem.column <= len(shown):
            length = max(1, min(problem.length or 1, len(shown) - problem.column + 1))
            lines.append(f"{'':>{NUMBER}} | {' ' * (problem.column - 1)}{'^' * length}")
    return lines


def _hanging(place: str, text: str, indent: int) -> list[str]:
    first, *rest = wrapped(place + text, 0)
    return [first, *(" " * indent + line for line in wrapped(" ".join(rest), indent))] if rest else [first]


def reason(error: OSError) -> str:
    """Why a file could not be read or written, without the system's number."""
    return (error.strerror or "it could not be used").lower()


def _bug(error: BaseException) -> int:
    click.echo(f"This is a bug in AuditKit, not in your file: {type(error).__name__}: {safe(str(error))[:200]}", err=True)
    if os.environ.get("AUDITKIT_DEBUG"):
        click.echo("".join(traceback.format_exception(error)), err=True)
    else:
        click.echo("Please report it, with what AUDITKIT_DEBUG=1 prints when you run the same command.", err=True)
    return BUG
