"""`auditkit explain`: one check, in the order of a person who disagrees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import click

from auditkit.assessment import assess
from auditkit.checklist.checks import Check
from auditkit.checklist.reads import reads
from auditkit.cli import DONE
from auditkit.cli.files import checklist_of, on_date, read_targets, screen, today
from auditkit.errors import InputError, Problem
from auditkit.formats.terminal import HANG, WIDTH, Screen, label, safe, wrapped
from auditkit.model.report import Report
from auditkit.syntax.words import did_you_mean


@click.command(no_args_is_help=True, short_help="one check: why, criteria, fix, done when")
@click.argument("check_id", metavar="ID")
@click.argument("stack", metavar="[STACK]", required=False, type=click.Path())
@click.option("--workflow", metavar="NAME", help="Which one, where STACK is code with several workflows.")
@click.option("--checklist", default="reliability", metavar="NAME/FILE", help="Another checklist, by name or as a file.")
@click.option("--on", "on", callback=on_date, metavar="DATE", help="The day of the audit (today).")
def command(check_id: str, stack: str | None, workflow: str | None, checklist: str, on: date | None) -> int:
    """What a check asks, why, what passes, how to get there and how that is proved. With STACK also where that
    workflow stands, with its receipts.

    \b
    Examples:
      auditkit explain ACT-02
      auditkit explain ACT-02 voice.yaml
    """
    found = checklist_of(checklist, None)
    check = found.check(check_id.upper())
    if check is None:
        meant = did_you_mean(check_id.upper(), [c.id for c in found.checks])
        hint = f"did you mean {meant}?" if meant else "'auditkit checks list' shows all"
        raise InputError(Problem(check_id, 0, f"no check of that id in {found.name}", hint))
    shown = screen()
    standing = list(_standing(assess(read_targets([stack], workflow), found, on=on or today()), check, shown)) if stack else []
    for line in (*_explained(check, shown), *(["", *standing] if standing else [])):
        click.echo(line)
    return DONE


def _explained(check: Check, shown: Screen) -> Iterator[str]:
    weight = f"{check.severity}, effort {check.effort}"
    yield shown.bold(check.id) + " " * (HANG - len(check.id)) + f"{check.name:<{WIDTH - HANG - len(weight)}}{weight}"
    yield from (" " * HANG + line for line in wrapped(check.question))
    yield ""
    yield from label("Why", wrapped(check.why), shown)
    yield from label("Asked of", wrapped(check.asked_of), shown)
    yield ""
    criteria = check.criteria
    yield from label("pass", wrapped(criteria.passes), shown)
    if check.partial is not None:
        yield from label("partial", wrapped(criteria.partial), shown)
    yield from label("fail", wrapped(criteria.fails), shown)
    heavy = check.severity in ("critical", "high")
    yield from label("unknown", wrapped("Something it reads is not known." + (" Counts as HARDEN, never as fine." if heavy else
                                                                            " Never counts as fine.")), shown)
    yield ""
    for i, step in enumerate(check.fix, 1):
        for j, line in enumerate(wrapped(step)):
            head = (shown.bold("Fix") if i == 1 else "   ") + f"{i:>7}  " if j == 0 else " " * HANG
            yield head + line
    yield from label("Done when", wrapped(check.done_when), shown)
    yield ""
    yield from _sources(check, shown)


def _sources(check: Check, shown: Screen) -> Iterator[str]:
    evidence = [f"{kind if i == 0 else '':<11}{part}" for kind, text in check.evidence.items()
                for i, part in enumerate(wrapped(text, HANG + 11))]
    if evidence:
        yield from label("Evidence", evidence, shown)
    yield from label("Reads", wrapped(", ".join(reads(check))), shown)
    if check.moves:
        yield from label("Moves", wrapped(check.moves), shown)
    maps = check.maps
    parts = [f"OWASP {' '.join((*maps.owasp_asi, *maps.owasp_llm))}" if maps.owasp_asi or maps.owasp_llm else "",
             f"NIST {', '.join(maps.nist_ai_rmf)}" if maps.nist_ai_rmf else "",
             f"EU AI Act {', '.join(maps.eu_ai_act)}" if maps.eu_ai_act else "", ", ".join(maps.other)]
    said = "; ".join(p for p in parts if p)
    if said:
        yield from label("Relates to", wrapped(f'{said}. "Relates to", not "complies with".'), shown)
    if check.origin:
        yield from label("Origin", [line for o in check.origin for line in wrapped(f"{o.source}: {o.says}")], shown)


def _standing(report: Report, check: Check, shown: Screen) -> Iterator[str]:
    """Where a workflow stands on a check, with its receipts."""
    own = [f for f in report.findings if f.check == check.id]
    yield from label("Here", wrapped(report.title), shown)
    for finding in own:
        head = f"{finding.component}: {finding.outcome.replace('_', ' ')}"
        level = f", {finding.severity}" if finding.outcome in ("fail", "partial", "unknown") else ""
        yield from (" " * HANG + line for line in wrapped(f"{head}{level}"))
        for said in finding.saw:
            place = f"{said.receipt.path}:{said.receipt.line}" if said.receipt.path else said.receipt.basis
            yield from (" " * (HANG + 2) + line for line in
                        wrapped(f"{said.component}.{said.key}: {safe(said.value)}   {said.receipt.basis} {place}", HANG + 2))
        if finding.missing:
            yield from (" " * (HANG + 2) + line for line in wrapped(f"not known: {', '.join(finding.missing)}", HANG + 2))
    if not own:
        yield from (" " * HANG + line for line in wrapped(f"does not apply: no {check.about.replace('_', ' ')} here"))
