"""A form as it was posted: names with values, in their order; nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl

from auditkit.web.security import Refusal

MOST_FIELDS = 4_000
_OURS = ("csrf", "state", "about", "then", "was:", "here", "do", "id")
"""How the names of fields begin that nobody types."""
_KIND = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Posted:
    """The fields of a form. A name may come several times; spaces around a value mean nothing."""

    pairs: tuple[tuple[str, str], ...]

    @cached_property
    def _table(self) -> dict[str, list[str]]:
        table: dict[str, list[str]] = {}
        for name, value in self.pairs:
            table.setdefault(name, []).append(value)
        return table

    @property
    def typed(self) -> tuple[str, ...]:
        """The values that somebody may have typed."""
        return tuple(value for name, value in self.pairs if not name.startswith(_OURS))

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a name that says something."""
        return tuple(v for v in self._table.get(name, ()) if v)

    def one(self, name: str) -> str:
        """The last value of a name, or ""."""
        return self._table.get(name, [""])[-1]

    def has(self, name: str) -> bool:
        """Whether an input, or a part of it, was in the form."""
        return name in self._table or f"was:{name}" in self._table or any(True for _ in self.under(f"{name}/"))

    def under(self, start: str) -> Iterator[tuple[str, str]]:
        """The names below a start, without it, with their values."""
        return ((n[len(start):], v) for n, v in self.pairs if n.startswith(start))

    def without(self, *names: str) -> tuple[tuple[str, str], ...]:
        """All fields but some: to ask the same again."""
        return tuple((n, v) for n, v in self.pairs if n not in names)


def read_form(body: bytes, kind: str) -> Posted:
    """The fields of a body. Raises Refusal for another kind of body, and for more fields than any page of ours has."""
    if kind.partition(";")[0].strip().lower() != _KIND:
        raise Refusal(415, "This is not a form of this page", "Nothing was read and nothing was changed.")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise Refusal(400, "This text cannot be read", "It is not UTF-8. Nothing was saved.") from None
    except ValueError:
        raise Refusal(413, "That is too much at once", "Nothing was saved. Save the list in parts.") from None
    return Posted(tuple((name, _clean(value)) for name, value in pairs))


def _clean(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()


def lines(text: str) -> Sequence[str]:
    """The lines of a text that say something."""
    return [row.strip() for row in text.split("\n") if row.strip()]
