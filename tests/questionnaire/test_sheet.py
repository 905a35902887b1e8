"""Sheets: what is written can be filled in and read back as it was meant, in YAML and in Markdown; all else is refused."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditkit.assessment import judge
from auditkit.checklist.load import load_checklist
from auditkit.errors import InputError
from auditkit.model.vocabulary import Branch, Edge, Rate
from auditkit.sources.questionnaire.every import questions_for
from auditkit.sources.questionnaire.forms import key_of
from auditkit.sources.questionnaire.order import Plan
from auditkit.sources.questionnaire.questions import Judged
from auditkit.sources.questionnaire.replies import MORE, REASONS, Item, Reply
from auditkit.sources.questionnaire.sheet import (
    Format,
    called,
    hint,
    missing_parts,
    names_of,
    open_sheet,
    read_said,
    split,
    write_sheet,
)
from auditkit.sources.questionnaire.sitting import Rules, Sitting
from auditkit.sources.stack_file.spelling import text as spelled
from auditkit.syntax.documents import Sequence, parse

ON = date(2026, 11, 20)
STACK = """\
version: 1
stack: {name: "Desk *one*", impact: moderate, stage: pilot, users: customers, channel: voice}
steps:
  - {id: greet, name: Greet, kind: write_text, decider: model}
  - {id: route, name: "Choose: the route", kind: decide, decider: model}
  - {id: book, name: Book, kind: write, decider: model, next: end}
actions:
  - {id: save, name: Save it, step: book, effect: write, integration: none}
"""
BOTH: tuple[Format, Format] = ("yaml", "markdown")


@cache
def sitting() -> Sitting:
    checklist = load_checklist()
    rules = Rules(checklist, questions_for(checklist), lambda s: Judged(*judge(s, checklist, on=ON, live=True)), depth="all", path="s.yaml")
    return Sitting.begin(rules, STACK)


def read_sheet(text: str, held: Sitting, path: str) -> list[Reply]:
    """The answers of a filled sheet in which nothing is wrong."""
    sheet = open_sheet(text, held, path)
    if sheet.problems:
        raise InputError(*sheet.problems)
    return [f.reply for f in sheet.filled]


@cache
def blank(format: Format) -> str:
    return write_sheet(sitting().plan, sitting(), format)


def problems(text: str) -> list[tuple[int, str]]:
    return [(p.line, f"{p.text}; {p.hint}") for p in open_sheet(text, sitting(), "sheet").problems]


# What must not match ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("format", BOTH)
def test_an_empty_sheet_answers_nothing(format: Format) -> None:
    assert read_sheet(blank(format), sitting(), "sheet") == []


@pytest.mark.parametrize(("line", "said"), [
    ("{id: BRN-01, answer: 0}", "BRN-01 has no choice '0'; it has 1 to 5"),
    ("{id: BRN-01, answer: 6}", "no choice '6'"),
    ("{id: BRN-01, answer: '１'}", "no choice"),
    ("{id: BRN-01, answer: yes}", "no choice 'yes'"),
    ("{id: BRN-01, answer: [1]}", "'answer' wants one word or number, not a list; for several things"),
    ("{id: BRN-01, answer: does not apply}", "needs a reason"),
    ("{id: BRN-01, answer: unknown, each: {greet: 1}}", "says that it is not known, and what it is; keep one"),
    ("{id: BRN-01, each: [1, 2]}", "'each' wants a number for each thing"),
    ("{id: BRN-01, each: {greet: 7}}", "no choice '7'"),
    ("{id: BRN-01, items: [Greet]}", "asks for no list"),
    ("{id: BRN-01, facts: {greet: {sucess: 1}}}", "does not ask for 'sucess'"),
    ("{id: BRN-01, facts: {greet: [1]}}", "want keys and values"),
    ("{id: BRN-01, facts: {greet: {failure_branches: {tpye: clarify}}}}", "did you mean 'type'?"),
    ("{id: WFL-02, facts: {greet: {success: 1.7}}}", "a success rate lies between 0 and 1, not 1.7"),
    ("{id: WFL-02, facts: {greet: {success: 200 of 171}}}", "200 successes are more than 171 runs"),
    ("{id: MAP-06, answer: does not apply, reason: x}", "asks for a list, which always applies; write 'none'"),
    ("{id: BRN-01, answer: 1, evidence: 'ftp://host/x'}", "a link begins with https://"),
    ("{id: MAP-40, answer: 1}", "asks for a list, not '1'"),
    ("{id: MAP-40, items: [{kind: api}]}", "an item has no name"),
    ("{id: MAP-40, items: [{name: CRM, knid: api}]}", "has no 'knid'"),
    ("{id: MAP-40, items: [CRM], whole: perhaps}", "'whole' wants yes or no"),
    ("{id: MAP-40, each: {crm: 1}}", "has no choices"),
    ("{id: BRN-99, answer: 1}", "there is no question 'BRN-99'"),
    ("{id: brn-01, answer: 1}", "did you mean 'BRN-01'?"),
    ("{answer: 1}", "a question has no id"),
    ("[1]", "a question wants keys and values"),
    ("{id: BRN-01, answr: 1}", "did you mean 'answer'?"),
    ("{id: BRN-01, answer: 1, when: 20.11.2026}", "did you mean 2026-11-20?"),
    ("{id: BRN-01, answer: 1, who: [a]}", "who wants text"),
])
def test_an_answer_that_does_not_fit_is_refused_with_its_line(line: str, said: str) -> None:
    found = problems(f"questions:\n- {{id: FIT-01, answer: 1}}\n- {line}\n")
    assert len(found) == 1
    assert found[0][0] == 3
    assert said in found[0][1]
    with pytest.raises(InputError):
        read_sheet(f"questions:\n- {line}\n", sitting(), "sheet")
    assert [f.reply.question for f in open_sheet(f"questions:\n- {{id: FIT-01, answer: 1}}\n- {line}\n", sitting(), "s").filled] == ["FIT-01"]


@pytest.mark.parametrize("text", ["", "x", "- a\n- b\n", "questions:\n", "questions: 3\n", "questoins: []\nquestions: []\n", "questions: [&a 1]\n",
                                  "questions: [{id: BRN-01, id: BRN-02}]", "who: \x07\n"])
def test_what_is_no_sheet_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_sheet(text, sitting(), "sheet")


def test_a_question_stands_once() -> None:
    assert "stands twice" in problems("questions:\n- {id: FIT-01, answer: 1}\n- {id: FIT-01, answer: 2}\n")[0][1]
    assert "stands twice" in problems("### 1. x [FIT-01]\nAnswer: 1\nAnswer: 2\n")[0][1]


def test_mistakes_in_markdown_have_their_line_and_column() -> None:
    sheet = open_sheet("# Desk\n\n### 1. x [BRN-01]\n\nAnswer: 9\n\n### 2. y [WFL-02]\nFacts: {greet: {success: 1.7}}\n", sitting(), "sheet.md")
    assert [(p.line, p.excerpt[p.column - 1:][:p.length]) for p in sheet.problems] == [(5, "9"), (8, "1.7")]


# What is written -------------------------------------------------------------------------------------------

@pytest.mark.parametrize("format", BOTH)
def test_a_sheet_holds_every_open_question_in_the_order_of_the_talk(format: Format) -> None:
    plan = sitting().plan
    asked = plan.of("open", "waiting", "unknown")
    places = [blank(format).index(f"id: {q.id}" if format == "yaml" else f"[{q.id}]") for q in asked]
    assert places == sorted(places)
    for question in asked:
        assert all(c.says.split("'")[0] in blank(format) for c in question.form.choices)


def test_a_list_says_how_it_is_written_down() -> None:
    for format in BOTH:
        assert "{name: Name, kind: ..., direction: ..., scope: ...}" in " ".join(blank(format).replace("#", "").split())
        assert f"none: {next(q for q in sitting().plan.of('open') if q.form.none and not q.refs).form.none}" in blank(format)
    assert "- `direction`: " in blank("markdown")


def test_a_sheet_without_questions_says_what_is_not_asked() -> None:
    open_ = sitting().plan.of("open", "waiting", "unknown")
    for format in BOTH:
        assert f"o question is open; {len(open_)} questions more with --all." in write_sheet(Plan((), open_), sitting(), format)
        assert "o question is open." in write_sheet(Plan(()), sitting(), format)


def test_the_yaml_sheet_is_yaml_of_short_lines() -> None:
    top = parse(blank("yaml"), "sheet")
    questions = top.get("questions")
    assert isinstance(questions, Sequence)
    assert len(questions.items) == len(sitting().plan.of("open", "waiting", "unknown"))
    assert max(map(len, blank("yaml").splitlines())) <= 112


def test_hostile_names_cannot_break_a_sheet() -> None:
    name = "x\\n- id: FIT-01\\n  answer: 1 ### 9. z [FIT-01] *b* <i> `c`"
    held = Sitting.begin(sitting().rules, STACK.replace("name: Greet", f'name: "{name}"'))
    for format in BOTH:
        assert read_sheet(write_sheet(held.plan, held, format), held, "sheet") == []


# Round trip ------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Co", "Cn")), min_size=1, max_size=40).map(
    lambda t: " ".join(t.split())).filter(lambda t: t and not t.isspace() and "\u00a0" not in t and "\ufeff" not in t)
NAMES = st.sampled_from(["CRM", "Call log", "Price: list", "a, b", "x # y", "It's", '"q"', "end of day", "é"])


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    """What somebody could answer to one of the open questions."""
    question = draw(st.sampled_from(sitting().plan.of("open")))
    form, made = question.form, dict[str, Any]()
    kinds = ["unknown", "ask"] + (["choice", "each"] if form.choices else []) + (["items"] if form.lists else ["not_applicable"])
    kind = draw(st.sampled_from(kinds))
    ids = [r.id for r in question.refs]
    if kind == "choice":
        made["choice"] = draw(st.integers(0, len(form.choices) - 1))
    elif kind == "each":
        chosen = draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
        made["each"] = {id: draw(st.integers(0, len(form.choices) - 1)) for id in chosen}
    elif kind == "items":
        names = draw(st.lists(NAMES, max_size=4, unique=True))
        whole = draw(st.booleans())
        made |= {"items": tuple(Item(n) for n in names), "whole": whole, "reason": None if whole else MORE}
    elif kind == "not_applicable":
        made |= {"outcome": kind, "reason": draw(st.sampled_from(REASONS))}
    else:
        made |= {"outcome": "unknown", "ask": draw(WORDS) if kind == "ask" else None}
    return Reply(question.id, **made, note=draw(st.none() | WORDS), who=draw(st.none() | WORDS), when=draw(st.none() | st.just(ON)))


def filled_in(reply: Reply, format: Format) -> str:
    """The written sheet with one question filled in, as a person would."""
    fields = {"answer": None if reply.choice is None else str(reply.choice + 1), "who": reply.who, "note": reply.note, "ask": reply.ask,
              "when": reply.when.isoformat() if reply.when else None, "reason": reply.reason}
    if reply.outcome:
        fields["answer"] = "does not apply" if reply.outcome == "not_applicable" else "unknown"
    if reply.each:
        fields["each"] = f"{{{', '.join(f'{k}: {v + 1}' for k, v in reply.each.items())}}}"
    if reply.items is not None:
        fields["items"] = f"[{', '.join(spelled(i.name, inside=True) for i in reply.items)}]"
        fields["whole"] = "yes" if reply.whole else "no"
    head, mark, rest = blank(format).partition(f"- id: {reply.question}\n" if format == "yaml" else f"[{reply.question}]\n")
    end = rest.find("\n- id: ") if format == "yaml" else rest.find("\n### ")
    own, after = (rest[:end], rest[end:]) if end >= 0 else (rest, "")
    for name, value in fields.items():
        if value is None:
            continue
        label = f"  {name}:" if format == "yaml" else f"{name.capitalize()}:"
        if format == "yaml" and name in ("who", "note", "ask", "reason"):
            value = spelled(value)
        lines = [line for line in own.split("\n") if not line.startswith(label)]
        place = next(i for i, line in enumerate(lines) if line.startswith("  answer:" if format == "yaml" else "Answer:")) \
            if name != "answer" else next(i for i, line in enumerate(own.split("\n")) if line.startswith(label))
        lines.insert(place if name == "answer" else place + 1, f"{label} {value}")
        own = "\n".join(lines)
    return f"{head}{mark}{own}{after}"


@pytest.mark.parametrize("format", BOTH)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(reply=replies())
def test_what_is_filled_in_is_read_as_it_was_meant(format: Format, reply: Reply) -> None:
    assert read_sheet(filled_in(reply, format), sitting(), "sheet") == [reply]


# Facts as people write them --------------------------------------------------------------------------------

@pytest.mark.parametrize(("about", "name", "text", "wanted"), [
    ("step", "success", "171 of 200", Rate(successes=171, runs=200)),
    ("step", "success", ".85", Rate(rate=0.85)),
    ("step", "success", "85%", Rate(rate=0.85)),
    ("step", "kind", "write text", "write_text"),
    ("step", "kind", "Write-Text", "write_text"),
    ("step", "rule", "yes: always # really", "yes: always # really"),
    ("step", "rule", '"a, b"', "a, b"),
    ("step", "writes_state", "intent, the caller's name", ("intent", "the caller's name")),
    ("step", "writes_state", "none", ()),
    ("step", "writes_state", "[]", ()),
    ("step", "failure_branches", "{type: clarify, trigger_in: code}", (Branch(type="clarify", trigger_in="code"),)),
    ("step", "failure_branches", "none", ()),
    ("step", "next", "Choose: the route", (Edge(to="route"),)),
    ("step", "next", "[{to: Book, share: .7}, end]", (Edge(to="book", share=0.7), Edge(to="end"))),
    ("action", "step", "choose: the  ROUTE", "route"),
    ("action", "gate", "none", "none"),
    ("step", "rule_known", "unknown", None),
    ("system", "fit.rule_tried", "no", False),
    ("agent", "system.coordination.peers_listed", "yes", True),
])
def test_a_typed_fact_is_what_its_key_holds(about: str, name: str, text: str, wanted: Any) -> None:
    assert read_said(about, name, text, names_of(sitting().stack)) == wanted


@pytest.mark.parametrize(("about", "name", "text", "said"), [
    ("step", "success", "1.7", "lies between 0 and 1"), ("step", "kind", "wriet_text", "did you mean 'write_text'?"),
    ("step", "success", "{successes: 3", "bracket"), ("step", "rule", "x" * 700, "the most is"), ("step", "nothing", "1", "no key"),
    ("step", "failure_branches", "[{type: clarify}, {type: clarify}]", "twice"), ("step", "rule_known", "perhaps", "wants yes or no"),
])
def test_a_typed_fact_that_does_not_fit_is_answered_in_the_words_of_the_stack_file(about: str, name: str, text: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        read_said(about, name, text, {})
    assert said in str(error.value)


def test_lines_are_split_outside_brackets_and_quotes() -> None:
    assert split('a, [b, c], "d, e", {f: 1, g: 2}, (h, i)') == ["a", "[b, c]", '"d, e"', "{f: 1, g: 2}", "(h, i)"]
    assert split("]a, b") == ["]a", "b"]


def test_components_are_called_by_id_or_name() -> None:
    names = names_of(sitting().stack)
    assert [called("step", n, names) for n in ("greet", "GREET", "Choose: the route", "route", "nobody")] == ["greet", "greet", "route", "route", None]
    assert missing_parts("action", "integration", "crm", sitting().stack) == (("integration", "crm"),)
    assert missing_parts("step", "next", (Edge(to="greet"), Edge(to="end")), sitting().stack) == ()


def test_every_field_says_what_it_wants() -> None:
    for form in sitting().rules.catalogue.forms:
        for name in (*form.fields, *(form.columns if form.lists else ())):
            words = hint(name, form.lists or form.about)
            assert words
            assert ".." not in words.replace("...", "")
    for name in ("decider", "rule_known", "success", "next"):
        key = key_of(name, "step")
        assert key is not None
        assert hint(name, "step").startswith(key.doc.rstrip(".") + "; ")
