"""Lines in and out: what is said, and what is asked until it fits. A terminal, a pipe, a test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import click

from auditkit.cli.talk.look import Look
from auditkit.cli.talk.words import Wrong, clean, one_line, yes_no
from auditkit.errors import InputError
from auditkit.formats.numbers import first_up
from auditkit.formats.terminal import safe
from auditkit.sources.stack_file.saving import NotSaved

Fits = TypeVar("Fits")


class Stop(Exception):
    """Somebody wants to stop; everything is saved."""


@dataclass
class Console:
    """Prints lines and reads lines."""

    look: Look
    typed: list[str] = field(default_factory=list)
    """What was typed and is not saved yet."""

    # Out

    def say(self, lines: Iterable[str] = ("",)) -> None:
        """Prints lines."""
        for line in lines:
            click.echo(line)

    def labelled(self, word: str, text: str) -> None:
        """Prints a text beside a label."""
        self.say(self.look.rows(word, text))

    def wrong(self, text: str) -> None:
        """Says what was wrong with a line, and what fits."""
        self.say(self.look.wrap(first_up(text), 0))

    # In

    def ask(self, prompt: str) -> str:
        """A typed line. Raises EOFError when nobody answers any more, Wrong for what no person types."""
        sys.stdout.flush()
        try:
            line = input(prompt)
        except UnicodeDecodeError:
            raise Wrong("that is not UTF-8; type it again") from None
        if not sys.stdin.isatty():
            click.echo(line if "\x1b" not in line else safe(line))      # a log reads like the talk
        return clean(line)

    def read(self, prompt: str) -> str:
        """The same, remembered until it is saved."""
        line = self.ask(prompt)
        self.typed.append(line)
        return line

    def until(self, ask: Callable[[], Fits]) -> Fits:
        """Asks until a line fits; of one that does not it is said what was wrong and what fits."""
        while True:
            try:
                return ask()
            except Wrong as wrong:
                self.wrong(str(wrong))
            except NotSaved:
                raise
            except InputError as error:
                self.wrong(one_line(error.problems[0]))

    def line(self, prompt: str) -> str:
        """A line at a question within a question."""
        return self.until(lambda: self.read(prompt))

    def one_of(self, prompt: str, meant: Callable[[str], bool | None], fits: str) -> bool:
        """One of two answers to a question within a question. Raises Stop."""
        def said() -> bool:
            line = self.read(prompt)
            found = meant(line)
            if line.lower() in ("quit", "q"):
                raise Stop
            if found is None:
                raise Wrong(fits)
            return found
        return self.until(said)

    def yes(self, prompt: str) -> bool:
        """Whether somebody says yes. Raises Stop."""
        return self.one_of(prompt, yes_no, "type y or n")
