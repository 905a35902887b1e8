"""`auditkit init`: a commented stack file from a template."""

from __future__ import annotations

import json
from pathlib import Path

import click

from auditkit import shipped
from auditkit.cli import DONE
from auditkit.cli.files import row, write
from auditkit.errors import InputError, Problem
from auditkit.syntax.words import did_you_mean

SCHEMA = "stack.schema.json"


def templates() -> dict[str, Path]:
    """The templates by name."""
    return {path.stem: path for path in sorted(shipped.folder("templates").glob("*.yaml"))}


def samples() -> dict[str, Path]:
    """The sample stacks by name."""
    return {path.stem: path for path in sorted(shipped.folder("sample_stacks").glob("*.yaml"))}


@click.command(short_help="a commented stack file from a template")
@click.argument("file", metavar="[FILE]", default="stack.yaml", type=click.Path())
@click.option("-t", "--template", default=None, metavar="NAME", help="Which template; --list shows them.")
@click.option("--sample", metavar="NAME", help="Copy a finished sample instead; --list shows them.")
@click.option("--list", "listing", is_flag=True, help="List templates and samples.")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
def command(file: str, template: str | None, sample: str | None, listing: bool, force: bool) -> int:
    """Write a stack file to fill in, and the schema that lets an editor complete it.

    What you leave out stays unknown, and unknown never counts as fine.

    \b
    Examples:
      auditkit init voice.yaml --template voice_agent
      auditkit init voice.yaml --sample voice_agent      a finished one, to look at
    """
    if listing:
        return _list()
    source = _source(template, sample)
    path = Path(file)
    if path.exists() and not force:
        raise InputError(Problem(file, 0, "is there already", "name another file, or overwrite it with --force"))
    if not path.parent.is_dir():
        raise InputError(Problem(file, 0, "its folder does not exist", f"make it first: mkdir -p {path.parent}"))
    from auditkit.sources.stack_file import schema

    write(path, source.read_bytes())
    write(path.parent / SCHEMA, (json.dumps(schema(), indent=1, ensure_ascii=False) + "\n").encode())
    click.echo(row("Wrote", file, f"from {'sample' if sample else 'template'} {source.stem}"))
    click.echo(row("", str(path.parent / SCHEMA), "for completion in an editor"))
    click.echo(row("Next", f"auditkit interview {file}", "   be asked what is open in it"))
    click.echo(row("", f"auditkit audit {file}", "   what is known so far, and what is not"))
    return DONE


def _source(template: str | None, sample: str | None) -> Path:
    kind, found, name = ("sample", samples(), sample) if sample else ("template", templates(), template or "voice_agent")
    if name in found:
        return found[name]
    meant = did_you_mean(str(name), found)
    hint = f"did you mean '{meant}'?" if meant else f"there are {', '.join(found)}"
    raise InputError(Problem(f"--{kind}", 0, f"no {kind} {name!r}", hint))


def _list() -> int:
    for word, found in (("Templates", templates()), ("Samples", samples())):
        for i, (name, path) in enumerate(found.items()):
            about = next((line.lstrip("# ").rstrip() for line in path.read_text(encoding="utf-8").splitlines()
                          if line.startswith("# ") and "yaml-language-server" not in line), "")
            click.echo(f"{word if i == 0 else '':<12}{name:<24}{about[:44]}".rstrip())
    return DONE
