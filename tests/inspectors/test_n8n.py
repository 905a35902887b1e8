"""n8n exports are drawn as their nodes, connections and settings say; what is no export is left alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from auditkit.model.facts import EMPTY
from auditkit.sources.inspection.folder import walk
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Item, Sketch, stacks
from auditkit.sources.inspectors import n8n

EXPORTS = Path(__file__).parent / "n8n"


def drawn(path: Path) -> Sketch:
    sketch = Sketch()
    n8n.inspect(Project(walk(path)), sketch)
    stacks(sketch)
    return sketch


def flow(file: str, name: str | None = None) -> Flow:
    flows = drawn(EXPORTS / file).flows
    return next(f for f in flows if name in (None, f.name))


def item(found: Flow, kind: str, name: str) -> Item:
    return next(i for i in found.of(kind) if i.name == name)


def names(found: Flow, kind: str) -> set[str]:
    return {i.name for i in found.of(kind)}


# What must not match ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["flowise.json", "graph.json", "package.json"])
def test_json_of_another_shape_beside_other_files_is_left_alone(name: str, tmp_path: Path) -> None:
    shutil.copy(EXPORTS / name, tmp_path)
    (tmp_path / "main.py").write_text("")
    sketch = drawn(tmp_path)
    assert not sketch.flows
    assert not sketch.gaps


def test_broken_json_of_another_shape_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"name": "x",')
    (tmp_path / "b.json").write_text("")
    (tmp_path / "c.json").write_text("{}")
    sketch = drawn(tmp_path)
    assert not sketch.flows
    assert not sketch.gaps


def test_a_file_given_alone_that_holds_no_workflow_is_a_gap() -> None:
    (gap,) = drawn(EXPORTS / "flowise.json").gaps
    assert gap.line == 1
    assert "no n8n workflow" in gap.reason


def test_remarks_and_nodes_that_are_off_or_connected_to_nothing_are_no_steps() -> None:
    assert names(flow("agent.json"), "step") == {"Inbox", "Concierge", "Reply"}


def test_sub_nodes_are_no_steps_and_a_tool_offered_to_nobody_is_no_action() -> None:
    found = flow("agent.json")
    assert "Chat model" not in names(found, "step")
    assert "Offered to nobody" not in names(found, "action")


def test_a_reply_in_the_channel_of_the_trigger_is_no_action() -> None:
    assert "Reply" not in names(flow("agent.json"), "action")


def test_a_delay_is_no_gate_and_what_no_model_precedes_is_no_action() -> None:
    found = flow("approvals.json", "A wait is no gate")
    assert not found.of("gate")
    assert not found.of("action")


def test_an_expression_is_never_a_value() -> None:
    found = flow("hostile.json")
    assert item(found, "step", "Unread").value("kind") is None
    assert not found.of("action")


# Steps and edges -------------------------------------------------------------------------------------------

def test_steps_have_their_decider_place_and_symbol() -> None:
    agent = item(flow("agent.json"), "step", "Concierge")
    lines = (EXPORTS / "agent.json").read_text().splitlines()
    assert (agent.value("decider"), agent.value("kind")) == ("model", "agent_loop")
    assert agent.value("symbol") == "n8n:Concierge"
    assert '"name": "Concierge"' in lines[agent.at.line - 1]


def test_runs_begin_at_triggers() -> None:
    assert [i.name for i in flow("agent.json").entries] == ["Inbox"]


def test_both_ways_out_of_an_if_are_drawn_and_one_that_leads_nowhere_ends_the_run() -> None:
    found = flow("approvals.json", "Real gate")
    after = found.after(item(found, "step", "Approved?"))
    assert [t.name if t else None for t in after] == ["Send", None]


def test_outsiders_words_reach_the_model_behind_a_public_trigger() -> None:
    found = flow("agent.json")
    assert item(found, "step", "Inbox").value("untrusted_input") is True
    assert item(found, "step", "Concierge").value("untrusted_input") is True
    assert item(found, "step", "Concierge").value("private_data") is True


# Loops -----------------------------------------------------------------------------------------------------

def test_an_agent_is_bounded_by_its_setting_else_by_the_default_of_the_node() -> None:
    said = [s for s in item(flow("agent.json"), "step", "Concierge").said if s.key.startswith("loop")]
    assert [(s.value, s.how) for s in said] == [(5, "literal"), ("coded", "literal")]
    other = item(flow("approvals.json", "Review of a tool"), "step", "Agent")
    assert [(s.value, s.how) for s in other.said if s.key.startswith("loop")] == [(10, "default"), ("default", "default")]


@pytest.mark.parametrize(("name", "step", "bound"), [
    ("Over items", "Each", "coded"), ("Asks until ready", "Ready?", "none"), ("Counts its tries", "Again?", "coded"),
])
def test_circles_are_bounded_by_items_or_a_count_else_by_nothing(name: str, step: str, bound: str) -> None:
    found = flow("loops.json", name)
    assert item(found, "step", step).value("loop.bound") == bound
    assert [i.name for i in found.of("step") if i.value("loop.bound")] == [step]


# Actions ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("name", "effect", "consequential"), [
    ("Send mail", "message", True), ("Read mail", "read", False), ("Write draft", "write", False), ("Guests", "read", False),
    ("Cancel room", "delete", True), ("Any query", "execute", True), ("Weather", "read", False), ("Sum", "none", False),
    ("Remote tools", None, None),
])
def test_effects_follow_from_resource_operation_method_and_query(name: str, effect: str | None, consequential: bool | None) -> None:
    action = item(flow("agent.json"), "action", name)
    assert (action.value("effect"), action.value("consequential")) == (effect, consequential)
    assert action.value("decided_by") == "model"
    assert action.value("step").name == "Concierge"


def test_what_is_left_out_is_said_to_be_the_default() -> None:
    effect = next(s for s in item(flow("agent.json"), "action", "Send mail").said if s.key == "effect")
    assert effect.how == "default"
    assert "send" in str(effect.note)


def test_inputs_are_what_the_model_fills_in() -> None:
    found = flow("agent.json")
    assert item(found, "action", "Send mail").value("inputs") == "free_text"
    assert item(found, "action", "Cancel room").value("inputs") == "typed"
    assert item(found, "action", "Read mail").value("inputs") is None


def test_what_a_plain_node_does_after_a_model_is_an_action() -> None:
    send = item(flow("approvals.json", "Real gate"), "action", "Send")
    assert (send.value("decided_by"), send.value("effect"), send.value("inputs")) == ("code", "message", "free_text")


# Gates -----------------------------------------------------------------------------------------------------

def gate(name: str) -> tuple[Item, Item]:
    found = flow("approvals.json", name)
    return found.of("gate")[0], found.of("action")[0]


def test_a_gate_whose_answer_an_if_reads_holds_what_follows() -> None:
    found, action = gate("Real gate")
    assert action.value("gate") is found
    assert found.value("before") is action
    assert (found.value("enforced_in"), found.value("bypassable"), found.value("timeout_behaviour")) == ("code", False, "deny")


def test_a_gate_whose_answer_nobody_reads_holds_nothing() -> None:
    found, action = gate("Answer never read")
    assert action.value("gate") == "none"
    assert "nothing reads the answer" in str(next(s.note for s in action.said if s.key == "gate"))
    assert (found.value("enforced_in"), found.value("bypassable")) == (None, True)


def test_a_gate_on_one_of_two_ways_holds_nothing() -> None:
    found, action = gate("Way around")
    assert action.value("gate") == "none"
    assert "another way" in str(next(s.note for s in action.said if s.key == "gate"))
    assert found.value("bypassable") is True


def test_a_gate_whose_answer_a_model_reads_is_held_by_the_prompt() -> None:
    found, action = gate("A model reads the answer")
    assert action.value("gate") is found
    assert found.value("enforced_in") == "prompt"
    assert found.value("timeout_behaviour") is None


def test_a_review_between_tool_and_agent_is_a_gate() -> None:
    found, action = gate("Review of a tool")
    assert action.name == "Pay"
    assert (action.value("effect"), action.value("gate")) == ("money", found)
    assert found.value("binds_args") is True


# What it stands on -----------------------------------------------------------------------------------------

def test_memories_say_whether_they_outlive_a_restart() -> None:
    found = flow("agent.json")
    assert {i.name: i.value("durable") for i in found.of("store")} == {"Short memory": False, "Long memory": True}


def test_models_are_named_and_pinned_by_a_date() -> None:
    (model,) = flow("agent.json").of("model")
    assert (model.value("name"), model.value("pinned"), model.value("provider")) == ("gpt-4o-2024-08-06", True, "openai")
    judge = next(m for m in flow("approvals.json", "A model reads the answer").of("model") if m.name == "node default")
    assert judge.value("name") is None
    assert judge.value("pinned") is False


def test_one_integration_for_each_system() -> None:
    found = flow("agent.json")
    assert names(found, "integration") == {"telegram", "openai", "postgres", "gmail", "baserow", "api.weather.example", "mcp.example.com"}
    assert len(item(found, "integration", "gmail").places) == 3


def test_tables_offered_as_tools_are_knowledge_and_mail_is_not() -> None:
    assert names(flow("agent.json"), "knowledge") == {"Guests", "Weather"}


def test_settings_of_the_workflow() -> None:
    found = flow("agent.json")
    (system,) = found.of("system")
    assert (system.value("channel"), system.value("run.timeout_s"), system.value("state.checkpoint")) == ("chat", 300.0, "per_step")
    assert [(m.name, m.value("kind")) for m in found.of("monitor")] == [("error workflow", "errors")]
    assert not found.of("eval")


# Failures --------------------------------------------------------------------------------------------------

def test_an_error_output_is_a_branch_only_when_it_leads_somewhere() -> None:
    found = flow("failures.json")
    assert item(found, "step", "Wired").value("failure_branches").type == "fallback"
    assert item(found, "step", "Unwired").value("failure_branches") is EMPTY
    assert item(found, "step", "Goes on").value("failure_branches") is EMPTY
    assert item(found, "step", "Looked at").value("failure_branches") is None


def test_a_failure_that_is_lost_is_swallowed_by_the_system_that_was_called() -> None:
    found = flow("failures.json")
    assert {i.name: i.value("on_error") for i in found.of("integration")} == {
        "a.example.com": None, "b.example.com": "swallow", "c.example.com": "swallow", "d.example.com": None, "slack": "raise"}


def test_retries_are_those_of_the_node() -> None:
    (found,) = flow("loops.json", "Asks until ready").of("integration")
    assert (found.value("retry"), found.value("retries.max"), found.value("retries.backoff")) == (True, 3, "fixed")
    assert (found.value("timeout"), found.value("timeout_s")) == (True, 5.0)
    (other,) = flow("loops.json", "Counts its tries").of("integration")
    assert (other.value("retry"), other.value("timeout")) == (False, "default")


def test_a_secret_in_a_parameter_is_reported_by_place_and_never_by_value() -> None:
    sketch = drawn(EXPORTS / "failures.json")
    stores = {i.name: i.value("auth.secret_store") for i in sketch.flows[0].of("integration")}
    assert (stores["c.example.com"], stores["d.example.com"], stores["slack"]) == ("code", None, "manager")
    assert all("9f8e7d6c" not in str(stack.model_dump(mode="json")) for stack in stacks(sketch))


# Shapes of files -------------------------------------------------------------------------------------------

def test_old_exports_without_ids_and_settings() -> None:
    found = flow("old.json")
    assert names(found, "step") == {"Start", "Function", "HTTP Request"}
    assert found.name == "old"


def test_a_workflow_inside_other_objects_takes_the_name_around_it() -> None:
    assert [f.name for f in drawn(EXPORTS / "wrapped.json").flows] == ["Template"]


def test_arrays_of_workflows_are_several_and_one_in_which_nothing_runs_is_a_gap() -> None:
    sketch = drawn(EXPORTS / "list.json")
    assert [f.name for f in sketch.flows] == ["One", "Two"]
    assert "nothing runs in it" in sketch.gaps[0].reason
    assert len(stacks(sketch)) == 2


def test_whatever_is_no_node_is_passed_over() -> None:
    found = flow("hostile.json")
    assert {"Go", "Twin", "A", "B", "42", "Unread"} <= names(found, "step")
    assert item(found, "step", "A").value("loop.bound") == "none"
    json.dumps([s.model_dump(mode="json") for s in stacks(drawn(EXPORTS / "hostile.json"))]).encode()


def test_a_truncated_export_is_one_gap_with_place_and_reason(tmp_path: Path) -> None:
    shutil.copy(EXPORTS / "truncated.json", tmp_path)
    (tmp_path / "main.py").write_text("")
    sketch = drawn(tmp_path)
    assert not sketch.flows
    (gap,) = sketch.gaps
    assert gap.line is not None
    assert gap.line > 1
    assert "cut off" in gap.reason


def test_an_empty_file_among_exports_is_a_gap(tmp_path: Path) -> None:
    shutil.copy(EXPORTS / "old.json", tmp_path)
    (tmp_path / "empty.json").write_text("\n")
    assert [(g.path, g.line) for g in drawn(tmp_path).gaps] == [("empty.json", 1)]


def test_utf16_with_a_mark_is_read_and_without_is_a_gap(tmp_path: Path) -> None:
    text = (EXPORTS / "old.json").read_text()
    (tmp_path / "marked.json").write_text(text, encoding="utf-16")
    (tmp_path / "unmarked.json").write_bytes(text.encode("utf-16-le"))
    sketch = drawn(tmp_path)
    assert [f.at.path for f in sketch.flows] == ["marked.json"]
    assert [g.path for g in sketch.gaps] == ["unmarked.json"]


def test_deep_nesting_is_a_gap_and_not_an_error(tmp_path: Path) -> None:
    deep = '{"nodes": [{"type": "n8n-nodes-base.set", "parameters": ' + '{"a": ' * 50_000 + "1" + "}" * 50_000 + '}], "connections": {}}'
    (tmp_path / "deep.json").write_text(deep)
    (gap,) = drawn(tmp_path).gaps
    assert "nested more than" in gap.reason


def test_drawing_twice_gives_the_same() -> None:
    first, second = (stacks(drawn(EXPORTS)) for _ in range(2))
    assert first == second
