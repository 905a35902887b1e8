"""`auditkit interview`: answer what no evidence answers."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import cast

import click

from auditkit.assessment import judge
from auditkit.cli import DONE, WRONG
from auditkit.cli.failures import show_problems
from auditkit.cli.files import lensed, on_date, row, screen, today
from auditkit.cli.talk.console import Console, Stop
from auditkit.cli.talk.look import NARROWEST, Look
from auditkit.cli.talk.screen import end_lines
from auditkit.cli.talk.scribe import Scribe
from auditkit.cli.talk.talk import Talk
from auditkit.cli.talk.way import Way
from auditkit.cli.talk.words import Wrong
from auditkit.errors import InputError, Problem
from auditkit.formats.terminal import WIDTH, safe, wrapped
from auditkit.model.facts import THE_SYSTEM, Stack
from auditkit.model.receipts import Declared
from auditkit.sources.questionnaire.every import questions_for
from auditkit.sources.questionnaire.keeping import Keeper
from auditkit.sources.questionnaire.questions import Depth, Judged
from auditkit.sources.questionnaire.sheet import write_sheet
from auditkit.sources.questionnaire.sitting import Rules
from auditkit.sources.stack_file import read_stack
from auditkit.sources.stack_file.saving import save
from auditkit.syntax.words import did_you_mean, shown

STOPPED = 130
"""The exit code after Ctrl+C."""


@click.command(no_args_is_help=True, short_help="answer what no evidence answers")
@click.argument("stack", metavar="STACK", type=click.Path())
@click.argument("code", metavar="[CODE]", required=False, type=click.Path())
@click.option("--web", is_flag=True, help="In the browser, on this machine only.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="The port for --web (a free one).")
@click.option("--no-open", is_flag=True, help="With --web: print the address and open no browser.")
@click.option("-t", "--template", metavar="NAME", help="Start STACK from a template; 'auditkit init --list' shows them.")
@click.option("--by", "by", metavar="NAME", help="Who answers; it is kept with each answer.")
@click.option("--on", "on", callback=on_date, metavar="DATE", help="The day of the sitting (today).")
@click.option("--quick", is_flag=True, help="Only what the critical checks and the map need; the decision is provisional.")
@click.option("--all", "everything", is_flag=True, help="Every question, also those that cannot change the decision.")
@click.option("--questions", is_flag=False, flag_value="yaml", default=None, type=click.Choice(["yaml", "markdown"]),
              help="Print the open questions, to send ahead of a meeting.")
@click.option("--answers", metavar="FILE", type=click.Path(), help="Read answers from a filled sheet and save them.")
@click.option("--checklist", default="reliability", metavar="NAME/FILE", help="Another checklist, by name or as a file.")
@click.option("--workflow", metavar="NAME", help="The one that is meant, where the code holds several workflows.")
def command(stack: str, code: str | None, web: bool, port: int, no_open: bool, template: str | None, by: str | None,
            on: date | None, quick: bool, everything: bool, questions: str | None, answers: str | None, checklist: str,
            workflow: str | None) -> int:
    """Ask what no evidence answers, heaviest first, and see the decision move.

    STACK is a stack file, or where to make one. CODE is a folder or a workflow export: what it answers is not asked.
    Every answer is in the file before the next question shows; stop at any time and go on with the same command.

    \b
    Examples:
      auditkit interview voice.yaml
      auditkit interview voice.yaml ./repo --by "Dana Ruiz"
      auditkit interview voice.yaml --web
      auditkit interview voice.yaml --questions markdown > ahead.md     to send ahead
      auditkit interview voice.yaml --answers ahead.md                  and read back
    """
    if quick and everything:
        raise click.UsageError("--quick asks the least and --all everything; give one of the two")
    if sum((web, questions is not None, answers is not None)) > 1:
        raise click.UsageError("--web, --questions and --answers are three ways to answer; give one of them")
    path = Path(stack)
    depth: Depth = "quick" if quick else "all" if everything else "standard"
    try:
        _check_place(path, template)
        rules = _rules(path, code, checklist, depth, on or today(), workflow)
        if template is not None:
            _begin(path, template)
        keeper = Keeper(path, rules)
    except InputError as error:
        show_problems(error, "Nothing was asked.")
        return WRONG
    look = Look(screen(), provisional=quick, width=columns())
    again = _again(path, code, workflow, checklist, depth)
    then = _then(path, code, workflow, checklist)
    if questions is not None:
        click.echo(write_sheet(keeper.sitting.plan, keeper.sitting, "yaml" if questions == "yaml" else "markdown"), nl=False)
        return DONE
    who = by if by is not None else _usual_voice(keeper.sitting.declared)
    if answers is not None:
        from auditkit.cli.sheet import apply

        return apply(keeper, Path(answers), who=who, on=on or today(), look=look, again=again, then=then)
    if web:
        from auditkit.web.serve import serve

        serve(keeper, on=on or today(), who=who, port=port, open_browser=not no_open, say=click.echo)
        click.echo("\n".join(_go_on(keeper, look, again)))
        return DONE
    return _talk(keeper, look, who, by, on, code, template, again, then)


# Beginning -------------------------------------------------------------------------------------------------

def _check_place(path: Path, template: str | None) -> None:
    """A place where a stack file is or can be made. Raises InputError."""
    if path.is_dir():
        raise InputError(Problem(str(path), 0, "is a folder, not a stack file",
                                 f"name the file first and the code behind it: auditkit interview stack.yaml {path}"))
    if path.exists() and not path.is_file():
        raise InputError(Problem(str(path), 0, "is no regular file", "name a stack file, or where to make one"))
    if not path.parent.is_dir():
        raise InputError(Problem(str(path), 0, "its folder does not exist", f"make it first: mkdir -p {path.parent}"))
    if template is not None and path.exists():
        raise InputError(Problem(str(path), 0, "is there already", "leave --template out to go on with it, or name another file"))


def _begin(path: Path, template: str) -> None:
    """Writes the template, so that the first answer finds it."""
    from auditkit.cli.init import templates

    found = templates()
    if template not in found:
        guess = did_you_mean(template, found)
        hint = f"did you mean '{guess}'?" if guess else f"there are {', '.join(found)}"
        raise InputError(Problem("--template", 0, f"no template {shown(template)}", hint))
    save(path, found[template].read_text(encoding="utf-8"))


def _rules(path: Path, code: str | None, checklist: str, depth: Depth, on: date, workflow: str | None) -> Rules:
    """How the sitting is held: what it is judged by, and what code says of the same."""
    loaded = lensed(checklist, None)
    rules = Rules(loaded, questions_for(loaded), lambda stack: Judged(*judge(stack, loaded, on=on, live=True)), depth=depth,
                  path=str(path))
    if code is None:
        return rules
    from dataclasses import replace

    from auditkit.cli.code import named, read_code, which
    from auditkit.sources.binding import bind
    from auditkit.sources.inspection.sources import Sources

    found = read_code(code)
    one = named(found.stacks, workflow, code)
    if one is None and (not path.exists() or _none_matches(path, found.stacks)):
        raise which(found.stacks, code, f"auditkit interview {path} {code}")
    name = one.name if one is not None and (workflow is not None or len(found.stacks) == 1) else None

    def join(declared: Stack) -> Stack:
        return bind(declared, found.stacks, name)

    return replace(rules, join=join, coverage=found.coverage, sources=Sources(Path(code)))


def _none_matches(path: Path, drawn: Sequence[Stack]) -> bool:
    """Whether a stack file is about none of several workflows; one that cannot be read is refused elsewhere."""
    from auditkit.sources.binding import choose

    try:
        return len(drawn) > 1 and choose(read_stack(path), drawn)[0] is None
    except InputError:
        return False


def _again(path: Path, code: str | None, workflow: str | None, checklist: str, depth: Depth) -> str:
    """The command that goes on with the same sitting."""
    return _typed("interview", path, code, workflow, checklist, *([f"--{depth}"] if depth != "standard" else []))


def _then(path: Path, code: str | None, workflow: str | None, checklist: str) -> str:
    """The command that comes after it."""
    return _typed("audit", path, code, workflow, checklist)


def _typed(verb: str, path: Path, code: str | None, workflow: str | None, checklist: str, *more: str) -> str:
    """A command with what was given to this one."""
    words = ["auditkit", verb, str(path), *([code] if code else [])]
    words += ["--workflow", workflow] if workflow else []
    words += more
    words += ["--checklist", checklist] if checklist != "reliability" else []
    return safe(shlex.join(words))


def _usual_voice(stack: Stack) -> str | None:
    """Who says what stands in the file, where it names somebody."""
    facts = stack.index.get(THE_SYSTEM, {}).values()
    return next((f.receipt.who for found in facts for f in found if isinstance(f.receipt, Declared) and f.receipt.who), None)


# The talk --------------------------------------------------------------------------------------------------

def _talk(keeper: Keeper, look: Look, who: str | None, by: str | None, on: date | None, code: str | None,
          template: str | None, again: str, then: str) -> int:
    with suppress(ImportError):
        import readline  # noqa: F401  (arrow keys at the prompt)
    with suppress(AttributeError, ValueError):
        cast(TextIOWrapper, sys.stdout).reconfigure(errors="replace")      # a locale may lack a letter
    console = Console(look)
    scribe = Scribe(keeper, console, Way(), who, on or today(), _clock(on), then)
    try:
        console.say(_welcome(keeper, look, code, template))
        if who is None and by is None:
            scribe.who = _who(console, keeper)
        Talk(scribe).run()
        return DONE
    except (Stop, EOFError, KeyboardInterrupt) as stop:
        if not isinstance(stop, Stop):
            console.say()
        scribe.lose_remarks()      # wherever somebody stops
        console.say(_go_on(keeper, look, again))
        return STOPPED if isinstance(stop, KeyboardInterrupt) else DONE


def columns() -> int:
    """The columns of the terminal as far as they are used; a pipe has 80."""
    return max(NARROWEST, min(WIDTH, shutil.get_terminal_size().columns)) if sys.stdout.isatty() else WIDTH


def wall_clock() -> str:
    """The time of day on this machine."""
    return datetime.now().astimezone().strftime("%H:%M")


def _clock(on: date | None) -> Callable[[], str]:
    """The time of day; a sitting of another day has none."""
    return wall_clock if on is None else str


def _welcome(keeper: Keeper, look: Look, code: str | None, template: str | None) -> list[str]:
    """What the sitting starts from."""
    path, sitting = keeper.path, keeper.sitting
    lines: list[str] = []
    if template is not None:
        lines += look.rows("Wrote", f"{safe(str(path))}, from template {template}")
    elif not path.exists():
        lines += look.rows("New", f"{safe(str(path))} is made with your first answer.")
    hinted = next((place for kind, place in sitting.declared.sources if kind == "code"), None)
    if hinted is not None and code is None:
        lines += look.rows("Code", f"The file names {hinted}; what code answers is not asked: auditkit interview {path} {hinted}")
    if sitting.rules.coverage is not None:
        from auditkit.formats.coverage import coverage_sentences

        lines += look.rows("Coverage", " ".join(coverage_sentences(sitting.rules.coverage)))
    return [*lines, ""] if lines else []


def _who(console: Console, keeper: Keeper) -> str | None:
    """Who answers, asked once; it may stay open."""
    while True:
        try:
            name = console.ask("Who answers? (a name, or an empty line) ")
            if name:
                keeper.sitting.changed((), who=name)      # a name that cannot stand for a person is refused here
            console.say()
            return name or None
        except Wrong as wrong:
            console.say(wrapped(str(wrong), 0))
        except InputError as error:
            console.say(wrapped(f"{error.problems[0].text}; {error.problems[0].hint}", 0))


def _go_on(keeper: Keeper, look: Look, again: str) -> list[str]:
    """How to go on with it later."""
    plan = keeper.sitting.plan
    if plan.next is None:
        return list(end_lines(keeper.sitting, look, None))
    return [row("Saved" if keeper.path.exists() else "No answer",
                f"{plan.answered} of {plan.total} answered. Go on with: {again}")]
