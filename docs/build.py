"""Writes the generated pages of docs/ from the checklist, the vocabulary, the commands and the samples.

`python docs/build.py` writes them; `python docs/build.py --check` exits 1 and names those that are out of date.
The same sources give the same bytes: nothing here reads a clock or the machine.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

from auditkit.assessment import assess
from auditkit.assessment.roadmap import EFFECTS
from auditkit.checklist.checks import LENSES, Check, Checklist
from auditkit.checklist.load import load_checklist
from auditkit.checklist.reads import reads
from auditkit.cli import COMMANDS, auditkit
from auditkit.formats.terminal import Screen, show
from auditkit.model.keys import Key, keys, record_keys
from auditkit.model.report import Report
from auditkit.model.vocabulary import KINDS, SECTION_OF, SECTIONS, Rate
from auditkit.shipped import folder
from auditkit.sources.stack_file import read_stack
from auditkit.sources.stack_file.paperwork import SECTIONS as PAPERS
from auditkit.sources.stack_file.paperwork import fields, source_keys

DOCS = Path(__file__).resolve().parent
ON = date(2026, 11, 20)
"""The day of the sample audits."""
MARK = "<!-- Made by docs/build.py; change the source, not this page. -->"
COMMANDS_PAGE = "reference/commands.md"


def pages() -> dict[str, str]:
    """Every generated page, by its path below docs/."""
    checklist = load_checklist()
    found = {
        "reference/checks.md": checks_page(checklist),
        "reference/stack-file.md": stack_file_page(),
        COMMANDS_PAGE: commands_page(),
    }
    for path in sorted(folder("sample_stacks").glob("*.yaml")):
        found[f"samples/{path.stem}.md"] = sample_page(path, checklist)
    return found


def stale() -> list[str]:
    """The pages that are missing, out of date or left over.

    The page of the commands is held against the code only under the click that made it: another click words
    its help differently.
    """
    wanted = pages()
    made = {f"{name}/{p.name}" for name in ("reference", "samples") for p in (DOCS / name).glob("*.md")}
    old = sorted(made - set(wanted))
    for name, text in wanted.items():
        there = read(DOCS / name)
        if there != text and not (name == COMMANDS_PAGE and there and made_with_click() not in there):
            old.append(name)
    return old


def read(path: Path) -> str:
    """A file's text, or "" when there is none."""
    return path.read_text(encoding="utf-8") if path.is_file() else ""


# Markdown ------------------------------------------------------------------------------------------------

def cell(text: object) -> str:
    """A text that can stand in a table."""
    return str(text).replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table, one line a row."""
    lines = [head, ["---"] * len(head), *[[cell(x) for x in row] for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(value: object) -> str:
    """A value in code quotes."""
    return f"`{value}`"


def bullets(items: Sequence[str], sign: str = "-") -> str:
    """A list; `sign` 1. for a numbered one."""
    return "\n".join(f"{f'{i}.' if sign == '1.' else sign} {item}" for i, item in enumerate(items, 1))


def page(*blocks: str) -> str:
    """Blocks with a blank line between them, under the mark of a generated page."""
    return "\n\n".join([MARK, *(b for b in blocks if b)]) + "\n"


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# The checks ----------------------------------------------------------------------------------------------

def checks_page(checklist: Checklist) -> str:
    """reference/checks.md."""
    proofs = [c.id for c in checklist.checks if c.proof]
    blocks = [
        f"# The {len(checklist.checks)} checks",
        f"Checklist `{checklist.name}` {checklist.version}, {checklist.title.lower()}. Each check asks about one kind of "
        "component and is run on every component of that kind. Its outcome is pass, partial (half the points), fail, "
        "unknown or not applicable. What is not known stays unknown, and an unknown critical or high check is never taken "
        "for fine. How findings become scores and verdicts: [method](../method.md).",
        f"Proof checks ({', '.join(proofs)}) ask whether reliability is known, not whether the workflow is protected; they "
        "never make a component HARDEN. Effort: S is under a day, M under a week, L more. \"Relates to\" is our reading of "
        "another text and never means \"complies with\". S1 is Azena, \"The reliability gap\"; S2 is Stride TechWorks, "
        "\"The model isn't your problem\".",
        f"Lenses (`--lens`): {', '.join(code(x) for x in LENSES)}; a lens shows only the checks that relate to one text.",
    ]
    for pillar in checklist.pillars:
        own = [c for c in checklist.checks if c.pillar == pillar]
        rows = [[f"[{c.id}](#{c.id.lower()})", c.short, c.about.replace("_", " "), c.severity, c.effort,
                 "proof" if c.proof else ""] for c in own]
        blocks += [f"**{pillar}**", table(("check", "asks for", "about", "severity", "effort", ""), rows)]
    for pillar in checklist.pillars:
        blocks.append(f"## {pillar}")
        blocks += [check_block(c) for c in checklist.checks if c.pillar == pillar]
    return page(*blocks)


def check_block(check: Check) -> str:
    """Everything about one check."""
    heading = f'<a id="{check.id.lower()}"></a>\n\n### {check.id} {check.short}'
    criteria = [f"**pass**: {check.criteria.passes}"]
    if check.partial is not None:
        criteria.append(f"**partial**: {check.criteria.partial}")
    criteria.append(f"**fail**: {check.criteria.fails}")
    proof = " A proof check." if check.proof else ""
    rows = [("Bad pattern", code(check.name)), ("Asked of", f"{check.asked_of} (about: {check.about.replace('_', ' ')})"),
            ("Severity", f"{check.severity}. {check.rationale}{proof}"),
            ("Effort", f"{check.effort}, {check.kind_of_work}, topic {check.topic}"),
            ("Reads", ", ".join(code(r) for r in reads(check))),
            *((f"Evidence, {kind}", text) for kind, text in check.evidence.items()),
            (("Changes in the numbers", check.moves) if check.moves and check.id in EFFECTS else
             ("Changes in the numbers", f"not computed; it would touch: {check.moves}" if check.moves else "nothing")),
            ("Relates to", related(check) or "nothing listed"),
            ("References", "; ".join(check.references) or "none listed"),
            ("Origin", "; ".join(f"{o.source}: {o.says}" for o in check.origin) or "ours; neither article names it")]
    return "\n\n".join([
        heading, f"*{check.question}*", check.why, bullets(criteria),
        f"**Fix: {check.fix_title}**", bullets(check.fix, "1."), f"**Done when**: {check.done_when}", table(("", ""), rows)])


def related(check: Check) -> str:
    """What a check relates to elsewhere."""
    maps = check.maps
    parts = [("OWASP agentic", maps.owasp_asi), ("OWASP LLM", maps.owasp_llm), ("NIST AI RMF", maps.nist_ai_rmf),
             ("EU AI Act, article", maps.eu_ai_act), ("other", maps.other)]
    return "; ".join(f"{name} {', '.join(items)}" for name, items in parts if items)


# The stack file ------------------------------------------------------------------------------------------

MINIMAL = """\
version: 1
stack:
  name: Front-desk voice agent
  stage: pilot
  said_by: Dana Ruiz
  said_on: 2026-11-12
  targets: {success: 80%, max_silent: 0.10}
steps:
  - id: qualify
    kind: decide
    decider: model
    success: 171 of 200
    failure_branches: none
  - id: write_crm
    kind: write
    decider: code
    seen: {decider: src/flow.py:112}
actions:
  - {id: save_lead, step: write_crm, effect: write, reversible: compensable, gate: none}
"""

FORMS = (
    ("flag", "`yes`, `no`, `true`, `false`, `on`, `off`, in any case. A few flags take one more word, such as `default`."),
    ("choice", "One of the words listed. Where a key has a direction, its words stand from less to more control."),
    ("whole number", "`12`, `1_000`. No decimals, no commas, no units."),
    ("number", "`0.5`, `.5`, `1_000`, `1e3`. Durations are numbers in the unit that the key names (`timeout_s`: seconds)."),
    ("share", "Between 0 and 1: `0.85`, `.85` or `85%`. A bare `85` is refused, not guessed."),
    ("rate", "A share (`.85`, `85%`) or counts: `171 of 200`, `171/200`, `171 out of 200`, "
             "`{successes: 171, runs: 200, source: eval run, date: 2026-10-30}`, `{rate: .85, known_by: watched}`. "
             "Counts make a measured fact; a share alone is a declared one, and a share beside counts is what was claimed."),
    ("date", "`2026-11-20` only. Other ways to write a day are answered with this one."),
    ("text", "One value; its longest length is checked. Control characters are refused."),
    ("reference", "The id of a component of this file, or `none`. An id that is not in the file is an error."),
    ("set", "A list, or a lone item for a list of one. `[]` or `none` says: known to be empty."),
    ("record", "Keys and values, listed below under [records](#records)."),
)
SPECIAL = (
    ("a key left out", "It is not known. So is `unknown`, which also says that somebody was asked."),
    ("`none`, `[]`", "It is known that there is none. That is an answer, and often a failing one."),
    ("a section left out", "It is not known what there is."),
    ("a section written", "Its list is whole: what does not stand in it does not exist. `evals: []` says that there are none. "
                          "`evals: unknown` says the same as leaving it out."),
    ("`id`", "The name of a component in this file: letters, digits, `_`, `-`, `.`, at most 80. Not `end`, `none`, `system`, "
             "`unknown`."),
    ("`said_by`, `said_on`", "Who says what stands in a component, and when. Under `stack` they hold for the whole file."),
    ("`said`", "Who said a single key, where it was somebody else or another day: "
               "`said: {decider: \"Dana Ruiz, 2026-11-20\"}`. The questionnaire writes it; either part may be missing."),
    ("`incomplete`", "At the top of the file: the sections whose lists may have more than what stands here, such as "
                     "`[actions, gates]`. `auditkit inspect` writes it, since code rarely shows everything; take a name out when "
                     "you know that its list is whole."),
    ("`seen`", "Where it was seen. `seen: src/flow.py:112` is a place of the component; "
               "`seen: {decider: src/flow.py:112@758db71}` makes that key an inspected fact, and "
               "`seen: {src/flow.py:112: [id, decider]}` says the same place by place (`id` is the component itself). An item of "
               "a set is named after its key: `next.qualify`. Paths are "
               "relative to the audited folder; `..`, absolute paths and addresses are refused. A place without a commit has "
               "that of `audit`."),
    ("`note`", "Anything worth saying about a component; no check reads it."),
    ("`next` left out", "The next step in the file follows. Otherwise `next: [qualify]`, `next: [{to: a, share: .7}, end]`; "
                        "shares that are left out split the rest evenly."),
    ("a value and its receipt", "Each fact carries its line. Counts are measured, `seen` keys inspected, all else declared. "
                                "The strongest speaks; all of them stay."),
)


def stack_file_page() -> str:
    """reference/stack-file.md."""
    sections = [("`version`", "`1`. May be left out."), ("[`stack`](#stack)", KINDS["system"].__doc__ or "")]
    sections += [(f"[`{section}`](#{section})", KINDS[kind].__doc__ or "") for section, kind in SECTIONS.items()]
    sections.append(("[`audit`](#audit)", "For whom the audit is, by whom, and of which version."))
    sections += [(f"[`{name}`](#{name})", paper.doc) for name, paper in PAPERS.items()]
    sections.append(("[`sources`](#sources)", "Where its code and run logs lie. Of several workflows in code, "
                     "the one that lies there is meant."))
    blocks = [
        "# The stack file",
        "One YAML (or JSON) file describes one workflow. Only `stack` must be there; whatever else is left out is unknown, "
        "and the report says so. The same words as JSON Schema, for completion in editors: `auditkit schema stack`.",
        "The smallest file that says something:", f"```yaml stack\n{MINIMAL}```",
        "## Sections", table(("section", "holds"), sections),
        "## How values are written", table(("form", "accepted"), FORMS),
        "YAML's own guesses do not apply: `on` is the word on, `12:30` stays text, and a number keeps the digits it was typed "
        "with. Duplicate keys, aliases, tags and merge keys are refused. A file holds at most 5 MB, 20 levels and 20,000 "
        "components. All problems of a file are reported at once, each with its line and a hint.",
        "## What has a meaning of its own", table(("written", "means"), SPECIAL),
    ]
    for kind, model in KINDS.items():
        blocks += kind_blocks(kind, model)
    blocks += list(record_blocks())
    blocks += ["## Paperwork", "What belongs to the audit and not to the workflow. An answer speaks only where facts leave a "
               "check unknown; a waiver marks a finding as accepted and never as passed."]
    blocks += ["### audit", "For whom the audit is, by whom, and of which version.", key_table(fields("audit")),
               "### asked", "An item of `asked` in `audit`: a name, or these keys.", key_table(fields("asked"))]
    for name, paper in PAPERS.items():
        needed = ", ".join(code(r) for r in paper.required)
        blocks += [f"### {name}", f"{paper.doc} A list; each item needs {needed}.", key_table(fields(name))]
    blocks += ["### sources", "Paths beside this file. Addresses are refused: nothing is downloaded.", key_table(source_keys())]
    return page(*blocks)


def kind_blocks(kind: str, model: type[BaseModel]) -> Iterator[str]:
    """The section of one kind: keys that are written, then those that are computed."""
    section = SECTION_OF.get(kind, "stack")
    yield f"## {section}"
    each = f"Each item needs an `id`; a check calls it {with_article(kind.replace('_', ' '))}." if kind in SECTION_OF else (
        "Written once, as keys and values; a check calls it the system.")
    yield f"{model.__doc__} {each}"
    written = {n: k for n, k in keys(kind).items() if not k.derived}
    derived = {n: k for n, k in keys(kind).items() if k.derived}
    yield key_table(written)
    if derived:
        yield "Computed from other facts, and refused in a file:"
        yield table(("key", "says", "form"), [(code(n), k.doc, form(k)) for n, k in derived.items()])


def with_article(word: str) -> str:
    """The word with a or an."""
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def key_table(table_of: Mapping[str, Key]) -> str:
    """Keys with what they say, their form, an example."""
    return table(("key", "says", "form", "example"),
                 [(code(n), k.doc, form(k), code(example(k.example))) for n, k in table_of.items()])


def form(key: Key) -> str:
    """What may stand behind a key, in words."""
    match key.form:
        case "choice":
            said = ", ".join(code(c) for c in key.choices)
        case "flag":
            said = "flag" + "".join(f" or `{w}`" for w in key.words)
        case "whole":
            said = "whole number"
        case "number":
            said = "share" if (key.minimum, key.maximum) == (0, 1) else "number"
        case "reference":
            said = f"id of {with_article((key.refers_to or '').replace('_', ' '))}"
        case "record" if key.record is Rate:
            said = "rate"
        case "record":
            name = key.record.__name__ if key.record else ""
            said = f"[{name.lower()}](#{anchor(name)})"
        case _:
            said = key.form
    limits = [f"up to {key.max_length} characters"] if key.max_length and key.form == "text" else []
    limits += ["above 0"] if key.above_zero else []
    limits += [unit(key)] if unit(key) else []
    said = ", ".join([said, *limits])
    return f"set of: {said}" if key.many else said


def unit(key: Key) -> str:
    """The unit of a number, where its name gives one."""
    if key.form not in ("whole", "number"):
        return ""
    ends = {"_s": "seconds", "minutes": "minutes", "seconds": "seconds", "days": "days", "window": "tokens",
            "max_cost": "in the currency of `costs`"}
    return next((word for end, word in ends.items() if key.name.endswith(end)), "")


def example(value: Any) -> str:
    """An example as one types it in YAML."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {example(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(example(v) for v in value) + "]"
    if isinstance(value, str) and re.search(r"[:{}\[\],#]", value):
        return json.dumps(value, ensure_ascii=False) if ", " in value or ": " in value else value
    return str(value)


def record_blocks() -> Iterator[str]:
    """Values with parts."""
    yield "## Records"
    yield "Values with parts, used by several keys."
    found: dict[str, type[BaseModel]] = {"Rate": Rate}
    for kind in KINDS:
        found |= {k.record.__name__: k.record for k in keys(kind).values() if k.record}
    for name, record in found.items():
        yield f"### {name}"
        yield (record.__doc__ or "").strip()
        yield key_table(record_keys(record))


# Commands ------------------------------------------------------------------------------------------------

EXIT_CODES = (
    (0, "Done, and the gate (`--fail-on`) is met."), (1, "A bug in AuditKit. Please report it."),
    (2, "Wrong input or usage; or a file that was asked for could not be written, after writing the rest."),
    (3, "Nothing to audit. This is not a clean result."), (10, "The gate is not met; or `lint` found errors."),
    (11, "A waiver has expired."), (12, "Fewer checks are decided than `--min-coverage` asks for."),
    (130, "Stopped from the keyboard."),
)


def commands_page() -> str:
    """reference/commands.md."""
    top = click.Context(auditkit, info_name="auditkit", terminal_width=80, **auditkit.context_settings)
    blocks = ["# Commands", "Every command as `--help` shows it on a screen of 80 columns.",
              "## Exit codes", table(("code", "means"), EXIT_CODES),
              "Where several apply: what could not be written comes first, then the gate, an expired waiver, coverage.",
              "## auditkit", f"```text\n{auditkit.get_help(top)}\n```"]
    for group, names in COMMANDS.items():
        blocks.append(f"## {group}")
        for name in names:
            blocks += command_blocks(auditkit.get_command(top, name), name, top)
    blocks.append(f"{made_with_click()}; another version may wrap differently.")
    return page(*blocks)


def command_blocks(command: click.Command | None, name: str, parent: click.Context) -> list[str]:
    """The help of a command and of its own commands."""
    assert command is not None, name
    context = click.Context(command, info_name=name, parent=parent, terminal_width=80)
    blocks = [f"### {context.command_path}", f"```text\n{command.get_help(context).strip()}\n```"]
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            blocks += command_blocks(command.get_command(context, inner), inner, context)
    return blocks


def made_with_click() -> str:
    """Which click worded the help."""
    return f"Made with click {'.'.join(metadata.version('click').split('.')[:2])}"


# Samples -------------------------------------------------------------------------------------------------

def sample_page(path: Path, checklist: Checklist) -> str:
    """samples/NAME.md: what the sample is, the screen of its audit, and which rules fired."""
    report = assess(read_stack(path), checklist, on=ON)
    verdict = report.verdict
    why = f"Rule {verdict.rule} fires: {verdict.reason}"
    because = ", ".join(linked(b) for b in verdict.because)
    return page(
        f"# {report.title}", header(path),
        f"The file: [{path.name}](../../sample_stacks/{path.name}). The rules: [method](../method.md#verdicts).",
        f"## Its audit on {ON:%Y-%m-%d}", f"```text\n$ auditkit audit {path.name} --on {ON:%Y-%m-%d} --print\n"
        f"{show(report, Screen()).rstrip()}\n```",
        "## Why the whole is " + verdict.decision.upper(), f"{why}{f' Because of {because}.' if because else ''}",
        "## Why each component is what it is", component_table(report))


def header(path: Path) -> str:
    """The comment at the top of a sample, without what is for editors."""
    lines = []
    for line in read(path).splitlines():
        if not line.startswith("#"):
            break
        if not line.startswith("# yaml-language-server"):
            lines.append(line.lstrip("# ").rstrip())
    return textwrap.dedent("\n".join(lines)).strip()


def component_table(report: Report) -> str:
    """One row a verdict."""
    def verdict(c: Any) -> str:
        act = f": {c.act}" if c.act else ""
        return f"{c.decision.upper()}{act}{', pending evidence' if c.pending else ''}"

    rows = [(c.kind, code(c.id), verdict(c), c.rule, c.reason, ", ".join(linked(b) for b in c.because))
            for c in report.components]
    return table(("kind", "component", "verdict", "rule", "reason", "because of"), rows)


def linked(name: str) -> str:
    """A check (or check@component) as a link to the reference."""
    check, at, place = name.partition("@")
    return f"[{check}](../reference/checks.md#{check.lower()}){f' at {place}' if at and place != 'system' else ''}"


# The command line of this script ---------------------------------------------------------------------------

def main(args: Sequence[str] | None = None, say: Callable[[str], None] = print) -> int:
    """Writes the pages, or says which are out of date."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is out of date")
    if parser.parse_args(args).check:
        old = stale()
        for name in old:
            say(f"docs/{name} is out of date; run: python docs/build.py")
        return 1 if old else 0
    wanted = pages()
    for name, text in wanted.items():
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in ("reference", "samples"):
        for path in (DOCS / name).glob("*.md"):
            if f"{name}/{path.name}" not in wanted:
                path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
