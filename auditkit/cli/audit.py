"""`auditkit audit`: the decision, the list, the PDF."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from auditkit.assessment import assess
from auditkit.checklist.checks import Checklist
from auditkit.cli import COVERAGE, DONE, GATE, WAIVER, WRONG
from auditkit.cli.files import Read, lensed, on_date, read_all, row, screen, today
from auditkit.cli.outputs import Written, brand_of, check_endings, write_all
from auditkit.formats.terminal import Screen, label, show, wrapped
from auditkit.model.report import Report

MOST_PDFS = 4
"""Of so many workflows each gets its own PDF; of more only the one that is printed."""
MOST_OTHERS = 12
ORDER = ("kill", "harden", "keep")
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
@click.option("--workflow", metavar="NAME", help="Only this one, where the code holds several workflows.")
@click.option("--fail-on", "gate", type=click.Choice(GATES), metavar="RULE",
              help="Exit 10 when the decision is harden or kill (harden), kill (kill), not a plain keep (keep), or when a "
                   "critical or high finding is open (critical, high) or not known (unknown).")
@click.option("--min-coverage", type=click.FloatRange(0, 100), metavar="PERCENT",
              help="Exit 12 when fewer of the checks that apply are decided.")
@click.option("--print", "only_print", is_flag=True, help="Print the decision and write no file.")
@click.option("-v", "--verbose", is_flag=True, help="Show every finding and every check.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what was written, and errors.")
def command(targets: tuple[str, ...], outputs: tuple[str, ...], checklist: str, lens: str | None, on: date | None,
            edition: str, brand: str | None, workflow: str | None, gate: str | None, min_coverage: float | None,
            only_print: bool, verbose: bool, quiet: bool) -> int:
    """Decide on a workflow: keep, kill or harden, and why.

    TARGET is a stack file, a folder of code, a workflow export, or a stack file together with the code it describes.
    Prints the decision, the list and what is not known. Without -o it writes NAME-audit.pdf into this folder. Code
    with several workflows is audited one by one: the worst is printed, each gets its own file.

    \b
    Examples:
      auditkit audit voice.yaml
      auditkit audit ./repo
      auditkit audit voice.yaml ./repo         what is said against what is there
      auditkit audit voice.yaml -o voice.pdf -o voice.json
      auditkit audit voice.yaml --fail-on kill -o voice.md     in CI
    """
    wanted = [Path(name) for name in outputs] or ([] if only_print else [Path(f"{_stem(targets[0])}-audit.pdf")])
    check_endings(wanted)
    shown = brand_of(brand)
    read = read_all(targets, workflow)
    reports = _assessed(read, lensed(checklist, lens), on or today(), lens)
    main, others = reports[0], reports[1:]
    if not quiet:
        click.echo(show(main, screen(), verbose=verbose, workflows=_workflows(read, screen())), nl=False)
        if verbose:
            for report in others:      # what was read stands above, once
                click.echo("\n" + show(report.model_copy(update={"inspection": None}), screen(), verbose=True), nl=False)
        else:
            for line in _others(others, screen()):
                click.echo(line)
        click.echo()
    written = write_all(main, wanted, edition=edition, brand=shown)
    for report in others:
        own = [_beside(path, report) for path in wanted if path.suffix != ".pdf" or len(others) < MOST_PDFS]
        written += write_all(report, own, edition=edition, brand=shown)
    for line in _closing(reports, read, targets, written, gate):
        click.echo(line)
    return max((exit_code(r, written, gate, min_coverage) for r in reports), key=_weight)


def _stem(target: str) -> str:
    """What the files about a target are called."""
    path = Path(target)
    return path.resolve().name if path.is_dir() else path.stem


def _assessed(read: Read, checklist: Checklist, on: date, lens: str | None) -> list[Report]:
    """A report on each workflow, the worst and largest first."""
    sources = None
    if read.code is not None:
        from auditkit.sources.inspection.sources import Sources

        sources = Sources(Path(read.code))
    found = [assess(stack, checklist, on=on, lens=lens, sources=sources, inspection=read.coverage) for stack in read.stacks]
    return sorted(found, key=lambda r: (ORDER.index(r.verdict.decision), -len(r.stack.by_kind["step"])))


def _workflows(read: Read, shown: Screen) -> list[str]:
    """All workflows of the code, where there are several."""
    if read.inspection is None or len(read.inspection.stacks) < 2:
        return []
    from auditkit.cli.code import workflow_rows

    return list(label("Workflows", workflow_rows(read.inspection.stacks, MOST_OTHERS), shown))


def _others(others: Sequence[Report], shown: Screen) -> list[str]:
    """One line on each workflow that is not printed in full."""
    if not others:
        return []
    lines = []
    for report in others[:MOST_OTHERS]:
        heavy = [i for i in report.issues if i.severity in ("critical", "high") and i.status == "open"]
        checks = ", ".join(i.check for i in heavy[:4]) + (f" and {len(heavy) - 4} more" if len(heavy) > 4 else "")
        said = f"rule {report.verdict.rule}" + (f"; {checks}" if checks else "")
        lines += wrapped(f"{report.verdict.decision.upper():<8}{report.stack.name}: {said}")
    if len(others) > MOST_OTHERS:
        lines.append(f"and {len(others) - MOST_OTHERS} more")
    return ["", *label("The others", [*lines, f"in full with -v, or one of them with --workflow {others[0].stack.name}"], shown)]


def _beside(path: Path, report: Report) -> Path:
    """The file of another workflow, beside that of the first."""
    return path.with_name(f"{path.stem}-{report.stack.name}{path.suffix}")


def _weight(code: int) -> int:
    """What could not be written weighs most, then a gate that is not met, an expired waiver, too little coverage."""
    return (DONE, COVERAGE, WAIVER, GATE, WRONG).index(code)


def _closing(reports: Sequence[Report], read: Read, targets: Sequence[str], written: Sequence[Written],
             gate: str | None) -> list[str]:
    report, target = reports[0], targets[0]
    lines = [row("Wrote", str(w.path), w.said) for w in written if w.error is None]
    if len(reports) > MOST_PDFS and any(w.path.suffix == ".pdf" for w in written):
        lines.append(f"{'':12}The PDF is of {report.stack.name}; for another: --workflow {reports[1].stack.name}")
    for lost in (w for w in written if w.error is not None):
        lines += [f"Not written {lost.path}: {lost.error}", *([f"{'':12}{lost.install}"] if lost.install else [])]
    if report.status == "draft" and any(p.level == "error" for p in report.problems):
        lines.append(row("Draft", f"auditkit lint {target}", "says why"))
    for missed in [r for r in reports if gate and not gate_met(r, gate)][:4]:
        lines += _missed(missed, str(gate), several=len(reports) > 1)
    return [*lines, *_next(report, read, target, written)]


def _missed(report: Report, gate: str, *, several: bool) -> list[str]:
    """Which gate was not met, and what is in the way."""
    of = f" of {report.stack.name}" if several else ""
    lines = [f"Gate        not met: --fail-on {gate}, and the decision{of} is {report.verdict.decision.upper()} "
             f"(rule {report.verdict.rule})."]
    blocking = [i.check for i in report.issues if i.severity == "critical" and i.status == "open"]
    return [*lines, *([f"{'':12}In the way: {', '.join(blocking)}"] if blocking else [])]


def _next(report: Report, read: Read, target: str, written: Sequence[Written]) -> list[str]:
    """What to type next."""
    saved = next((w.path for w in written if w.error is None and w.path.suffix == ".json"), None)
    lost_pdf = next((w.path for w in written if w.error and w.path.suffix == ".pdf"), None)
    if saved and lost_pdf:
        return [row("Next", f"auditkit report {saved} -o {lost_pdf}", "  no new judgement")]
    if read.code == target:
        which = f" --workflow {report.stack.name}" if len(read.stacks) > 1 else ""
        return [row("Next", f"auditkit inspect {target}{which} -o stack.yaml"),
                row("", f"then answer the rest: auditkit interview stack.yaml {target}")]
    worst = report.issues[0].check if report.issues else report.checklist.checks[0].id
    more = "   why, and what would pass" if len(target) < 24 else ""
    return [row("Next", f"auditkit explain {worst} {target}", more)]


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
