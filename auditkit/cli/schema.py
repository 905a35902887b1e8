"""`auditkit schema`: JSON Schema of stack, checklist, report."""

from __future__ import annotations

import json

import click

from auditkit.cli import DONE


@click.command(no_args_is_help=True, short_help="JSON Schema of stack, checklist, report")
@click.argument("what", type=click.Choice(["stack", "checklist", "report"]))
def command(what: str) -> int:
    """Print the JSON Schema of a stack file, a checklist or a report.

    Editors complete and check a stack file that begins with
    `# yaml-language-server: $schema=stack.schema.json`.

    \b
    Example:
      auditkit schema stack > stack.schema.json
    """
    click.echo(json.dumps(_schema(what), indent=1, ensure_ascii=False))
    return DONE


def _schema(what: str) -> object:
    if what == "stack":
        from auditkit.sources.stack_file import schema

        return schema()
    if what == "checklist":
        from auditkit.checklist.schema import schema as checklist_schema

        return checklist_schema()
    from auditkit.model.report import Report

    return Report.model_json_schema(mode="serialization")
