"""Questions as a sheet to send ahead of a meeting, YAML or Markdown, and the filled sheet read back as replies. Pure.

Also how a fact that a person writes down, here or in a terminal, becomes the value that its key holds: by the reader of
stack files, so that mistakes are answered in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from auditkit.errors import InputError, Problem
from auditkit.model.facts import EMPTY, SYSTEM, THE_SYSTEM, Ref, Stack
from auditkit.model.keys import Key
from auditkit.model.vocabulary import NONE, Edge
from auditkit.sources.questionnaire.disputes import is_dispute
from auditkit.sources.questionnaire.forms import Form, key_of, owner_of
from auditkit.sources.questionnaire.order import Plan
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.replies import MORE, REASONS, Evidence, Item, Reply
from auditkit.sources.questionnaire.sitting import Sitting
from auditkit.sources.stack_file.dates import read_date
from auditkit.sources.stack_file.page import Page, what
from auditkit.sources.stack_file.records import END, read_key, read_parts
from auditkit.sources.stack_file.spelling import entry, one_line, remarked
from auditkit.sources.stack_file.spelling import text as spelled
from auditkit.syntax.documents import Entry, Mapping, Node, Scalar, Sequence, lines_of, parse
from auditkit.syntax.words import did_you_mean, listed, shown

Format = Literal["yaml", "markdown"]

UNKNOWN = ("unknown", "i don't know", "i don’t know", "don't know", "not known", "d", "?")
NOT_APPLICABLE = ("does not apply", "not applicable", "n/a", "n")
YES, NO = ("yes", "y", "true"), ("no", "n", "false")
ANSWERING = ("answer", "each", "facts", "items", "whole", "reason", "ask", "note", "evidence", "who", "when")
"""What people fill in for a question."""
TELLING = ("id", "number", "question", "topic", "why", "about", "looked", "choices", "none", "keys", "known", "waits_for",
           "columns", "state")
"""What the sheet says of a question; not read back."""
LONG = ("note", "reason", "ask", "who", "evidence")
"""What holds a person's own words, whatever characters stand in them."""

Names = Table[tuple[str, str], str]
"""The ids of components by kind and by how people call them."""


# Facts as people write them --------------------------------------------------------------------------------

def names_of(stack: Stack) -> dict[tuple[str, str], str]:
    """How components can be called: by id, or by name."""
    found: dict[tuple[str, str], str] = {}
    for kind, refs in stack.by_kind.items():
        for ref in refs:
            found.setdefault((kind, _plain(stack.title(ref))), ref.id)
            if kind == "guardrail" and isinstance(words := stack.value(ref, "text"), str):
                found.setdefault((kind, _plain(words)), ref.id)      # a rule goes by its words
    for part in stack.components:
        found[part.kind, _plain(part.id)] = part.id
    return found


def called(kind: str, text: str, names: Names) -> str | None:
    """The id of the component that somebody calls so, or None."""
    return names.get((kind, _plain(text)))


def _plain(text: str) -> str:
    return re.sub(r"[\s_\-]+", " ", text).strip().casefold()


def read_said(about: str, name: str, text: str, names: Names) -> Any:
    """The value of a key as a person typed it; None for "unknown". Raises InputError in the words of the stack file."""
    key = key_of(name, about)
    if key is None:
        raise InputError(Problem(name, 0, f"there is no key {shown(name)}"))
    text = text.strip()
    node: Node = Scalar(text, 1, 1, length=len(text))
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    if key.form != "text" or quoted or (key.many and text[:1] == "["):
        node = _node(name, text, many=key.many)
    elif key.many and text != NONE:
        node = Sequence(tuple(Scalar(t, 1, 1, length=len(t)) for t in split(text)), 1, 1)
    page = Page(name, name, [text])
    value = read_field(page, about, name, node, names)
    if page.problems:
        raise InputError(*(Problem(name, 0, p.text, p.hint) for p in page.problems))
    return value


def _node(name: str, text: str, *, many: bool) -> Node:
    """What a typed text holds: brackets and braces as YAML, words with commas as a list, the rest as it is."""
    if text[:1] in ("[", "{", '"', "'"):
        source = text if not (many and text[:1] == "{") else f"[{text}]"
        try:
            return parse(f"x: {source}", name).entries[0].value
        except InputError as error:
            raise InputError(*(Problem(name, 0, p.text, p.hint) for p in error.problems)) from None
    if many and "," in text:
        return Sequence(tuple(_node(name, t, many=False) for t in split(text)), 1, 1)
    return Scalar(text, 1, 1, length=len(text))


def split(text: str, at: str = ",") -> list[str]:
    """The parts of a line; what stands in brackets, braces or quotes stays together."""
    parts, depth, quote, part = [], 0, "", ""
    for c in text:
        if quote:
            quote = "" if c == quote else quote
        elif c == '"':
            quote = c
        elif c in "[{(":
            depth += 1
        elif c in "]})":
            depth = max(0, depth - 1)
        if c == at and not depth and not quote:
            parts.append(part.strip())
            part = ""
        else:
            part += c
    return [*parts, part.strip()]


def read_field(page: Page, about: str, name: str, node: Node, names: Names) -> Any:
    """The value of one field; None for what is not known, and after a noted problem."""
    key = key_of(name, about)
    assert key is not None
    node = _meant(key, node, names)
    before = len(page.problems)
    if not key.kind:     # a part of records
        row = Mapping((Entry(Scalar(key.name, node.line, node.column), node),), node.line, node.column)
        return (read_parts(page, "a record", {key.name: key}, row) or {}).get(key.name)
    page.holder = about
    found = [value for value, _ in read_key(page, key, node)]
    if len(page.problems) > before or not found:
        return None
    if key.many:
        return () if found == [EMPTY] else tuple(found)
    return found[0]


def _meant(key: Key, node: Node, names: Names) -> Node:
    """A value with the words of people in it made those of the vocabulary: `write text`, the name of a component."""
    if isinstance(node, Sequence):
        return replace(node, items=tuple(_meant(key, n, names) for n in node.items))
    if isinstance(node, Mapping) and key.record is Edge:
        return replace(node, entries=tuple(replace(e, value=_named(e.value, "step", names)) if e.key.text == "to" else e
                                           for e in node.entries))
    if not isinstance(node, Scalar):
        return node
    if key.record is Edge:
        return _named(node, "step", names)
    if key.form == "reference" and key.refers_to:
        return _named(node, key.refers_to, names)
    word = re.sub(r"[\s\-]+", "_", node.text.strip().lower())
    return replace(node, text=word) if key.form == "choice" and word in key.choices else node


def _named(node: Node, kind: str, names: Names) -> Node:
    id = called(kind, node.text, names) if isinstance(node, Scalar) and node.text.strip() not in (NONE, END) else None
    return replace(node, text=id) if id is not None and isinstance(node, Scalar) else node


def missing_parts(about: str, name: str, value: Any, stack: Stack) -> tuple[tuple[str, str], ...]:
    """The components that a value names and that are not there yet, as (kind, what it was called)."""
    key = key_of(name, about)
    if key is None or value is None:
        return ()
    kind = "step" if key.record is Edge else key.refers_to if key.form == "reference" else None
    if kind is None:
        return ()
    items = value if isinstance(value, tuple) else (value,)
    ids = [str(i.to) if isinstance(i, Edge) else str(i) for i in items]
    return tuple((kind, id) for id in ids if id not in (NONE, END, EMPTY) and Ref(kind, id) not in stack.receipts_of)


# What was answered so far ----------------------------------------------------------------------------------

def given(question: Question, stack: Stack) -> dict[str, int | None]:
    """Which choice each component's facts amount to now; None where they are no choice's."""
    return {ref.id: next((i for i, c in enumerate(question.form.choices) if c.sets and all(
        _holds(stack, ref, name, value) for name, value in c.sets.items())
        and (c.adds is None or stack.value(ref, c.adds.refers) not in (None, NONE))), None)
            for ref in question.refs}


def _holds(stack: Stack, ref: Ref, name: str, value: Any) -> bool:
    kind, own = owner_of(name, ref.kind)
    try:
        return bool(stack.value(THE_SYSTEM if kind == SYSTEM else ref, own) == value)
    except KeyError:        # a part of records
        return False


def stated(question: Question, stack: Stack) -> dict[tuple[str, str], Any]:
    """The facts that the fields of a question hold now, by component and field."""
    found = {}
    for ref in question.refs:
        for name in question.form.fields:
            kind, own = owner_of(name, ref.kind)
            key = key_of(name, ref.kind)
            if key is not None and key.kind:
                value = stack.value(THE_SYSTEM if kind == SYSTEM else ref, own)
                if value is not None:
                    found[ref.id, name] = value
    return found


# Writing ---------------------------------------------------------------------------------------------------

def write_sheet(plan: Plan, sitting: Sitting, format: Format = "yaml") -> str:
    """All questions that are open or not known, in their order, with room for answers."""
    asked = plan.of("open", "waiting", "unknown")
    count = _count(asked, sum(q.state in ("open", "waiting", "unknown") for q in plan.aside), sitting.rules.depth == "quick")
    rows = _yaml(asked, sitting, count) if format == "yaml" else _markdown(asked, sitting, count)
    return "\n".join(rows).rstrip("\n") + "\n"


def _count(found: tuple[Question, ...], aside: int, quick: bool) -> str:
    """How many questions there are; with none, how many are not asked."""
    if not found:
        left = f"{aside} question{'s' * (aside != 1)}"
        return "no question is open" if not aside else f"no question is open; {left} " + (
            "more without --quick" if quick else "more with --all")
    minutes = max(1, round(sum(q.form.minutes for q in found)))
    return f"{len(found)} question{'s' * (len(found) != 1)}, about {minutes} minute{'s' * (minutes != 1)}"


def _rules(path: str) -> tuple[str, ...]:
    return ("The answer is the number of a choice, 'unknown', or 'does not apply' with a reason.",
            "Where several things are asked about, 'each' may hold one number for each of them.",
            "'facts' are exact values where no choice fits. 'items' is a list; 'whole: no' says that it may have more.",
            "What stays empty stays unknown. 'ask' names who can find out.",
            f"Read it back with: auditkit interview {one_line(path)} --answers FILE")


def _yaml(asked: tuple[Question, ...], sitting: Sitting, count: str) -> Iterator[str]:
    yield f"# {one_line(sitting.stack.title(THE_SYSTEM))}: {count}."
    yield from (f"# {rule}" for rule in _rules(sitting.rules.path))
    yield from ("who:", "when:      # 2026-11-20", "", "questions:" if asked else "questions: []")
    topics = {t.id: t.title for t in sitting.rules.catalogue.topics}
    last = None
    for question in asked:
        if question.form.topic != last:
            last = question.form.topic
            yield from ("", f"# {one_line(topics.get(last, last))}", "")
        yield from _yaml_question(question, sitting)
        yield ""


def _yaml_question(question: Question, sitting: Sitting) -> Iterator[str]:
    form, stack = question.form, sitting.stack
    yield f"- id: {spelled(form.id)}"
    yield from entry("number", sitting.number(question), 2)
    yield from entry("question", form.ask, 2)
    yield from entry("why", form.why, 2)
    if question.state != "open":
        yield from entry("state", question.state, 2)
    if question.waits_for:
        yield from entry("waits_for", list(question.waits_for), 2)
    about = [r for r in question.refs if r.kind != SYSTEM]
    if about:
        yield from entry("known" if form.lists else "about", {r.id: stack.title(r) for r in about}, 2)
    if question.state == "open":
        yield from entry("looked", list(sitting.looked(question)), 2)
    if form.choices:
        yield from entry("choices", {str(i): f"{c.says}: {c.means}" for i, c in enumerate(form.choices, 1)}, 2)
    yield from remarked(["  answer:"], f"none: {form.none}" if form.lists and form.none and not about else "", 2)
    if form.lists:
        yield from remarked(["  items:"], _items_format(form), 2)
        yield from remarked(["  whole:"], "yes: these are all; no: there may be more", 2)
    else:
        if len(about) > 1 and form.choices:
            yield f"  each: {{{', '.join(f'{spelled(r.id, inside=True)}: ' for r in about)}}}"
        if not form.choices:
            yield from _blanks(question, about)
        elif not is_dispute(question):
            yield from remarked(["  facts:"], ", ".join(form.fields), 2)
    yield from ("  note:", "  who:", "  ask:")


def _items_format(form: Form) -> str:
    """How the items of a list are written down."""
    columns = "".join(f", {c}: ..." for c in form.columns)
    return f"[Name, Name], or one a line: - {{name: Name{columns}}}"


def _blanks(question: Question, about: list[Ref]) -> Iterator[str]:
    """Room for each exact fact."""
    yield "  facts:"
    for ref in about or [THE_SYSTEM]:
        pad = "    " if not about else "      "
        if about:
            yield f"    {spelled(ref.id, inside=True)}:"
        for name in question.form.fields:
            first = ref == (about or [THE_SYSTEM])[0]
            wants = hint(name, question.form.about) if first else ""
            yield from remarked([f"{pad}{spelled(name, inside=True)}:"], wants, len(pad))


def hint(name: str, about: str) -> str:
    """What a field means, and what it wants: its choices, or an example."""
    key = key_of(name, about)
    if key is None:
        return ""
    doc = key.doc.rstrip(".")
    wants = _wants(key) or (f"such as {_example(key.example).rstrip('.')}" if key.example is not None else "")
    return f"{doc}; {wants}" if doc and wants else doc or wants


def _wants(key: Key) -> str:
    """The values that a key takes where they can be listed."""
    if key.form == "choice":
        return listed(key.choices) + (", or several" if key.many else "")
    if key.form == "flag":
        return listed(("yes", "no", *key.words))
    if key.form == "reference":
        kind = str(key.refers_to).replace("_", " ")
        return f"the name of {'an' if kind[0] in 'aei' else 'a'} {kind}, or none"
    if key.form == "record" and key.record is not None and key.record.__name__ == "Rate":
        return "171 of 200, .85 or 85%"
    if key.record is Edge:
        return "the next step, or end"
    return ""


def _example(value: Any, *, nested: bool = False) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        inside = ", ".join(map(_example, value))
        return f"[{inside}]" if nested else inside
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_example(v, nested=True)}" for k, v in value.items()) + "}"
    return str(value)


def _markdown(asked: tuple[Question, ...], sitting: Sitting, count: str) -> Iterator[str]:
    yield f"# {_md(sitting.stack.title(THE_SYSTEM))}"
    yield from ("", f"{count[:1].upper()}{count[1:]}.", "")
    yield from (f"- {_md(rule)}" for rule in _rules(sitting.rules.path))
    yield from ("", "Who: ", "When: ")
    topics = {t.id: t.title for t in sitting.rules.catalogue.topics}
    last = None
    for question in asked:
        if question.form.topic != last:
            last = question.form.topic
            yield from ("", f"## {_md(topics.get(last, last))}")
        yield from _markdown_question(question, sitting)


def _markdown_question(question: Question, sitting: Sitting) -> Iterator[str]:
    form, stack = question.form, sitting.stack
    yield from ("", f"### {sitting.number(question)}. {_md(form.ask)} [{form.id}]", "", f"*{_md(form.why)}*", "")
    about = [r for r in question.refs if r.kind != SYSTEM]
    if about:
        word = "Known so far" if form.lists else "Of"
        yield from (f"{word}: " + ", ".join(f"{_md(stack.title(r))} (`{r.id}`)" for r in about), "")
    if question.waits_for:
        yield from (f"It waits for {', '.join(question.waits_for)}.", "")
    for number, choice in enumerate(form.choices, 1):
        yield f"{number}. **{_md(choice.says)}** {_md(choice.means)}"
    if form.choices:
        yield ""
    if not form.lists and not is_dispute(question):
        yield from (f"- `{name}`: {_md(hint(name, form.about))}" for name in (form.fields if not form.choices else ()))
        if not form.choices:
            yield ""
    if form.lists:
        yield f"Write items as `{_items_format(form)}`."
        none = f" Where there is none, the answer is none: {_md(form.none)}" if form.none and not about else ""
        yield from (f"Whole is yes where these are all, and no where there may be more.{none}", "")
        yield from (f"- `{name}`: {_md(hint(name, form.lists))}" for name in form.columns)
        yield from ([""] if form.columns else [])
    yield "Answer: "
    if form.lists:
        yield from ("Items: ", "Whole: ")
    else:
        if len(about) > 1 and form.choices:
            yield "Each: "
        yield "Facts: "
    yield from ("Note: ", "Who: ", "Ask: ")


def _md(text: str) -> str:
    """A text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", one_line(text))


# Reading ---------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Filled:
    """One answer of a sheet, with its line."""

    reply: Reply
    line: int


@dataclass(frozen=True)
class Sheet:
    """A filled sheet: the answers that can be read, and what is wrong with the others."""

    filled: tuple[Filled, ...]
    problems: tuple[Problem, ...]


def open_sheet(text: str, sitting: Sitting, path: str) -> Sheet:
    """A filled sheet, YAML or Markdown. Raises InputError when it is neither."""
    page = Page(path, path, lines_of(text))
    top = _from_markdown(page, text, path) if _is_markdown(text) else parse(text, path)
    reader = _Reader(page, sitting)
    filled = tuple(reader.sheet(top))
    return Sheet(filled, tuple(sorted(dict.fromkeys(page.problems), key=lambda p: (p.line, p.column))))


def _is_markdown(text: str) -> bool:
    return re.search(r"(?m)^### .*\[[^\]\n]+\]\s*$", text) is not None


class _Reader:
    """Reads the nodes of a sheet against the catalogue of a sitting."""

    def __init__(self, page: Page, sitting: Sitting) -> None:
        self.page, self.sitting = page, sitting
        self.names = names_of(sitting.stack)
        self.forms = {f.id: f for f in sitting.rules.catalogue.forms}
        self.forms |= {q.id: q.form for q in sitting.plan.questions if is_dispute(q)}

    def sheet(self, top: Mapping) -> Iterator[Filled]:
        """Every answer in it."""
        for e in top.entries:
            if e.key.text not in ("who", "when", "questions"):
                self.page.wrong(e.key, f"a sheet has no {shown(e.key.text)}", "it holds who, when and questions")
        who, when = self._text(top, "who"), self._date(top, "when")
        questions = top.get("questions")
        if questions is None or (isinstance(questions, Scalar) and questions.empty):
            self.page.wrong(top, "the sheet holds no questions", "'--questions' writes one to fill in")
            return
        if not isinstance(questions, Sequence):
            self.page.wrong(questions, f"'questions' wants a list, not {what(questions)}", "write each as '- id: ...'")
            return
        seen: set[str] = set()
        for node in questions.items:
            before = len(self.page.problems)
            found = self._question(node, who, when, seen)
            if found is not None and len(self.page.problems) == before:
                yield found

    def _question(self, node: Node, who: str | None, when: date | None, seen: set[str]) -> Filled | None:
        page = self.page
        if not isinstance(node, Mapping):
            page.wrong(node, f"a question wants keys and values, not {what(node)}", "begin with '- id: ...'")
            return None
        id = node.get("id")
        if not isinstance(id, Scalar) or id.empty:
            page.wrong(node, "a question has no id", "'--questions' writes them")
            return None
        form = self.forms.get(id.text.strip())
        if form is None:
            meant = did_you_mean(id.text, self.forms)
            page.wrong(id, f"there is no question {shown(id.text)}", f"did you mean '{meant}'?" if meant else "")
            return None
        if form.id in seen:
            page.wrong(id, f"question {form.id} stands twice", "keep one of the two")
            return None
        seen.add(form.id)
        for e in node.entries:
            if e.key.text not in (*ANSWERING, *TELLING):
                page.wrong(e.key, f"a question has no {shown(e.key.text)}",
                           page.meant(e.key.text, ANSWERING, f"it takes {listed(ANSWERING, 'and')}"))
        reply = self._reply(form, node, who, when)
        return None if reply is None else Filled(reply, id.line)

    def _reply(self, form: Form, node: Mapping, who: str | None, when: date | None) -> Reply | None:
        """The answer to one question; None where there is none."""
        made: dict[str, Any] = {}
        answer = node.get("answer")
        if isinstance(answer, Scalar) and not answer.empty:
            made |= self._answer(form, answer, node)
        elif answer is not None and not isinstance(answer, Scalar):
            self.page.wrong(answer, f"'answer' wants one word or number, not {what(answer)}",
                            "for several things use 'each' or 'facts'")
        if (each := self._filled(node, "each")) is not None:
            made["each"] = self._each(form, each)
        if (facts := self._filled(node, "facts")) is not None:
            made["facts"] = {**made.get("facts", {}), **self._facts(form, facts)}
        if (items := self._filled(node, "items")) is not None:
            made["items"] = self._items(form, items)
        made = {k: v for k, v in made.items() if v is not None and v != {}}
        ask = self._text(node, "ask")
        if ask and not made:
            made["outcome"] = "unknown"
        if not made:
            return None
        if "outcome" in made and set(made) & {"choice", "each", "facts", "items"}:
            self.page.wrong(answer or node, "the answer says that it is not known, and what it is", "keep one of the two")
        if form.lists is not None and "items" in made:
            made["whole"] = self._whole(node)
        reason = self._text(node, "reason") or (MORE if not made.get("whole", True) else None)
        return Reply(form.id, **made, ask=ask, note=self._text(node, "note"), reason=reason,
                     evidence=self._evidence(node), who=self._text(node, "who") or who, when=self._date(node, "when") or when)

    def _answer(self, form: Form, node: Scalar, item: Mapping) -> dict[str, Any]:
        text = node.text.strip()
        plain = text.casefold().rstrip(".")
        if plain in UNKNOWN:
            return {"outcome": "unknown"}
        if plain in NOT_APPLICABLE and form.lists is not None:
            self.page.wrong(node, f"{form.id} asks for a list, which always applies",
                            "write 'none' where there is none" if form.none else "write 'items:', or 'unknown'")
            return {}
        if plain in NOT_APPLICABLE:
            if self._text(item, "reason") is None:
                self.page.wrong(node, "what does not apply needs a reason", f"write 'reason: {REASONS[0]}', or in your words")
            return {"outcome": "not_applicable"}
        if form.lists is not None:
            if plain in ("none", "no", form.none.casefold().rstrip(".") or "none"):
                return {"items": ()}
            self.page.wrong(node, f"{form.id} asks for a list, not {shown(text)}", "write 'items:', or 'none'")
            return {}
        says = {c.says.casefold().rstrip("."): i for i, c in enumerate(form.choices)}
        if plain in says:
            return {"choice": says[plain]}
        if text.isascii() and text.isdigit():
            return {"choice": self._number(form, node)} if form.choices else self._single(form, node)
        if not form.choices:
            return self._single(form, node)
        self.page.wrong(node, f"{form.id} has no choice {shown(text)}", _fits(form))
        return {}

    def _single(self, form: Form, node: Scalar) -> dict[str, Any]:
        """An answer that is the value of the only fact that is asked for."""
        if form.about != SYSTEM or len(form.fields) != 1:
            self.page.wrong(node, f"{form.id} is answered by facts, not {shown(node.text)}",
                            f"write them under 'facts': {', '.join(form.fields)}")
            return {}
        value = read_field(self.page, form.about, form.fields[0], node, self.names)
        return {} if value is None else {"facts": {(SYSTEM, form.fields[0]): value}}

    def _number(self, form: Form, node: Node) -> int | None:
        """A choice by its number, counted from 0; None where there is none, or after a noted problem."""
        if not isinstance(node, Scalar):
            self.page.wrong(node, f"a choice is a number, not {what(node)}", _fits(form))
            return None
        text = node.text.strip()
        if node.empty or text in ("-", "unknown"):
            return None
        if text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= len(form.choices):
            return int(text) - 1
        self.page.wrong(node, f"{form.id} has no choice {shown(text)}", _fits(form))
        return None

    def _each(self, form: Form, node: Node) -> dict[str, int]:
        if not isinstance(node, Mapping):
            self.page.wrong(node, f"'each' wants a number for each thing, not {what(node)}", "write {route: 1, close: 3}")
            return {}
        if not form.choices:
            self.page.wrong(node, f"{form.id} has no choices", "write 'facts'")
            return {}
        found = {called(form.about, e.key.text, self.names) or e.key.text.strip(): self._number(form, e.value)
                 for e in node.entries}
        return {id: n for id, n in found.items() if n is not None}

    def _facts(self, form: Form, node: Node) -> dict[tuple[str, str], Any]:
        if form.lists is not None:
            self.page.wrong(node, f"{form.id} asks for a list", "write 'items'")
            return {}
        if not isinstance(node, Mapping):
            self.page.wrong(node, f"'facts' wants keys and values, not {what(node)}", f"write {form.fields[0]}: ...")
            return {}
        found: dict[tuple[str, str], Any] = {}
        for e in node.entries:
            if form.about == SYSTEM and e.key.text != SYSTEM:
                self._fact(form, SYSTEM, e, found)
                continue
            id = called(form.about, e.key.text, self.names) or e.key.text.strip()
            if isinstance(e.value, Mapping):
                for inner in e.value.entries:
                    self._fact(form, id, inner, found)
            elif not (isinstance(e.value, Scalar) and e.value.empty):
                self.page.wrong(e.value, f"the facts of {shown(e.key.text)} want keys and values",
                                f"write {{{form.fields[0]}: ...}}")
        return found

    def _fact(self, form: Form, id: str, e: Entry, found: dict[tuple[str, str], Any]) -> None:
        if e.key.text not in form.fields:
            self.page.wrong(e.key, f"{form.id} does not ask for {shown(e.key.text)}",
                            self.page.meant(e.key.text, form.fields, f"it asks for {listed(form.fields, 'and')}"))
            return
        if isinstance(e.value, Scalar) and e.value.empty:
            return
        value = read_field(self.page, form.about, e.key.text, e.value, self.names)
        if value is not None:
            found[id, e.key.text] = value

    def _items(self, form: Form, node: Node) -> tuple[Item, ...] | None:
        kind = form.lists
        if kind is None:
            self.page.wrong(node, f"{form.id} asks for no list", f"write 'answer'{' or ' + repr('facts') if form.fields else ''}")
            return None
        if isinstance(node, Scalar):
            parts = () if node.text.strip() == NONE else split(node.text)
            node = Sequence(tuple(replace(node, text=t) for t in parts), node.line, node.column)
        if not isinstance(node, Sequence):
            self.page.wrong(node, "'items' wants a list", "write [Name, Name], or one a line with '- '")
            return None
        found = [self._item(kind, n) for n in node.items if not (isinstance(n, Scalar) and n.empty)]
        return tuple(i for i in found if i is not None)

    def _item(self, kind: str, node: Node) -> Item | None:
        if isinstance(node, Scalar):
            return Item(node.text.strip(), id=called(kind, node.text, self.names))
        name = node.get("name") if isinstance(node, Mapping) else None
        id = node.get("id") if isinstance(node, Mapping) else None
        label = name if isinstance(name, Scalar) and not name.empty else id
        if not isinstance(node, Mapping) or not isinstance(label, Scalar) or label.empty:
            self.page.wrong(node, "an item has no name", "write {name: ...}, or the name alone")
            return None
        facts = []
        for e in node.entries:
            if e.key.text in ("name", "id") or (isinstance(e.value, Scalar) and e.value.empty):
                continue
            key = key_of(e.key.text, kind)
            if key is None or not key.kind or key.derived:
                self.page.wrong(e.key, f"a {kind.replace('_', ' ')} has no {shown(e.key.text)}",
                                "'auditkit schema stack' lists the keys")
                continue
            value = read_field(self.page, kind, e.key.text, e.value, self.names)
            if value is not None:
                facts.append((e.key.text, value))
        own = id.text.strip() if isinstance(id, Scalar) and not id.empty else None
        return Item(label.text.strip(), tuple(facts), called(kind, own or label.text, self.names) or own)

    def _whole(self, node: Mapping) -> bool:
        said = node.get("whole")
        if said is None or (isinstance(said, Scalar) and (said.empty or said.text.strip().lower() in YES)):
            return True
        if not (isinstance(said, Scalar) and said.text.strip().lower() in NO):
            self.page.wrong(said, "'whole' wants yes or no", "yes: these are all; no: there may be more")
        return False

    def _filled(self, node: Mapping, name: str) -> Node | None:
        value = node.get(name)
        if value is None or (isinstance(value, Scalar) and value.empty):
            return None
        return value

    def _text(self, node: Mapping, name: str) -> str | None:
        value = self._filled(node, name)
        if value is not None and not isinstance(value, Scalar):
            self.page.wrong(value, f"{name} wants text, not {what(value)}", "put it in quotes")
            return None
        return value.text.strip() if isinstance(value, Scalar) else None

    def _date(self, node: Mapping, name: str) -> date | None:
        value = self._filled(node, name)
        if value is None:
            return None
        if not isinstance(value, Scalar):
            self.page.wrong(value, f"{name} wants a date, not {what(value)}", "write 2026-11-20")
            return None
        return read_date(self.page, name, value, value.text.strip())

    def _evidence(self, node: Mapping) -> Evidence | None:
        """A file or a link, as it is named; who reads files adds the checksum."""
        text = self._text(node, "evidence")
        if text is not None and "://" in text and not text.lower().startswith(("http://", "https://")):
            self.page.wrong(node.get("evidence") or node, f"{shown(text)} is no link that can be kept", "a link begins with https://")
            return None
        return None if text is None else Evidence(text, "link" if "://" in text else "file")


def _fits(form: Form) -> str:
    return f"it has 1 to {len(form.choices)}, 'unknown' and 'does not apply'" if form.choices else "write 'facts'"


# Markdown, read as the nodes that the YAML of the same answers would give ----------------------------------

_HEADING = re.compile(r"#{1,6}\s.*")
_QUESTION = re.compile(r"###\s.*\[([^\]]+)\]\s*")
_FIELD = re.compile(rf"({'|'.join(ANSWERING)})\s*:(.*)", re.IGNORECASE)


def _from_markdown(page: Page, text: str, path: str) -> Mapping:
    top: list[Entry] = []
    questions: list[_Open] = []
    entries: list[Entry] = top
    rows = lines_of(text)
    i = 0
    while i < len(rows):
        row, line = rows[i], i + 1
        if match := _QUESTION.fullmatch(row):
            entries = []
            entries.append(Entry(Scalar("id", line, 1), Scalar(match[1].strip(), line, match.start(1) + 1, length=len(match[1]))))
            questions.append(_Open(entries, line))      # filled in below
        elif _HEADING.fullmatch(row):
            entries = top if not questions else []
        elif match := _FIELD.fullmatch(row):
            end = i + 1
            while end < len(rows) and not (_HEADING.fullmatch(rows[end]) or _FIELD.fullmatch(rows[end])):
                end += 1
            found = _field(page, match, rows[i + 1:end], line, path)
            if found is not None:
                if any(e.key.text == found.key.text for e in entries):
                    page.wrong(found.key, f"'{found.key.text}' stands twice for one question", "keep one of the two")
                else:
                    entries.append(found)
            i = end - 1
        i += 1
    items = tuple(Mapping(tuple(q.entries), q.line, 1) for q in questions)
    top.append(Entry(Scalar("questions", 1, 1), Sequence(items, 1, 1)))
    return Mapping(tuple(top), 1, 1)


@dataclass(frozen=True)
class _Open:
    """A question whose fields are still being read."""

    entries: list[Entry]
    line: int


def _field(page: Page, match: re.Match[str], more: list[str], line: int, path: str) -> Entry | None:
    """One filled field: a person's words as they are, the rest as YAML. None where nothing was filled in."""
    name, head = match[1].lower(), match[2].strip()
    while more and not more[-1].strip():
        more = more[:-1]
    key = Scalar(name, line, 1, length=len(name))
    column = match.start(2) + 1 + len(match[2]) - len(match[2].lstrip())
    if name in LONG:
        words = " ".join(r.strip() for r in [head, *more] if r.strip())
        return Entry(key, Scalar(words, line, column, True, len(head))) if words else None
    if not head and not any(r.strip() for r in more):
        return None
    if head and (not more or name in ("answer", "when", "whole")) and head[:1] not in ("[", "{"):
        return Entry(key, Scalar(head, line, column, False, len(head)))
    indent = [r if not r.strip() or r.startswith((" ", "-")) else f" {r}" for r in more]
    source = "\n" * (line - 1) + "\n".join([f"{name}:{match[2]}", *indent])
    try:
        return Entry(key, parse(source, path).entries[0].value)
    except InputError as error:
        page.problems += error.problems
        return None
