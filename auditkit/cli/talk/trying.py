"""What if: changes that can be tried, what they would do, and the plan that they can go into."""

from __future__ import annotations

from auditkit.cli.talk.console import Console
from auditkit.cli.talk.screen import MOST_TRIES, outcome_lines, tries_lines
from auditkit.cli.talk.scribe import Scribe
from auditkit.cli.talk.words import numbers, yes_no
from auditkit.formats.terminal import HANG
from auditkit.sources.questionnaire.whatif import outcome, to_plan, tries


def try_out(console: Console, scribe: Scribe, chosen: str = "") -> None:
    """Shows what can be tried and what the `chosen` numbers would do; adds them to the plan where that is wanted."""
    sitting, look = scribe.sitting, console.look
    found = tries(sitting)[:MOST_TRIES]
    console.say(tries_lines(found, look))
    if not found:
        return
    line = chosen or console.line("if> ")
    if not line:
        return
    tried = [found[i] for i in numbers(line, len(found))]
    then = outcome(sitting, tried)
    console.say(outcome_lines(sitting, tried, then, look))
    changes = to_plan(sitting, tried)
    if not changes:
        why = "the plan holds all of it already" if then.mends else "it mends no finding that has failed so far"
        console.say([f"{'':{HANG}}Nothing is saved: {why}."])
    elif yes_no(console.line(f"{'':{HANG}}Nothing is saved. Add to the plan? [y/N] ")) and scribe.change(changes):
        scribe.tell()
