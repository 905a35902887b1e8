"""`auditkit report`: render a report again, no new judgement."""

from __future__ import annotations

from pathlib import Path

import click

from auditkit.cli import DONE, WRONG
from auditkit.cli.failures import reason
from auditkit.cli.files import row, screen
from auditkit.cli.outputs import brand_of, check_endings, write_all
from auditkit.errors import InputError, Problem
from auditkit.formats.json import read_report
from auditkit.formats.terminal import show


@click.command(no_args_is_help=True, short_help="render a report again, no new judgement")
@click.argument("report", metavar="REPORT.json", type=click.Path())
@click.option("-o", "--output", "outputs", multiple=True, metavar="FILE", type=click.Path(),
              help="Write it; the ending says which kind: .pdf .html .md .json .csv. Without -o it goes to the screen.")
@click.option("--edition", type=click.Choice(["executive", "engineer", "auditor"]), default="auditor", show_default=True,
              help="For whom the report is.")
@click.option("--brand", metavar="FILE", type=click.Path(), help="Name and logo of who gives the report (YAML).")
@click.option("-v", "--verbose", is_flag=True, help="Show every finding and every check.")
def command(report: str, outputs: tuple[str, ...], edition: str, brand: str | None, verbose: bool) -> int:
    """Render a report that was saved as JSON into other formats. Nothing is judged again.

    \b
    Example:
      auditkit report voice.json -o voice.pdf --edition executive
    """
    wanted = [Path(name) for name in outputs]
    check_endings(wanted)
    shown = brand_of(brand)
    try:
        data = Path(report).read_bytes()
    except OSError as error:
        raise InputError(Problem(report, 0, reason(error), "'auditkit audit STACK -o report.json' writes one")) from None
    found = read_report(data, report)
    if not wanted:
        click.echo(show(found, screen(), verbose=verbose))
        return DONE
    written = write_all(found, wanted, edition=edition, brand=shown)
    for one in written:
        if one.error is None:
            click.echo(row("Wrote", str(one.path), one.said))
        else:
            click.echo(f"Not written {one.path}: {one.error}")
            if one.install:
                click.echo(f"{'':12}{one.install}")
    return WRONG if any(w.error for w in written) else DONE
