"""Every way to write a value that a stack file takes, and what becomes of it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from auditkit.errors import InputError
from auditkit.model.facts import EMPTY, THE_SYSTEM, Asked, Ref, Stack
from auditkit.model.keys import keys
from auditkit.model.receipts import Declared, Inspected, Measured
from auditkit.model.vocabulary import KINDS, SECTION_OF, Branch, Edge, Rate
from auditkit.sources.stack_file import read_stack, stack_from_text

S = "stack:\n  name: x\n"
A = Ref("step", "a")


def load(text: str) -> Stack:
    return stack_from_text(text, "voice.yaml")


def one(section: str, *lines: str) -> Stack:
    return load(S + f"{section}:\n  - id: a\n" + "".join(f"    {line}\n" for line in lines))


def value(section: str, kind: str, key: str, text: str) -> Any:
    *groups, last = key.split(".")
    line = "".join(f"{{{g}: " if i else f"{g}: " for i, g in enumerate(groups))
    inner = f"{{{last}: {text}}}" if groups else f"{last}: {text}"
    return one(section, line + inner + "}" * (len(groups) - 1)).value(Ref(kind, "a"), key)


# What must not be read into a file -------------------------------------------------------------------


def test_a_key_left_out_is_not_known() -> None:
    assert one("steps").known(A, "decider") is None


def test_unknown_is_no_fact() -> None:
    stack = one(
        "steps",
        "decider: unknown",
        "next: unknown",
        "success: unknown",
        "validation: unknown",
        "loop: {bound: unknown}",
        "reads_state: [unknown]",
        "catch_rate: {rate: unknown}",
    )
    assert stack.facts == load(S).facts


def test_a_section_left_out_or_unknown_is_not_complete() -> None:
    assert load(S + "gates: unknown\n").complete == {}


def test_a_group_whose_keys_are_all_comments_says_nothing() -> None:
    assert one("steps", "loop:", "  # bound: coded").facts == load(S).facts


def test_yaml_does_not_turn_words_into_other_things() -> None:
    assert value("models", "model", "name", "on") == "on"
    assert value("models", "model", "name", "12:30") == "12:30"
    assert value("models", "model", "name", "0x1F") == "0x1F"
    assert value("models", "model", "name", "1e3") == "1e3"
    assert value("models", "model", "name", "2026-11-20") == "2026-11-20"
    assert value("models", "model", "name", "no") == "no"
    assert value("actions", "action", "reversible", "no") == "no"


# Values ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["yes", "true", "on", "True", "YES", "'yes'"])
def test_a_flag_is_yes(text: str) -> None:
    assert value("steps", "step", "absorbed", text) is True


@pytest.mark.parametrize("text", ["no", "false", "off", "False", "NO", '"no"'])
def test_a_flag_is_no(text: str) -> None:
    assert value("steps", "step", "absorbed", text) is False


def test_some_flags_take_a_word_of_their_own() -> None:
    assert value("integrations", "integration", "timeout", "default") == "default"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (".85", 0.85),
        ("0.85", 0.85),
        ("85%", 0.85),
        ("85 %", 0.85),
        ("1", 1),
        ("0", 0),
        ("8.5e-1", 0.85),
        ("'.85'", 0.85),
        ("12.5%", 0.125),
    ],
)
def test_a_share(text: str, number: float) -> None:
    assert value("steps", "step", "after_fix", text) == number
    assert value("steps", "step", "success", text) == Rate(rate=number)


@pytest.mark.parametrize(
    ("text", "number"), [("10", 10), ("1_000", 1000), ("1e3", 1000), ("+2.5", 2.5), ("5.", 5)]
)
def test_a_number(text: str, number: float) -> None:
    found = value("integrations", "integration", "timeout_s", text)
    assert found == number
    assert isinstance(found, float)


def test_a_whole_number() -> None:
    assert value("models", "model", "window", "128_000") == 128_000


def test_costs_may_be_negative() -> None:
    stack = load(S + "  costs: {value: -2.5}\n")
    assert stack.value(THE_SYSTEM, "costs.value") == -2.5


def test_a_date() -> None:
    assert value("knowledge", "knowledge", "last_reviewed", "2026-11-20") == date(2026, 11, 20)


@pytest.mark.parametrize("text", ["171/200", "171 of 200", "171 out of 200", "{successes: 171, runs: 200}"])
def test_counts(text: str) -> None:
    stack = one("steps", f"success: {text}")
    known = stack.known(A, "success")
    assert known is not None
    assert known.value == Rate(successes=171, runs=200)
    assert known.receipts == (
        Measured(source="counts in the stack file", n=200, successes=171, path="voice.yaml", line=5),
    )


def test_counts_with_their_source_and_date() -> None:
    text = "success: {successes: 171, runs: 200, source: review, date: 2026-10-30}"
    known = one("steps", text).known(A, "success")
    assert known is not None
    assert known.receipts == (
        Measured(source="review", n=200, successes=171, when=date(2026, 10, 30), path="voice.yaml", line=5),
    )


def test_a_rate_without_counts_is_declared() -> None:
    known = one("steps", "success: {rate: 85%, known_by: watched}").known(A, "success")
    assert known is not None
    assert known.value == Rate(rate=0.85, known_by="watched")
    assert known.receipts == (Declared(path="voice.yaml", line=5),)


def test_a_text_may_run_over_several_lines() -> None:
    stack = load("stack:\n  purpose: |\n    Takes calls.\n    Books slots.\n")
    assert stack.value(THE_SYSTEM, "purpose") == "Takes calls.\nBooks slots."


# Sets and records ------------------------------------------------------------------------------------


def test_a_set_gives_one_fact_an_item() -> None:
    stack = one("steps", "reads_state:", "  - caller", "  - intent")
    assert [(f.value, f.receipt.line) for f in stack.facts if f.key == "reads_state"] == [
        ("caller", 6),
        ("intent", 7),
    ]


def test_a_lone_value_is_a_set_of_one() -> None:
    assert value("steps", "step", "reads_state", "caller") == ("caller",)
    assert value("steps", "step", "next", "end") == (Edge(to="end"),)


@pytest.mark.parametrize("text", ["[]", "none", "[none]"])
def test_an_empty_set_is_a_fact(text: str) -> None:
    stack = one("steps", f"reads_state: {text}", f"failure_branches: {text}", f"integrations: {text}")
    assert [f.value for f in stack.facts if f.kind == "step"] == [EMPTY, EMPTY, EMPTY]
    assert stack.value(A, "reads_state") == ()


def test_none_stays_a_word_where_it_is_a_choice() -> None:
    assert load(S + "  fit: {domain_weight: none}\n").value(THE_SYSTEM, "fit.domain_weight") == ("none",)


def test_none_for_a_reference_is_a_known_absence() -> None:
    assert one("actions", "gate: none").value(Ref("action", "a"), "gate") == "none"


def test_edges() -> None:
    edges = value("steps", "step", "next", "[{to: a, share: 30%}, {to: end, share: .7}]")
    assert edges == (Edge(to="a", share=0.3), Edge(to="end", share=0.7))


def test_shares_may_leave_a_rest() -> None:
    edges = value("steps", "step", "next", "[{to: a, share: .3}, end]")
    assert edges == (Edge(to="a", share=0.3), Edge(to="end"))


def test_a_failure_branch() -> None:
    branches = value(
        "steps",
        "step",
        "failure_branches",
        "{type: clarify, carries: [transcript], max_asks: 2, depends_on: none, tests: 3}",
    )
    assert branches == (
        Branch(type="clarify", carries=("transcript",), max_asks=2, depends_on=("none",), tests=3),
    )


def test_every_example_of_the_vocabulary_loads() -> None:
    for kind in KINDS:
        for name, key in keys(kind).items():
            if (
                key.derived
                or key.form == "reference"
                or name in ("next", "coordination.handovers", "duplicate_of")
            ):
                continue
            example = key.example
            item: dict[str, Any] = {} if kind == "system" else {"id": "a"}
            *groups, last = name.split(".")
            inner = item
            for group in groups:
                inner = inner.setdefault(group, {})
            inner[last] = example.isoformat() if isinstance(example, date) else example
            data = {"stack": item} if kind == "system" else {"stack": {"name": "x"}, SECTION_OF[kind]: [item]}
            ref = THE_SYSTEM if kind == "system" else Ref(kind, "a")
            assert load(json.dumps(data)).known(ref, name) is not None, f"{kind} {name}"


# Receipts --------------------------------------------------------------------------------------------


def test_a_fact_names_its_line() -> None:
    assert one("steps", "decider: model").index[A]["decider"][0].receipt == Declared(
        path="voice.yaml", line=5
    )


def test_who_says_so_is_inherited_from_the_stack() -> None:
    text = (
        S + "  said_by: Dana\n  said_on: 2026-11-12\nsteps:\n  - {id: a, decider: model}\n"
        "  - {id: b, decider: code, said_by: Lee}\nanswers: [{check: FIT-01, outcome: unknown}]\n"
    )
    stack = load(text)
    assert [f.receipt.who for f in stack.facts if isinstance(f.receipt, Declared)] == ["Dana", "Dana", "Lee"]
    assert {f.receipt.when for f in stack.facts if isinstance(f.receipt, Declared)} == {date(2026, 11, 12)}
    assert (stack.answers[0].who, stack.answers[0].outcome) == ("Dana", "unknown")


def test_a_note_is_kept_with_the_component() -> None:
    stack = one("steps", "note: only on weekdays")
    assert stack.receipts_of[A] == (Declared(path="voice.yaml", line=4, note="only on weekdays"),)


def test_a_seen_key_is_inspected_instead_of_declared() -> None:
    text = (
        S
        + "audit: {lead: Ingrid, commit: 758db71}\nsteps:\n  - id: a\n    decider: model\n"
        + "    loop: {bound: coded}\n"
        "    kind: decide\n    seen: {decider: src/a.py:12, loop.bound: [src/b.py:1@abcdef0, src/c.py:2]}\n"
    )
    facts = load(text).index[A]
    assert facts["decider"][0].receipt == Inspected(path="src/a.py", line=12, commit="758db71", who="Ingrid")
    assert [f.receipt for f in facts["loop.bound"]] == [
        Inspected(path="src/b.py", line=1, commit="abcdef0", who="Ingrid"),
        Inspected(path="src/c.py", line=2, commit="758db71", who="Ingrid"),
    ]
    assert facts["kind"][0].receipt.basis == "declared"


def test_a_seen_key_may_be_nested() -> None:
    stack = one("steps", "loop: {bound: coded}", "seen: {loop: {bound: src/a.py:1}}")
    assert stack.index[A]["loop.bound"][0].receipt == Inspected(path="src/a.py", line=1)


def test_seen_counts_stay_measured_and_are_inspected_too() -> None:
    stack = one("steps", "success: 171/200", "seen: {success: log.csv:1}")
    assert [f.receipt.basis for f in stack.index[A]["success"]] == ["measured", "inspected"]


def test_a_seen_component_does_not_make_its_facts_inspected() -> None:
    stack = one("steps", "decider: model", "seen: [src/a.py:12, src/b.py:1]")
    assert [r.basis for r in stack.receipts_of[A]] == ["declared", "inspected", "inspected"]
    assert stack.index[A]["decider"][0].receipt.basis == "declared"


def test_a_written_section_is_complete() -> None:
    stack = load(S + "gates: []\nevals: none\nsteps:\n  - id: a\n")
    assert stack.complete == {
        "steps": Declared(path="voice.yaml", line=5),
        "gates": Declared(path="voice.yaml", line=3),
        "evals": Declared(path="voice.yaml", line=4),
    }


# The rest of the file --------------------------------------------------------------------------------


def test_paperwork() -> None:
    stack = load(
        S
        + """\
version: 1
audit:
  client: Harbor Dental
  asked: [Dana Ruiz, {who: Lee Okafor, role: owner, when: 2026-11-12}]
integrations: [{id: crm}]
answers: [{check: FIT-01, component: crm, outcome: not_applicable, reason: not in scope}]
waivers: [{check: MON-04, component: system, reason: pilot only, since: 2026-11-20, expires: 2026-11-20}]
plan: [{closes: [ACT-04@crm, BRN-01], owner: Lee Okafor, due: 2026-12-18}]
evidence: [{id: log, source: logs/october.csv, date: 2026-10-31}]
sources: {code: src, runs: [logs/a.jsonl, logs/b.jsonl]}
"""
    )
    assert stack.engagement.client == "Harbor Dental"
    assert stack.engagement.asked == (
        Asked(who="Dana Ruiz"),
        Asked(who="Lee Okafor", role="owner", when=date(2026, 11, 12)),
    )
    assert (stack.answers[0].component, stack.answers[0].line, stack.answers[0].path) == (
        "crm",
        8,
        "voice.yaml",
    )
    assert (stack.waivers[0].expires, stack.waivers[0].line) == (date(2026, 11, 20), 9)
    assert stack.plan[0].closes == ("ACT-04@crm", "BRN-01")
    assert stack.evidence[0].source == "logs/october.csv"
    assert stack.sources == (("code", "src"), ("runs", "logs/a.jsonl"), ("runs", "logs/b.jsonl"))


def test_json_is_read_like_yaml() -> None:
    data = {
        "stack": {"name": "Überblick 😀"},
        "steps": [
            {
                "id": "a",
                "decider": "model",
                "absorbed": True,
                "success": {"successes": 171, "runs": 200},
                "next": ["end"],
                "reads_state": [],
            }
        ],
    }
    plain = load(json.dumps(data))
    assert plain.name == "Überblick 😀"
    assert plain.value(A, "absorbed") is True
    tabbed = load(json.dumps(data, indent="\t", ensure_ascii=False))
    assert [(f.key, f.value) for f in tabbed.facts] == [(f.key, f.value) for f in plain.facts]


def test_line_ends_and_a_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "voice.yaml"
    file.write_bytes("\ufeff".encode() + (S + "steps:\n  - id: a\n").replace("\n", "\r\n").encode())
    assert read_stack(file).receipts_of[A][0].line == 4


def test_a_stack_without_a_name_is_called_after_its_file() -> None:
    assert load("stack: {stage: pilot}\n").name == "voice"


def test_receipts_do_not_tell_the_folders_of_this_machine(tmp_path: Path) -> None:
    file = tmp_path / "voice.yaml"
    file.write_text(S)
    assert read_stack(file).components[0].receipts[0].path == "voice.yaml"
    assert stack_from_text(S, "stacks/voice.yaml").components[0].receipts[0].path == "stacks/voice.yaml"


# Files that cannot be read ---------------------------------------------------------------------------


def problem(path: Path) -> str:
    with pytest.raises(InputError) as error:
        read_stack(path)
    return str(error.value).replace(str(path.parent), "DIR")


def test_a_missing_file_is_looked_for_beside_it(tmp_path: Path) -> None:
    (tmp_path / "voice.yaml").write_text(S)
    assert problem(tmp_path / "voise.yaml") == "DIR/voise.yaml: no such file; did you mean DIR/voice.yaml?"
    assert problem(tmp_path / "voice.yml") == "DIR/voice.yml: no such file; did you mean DIR/voice.yaml?"


def test_a_missing_file_without_a_like_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "voice.yaml").write_text(S)
    assert (
        problem(tmp_path / "zebra.yaml")
        == "DIR/zebra.yaml: no such file; 'auditkit init' writes one to start from"
    )


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert (
        problem(tmp_path / "no" / "voice.yaml")
        == "DIR/voice.yaml: no such file; there is no folder DIR either"
    )


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "stacks"
    folder.mkdir()
    assert problem(folder) == "DIR/stacks: is a folder, not a stack file; name the file inside it"
    (folder / "voice.yaml").write_text(S)
    assert problem(folder) == "DIR/stacks: is a folder, not a stack file; did you mean DIR/stacks/voice.yaml?"


def test_a_name_that_no_file_can_have() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_stack("a\0b.yaml")


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    file = tmp_path / "voice.yaml"
    file.write_bytes(b"# \n" * 2_000_000)
    assert problem(file).startswith("DIR/voice.yaml: the file has more than 5 MB")


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "voice.yaml"
    file.write_bytes("stack:\n  name: Zahnärzte\n".encode("latin-1"))
    assert problem(file) == "DIR/voice.yaml:2: a character here is not UTF-8; save the file as UTF-8"
    file.write_bytes(S.encode("utf-16"))
    assert problem(file) == "DIR/voice.yaml: the file is saved as UTF-16; save it as UTF-8"


def test_a_rate_claimed_beside_its_counts_is_two_statements() -> None:
    stack = stack_from_text(
        "stack: {name: x}\nsteps:\n- id: a\n  success: {rate: .97, successes: 171, runs: 200, source: review}\n", "x.yaml")
    facts = [f for f in stack.facts if f.key == "success"]
    assert [(f.value.value, f.receipt.basis) for f in facts] == [(0.97, "declared"), (0.855, "measured")]


def test_repeated_tasks_are_read_as_a_histogram() -> None:
    stack = stack_from_text(
        "stack: {name: x, outcomes: {repeats: {trials: 4, tasks_by_successes: [14, 12, 10, 4, 10]}}}\n", "x.yaml")
    assert [f.value.tasks_by_successes for f in stack.facts if f.key == "outcomes.repeats"] == [(14, 12, 10, 4, 10)]


def test_a_secret_in_a_text_is_starred_before_anything_can_print_it() -> None:
    stack = stack_from_text("stack: {name: x}\nsteps:\n- {id: a, rule: use password=hunter2hunter2 here}\n", "x.yaml")
    assert "hunter2" not in stack.model_dump_json()
