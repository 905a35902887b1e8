"""`auditkit checks`: list or lint the checklist."""

from __future__ import annotations

import click
from tabulate import tabulate

from auditkit.checklist.lint import lint
from auditkit.checklist.load import load_checklist
from auditkit.cli import DONE, WRONG
from auditkit.cli.examples import example_problems
from auditkit.cli.failures import problem_lines
from auditkit.cli.files import checklist_of, screen


@click.group(invoke_without_command=True, short_help="list or lint the checklist")
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the checks, or prove that a checklist is sound.

    \b
    Examples:
      auditkit checks list
      auditkit checks list --lens owasp-asi
      auditkit checks lint my_checks.yaml
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_checks)


@command.command("list", short_help="the checks, a line each")
@click.option("--checklist", default="reliability", metavar="NAME/FILE", help="Another checklist, by name or as a file.")
@click.option("--lens", metavar="LENS", help="Only checks that relate to owasp-asi, eu-ai-act, nist-ai-rmf and others.")
def list_checks(checklist: str = "reliability", lens: str | None = None) -> int:
    """The checks by pillar: id, what it asks for, severity, effort, what it is asked of.

    \b
    Example:
      auditkit checks list --lens eu-ai-act
    """
    found, shown = checklist_of(checklist, lens), screen()
    for pillar in found.pillars:
        own = [c for c in found.checks if c.pillar == pillar]
        if own:
            click.echo(shown.bold(pillar))
            rows = [[c.id, c.short, c.severity, c.effort, c.about.replace("_", " ")] for c in own]
            click.echo(tabulate(rows, tablefmt="plain", colalign=("left", "left", "left", "left", "left")))
            click.echo()
    seen = f", seen through {lens}" if lens else ""
    click.echo(f"{len(found.checks)} checks: {found.name} {found.version}{seen}.   auditkit explain ID shows one.")
    return DONE


@command.command("lint", short_help="prove that a checklist is sound")
@click.argument("file", metavar="[FILE]", default="reliability")
def lint_checks(file: str) -> int:
    """Prove for a whole checklist: known keys, outcomes reachable and exclusive, never a worse outcome for a
    better value, text limits; and run every example.

    \b
    Example:
      auditkit checks lint my_checks.yaml
    """
    found = load_checklist(file)
    problems = (*lint(found), *example_problems(found))
    for problem in problems:
        for line in problem_lines(problem):
            click.echo(line)
    examples = sum(len(c.examples) for c in found.checks)
    if problems:
        click.echo(f"{len(problems)} problem{'s' * (len(problems) != 1)} in {len(found.checks)} checks.")
        return WRONG
    click.echo(f"{len(found.checks)} checks are sound: every outcome can be reached, outcomes exclude each other, no better\n"
               f"value gives a worse outcome, and all {examples} examples come out as they say.")
    return DONE
