"""The catalogue of questions: read strictly; every answer states facts that load, and decides what it says it decides."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditkit import shipped
from auditkit.assessment.assess import assess
from auditkit.checklist.checks import Check
from auditkit.checklist.conditions import Both, Condition, Either, Not, Related, relation_target, resolve
from auditkit.checklist.conditions import Test as Asks
from auditkit.checklist.load import load_checklist
from auditkit.errors import InputError
from auditkit.model.behind import BEHIND
from auditkit.model.facts import THE_SYSTEM, Ref, Stack
from auditkit.model.keys import keys
from auditkit.model.vocabulary import KINDS, SECTION_OF, Branch, Edge
from auditkit.sources.questionnaire.forms import Catalogue, Form, forms_from_text, load_forms, owner_of, part_of
from auditkit.sources.stack_file.loader import read_stack, stack_from_text
from auditkit.syntax.documents import Mapping, Node, Scalar, parse

ON = date(2026, 11, 20)
CHECKLIST = load_checklist()
CATALOGUE = load_forms(CHECKLIST)
FORMS = {form.id: form for form in CATALOGUE.forms}
QUESTIONS = shipped.folder("checklists") / "questions" / "reliability.yaml"

GOOD = """\
schema: 1
topics:
- {id: calls, title: What it calls}
- {id: remembers, title: What it remembers}
questions:
- id: INT-01
  topic: calls
  about: integration
  ask: Does every call to it end in time?
  short: Time limits
  why: One call that hangs freezes the run.
  fields: [timeout, timeout_s]
  needs: [timeout]
  minutes: 0.5
  quick: yes
  choices:
  - says: Yes, we set a limit
    means: Each call has a limit of our own.
    sets: {timeout: yes}
  - says: The library sets one
    means: The library's own limit ends each call.
    sets: {timeout: default}
- id: ACT-02
  topic: calls
  about: action
  ask: What stops it until somebody has said yes?
  short: A yes before it
  why: Money moved cannot be called back.
  fields: [gate]
  minutes: 1
  choices:
  - says: A person approves it first
    means: Code makes it wait.
    sets: {}
    adds: {kind: gate, id: "{id}_approval", name: "Approval of {name}", refers: gate, sets: {type: human}}
  - says: Nothing
    means: It happens.
    sets: {gate: none}
- id: BRN-07
  topic: calls
  about: step
  ask: How many tests reach its ways out?
  short: Tests
  why: What nobody tests fails first.
  fields: [failure_branches.tests]
  minutes: 1
- id: MAP-01
  topic: remembers
  about: system
  lists: store
  ask: Where is it kept?
  short: Stores
  why: What is not kept is lost.
  columns: [kind, durable]
  none: Nowhere
  minutes: 1
"""


def problems(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        forms_from_text(text, "q.yaml", CHECKLIST)
    return [str(p) for p in caught.value.problems]


def line(text: str) -> int:
    rows = [i for i, row in enumerate(GOOD.splitlines(), 1) if text in row]
    assert rows, text
    return rows[0]


NOT_THE_VOCABULARY = "worked out by the tool, so nobody is asked for it; name a key behind it"
BAD: list[tuple[str, str, str]] = [
    ("schema: 1", "schema: 2", "the schema of a catalogue is 1, not '2'"),
    ("- id: INT-01", "- id: int-01", "'int-01' cannot be the id of a question; "
     "write that of the check it settles, or MAP- and two digits"),
    ("- id: INT-01", "- id: INT-09", "there is no check INT-09; did you mean 'INT-01'?"),
    ("- id: BRN-07", "- id: INT-01", "the id 'INT-01' stands twice, first on line 6; an id stands for one question"),
    ("- {id: remembers", "- {id: calls", "the topic 'calls' stands twice, first on line 3; a topic stands once"),
    ("- {id: calls,", "- {id: What Calls,", "'What Calls' cannot be the id of a topic; write small letters, digits and '_'"),
    ("topic: calls", "topic: call", "'topic' cannot be 'call'; did you mean 'calls'?"),
    ("about: integration", "about: integrations", "'about' cannot be 'integrations'; did you mean 'integration'?"),
    ("short: Time limits", "shrt: Time limits", "INT-01 has no 'shrt'; did you mean 'short'?"),
    ("ask: Does every call to it end in time?", f"ask: {'Q' * 71}", "'ask' has 71 characters; the most is 70; shorten it"),
    ("short: Time limits", f"short: {'T' * 37}", "'short' has 37 characters; the most is 36; shorten it"),
    ("why: One call that hangs freezes the run.", "why: " + "so " * 31, "'why' has 31 words; the most is 30; shorten it"),
    ("why: One call that hangs freezes the run.", "why: One. Two. Three.",
     "'why' has 3 sentences; the most is 2; shorten it"),
    ("says: Yes, we set a limit", f"says: {'Y' * 51}", "'says' has 51 characters; the most is 50; shorten it"),
    ("means: Each call has a limit of our own.", "means: " + "so " * 26, "'means' has 26 words; the most is 25; shorten it"),
    ("quick: yes", "quick: maybe", "'quick' wants yes or no, not 'maybe'"),
    ("minutes: 0.5", "minutes: soon", "'minutes' wants a number above 0, up to 10, not 'soon'"),
    ("minutes: 0.5", "minutes: 0", "'minutes' wants a number above 0, up to 10, not '0'"),
    ("fields: [timeout, timeout_s]", "fields: [timeout, timeuot_s]", "an integration has no key 'timeuot_s'; did you mean 'timeout_s'?"),
    ("fields: [timeout, timeout_s]", "fields: [timeout, timeout]", "'fields' names timeout twice; keep one of the two"),
    ("fields: [timeout, timeout_s]", "fields: [timeout, retries]",
     "an integration has no key 'retries'; name one of retries.max, retries.backoff, retries.jitter or retries.classified"),
    ("fields: [timeout, timeout_s]", "fields: [timeout, time_limited]", f"'time_limited' is {NOT_THE_VOCABULARY}"),
    ("fields: [timeout, timeout_s]", "fields: [timeout, system.run.nuon]", "the system has no key 'run.nuon'; did you mean 'run.noun'?"),
    ("fields: [timeout, timeout_s]", "fields: [timeout, system.computed.steps]", f"'computed.steps' is {NOT_THE_VOCABULARY}"),
    ("fields: [failure_branches.tests]", "fields: [failure_branches.test]",
     "a step has no key 'failure_branches.test'; did you mean 'failure_branches.tests'?"),
    ("fields: [failure_branches.tests]", 'fields: ["failure_branches[handof].tests"]',
     "a step has no key 'failure_branches[handof].tests'; did you mean 'failure_branches[handoff].tests'?"),
    ("needs: [timeout]", "needs: [retry]", "'needs' names retry, which is not among the fields"),
    ("sets: {timeout: yes}", "sets: {timeout: maybe}", "timeout wants yes, no or default, not 'maybe'"),
    ("sets: {timeout: yes}", "sets: {timeout: unknown}", "'timeout' is set to nothing; a choice states what is known"),
    ("sets: {timeout: yes}", "sets: {timeuot: yes}", "an integration has no key 'timeuot'; did you mean 'timeout'?"),
    ("sets: {timeout: yes}", "sets: {retry: yes}", "a choice sets retry, which is not among the fields"),
    ("sets: {timeout: yes}", "sets: {}", "a choice states no fact; name a key and a value"),
    ("sets: {timeout: yes}", "sets: {timeout: default}",
     "'The library sets one' states the same facts as 'Yes, we set a limit'; keep one of the two"),
    ("says: The library sets one", "says: Yes, we set a limit", "two choices say 'Yes, we set a limit'; say how they differ"),
    ("sets: {gate: none}", "sets: {gate: approval}",
     "'gate' names 'approval', which no other stack has; write none, or {next} for the step that follows"),
    ("adds: {kind: gate,", "adds: {kind: gates,", "'kind' cannot be 'gates'; did you mean 'gate'?"),
    ("refers: gate, sets", "refers: step, sets", "'refers' wants a key that names a gate, not 'step'; write gate"),
    ('id: "{id}_approval"', 'id: "{idd}_approval"', "'id' names {idd}, which is not known here; it may hold {id} and {name}"),
    ("sets: {type: human}", "sets: {type: robot}", "type cannot be 'robot'; choose human, policy, read_back or limit"),
    ("lists: store", "lists: stores", "'lists' cannot be 'stores'; did you mean 'store'?"),
    ("columns: [kind, durable]", "columns: [kind, durabel]", "a store has no key 'durabel'; did you mean 'durable'?"),
    ("columns: [kind, durable]", "columns: [kind, durable, holds, scope]",
     "'columns' has 4 keys; the most is 3; ask for the rest in a question of its own"),
    ("none: Nowhere", "fields: [name]", "MAP-01 cannot have 'fields'; it lists components; ask for their keys in 'columns'"),
    ("quick: yes", "columns: [kind]", "INT-01 cannot have 'columns'; these belong to a question with 'lists'"),
]


@pytest.mark.parametrize(("here", "instead", "says"), BAD, ids=[f"{i}-{b[1][:30]}" for i, b in enumerate(BAD)])
def test_a_mistake_has_its_line_its_text_and_a_hint(here: str, instead: str, says: str) -> None:
    found = problems(GOOD.replace(here, instead, 1))
    assert any(p.endswith(says) for p in found), found
    assert all(p.startswith("q.yaml:") and p.split(":")[1].isdigit() for p in found)
    if "stands twice" not in says and "same facts" not in says and "two choices" not in says:
        assert f"q.yaml:{line(here)}: {says}" in found


MISSING = [
    ("  settles: [INT-01, INT-011]\n", "'settles' names 'INT-011', which is no check; did you mean 'INT-01'?"),
    ("  settles: [INT-01, INT-01]\n", "'settles' names INT-01 twice; keep one of the two"),
    ("  when: {kynd: api}\n", "an integration has no key 'kynd'; did you mean 'kind'?"),
]


@pytest.mark.parametrize(("added", "says"), MISSING)
def test_what_is_added_is_held_against_checks_and_vocabulary(added: str, says: str) -> None:
    text = GOOD.replace("  fields: [timeout, timeout_s]\n", added + "  fields: [timeout, timeout_s]\n")
    assert problems(text) == [f"q.yaml:{line('fields: [timeout')}: {says}"]


@pytest.mark.parametrize("field", ["topic: calls", "about: integration", "ask: Does every", "short: Time", "why: One call",
                                   "fields: [timeout", "minutes: 0.5"])
def test_what_is_missing_is_named(field: str) -> None:
    rows = GOOD.splitlines(keepends=True)
    del rows[line(field) - 1]
    name = field.partition(":")[0]
    assert any(f"INT-01 lacks '{name}'" in p for p in problems("".join(rows)))


def test_too_many_choices_are_refused() -> None:
    more = "".join(f"  - {{says: 'No {i}', means: None., sets: {{timeout_s: {i}}}}}\n" for i in range(1, 5))
    text = GOOD.replace("- id: ACT-02", more + "- id: ACT-02")
    assert problems(text) == [f"q.yaml:{line('- says: Yes')}: INT-01 has 6 choices; the most is 5; "
                              "keep those that most teams would give"]


def test_all_problems_of_a_file_come_at_once() -> None:
    text = GOOD.replace("timeout: yes", "timeout: maybe").replace("about: action", "about: actoin")
    assert len(problems(text)) >= 2


def test_a_file_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    for name in ("nothing", tmp_path / "none.yaml"):
        with pytest.raises(InputError, match="no such file"):
            load_forms(CHECKLIST, name)


def test_a_good_file_loads_with_defaults_typed_values_and_lines(tmp_path: Path) -> None:
    place = tmp_path / "q.yaml"
    place.write_text(GOOD)
    catalogue = load_forms(CHECKLIST, place)
    limits, gate, tests, stores = catalogue.forms
    assert limits.settles == ("INT-01",)
    assert limits.quick
    assert limits.line == 6
    assert [c.sets for c in limits.choices] == [{"timeout": True}, {"timeout": "default"}]
    check = CHECKLIST.check("ACT-02")
    assert check is not None
    assert gate.when == check.when
    assert gate.needs == gate.fields == ("gate",)
    assert gate.choices[0].adds is not None
    assert gate.choices[0].adds.sets == {"type": "human"}
    assert gate.choices[1].sets == {"gate": "none"}
    assert tests.fields == ("failure_branches.tests",)
    assert (stores.lists, stores.columns, stores.none, stores.settles) == ("store", ("kind", "durable"), "Nowhere", ())
    assert catalogue.form("INT-01") is limits
    assert catalogue.form("INT-07") is None
    assert [t.id for t in catalogue.topics] == ["calls", "remembers"]


def test_a_part_of_records_is_filled_where_it_is_missing_and_asked_about() -> None:
    ways = (Branch(type="handoff"), Branch(type="clarify"), Branch(type="handoff", carries=("state",)))
    part = part_of("failure_branches[handoff].carries", "step")
    assert part is not None
    assert part.missing(ways)
    filled = part.filled(ways, ("reason",))
    assert [w.carries for w in filled] == [("reason",), None, ("state",)]
    assert not part.missing(filled)
    assert part_of("loop.bound", "step") is None
    assert part_of("retries.nothing", "step") is None


# The shipped catalogue ---------------------------------------------------------------------------------------

def test_the_shipped_catalogue_loads_fast() -> None:
    def once() -> float:
        start = time.perf_counter()
        load_forms(CHECKLIST)
        return time.perf_counter() - start
    assert min(once() for _ in range(8)) < 0.2     # under 60 ms on a machine that does nothing else


def test_values_are_what_facts_hold() -> None:
    assert FORMS["MAP-05"].choices[0].sets == {"next": (Edge(to="{next}"),)}
    assert FORMS["BRN-01"].choices[0].sets == {
        "failure_branches": (Branch(type="clarify", trigger_in="code", max_asks=2),)}
    assert FORMS["BRN-01"].choices[-1].sets == {"failure_branches": ()}
    assert FORMS["BRN-06"].choices[0].sets == {"failure_branches[fallback].depends_on": ("none",)}
    assert FORMS["INT-02"].choices[-1].sets["retries.max"] == 0


@pytest.mark.parametrize("form", CATALOGUE.forms, ids=lambda f: f.id)
def test_a_choice_fills_what_the_question_needs(form: Form) -> None:
    for choice in form.choices:
        stated = {*choice.sets, *([choice.adds.refers] if choice.adds else [])}
        assert set(form.needs) <= stated, choice.says


@pytest.mark.parametrize("form", CATALOGUE.forms, ids=lambda f: f.id)
def test_no_answer_says_less_than_its_facts(form: Form) -> None:
    """Two answers differ in their words; questions ask, and end so."""
    assert form.ask.endswith("?")
    assert form.why.endswith(".")
    assert all(c.means.endswith(".") and not c.says.endswith(".") for c in form.choices)
    assert len({c.means for c in form.choices}) == len(form.choices)


OURS = ("consequential", "idempot", "fallback strategy", "eval", "stakeholder", "describe", "implement", "n/a", "validat", "schema",
        "leverage", "robust", "guardrail", "knowledge source", "integration", "failure branch", "please")


@pytest.mark.parametrize("form", CATALOGUE.forms, ids=lambda f: f.id)
def test_the_words_are_plain(form: Form) -> None:
    texts = [form.ask, form.short, form.why, form.none, *(t for c in form.choices for t in (c.says, c.means))]
    said = " ".join(texts).lower()
    assert not [word for word in OURS if word in said]


def test_ids_are_those_of_checks_or_of_the_map() -> None:
    checks = {c.id for c in CHECKLIST.checks}
    assert all(f.id in checks or f.id.startswith("MAP-") for f in CATALOGUE.forms)
    assert not [c for c in checks if c.startswith("MAP-")]
    assert len(FORMS) == len(CATALOGUE.forms)


def test_the_map_comes_first_and_topics_stay_together() -> None:
    order = [f.topic for f in CATALOGUE.forms]
    assert order == sorted(order, key=[t.id for t in CATALOGUE.topics].index)
    assert order[0] == "map"


# Answers load, and decide ------------------------------------------------------------------------------------

def plain(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Mapping):
        return {e.key.text: plain(e.value) for e in node.entries}
    return [plain(item) for item in node.items]


@cache
def written() -> dict[str, Any]:
    """The questions as they stand in the file."""
    return {q["id"]: q for q in plain(parse(QUESTIONS.read_bytes(), "questions.yaml"))["questions"]}


def put(body: dict[str, Any], name: str, value: Any) -> None:
    *above, last = name.split(".")
    for part in above:
        body = body.setdefault(part, {})
    body[last] = value


def stated(base: dict[str, Any], form: Form, choice: dict[str, Any], place: int = 0) -> tuple[Stack, str]:
    """The stack in which an answer was given of one component, and that component's id."""
    sections = yaml.safe_load(yaml.safe_dump(base))
    sections["stack"] = {"name": "x"} | sections.get("stack", {})
    body = sections["stack"] if form.about == "system" else sections[SECTION_OF[form.about]][place]
    for name, value in choice["sets"].items():
        kind, own = owner_of(name, form.about)
        part = part_of(own, kind)
        if part is None:
            put(sections["stack"] if kind == "system" else body, own, "end" if value == ["{next}"] else value)
            continue
        for record in body.get(part.key.name) or []:
            if part.type is None or record.get("type") == part.type:
                record[part.part.name] = value
    if "adds" in choice:
        adds = choice["adds"]
        new: dict[str, Any] = {"id": adds["id"].replace("{id}", body["id"]), "name": adds["name"]}
        for name, value in adds["sets"].items():
            put(new, name, value)
        sections.setdefault(SECTION_OF[adds["kind"]], []).append(new)
        body[adds["refers"]] = new["id"]
    text = yaml.safe_dump(sections, sort_keys=False)
    return stack_from_text(text, "x.yaml"), "system" if form.about == "system" else body["id"]


WAYS = [{"type": t} for t in ("clarify", "handoff", "fallback")]
CHOICES = [(form, i) for form in CATALOGUE.forms for i in range(len(form.choices))]


@pytest.mark.parametrize(("form", "i"), CHOICES, ids=lambda v: v.id if isinstance(v, Form) else str(v))
def test_the_facts_of_an_answer_load_as_they_stand(form: Form, i: int) -> None:
    item: dict[str, Any] = {"id": "it"} | ({"failure_branches": WAYS} if form.about == "step" else {})
    base = {} if form.about == "system" else {SECTION_OF[form.about]: [item]}
    stack, id = stated(base, form, written()[form.id]["choices"][i])
    for name, value in form.choices[i].sets.items():
        kind, own = owner_of(name, form.about)
        ref = THE_SYSTEM if kind == "system" else Ref(kind, id)
        part = part_of(own, kind)
        if part is not None:
            records = stack.value(ref, part.key.name)
            assert isinstance(records, tuple)
            assert part.of(records)
            assert not part.missing(records)
            assert all(getattr(r, part.part.name) == value for r in part.of(records))
        elif value != (Edge(to="{next}"),):
            assert stack.value(ref, own) == value
    adds = form.choices[i].adds
    if adds is not None:
        new = stack.value(Ref(form.about, id), adds.refers)
        assert all(stack.value(Ref(adds.kind, str(new)), k) == v for k, v in adds.sets.items())


NOT_ALONE = {
    "ACT-01": "the rest is what an inspection found that no list holds",
    "STA-02": "the answer is names of facts",
    "BRN-03": "a step without a way out fails, as BRN-01 asks; more than three times is a number",
    "MON-05": "what stops, and when, is words and numbers",
    "BRN-06": "no fallback at all is what BRN-01 asks",
}
"""The questions whose answers alone cannot give every level of their check, and why."""
BASES: dict[str, list[dict[str, Any]]] = {
    "GRD-07": [{"steps": [{"id": "read"}], "actions": [{"id": "pay", "step": "read", "effect": "money", **rest}]} for rest in (
        {"gate": "none", "decided_by": "model", "policy_check": "none", "inputs": "free_text"},
        {"gate": "none", "decided_by": "model", "policy_check": "schema"},
        {"gate": "none", "decided_by": "code", "policy_check": "policy"})],
    "WFL-04": [{"steps": [{"id": "say", "decider": "model"}], "actions": actions} for actions in (
        [], [{"id": "save", "step": "say", "effect": "write"}])],
    "STA-05": [{"stores": [{"id": "a", "durable": "yes", "holds": ["x"]},
                           {"id": "b", "durable": "yes", "holds": ["x"], "source_of_truth": "yes"}]}],
}
"""Stacks for the questions of which no single example of the check will do; all levels of one question are over all of them."""
BY_CHECK = [f for f in CATALOGUE.forms if CHECKLIST.check(f.id) is not None and f.choices and f.id not in NOT_ALONE]


@pytest.mark.parametrize("form", BY_CHECK, ids=lambda f: f.id)
def test_the_answers_give_every_level_of_the_check(form: Form) -> None:
    check = CHECKLIST.check(form.id)
    assert check is not None
    wanted = {"pass", "fail"} | ({"partial"} if check.partial is not None else set())
    alone = [levels(form, check, base) for base in check.examples.values()] if form.id not in BASES else []
    together = set().union(*(levels(form, check, base) for base in BASES.get(form.id, [])))
    assert any(wanted <= found for found in [*alone, together]), alone or together


def levels(form: Form, check: Check, base: dict[str, Any]) -> set[str]:
    """What the check makes of each answer, given of each component of the stack in turn."""
    found: set[str] = set()
    count = 1 if form.about == "system" else len(base.get(SECTION_OF[form.about], []))
    for place in range(count):
        here: set[str] = set()
        for choice in written()[form.id]["choices"]:
            stack, id = stated(base, form, choice, place)
            report = assess(stack, CHECKLIST, on=ON)
            here |= {f.outcome for f in report.findings
                     if f.check == check.id and (f.component == id or check.about != form.about)}
        found = max(found, here, key=len)
    return found


def test_what_cannot_decide_alone_is_still_asked() -> None:
    assert set(NOT_ALONE) <= set(FORMS)
    assert set(BASES) <= set(FORMS)


# Coverage ---------------------------------------------------------------------------------------------------

def fields() -> set[tuple[str, str]]:
    """Every key that some question fills, with its kind; of a part, the key that holds the records."""
    found = set()
    for form in CATALOGUE.forms:
        for name in form.fields:
            kind, own = owner_of(name, form.about)
            part = part_of(own, kind)
            found.add((kind, part.key.name if part else own))
    return found


BY_LISTS = {"computed.steps", "computed.agents", "computed.unlisted"}
"""Derived from the lists themselves."""


def read(condition: Condition, kind: str, record: type | None = None) -> Iterator[tuple[str, str]]:
    """The keys that a condition reads, by kind; relations as the list or the key that holds them."""
    match condition:
        case Asks(path=path) if record is None:
            found = resolve(path, kind)
            assert found is not None
            yield (found.key.kind, found.key.name)
        case Related(relation=relation, that=that):
            target = relation_target(relation, kind)
            assert target is not None
            if relation in keys(kind):
                yield kind, relation
            yield from read(that, target[0], target[1])
        case Not(part):
            yield from read(part, kind, record)
        case Both(parts) | Either(parts):
            for part in parts:
                yield from read(part, kind, record)


@pytest.mark.parametrize("check", CHECKLIST.checks, ids=lambda c: c.id)
def test_every_check_can_be_decided_by_answering(check: Check) -> None:
    assert any(check.id in form.settles for form in CATALOGUE.forms)
    filled = fields()
    for condition in (check.when, check.passes, check.partial or Both()):
        for kind, name in read(condition, check.about):
            if keys(kind)[name].derived and name not in BY_LISTS:
                behind = BEHIND.get((kind, name), ())
                assert not behind or any(k in filled for k in behind), (kind, name)
            elif name not in BY_LISTS:
                assert (kind, name) in filled, (kind, name)


def test_every_list_is_asked_for() -> None:
    listed = {f.lists for f in CATALOGUE.forms if f.lists}
    assert listed == set(SECTION_OF) - {"gate"}     # a gate comes with the answer to ACT-02


PAPER = {"name", "symbol", "note"}
BESIDE = {("eval", "path"), ("guardrail", "text"), ("edge_case", "name"), ("integration", "note"), ("gate", "before")}
"""Said with an item of a list, or where the gate comes from."""


@pytest.mark.parametrize("path", sorted(shipped.folder("sample_stacks").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_fact_of_the_samples_could_have_been_an_answer(path: Path) -> None:
    known = fields() | BESIDE
    missing = {(f.kind, f.key) for f in read_stack(path).facts if (f.kind, f.key) not in known and f.key not in PAPER}
    assert not missing


MOVES = {
    "step": ("success", "detect", "validation.kind", "validation.on_fail", "failure_branches", "retries.max", "loop.bound",
             "loop.max_iterations", "loop.on_limit", "loop.no_progress_check", "reads_state", "writes_state", "next",
             "rule_known", "rule", "required"),
    "system": tuple(k for k in keys("system") if k.split(".")[0] in ("costs", "targets", "run", "traffic", "outcomes")),
}


def test_what_moves_the_numbers_can_be_said() -> None:
    assert not {(kind, key) for kind, names in MOVES.items() for key in names} - fields()


SIX_STEPS = ("MAP-02", "MAP-03", "FIT-01", "WFL-04", "MAP-10", "ACT-04", "ACT-02", "GRD-07", "MAP-20", "BRN-01", "MAP-40", "INT-03",
             "MAP-50", "WFL-02", "MAP-60")
"""What the ten minutes ask of an agent of six steps; the other quick questions stay closed where the lists said enough."""


def test_quick_is_short_and_asks_what_critical_checks_need() -> None:
    quick = [f for f in CATALOGUE.forms if f.quick]
    critical = {c.id for c in CHECKLIST.checks if c.severity == "critical"}
    assert critical <= {id for f in quick for id in f.settles}
    assert set(SIX_STEPS) <= {f.id for f in quick}
    assert len(SIX_STEPS) == 15
    assert sum(FORMS[id].minutes for id in SIX_STEPS) < 11
    assert sum(f.minutes for f in CATALOGUE.forms if f.when == Both()) < 45


def test_the_catalogue_is_of_one_piece() -> None:
    assert isinstance(CATALOGUE, Catalogue)
    assert CATALOGUE.path == "checklists/questions/reliability.yaml"
    assert {f.about for f in CATALOGUE.forms} | {f.lists for f in CATALOGUE.forms if f.lists} <= set(KINDS)
