"""A whole sitting in a real terminal: from an empty file to the voice agent's stack; killed at every point."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import random
import re
import select
import signal
import struct
import sys
import termios
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from auditkit import load_checklist, read_stack, shipped
from auditkit.assessment import assess
from auditkit.cli import interview, run
from auditkit.model.base import Frozen
from auditkit.model.facts import EMPTY, THE_SYSTEM, Ref, Stack
from auditkit.model.keys import keys
from auditkit.model.report import Report
from auditkit.model.vocabulary import NONE, Edge
from auditkit.sources.questionnaire.asks import spoken
from auditkit.sources.questionnaire.every import questions_for
from auditkit.sources.questionnaire.forms import Catalogue, Form, key_of, owner_of, part_of
from auditkit.sources.questionnaire.sitting import Sitting
from auditkit.sources.stack_file import saving
from auditkit.sources.stack_file.spelling import inline

DAY = "2026-11-20"
RULE = "-" * 80
PROMPT = re.compile(r"(?:^|\n)((?:[0-9]+|[a-z_0-9.\[\] ]+|!)> |Who answers\? [^\n\0]*\) |[^\n\0]*\[y/n\] )$")
MAIN = re.compile(r"[0-9]+> ")
ESCAPES = re.compile(r"\x1b\[[?0-9;]*[a-zA-Z]|\r(?=\r*\n)")
REWRITTEN = re.compile(r"[^\n\0]*\r(?!\n|$)")
"""What readline draws again at the start of its line, as far as nothing was typed yet."""
LONGEST_S = 60.0
SAMPLE = shipped.folder("sample_stacks") / "voice_agent.yaml"


def name_of(stack: Stack, ref: Ref) -> str:
    """What people call a component; a rule by its words."""
    return str(stack.value(ref, "text")) if ref.kind == "guardrail" else stack.title(ref)


def value_of(stack: Stack, ref: Ref, name: str) -> Any:
    """What a stack says of a field; None where it says nothing."""
    kind, own = owner_of(name, ref.kind)
    target = THE_SYSTEM if kind == "system" else ref
    if part_of(own, kind):
        return None
    facts = stack.index.get(target, {}).get(own, ())
    if not facts:
        return None
    if keys(kind)[own].many:
        return tuple(f.value for f in facts if f.value != EMPTY)
    return facts[0].value


def written(stack: Stack, about: str, name: str, value: Any) -> str:
    """A value as a person would type it; components by their names."""
    key = key_of(name, about)
    assert key is not None
    if isinstance(value, tuple):
        return f"[{', '.join(written(stack, about, name, v) for v in value)}]"
    if isinstance(value, Edge):
        return inline(value.to if value.share is None else {"to": value.to, "share": value.share}, inside=True)
    if isinstance(value, Frozen):
        made = value.model_dump(exclude_none=True)
        return f"{made['rate']}" if set(made) == {"rate"} else inline(plain(made))
    if key.form == "reference" and value != NONE:
        return inline(stack.title(Ref(str(key.refers_to), value)), inside=True)
    return inline(value, inside=True)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, tuple | list) else value


@dataclass
class Answers:
    """Somebody who knows a stack and answers from the screen alone."""

    truth: Stack
    catalogue: Catalogue
    who: str = "Dana Ruiz"
    lines: list[str] = field(default_factory=list)
    form: Form | None = None
    asked: list[str] = field(default_factory=list)

    def again(self) -> None:
        """The sitting was killed: what was being answered is asked again."""
        self.lines.clear()
        if self.form is not None and self.form.id in self.asked:
            self.asked.remove(self.form.id)

    def line(self, screen: str, prompt: str) -> str:
        """What to type at a prompt; `screen` is everything printed so far."""
        if prompt.startswith("Who answers"):
            return self.who
        if prompt.endswith("[y/n] "):
            return "y"
        if self.lines:
            return self.lines.pop(0)
        block = screen.rpartition(RULE)[2]
        if not MAIN.fullmatch(prompt) and "\0" in block:
            return self.key(block, prompt[:-2])
        self.form = form = self.find(block)
        if form.id in self.asked and form.lists is None:
            return "d"
        self.asked.append(form.id)
        said = self.listed(form) if form.lists else self.stated(form, self.refs(form, block))
        return self.key(block, prompt[:-2]) if said == "x" and not form.choices else said

    def find(self, block: str) -> Form:
        text = " ".join(block.split())
        return max((f for f in self.catalogue.forms if f.ask in text), key=lambda f: len(f.ask))

    def refs(self, form: Form, block: str) -> list[Ref]:
        """The components that the screen names, in its order."""
        if form.about == "system":
            return [THE_SYSTEM]
        match = re.search(r"(?m)^About {7}(.+(?:\n {12}.+)*)", block)
        assert match is not None, block
        titles = [re.sub(r"^[0-9]+ ", "", t) for t in re.split(r", (?=[0-9]+ )", " ".join(match[1].split()))]
        by_title = {self.truth.title(r): r for r in self.truth.by_kind[form.about]}
        return [by_title.get(t, Ref(form.about, t)) for t in titles]

    def listed(self, form: Form) -> str:
        refs = self.truth.by_kind[str(form.lists)]
        if not refs:
            return "0" if form.none and self.asked.count(form.id) == 1 else "d"
        for ref in refs:
            words = [inline(name_of(self.truth, ref), inside=True)]
            for column in form.columns:
                value = value_of(self.truth, ref, column)
                words.append("-" if value is None else written(self.truth, ref.kind, column, value))
            self.lines.append(", ".join(words))
        self.lines.append("")
        return self.lines.pop(0)

    def stated(self, form: Form, refs: list[Ref]) -> str:
        said = [{n: v for n in form.fields if (v := value_of(self.truth, r, n)) is not None} for r in refs]
        if not any(said):
            return "d"
        found = [next((i for i, c in enumerate(form.choices, 1) if c.sets == s and c.adds is None), 0) for s in said]
        if all(found):
            return str(found[0]) if len(set(found)) == 1 else "e " + " ".join(map(str, found))
        return "x"

    def key(self, block: str, called: str) -> str:
        """The exact values of one key; nothing where it is a column that was typed before."""
        form = self.form
        assert form is not None
        if form.lists:
            return ""
        name = next(f for f in form.fields if spoken(f) == called)
        refs = self.refs(form, block)
        values = [value_of(self.truth, r, name) for r in refs]
        if all(v is None for v in values):
            return ""
        if name.startswith("system."):
            values, refs = values[:1], refs[:1]
        words = ["-" if v is None else written(self.truth, form.about, name, v) for v in values]
        return words[0] if len(refs) == 1 else ", ".join(words)


# A terminal ------------------------------------------------------------------------------------------------

class Gone(Exception):
    """The process behind the terminal has ended."""


@dataclass
class Terminal:
    """A process that was forked after all imports, behind a real pseudo-terminal."""

    pid: int
    fd: int
    screen: str = ""
    status: int | None = None

    @classmethod
    def start(cls, folder: Path, args: list[str], before: Callable[[], None] = lambda: None) -> Terminal:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pid, fd = pty.fork()
        if pid == 0:
            _child(folder, args, before)
        return cls(pid, fd)

    def until_prompt(self) -> str:
        """What is asked next. Raises Gone when the process ends first."""
        while not (match := PROMPT.search(self.screen)):
            ready, _, _ = select.select([self.fd], [], [], LONGEST_S)
            assert ready, f"nothing for {LONGEST_S:.0f} s after: {self.screen[-400:]}"
            try:
                data = os.read(self.fd, 65536)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                data = b""
            if not data:
                raise Gone
            before, line, last = self.screen.rpartition("\n")
            self.screen = before + line + REWRITTEN.sub("", ESCAPES.sub("", last + data.decode(errors="replace")))
        return match[1]

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())
        self.screen += "\0"       # what follows is no longer the prompt

    def end(self, *, kill: bool = False) -> int:
        """The exit code; with `kill` the process is killed first."""
        if self.status is None:
            if kill:
                os.kill(self.pid, signal.SIGKILL)
            self.status = os.waitpid(self.pid, 0)[1]
            os.close(self.fd)
        return os.waitstatus_to_exitcode(self.status)


def _child(folder: Path, args: list[str], before: Callable[[], None]) -> None:
    code = 99
    try:
        os.chdir(folder)
        signal.signal(signal.SIGWINCH, signal.SIG_IGN)      # or readline draws its first prompt twice, and both get an answer
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 4000, 0, 0))      # wide: readline folds nothing
        os.environ.update(TERM="xterm", NO_COLOR="1")
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w", buffering=1), os.fdopen(2, "w", buffering=1)
        before()
        code = run(args)
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001  (a child must never run on as the parent)
        traceback.print_exc()
    finally:
        os._exit(code)


SHOWN = ("BRN-01", "FIT-01")
_OPTIONS = Sitting.options


def few_options() -> None:
    """What each choice would do is judged for two questions only: for all it is most of the time of a sitting."""
    Sitting.options = lambda self, q: _OPTIONS(self, q) if q.id in SHOWN else ()      # type: ignore[method-assign]


def no_options() -> None:
    """Nothing is judged beside the answers, and what was read before the fork is not read again."""
    Sitting.options = lambda self, q: ()      # type: ignore[method-assign]
    interview.lensed = lambda name, lens: READ[0]      # type: ignore[assignment]
    interview.questions_for = lambda checklist: READ[1]      # type: ignore[assignment]


READ: list[Any] = []
"""The checklist and the catalogue, once `catalogue` was asked for."""


def answered(terminal: Terminal, somebody: Answers) -> str:
    """Waits for a prompt; what somebody would type at it."""
    prompt = terminal.until_prompt()
    return somebody.line(terminal.screen, prompt) + "\n"


def held(terminal: Terminal, somebody: Answers) -> Terminal:
    """Answers until the sitting is at its end."""
    try:
        while True:
            terminal.type(answered(terminal, somebody))
    except Gone:
        return terminal


@pytest.fixture(scope="module")
def truth() -> Stack:
    return read_stack(SAMPLE)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    checklist = load_checklist("reliability")
    READ[:] = [checklist, questions_for(checklist)]
    return READ[1]


# The voice agent, from an empty file -----------------------------------------------------------------------

EXCEPTIONS = {
    "system.name": "no question asks what it is called; the file is called something",
    "action.consequential": "asked together with the effect, which was typed in the list; the tool works it out",
    "action.idempotent_key": "its connection makes a second write harmless, so nothing waits for it",
    "monitor.kind": "no check reads it",
    "eval.path": "a place in code; asked beside the size, which was typed in the list",
    "model.window": "asked beside what was typed in the list; no check reads it",
    "guardrail.step": "asked beside what was typed in the list; no check waits for it",
}
"""Facts of the sample that a sitting does not reach, with the reason. Paperwork and notes are no facts."""


def by_title(stack: Stack) -> dict[tuple[str, str, str], set[str]]:
    """Facts by kind, name and key; components are called by their names, since ids are made from these."""
    names = {(p.kind, p.id): p.kind if p.kind == "system" else name_of(stack, p.ref).casefold() for p in stack.components}
    found: dict[tuple[str, str, str], set[str]] = {}
    for fact in stack.facts:
        key, value = keys(fact.kind)[fact.key], str(fact.value)
        if key.form == "reference":
            value = names.get((str(key.refers_to), value), value)
        found.setdefault((fact.kind, names[fact.kind, fact.id], fact.key), set()).add(value)
    return found


def judged(stack: Stack) -> Report:
    return assess(stack, load_checklist("reliability"), on=date.fromisoformat(DAY))


def outcomes(report: Report) -> dict[tuple[str, str], str]:
    titles = {p.id: name_of(report.stack, p.ref).casefold() for p in report.stack.components if p.kind != "system"}
    return {(f.check, titles.get(f.component, f.component)): f.outcome for f in report.findings}


def assert_the_same(made: Path, truth: Stack) -> None:
    """The same decision by the same rule, the same findings, points and facts as the sample."""
    ours, theirs = judged(read_stack(made)), judged(truth)
    assert (ours.verdict.decision, ours.verdict.rule) == (theirs.verdict.decision, theirs.verdict.rule)
    assert outcomes(ours) == outcomes(theirs)
    one, other = ours.reliability.as_is, theirs.reliability.as_is
    assert (one.success.point, one.silent.point) == pytest.approx((other.success.point, other.silent.point), abs=1e-12)
    said, known = by_title(read_stack(made)), by_title(truth)
    lost = {f"{kind}.{key}" for kind, name, key in known if (kind, name, key) not in said}
    assert lost <= set(EXCEPTIONS)
    differ = {place: (said[place], known[place]) for place in said if place in known and said[place] != known[place]}
    assert differ == {}
    assert [p for p in said if p not in known] == []


def test_from_an_empty_file_a_sitting_ends_with_the_voice_agent(tmp_path: Path, truth: Stack, catalogue: Catalogue) -> None:
    somebody = Answers(truth, catalogue)
    terminal = held(Terminal.start(tmp_path, ["interview", "v.yaml", "--all", "--on", DAY], few_options), somebody)
    assert terminal.end() == 0, terminal.screen[-2000:]
    assert terminal.screen.count("New         v.yaml is made with your first answer.") == 1
    assert terminal.screen.rstrip().endswith("Next        auditkit audit v.yaml")
    assert "Moved       unnoticed" in terminal.screen
    assert 40 <= len(set(somebody.asked)) <= 55
    assert_the_same(tmp_path / "v.yaml", truth)


def sheet_of(truth: Stack, catalogue: Catalogue) -> Iterator[str]:
    """A sheet that somebody has filled in who knows the stack."""
    yield "who: Dana Ruiz"
    yield "questions:"
    for form in catalogue.forms:
        rows: list[str] = []
        refs = [THE_SYSTEM] if form.about == "system" else list(truth.by_kind[form.about])
        if form.lists:
            listed = truth.by_kind[form.lists]
            rows = ["  items:" + (" none" if not listed else "")]
            for ref in listed:
                said = {c: v for c in form.columns if (v := value_of(truth, ref, c)) is not None}
                rows.append(f"  - {{name: {inline(name_of(truth, ref), inside=True)}"
                            + "".join(f", {c}: {written(truth, ref.kind, c, v)}" for c, v in said.items()) + "}")
        for ref in [] if form.lists else refs:
            facts = {n: v for n in form.fields if (v := value_of(truth, ref, n)) is not None}
            if facts:
                inner = ", ".join(f"{n}: {written(truth, form.about, n, v)}" for n, v in facts.items())
                rows.append(f"    {inline(name_of(truth, ref) if ref != THE_SYSTEM else 'system', inside=True)}: {{{inner}}}")
        if rows:
            yield f"- id: {form.id}"
            yield from rows if form.lists else ("  facts:", *rows)


def test_the_same_by_a_filled_sheet(tmp_path: Path, truth: Stack, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch,
                                    capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ahead.yaml").write_text("\n".join(sheet_of(truth, catalogue)) + "\n", encoding="utf-8")
    assert run(["interview", "v.yaml", "--all", "--answers", "ahead.yaml", "--on", DAY]) == 0, capsys.readouterr().err
    out = capsys.readouterr().out
    assert out.count("Saved       ") > 50
    assert "Rule O6" in out
    assert_the_same(Path("v.yaml"), truth)


# Killed ----------------------------------------------------------------------------------------------------

QUICK = ["interview", "v.yaml", "--quick", "--by", "Dana Ruiz", "--on", DAY]


@dataclass
class Guard:
    """Watches a file: it always loads, and what was there stays there."""

    path: Path
    facts: set[tuple[str, str, str, str]] = field(default_factory=set)

    def check(self) -> None:
        if not self.path.exists():
            assert not self.facts
            return
        found = {(f.kind, f.id, f.key, str(f.value)) for f in read_stack(self.path).facts}
        assert self.facts <= found
        self.facts = found


def test_killed_after_each_answer_nothing_is_lost(tmp_path: Path, truth: Stack, catalogue: Catalogue) -> None:
    somebody, guard, done, kills = Answers(truth, catalogue), Guard(tmp_path / "v.yaml"), False, 0
    while not done and kills < 60:
        terminal = Terminal.start(tmp_path, QUICK, no_options)
        try:
            terminal.type(answered(terminal, somebody))
            while (terminal.until_prompt() and terminal.screen.count(RULE) == 1) or somebody.lines:
                terminal.type(answered(terminal, somebody))
        except Gone:
            done = True
        kills += not done
        code = terminal.end(kill=not done)
        assert code == (0 if done else -signal.SIGKILL), terminal.screen[-1500:]
        said = len(guard.facts)
        guard.check()
        assert done or "Saved" in terminal.screen
        assert len(guard.facts) >= said
    assert done
    assert kills >= 10
    assert judged(read_stack(tmp_path / "v.yaml")).verdict.decision == "harden"


def test_killed_at_fifty_moments_in_between_nothing_is_lost(tmp_path: Path, truth: Stack, catalogue: Catalogue) -> None:
    rng = random.Random(20261120)
    somebody, guard, kills, sittings = Answers(truth, catalogue), Guard(tmp_path / "v.yaml"), 0, 1
    while kills < 50:
        how, after = rng.choice(("typing", "sent", "saving", "saving")), rng.randrange(1, 6)
        bomb = _bomb(rng.randrange(1, 12), half=rng.random() < 0.3) if how == "saving" else no_options
        terminal = Terminal.start(tmp_path, QUICK, bomb)
        ended = False
        try:
            for _ in range(after if how != "saving" else 200):
                terminal.type(answered(terminal, somebody))
            line = answered(terminal, somebody)
            terminal.type(line[:rng.randrange(len(line))] if how == "typing" else line)
        except Gone:
            ended = True
        code = terminal.end(kill=not ended)
        assert code in (0, -signal.SIGKILL), terminal.screen[-1500:]
        guard.check()
        kills += code != 0
        somebody.again()
        if code == 0:       # it came to its end before the moment: from the start
            (tmp_path / "v.yaml").unlink()
            somebody, guard, sittings = Answers(truth, catalogue), Guard(tmp_path / "v.yaml"), sittings + 1
    assert sittings > 1


def _bomb(count: int, *, half: bool) -> Callable[[], None]:
    """Makes the process kill itself at one of the steps of saving, counted over the whole sitting."""
    def armed() -> None:
        no_options()
        left = [count]

        def step() -> bool:
            left[0] -= 1
            return left[0] == 0

        def dying(do: Callable[..., Any]) -> Callable[..., Any]:
            def wrapped(*args: Any, **named: Any) -> Any:
                if step():
                    os.kill(os.getpid(), signal.SIGKILL)
                return do(*args, **named)
            return wrapped

        write = os.fdopen

        def torn(handle: int, mode: str = "r", *rest: Any) -> Any:
            if half and mode == "wb" and step():
                os.write(handle, b"version: 1\nstack: {na")
                os.kill(os.getpid(), signal.SIGKILL)
            return write(handle, mode, *rest)

        saving.os.fsync = dying(os.fsync)      # type: ignore[assignment]
        saving.os.fdopen = torn      # type: ignore[assignment]
        saving.tempfile.mkstemp = dying(saving.tempfile.mkstemp)      # type: ignore[assignment]
        Path.replace = dying(Path.replace)      # type: ignore[method-assign]
        Path.chmod = dying(Path.chmod)      # type: ignore[method-assign]
    return armed
