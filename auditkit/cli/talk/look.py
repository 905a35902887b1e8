"""How wide and with what signs a sitting is shown, and text laid out for that. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from auditkit.formats.sitting import verdict_word
from auditkit.formats.terminal import HANG, WIDTH, Screen, label, wrapped
from auditkit.sources.questionnaire.sitting import Figures

PAD = " " * HANG
NARROWEST = 40


@dataclass(frozen=True)
class Look:
    """How a sitting is shown: the screen, its columns, and whether the decision is only provisional."""

    screen: Screen
    provisional: bool = False
    width: int = WIDTH

    def wrap(self, text: str, indent: int = HANG) -> list[str]:
        """Text in lines that fit beside what stands in the first columns."""
        return wrapped(text, indent, self.width)

    def below(self, text: str) -> Iterator[str]:
        """Text in lines below a label."""
        return (PAD + line for line in self.wrap(text))

    def rows(self, word: str, text: str) -> Iterator[str]:
        """A label with a wrapped text beside it."""
        return label(word, self.wrap(text), self.screen)

    def word(self, figures: Figures) -> str:
        """The verdict with its shape and colour."""
        return self.screen.verdict(figures.decision, verdict_word(figures))

    def plain(self, figures: Figures) -> str:
        """The same without colour, for text that is still to be wrapped."""
        return replace(self.screen, colour=False).verdict(figures.decision, verdict_word(figures))

    def dressed(self, lines: Sequence[str], figures: Figures) -> list[str]:
        """Wrapped lines with the verdict in its colour."""
        return [line.replace(self.plain(figures), self.word(figures)) for line in lines]
