"""`auditkit inspect`: draw a stack from code or a workflow export, with receipts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic_core import to_json

from auditkit.cli import DONE, NOTHING, WRONG
from auditkit.cli.code import Empty, named, read_code, which, workflow_rows
from auditkit.cli.files import row, screen, today, write
from auditkit.errors import InputError, Problem
from auditkit.formats.coverage import coverage_sentences, not_understood
from auditkit.formats.numbers import cut
from auditkit.formats.terminal import HANG, WIDTH, Screen, label, safe, wrapped
from auditkit.model.facts import Component, Gap, Ref, Stack
from auditkit.model.receipts import Inspected
from auditkit.model.vocabulary import NONE
from auditkit.sources.inspection import Inspection

if TYPE_CHECKING:
    from auditkit.assessment.questions import Open
    from auditkit.sources.stack_file.writer import Question

MOST_IN_FULL = 3
"""So many workflows are shown in full; of more there is a list."""
MOST_ROWS = 30
MOST_ASKED = 6
PLURAL = {"step": "Steps", "action": "Actions", "gate": "Gates", "store": "Stores", "integration": "Systems",
          "knowledge": "Knowledge", "model": "Models", "agent": "Agents", "monitor": "Monitoring", "eval": "Evals",
          "guardrail": "Guardrails", "edge_case": "Edge cases"}
ABOUT = {"step": ("decider",), "action": ("effect", "gate"), "gate": ("enforced_in", "before"), "store": ("kind", "durable"),
         "integration": ("kind", "timeout"), "knowledge": ("kind",), "model": ("pinned",), "agent": ("tools",),
         "monitor": ("kind",), "eval": ("in_ci",), "guardrail": ("enforced_in",), "edge_case": ()}
"""What the screen says of each kind, beside its name and place."""


@click.command(name="inspect", no_args_is_help=True, short_help="draw a stack from code or a workflow export")
@click.argument("path", metavar="PATH", type=click.Path())
@click.option("-o", "--output", metavar="FILE", type=click.Path(),
              help="Write a stack file, or into a folder (ending in /) one for each workflow. What is there is added to, and "
                   "never overwritten.")
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), help="Print the stack file, or all that was seen as JSON.")
@click.option("--workflow", metavar="NAME", help="Only this workflow, where there are several.")
@click.option("-y", "--yes", is_flag=True, help="Change an existing stack file without asking.")
@click.option("-v", "--verbose", is_flag=True, help="Show every workflow in full, with every fact and its place.")
def command(path: str, output: str | None, form: str | None, workflow: str | None, yes: bool, verbose: bool) -> int:
    """Draw the workflows in a folder of code, a source file or a workflow export (n8n). Nothing is imported or run.

    Says what was read first, then steps, actions and gates with the place of each, and what is not known. With -o it
    writes a stack file to go on editing; drawing it again only adds to it.

    \b
    Examples:
      auditkit inspect ./repo
      auditkit inspect ./repo -o stack.yaml --workflow main
      auditkit inspect workflow.json --format json
    """
    if not Path(path).exists():
        raise InputError(Problem(path, 0, "no such file or folder", "give a folder of code or a workflow export"))
    if output is not None and form == "json":
        raise click.UsageError("-o writes a stack file; --format json prints, so redirect it: > stack.json")
    if form == "json":
        return _json(path, workflow)
    found = read_code(path)
    one = named(found.stacks, workflow, path)
    if output is not None:
        return _write(found, one, path, output, yes)
    if form == "yaml":
        if one is None:
            raise which(found.stacks, path, f"auditkit inspect {path} --format yaml")
        click.echo(_text(one, found), nl=False)
        return DONE
    for line in _shown(found, (one,) if one is not None else found.stacks, path, screen(), verbose=verbose):
        click.echo(line)
    return DONE


def _json(path: str, workflow: str | None) -> int:
    """The contract: one workflow as it is, several under `stacks`; nothing found is an empty list, and exit code 3."""
    data: dict[str, Any]
    try:
        found = read_code(path)
    except Empty as error:
        click.echo(str(error), err=True)
        failed = [g.model_dump(mode="json") for g in error.coverage.failed]
        data = {"stacks": [], "gaps": failed, "coverage": error.coverage.model_dump(mode="json")}
        click.echo(to_json(data, indent=1).decode())
        return NOTHING
    one = named(found.stacks, workflow, path)
    coverage = found.coverage.model_dump(mode="json")
    gaps = [g.model_dump(mode="json") for g in dict.fromkeys((*found.gaps, *found.coverage.failed))]
    if one is not None:
        data = one.model_dump(mode="json")
        own = [g for g in gaps if g not in data["gaps"]]
        data = {**data, "gaps": [*data["gaps"], *own], "coverage": coverage}
    else:
        data = {"stacks": found.stacks, "gaps": gaps, "coverage": coverage}
    click.echo(to_json(data, indent=1).decode())     # `json` writes indented text in Python: slow for megabytes
    return DONE


# Stack files -----------------------------------------------------------------------------------------------

def _write(found: Inspection, one: Stack | None, path: str, output: str, yes: bool) -> int:
    """One stack file, or a folder of them."""
    if output.endswith("/") or Path(output).is_dir():
        stacks = (one,) if one is not None else found.stacks
        if Path(output).parent.is_dir():
            Path(output).mkdir(exist_ok=True)
        pairs = [(stack, Path(output) / f"{stack.name}.yaml") for stack in stacks]
    elif one is None:
        raise which(found.stacks, path, f"auditkit inspect {path} -o {output}")
    else:
        pairs = [(one, Path(output))]
    if not pairs[0][1].parent.is_dir():
        folder = pairs[0][1].parent
        raise InputError(Problem(output, 0, "its folder does not exist", f"make it first: mkdir -p {folder}"))
    code = DONE
    for stack, file in pairs:
        code = max(code, _update(stack, file, path, yes) if file.exists() else _new(stack, found, file))
    if code == DONE:
        click.echo(row("Next", f"auditkit audit {pairs[0][1]} {path}", "   both together, disagreements shown"))
    return code


def _new(stack: Stack, found: Inspection, file: Path) -> int:
    from auditkit.sources.stack_file import schema  # like all of the stack file, not needed to print JSON
    from auditkit.sources.stack_file.writer import SCHEMA

    asked = _questions(stack)
    write(file, _text(stack, found, asked).encode())
    said = f"{len(stack.components) - 1} components, {len(asked)} open questions"
    click.echo(row("Wrote", str(file), said))
    beside = file.parent / SCHEMA
    if not beside.exists():
        write(beside, (json.dumps(schema(), indent=1, ensure_ascii=False) + "\n").encode())
        click.echo(row("", str(beside), "for completion in an editor"))
    return DONE


def _update(stack: Stack, file: Path, path: str, yes: bool) -> int:
    """Shows what would change in a file that is there, and changes it when that is wanted."""
    from auditkit.sources.stack_file.merge import merge_into

    old = file.read_bytes().decode("utf-8-sig", "replace")
    new, changes = merge_into(old, stack, _questions(stack), path=str(file))
    if not changes:
        click.echo(row("Unchanged", str(file), "it holds all that was seen"))
        return DONE
    for line in changes:
        click.echo(safe(line))
    if new == old:
        click.echo(row("Unchanged", str(file), "nothing to add; what differs is for you to settle"))
        return DONE
    if not yes:
        if not sys.stdin.isatty():
            click.echo(f"{file}: is there already, and nothing was changed; to change it as shown: "
                       f"auditkit inspect {path} -o {file} --yes", err=True)
            return WRONG
        if not click.confirm("Change it so?", default=False):
            click.echo(row("Unchanged", str(file)))
            return DONE
    write(file, new.encode())
    click.echo(row("Changed", str(file), "what you wrote stays as it was"))
    return DONE


def _text(stack: Stack, found: Inspection, asked: Sequence[Question] | None = None) -> str:
    from auditkit.sources.stack_file.writer import write_stack

    coverage = found.coverage
    commit = coverage.commit[:12] if coverage.commit else None
    return write_stack(stack, _questions(stack) if asked is None else asked, origin=coverage.root, commit=commit, on=today())


def _questions(stack: Stack) -> list[Question]:
    from auditkit.sources.stack_file.writer import Question

    return [Question(q.ref.kind, q.ref.id, q.key, f"{q.text} {q.check}") for q in _open(stack)]


def _open(stack: Stack) -> tuple[Open, ...]:
    """What critical and high checks would want to know."""
    from auditkit.assessment import assess  # with numpy, which printing JSON does not need
    from auditkit.assessment.questions import open_keys
    from auditkit.checklist.load import load_checklist

    return open_keys(assess(stack, load_checklist(), on=date(2000, 1, 1)))


# The screen ------------------------------------------------------------------------------------------------

def _shown(found: Inspection, stacks: Sequence[Stack], path: str, shown: Screen, *, verbose: bool) -> Iterator[str]:
    yield from label("Coverage", wrapped(" ".join(coverage_sentences(found.coverage))), shown)
    missed = not_understood(found.coverage)
    if missed:
        names = ", ".join(f"{name} ({n})" for name, n in missed[:5]) + (" and more" if len(missed) > 5 else "")
        yield from (" " * HANG + line for line in wrapped(f"Met and not understood: {names}."))
    yield ""
    yield from label("Workflows", workflow_rows(stacks, 10_000), shown)
    in_full = stacks if len(stacks) <= MOST_IN_FULL or verbose else ()
    for stack in in_full:
        yield ""
        if len(stacks) > 1:
            yield shown.bold(safe(stack.name))
        yield from _workflow(stack, shown, verbose=verbose)
    yield ""
    gaps = list(dict.fromkeys((*found.gaps, *found.coverage.failed, *(g for s in stacks for g in s.gaps))))
    if gaps:
        yield from label("Not read", _gaps(gaps, verbose=verbose), shown)
    if len(stacks) == 1:
        asked = _open(stacks[0])
        if asked:
            yield from label("Not known", _asked(asked), shown)
        yield row("Next", f"auditkit inspect {path} -o stack.yaml", "   to go on from")
        yield row("", f"auditkit audit {path}", "   decide, and say why")
    else:
        name = stacks[0].name
        yield row("Next", f"auditkit inspect {path} --workflow {name}", "   one of them")
        yield row("", f"auditkit audit {path}", "   decide on each, and say why")


def _workflow(stack: Stack, shown: Screen, *, verbose: bool) -> Iterator[str]:
    for kind, word in PLURAL.items():
        parts = [c for c in stack.components if c.kind == kind]
        if parts:
            yield from label(word, list(_rows(stack, parts, verbose=verbose)), shown)


def _rows(stack: Stack, parts: Sequence[Component], *, verbose: bool) -> Iterator[str]:
    most = len(parts) if verbose else MOST_ROWS
    table = [(cut(safe(p.id), 40), cut(_about(stack, p.ref), 40), _place(p)) for p in parts[:most]]
    first = min(24, max(len(name) for name, _, _ in table))
    second = min(22, max(len(about) for _, about, _ in table))
    for (name, about, place), part in zip(table, parts):
        head = f"{name:<{first}}  {about:<{second}}"
        if len(head) > WIDTH - HANG:
            yield name
            head = f"{'':<{first}}  {about:<{second}}"
        room = WIDTH - HANG - len(head) - 2
        if room < len(place) and room < 20:
            yield head.rstrip()
            yield f"{'':<{first}}  {_tail(place, WIDTH - HANG - first - 2)}"
        else:
            yield f"{head}  {_tail(place, room)}".rstrip()
        if verbose:
            yield from _facts(stack, part.ref)
    if len(parts) > most:
        yield f"and {len(parts) - most} more: -v shows all"


def _facts(stack: Stack, ref: Ref) -> Iterator[str]:
    for key, facts in stack.index.get(ref, {}).items():
        for fact in facts:
            receipt = fact.receipt
            how = f" ({receipt.how}{f': {receipt.note}' if receipt.note else ''})" if isinstance(receipt, Inspected) \
                and receipt.how else ""
            said = f"{key}: {_word(getattr(fact.value, 'to', fact.value))}{how}"
            yield from (f"  {line}" for line in wrapped(f"{said}   {getattr(receipt, 'path', '')}:{getattr(receipt, 'line', '')}",
                                                        HANG + 2))


def _about(stack: Stack, ref: Ref) -> str:
    said = []
    for key in ABOUT[ref.kind]:
        value = stack.value(ref, key)
        if value is None:
            continue
        if key == "gate":
            said.append("no gate" if value == NONE else f"gate {value}")
        elif key in ("timeout", "durable", "pinned", "in_ci"):
            word = key.replace("in_ci", "in CI")
            said.append(f"{word} {value}" if not isinstance(value, bool) else word if value else f"no {word}"
                        if key in ("timeout",) else f"not {word}")
        elif key == "before":
            said.append(f"before {value[0]}" if len(value) == 1 else f"before {len(value)} actions")
        elif key == "tools":
            said.append(f"{len(value)} tool{'s' * (len(value) != 1)}")
        else:
            said.append(str(value))
    return safe(", ".join(said))


def _word(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else safe(str(value))


def _place(part: Component) -> str:
    places = [f"{r.path}:{r.line}" for r in part.receipts if isinstance(r, Inspected)]
    return safe(places[0] + (f" +{len(places) - 1}" if len(places) > 1 else "")) if places else ""


def _tail(text: str, room: int) -> str:
    """The end of a path says more than its beginning."""
    return text if len(text) <= room else f"...{text[len(text) - max(1, room - 3):]}"


def _gaps(gaps: Sequence[Gap], *, verbose: bool) -> list[str]:
    most = len(gaps) if verbose else MOST_ASKED
    lines = [line for g in gaps[:most]
             for line in wrapped(f"{g.path}{f':{g.line}' if g.line else ''}  {g.reason}")]
    return [*lines, *([f"and {len(gaps) - most} more: -v shows all"] if len(gaps) > most else [])]


def _asked(asked: Sequence[Open]) -> list[str]:
    critical = sum(q.severity == "critical" for q in asked)
    lines = wrapped(f"{len(asked)} answers that no code gives, {critical} of them for critical checks. The first:")
    for one in asked[:MOST_ASKED]:
        where = "" if one.ref.kind == "system" else f" of {one.ref.id}"
        lines += wrapped(f"{one.key}{where}: {one.text} ({one.check})")
    return lines
