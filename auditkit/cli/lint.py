"""`auditkit lint`: what is wrong with the audit itself, not with the agent."""

from __future__ import annotations

from datetime import date

import click

from auditkit.assessment import assess
from auditkit.cli import DONE, GATE
from auditkit.cli.files import checklist_of, on_date, read_targets, screen, today
from auditkit.formats.terminal import safe, wrapped
from auditkit.model.report import Problem


@click.command(no_args_is_help=True, short_help="what is wrong with the audit itself")
@click.argument("stack", metavar="STACK", type=click.Path())
@click.option("--workflow", metavar="NAME", help="Which one, where STACK is code with several workflows.")
@click.option("--checklist", default="reliability", metavar="NAME/FILE", help="Another checklist, by name or as a file.")
@click.option("--on", "on", callback=on_date, metavar="DATE", help="The day of the audit (today).")
def command(stack: str, workflow: str | None, checklist: str, on: date | None) -> int:
    """Check the audit: evidence that is missing or old, waivers, reasons, dates, steps that nothing leads to.

    With errors every report stays a draft, and the exit code is 10.

    \b
    Example:
      auditkit lint voice.yaml
    """
    report = assess(read_targets([stack], workflow), checklist_of(checklist, None), on=on or today())
    shown = screen()
    groups = list(dict.fromkeys(p.group for p in report.problems))
    for group in groups:
        click.echo(shown.bold(group))
        own = [p for p in report.problems if p.group == group]
        longest = max(len(_place(p)) for p in own)
        for problem in own:
            _say(problem, min(longest, 34))
        click.echo()
    errors = sum(p.level == "error" for p in report.problems)
    warnings = len(report.problems) - errors
    if not report.problems:
        click.echo("0 errors, 0 warnings. The audit is in order.")
        return DONE
    tail = " With errors every report stays a draft." if errors else ""
    click.echo(f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}.{tail}")
    return GATE if errors else DONE


def _place(problem: Problem) -> str:
    return f"{problem.path}:{problem.line}" if problem.line else problem.path


def _say(problem: Problem, width: int) -> None:
    indent = 2 + width + 2 + 9
    for i, line in enumerate(wrapped(problem.text, indent)):
        head = f"  {safe(_place(problem)):<{width}}  {problem.level:<9}" if i == 0 else " " * indent
        click.echo(head + line)
