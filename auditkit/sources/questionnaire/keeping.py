"""Keeps a sitting on disk: every answer is saved before anything else happens, and what others write is not lost.

The only part of the questionnaire that touches files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from auditkit.errors import InputError, Problem
from auditkit.model.facts import Ref
from auditkit.sources.questionnaire.replies import Evidence, Reply
from auditkit.sources.questionnaire.sitting import Moved, Rules, Sitting, moved
from auditkit.sources.stack_file.editing import Change
from auditkit.sources.stack_file.saving import NotSaved, locked, save
from auditkit.syntax.documents import MAX_BYTES

MOST_UNDO = 200


@dataclass(frozen=True)
class Clash:
    """Somebody else has meanwhile said something else on the same key: theirs is on disk, yours is not saved."""

    ref: Ref
    key: str
    theirs: object
    yours: object
    who: str | None
    when: date | None


@dataclass(frozen=True)
class Saved:
    """What saving an answer did. With clashes nothing was saved, unless it was asked to win."""

    moved: Moved | None
    clashes: tuple[Clash, ...] = ()
    others: bool = False
    """The file had been changed by somebody else since it was last read; their words were kept."""
    on: Sitting | None = None
    """What the change was made on, others' words included: all that differs from it is the change's own."""


@dataclass
class Keeper:
    """A sitting and the file that it lives in. Raises InputError for a file with mistakes, OSError when saving fails.

    When saving fails the sitting stays as it was, and so does the file.
    """

    path: Path
    rules: Rules
    sitting: Sitting = field(init=False)
    _undo: list[tuple[str, str]] = field(default_factory=list)
    _gone: bool = False

    def __post_init__(self) -> None:
        if self.path.exists() and not self.path.is_file():
            raise InputError(Problem(str(self.path), 0, "is no file", "name a stack file, or one that is to be made"))
        self.sitting = Sitting.begin(self.rules, self._read())

    # Changing

    def answer(self, reply: Reply, *, win: bool = False) -> Saved:
        """Saves a reply. `win`: yours counts even where somebody else has meanwhile said otherwise."""
        return self._change(lambda sitting: sitting.after(reply), win)

    def change(self, changes: Sequence[Change], *, who: str | None = None, when: date | None = None, win: bool = False) -> Saved:
        """Saves changes that are no answer: to the map, to the plan."""
        return self._change(lambda sitting: sitting.changed(changes, who=who, when=when), win)

    def undo(self) -> Moved | None:
        """Takes back the last change of this sitting; None when there is nothing to take back.

        Raises InputError when somebody else has changed the file since.
        """
        if not self._undo:
            return None
        before, after = self._undo[-1]
        with locked(self.path):
            if self._read() != after:
                raise InputError(Problem(self.path.name, 0, "somebody else has changed the file since",
                                         "change the answer itself instead"))
            save(self.path, before)
        self._undo.pop()
        old, self.sitting = self.sitting, self.sitting.with_text(before)
        return moved(old, self.sitting)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change of this sitting to take back."""
        return bool(self._undo)

    def skip(self, id: str) -> None:
        """Puts a question off to the end; nothing is saved."""
        self.sitting = self.sitting.skipped(id)

    @property
    def current(self) -> bool:
        """Whether nobody else has changed the file since it was last read."""
        return self._read() == self.sitting.text

    def refresh(self) -> bool:
        """Reads the file again; whether somebody else has changed it."""
        text = self._read()
        if text == self.sitting.text:
            return False
        self.sitting = self.sitting.with_text(text)
        return True

    def _change(self, step: Callable[[Sitting], Sitting], win: bool) -> Saved:
        mine = self.sitting
        with locked(self.path):
            text = self._there()
            others = text != mine.text
            base = self._theirs(text) if others else mine
            new = step(base)
            if others and not win:
                clashes = _clashes(mine, base, step(mine)) or _clashes(mine, base, new, anew=True)
                if clashes:
                    self.sitting = base
                    return Saved(None, clashes, True, base)
            if new.text != text or self._gone:
                save(self.path, new.text)
                self._gone = False
        if new.text != text:
            self._undo = [*self._undo[-MOST_UNDO:], (text, new.text)]
        self.sitting = new
        return Saved(moved(base, new), (), others, base)

    # Reading

    def _there(self) -> str:
        """The text of the file now. Raises NotSaved once when the file has gone: asked again, it is written anew."""
        text = self._read()
        if text or not self.sitting.text or self.path.exists():
            return text
        if not self._gone:
            self._gone = True
            raise NotSaved(Problem(str(self.path), 0, "the file is gone", "answer again to write all of it anew"))
        return self.sitting.text

    def _theirs(self, text: str) -> Sitting:
        """The sitting on what somebody else has made of the file. Raises NotSaved when that cannot be read."""
        try:
            return self.sitting.with_text(text)
        except InputError as error:
            first = error.problems[0]
            said = f"the file was changed and has a mistake: {first.text}"
            raise NotSaved(replace(first, path=str(self.path), text=said)) from None

    def _read(self) -> str:
        try:
            with self.path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise NotSaved(Problem(str(self.path), 0, f"cannot be read: {error.strerror}", "is it still a file?")) from None
        if len(data) > MAX_BYTES:
            raise InputError(Problem(str(self.path), 0, f"the file is larger than {MAX_BYTES:,} bytes", "is this a stack file?"))
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise InputError(Problem(str(self.path), 0, "the file is not UTF-8", "save it as UTF-8")) from None


def _clashes(mine: Sitting, base: Sitting, wanted: Sitting, *, anew: bool = False) -> tuple[Clash, ...]:
    """The keys that this answer states and that somebody else has stated otherwise since we last looked. `anew`: also what
    it states as it was before they did."""
    found = []
    for ref, table in wanted.declared.index.items():
        for key, facts in table.items():
            before = mine.declared.value(ref, key)
            yours, theirs = wanted.declared.value(ref, key), base.declared.value(ref, key)
            if (anew or yours != before) and theirs not in (before, yours) and theirs is not None:
                receipts = [f.receipt for f in base.declared.index[ref][key]]
                who = next((getattr(r, "who", None) for r in receipts), None)
                when = next((getattr(r, "when", None) for r in receipts), None)
                found.append(Clash(ref, key, theirs, facts[0].value if len(facts) == 1 else yours, who, when))
    return tuple(found)


def evidence_of(source: str, folder: Path, *, on: date | None = None, by: str | None = None) -> Evidence:
    """A file (named from `folder`, with its SHA-256) or a link as evidence. Raises InputError for a file that is not there."""
    if source.startswith(("https://", "http://")):
        return Evidence(source, "link", None, on, by)
    place = folder / source
    if not place.resolve().is_relative_to(folder.resolve()):
        raise InputError(Problem(source, 0, "lies outside the folder of the stack file", "copy it there, or give a link"))
    digest = hashlib.sha256()
    try:
        with place.open("rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
    except OSError as error:
        raise InputError(Problem(source, 0, f"cannot be read as evidence: {error.strerror or 'no such file'}",
                                 f"name a file from {folder.name or 'this folder'}, or a link with https://")) from None
    return Evidence(source, "file", digest.hexdigest(), on, by)

