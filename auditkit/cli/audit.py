"""`auditkit audit`: the decision, the list, the PDF."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from auditkit.assessment import assess
from auditkit.cli import COVERAGE, DONE, GATE, WAIVER, WRONG
from auditkit.cli.files import lensed, on_date, read_targets, row, screen, today
from auditkit.cli.outputs import Written, brand_of, check_endings, write_all
from auditkit.formats.terminal import show
from auditkit.model.report import Report

GATES = ("keep", "harden", "kill", "critical", "high", "unknown")


@click.command(no_args_is_help=True, short_help="the decision, the list, the PDF")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...", type=click.Path())
@click.option("-o", "--output", "outputs", multiple=True, metavar="FILE", type=click.Path(),
              help="Write a report; its ending says which kind: .pdf .html .md .json .csv. May be given several times.")
@click.option("--checklist", default="reliability", metavar="NAME/FILE", help="Another checklist, by name or as a file.")
@click.option("--lens", metavar="LENS", help="Only checks that relate to owasp-asi, eu-ai-act, nist-ai-rmf and others.")
@click.option("--on", "on", callback=on_date, metavar="DATE", help="The day of the audit (today).")
@click.option("--edition", type=click.Choice(["executive", "engineer", "auditor"]), default="auditor", show_default=True,
              help="For whom the report is.")
@click.option("--brand", metavar="FILE", type=click.Path(), help="Name and logo of who gives the report (YAML).")
@click.option("--fail-on", "gate", type=click.Choice(GATES), metavar="RULE",
              help="Exit 10 when the decision is harden or kill (harden), kill (kill), not a plain keep (keep), or when a "
                   "critical or high finding is open (critical, high) or not known (unknown).")
@click.option("--min-coverage", type=click.FloatRange(0, 100), metavar="PERCENT",
              help="Exit 12 when fewer of the checks that apply are decided.")
@click.option("--print", "only_print", is_flag=True, help="Print the decision and write no file.")
@click.option("-v", "--verbose", is_flag=True, help="Show every finding and every check.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what was written, and errors.")
def command(targets: tuple[str, ...], outputs: tuple[str, ...], checklist: str, lens: str | None, on: date | None,
            edition: str, brand: str | None, gate: str | None, min_coverage: float | None, only_print: bool, verbose: bool,
            quiet: bool) -> int:
    """Decide on a described workflow: keep, kill or harden, and why.

    TARGET is a stack file, or several that describe one workflow. Prints the decision, the list and what is
    not known. Without -o it writes NAME-audit.pdf into this folder.

    \b
    Examples:
      auditkit audit voice.yaml
      auditkit audit voice.yaml -o voice.pdf -o voice.json
      auditkit audit voice.yaml --fail-on kill -o voice.md     in CI
    """
    wanted = [Path(name) for name in outputs] or ([] if only_print else [Path(f"{Path(targets[0]).stem}-audit.pdf")])
    check_endings(wanted)
    shown = brand_of(brand)
    report = assess(read_targets(targets), lensed(checklist, lens), on=on or today(), lens=lens)
    if not quiet:
        click.echo(show(report, screen(), verbose=verbose))
    written = write_all(report, wanted, edition=edition, brand=shown)
    for line in _closing(report, targets[0], written, gate):
        click.echo(line)
    return exit_code(report, written, gate, min_coverage)


def _closing(report: Report, target: str, written: Sequence[Written], gate: str | None) -> list[str]:
    lines = [row("Wrote", str(w.path), w.said) for w in written if w.error is None]
    for lost in (w for w in written if w.error is not None):
        lines += [f"Not written {lost.path}: {lost.error}", *([f"{'':12}{lost.install}"] if lost.install else [])]
    if report.status == "draft" and any(p.level == "error" for p in report.problems):
        lines.append(row("Draft", f"auditkit lint {target}", "says why"))
    if gate and not gate_met(report, gate):
        lines.append(f"Gate        not met: --fail-on {gate}, and the decision is {report.verdict.decision.upper()} "
                     f"(rule {report.verdict.rule}).")
        blocking = [i.check for i in report.issues if i.severity == "critical" and i.status == "open"]
        if blocking:
            lines.append(f"{'':12}In the way: {', '.join(blocking)}")
    saved = next((w.path for w in written if w.error is None and w.path.suffix == ".json"), None)
    lost_pdf = next((w.path for w in written if w.error and w.path.suffix == ".pdf"), None)
    if saved and lost_pdf:
        lines.append(row("Next", f"auditkit report {saved} -o {lost_pdf}", "  no new judgement"))
    else:
        worst = report.issues[0].check if report.issues else report.checklist.checks[0].id
        more = "   why, and what would pass" if len(target) < 24 else ""
        lines.append(row("Next", f"auditkit explain {worst} {target}", more))
    return lines


def gate_met(report: Report, gate: str) -> bool:
    """Whether a report passes a gate of CI."""
    if gate == "kill":
        return report.verdict.decision != "kill"
    if gate == "harden":
        return report.verdict.decision == "keep"
    if gate == "keep":
        return report.verdict.decision == "keep" and report.verdict.act is None
    if gate == "unknown":
        return not report.coverage.provisional
    levels = ("critical",) if gate == "critical" else ("critical", "high")
    return not any(i.severity in levels and i.status == "open" for i in report.issues)


def exit_code(report: Report, written: Sequence[Written], gate: str | None, min_coverage: float | None) -> int:
    """What the command ends with; what could not be written weighs most."""
    if any(w.error for w in written):
        return WRONG
    if gate and not gate_met(report, gate):
        return GATE
    if any(w.status == "expired" for w in report.waivers):
        return WAIVER
    asked = report.coverage.checks - report.coverage.not_applicable
    if min_coverage is not None and asked and 100 * report.coverage.decided / asked < min_coverage:
        click.echo(f"Coverage    {report.coverage.decided} of {asked} checks are decided, under {min_coverage:g}%.")
        return COVERAGE
    return DONE
