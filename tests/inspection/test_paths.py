"""Which gates stand before which actions: every way from the start must pass the gate."""

from __future__ import annotations

import pytest

from auditkit.model.vocabulary import NONE
from auditkit.sources.inspection import paths
from auditkit.sources.inspection.paths import gate_actions
from auditkit.sources.inspection.sketch import Flow, Home, Item, Place


class Graph:
    """A graph of steps written as "a>b b>c c>." with gates and actions in them."""

    def __init__(self, edges: str, entries: str = "", gates: str = "", actions: str = "", **how: bool) -> None:
        self.flow = Flow("f", Place("a.py", 1), "test", **how)      # type: ignore[arg-type]
        self.steps: dict[str, Item] = {}
        for pair in edges.split():
            source, _, target = pair.partition(">")
            step = self.step(source)
            if target:
                self.flow.edge(step, None if target == "." else self.step(target), step.at)
        self.flow.entries = [self.step(name) for name in entries]
        self.gates = {name: self.item("gate", name) for name in gates}
        self.actions = {name: self.item("action", name) for name in actions}
        for action in self.actions.values():
            action.say("consequential", True)

    def step(self, name: str) -> Item:
        if name not in self.steps:
            self.steps[name] = self.flow.add("step", name, Place("a.py", len(self.steps) + 1), "test")
        return self.steps[name]

    def item(self, kind: str, name: str) -> Item:
        item = self.flow.add(kind, name, Place("b.py", 50 if kind == "gate" else 60), "test", Home("b.py", name))
        item.step = self.steps.get(name)
        return item

    def run(self) -> Graph:
        gate_actions(self.flow)
        return self

    @property
    def before(self) -> dict[str, list[str]]:
        """The actions before which each gate stands."""
        return {n: [s.value.name for s in g.said if s.key == "before"] for n, g in self.gates.items() if g.value("before") is not None}

    def gate(self, name: str) -> object:
        """The gate of an action: its name, NONE, or None when nothing is said."""
        found = self.actions[name].value("gate")
        return found.name if isinstance(found, Item) else found


# What is no gate -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("claim", "edges", "gates"), [
    ("one of two ways goes around it", "s>g s>x g>x x>.", "g"),
    ("it comes after the action", "s>x x>g g>.", "g"),
    ("it comes again in a loop only after the first action", "s>x x>g g>x x>.", "g"),
    ("it lies on a dead end", "s>g s>x g>. x>.", "g"),
    ("it is never reached", "s>x g>x", "g"),
    ("a second start leads around it", "s>g g>x t>x", "g"),
    ("two gates leave a third way open", "s>g s>h s>i g>x h>x i>x", "gh"),
    ("the start itself can be skipped to", "s>g g>x s>y y>x", "g"),
])
def test_a_gate_does_not_count_when(claim: str, edges: str, gates: str) -> None:
    graph = Graph(edges, "st" if "t>" in edges else "s", gates, "x").run()
    assert graph.before == {}
    assert graph.gate("x") == NONE


def test_of_gates_that_hold_together_those_behind_the_action_are_not_meant() -> None:
    graph = Graph("s>g s>h g>x h>x x>i i>.", "s", "ghi", "x").run()
    assert graph.before == {"g": ["x"], "h": ["x"]}


def test_no_absence_is_claimed_of_a_graph_that_is_not_all_seen() -> None:
    for graph in (Graph("s>x", "s", "", "x", open_ended=True), Graph("s>a x>.", "s", "", "x")):
        assert graph.run().gate("x") is None
    assert Graph("", "", "", "x").run().gate("x") is None


def test_no_way_is_claimed_through_a_graph_that_is_not_all_seen() -> None:
    graph = Graph("s>g g>x", "s", "g", "x", open_ended=True).run()
    assert (graph.before, graph.gate("x")) == ({}, None)


def test_no_absence_is_claimed_of_an_action_with_a_hook_that_cannot_be_seen() -> None:
    graph = Graph("s>x", "s", "", "x")
    graph.actions["x"].open = True
    assert graph.run().gate("x") is None


def test_no_absence_is_claimed_of_a_harmless_action() -> None:
    graph = Graph("s>x", "s", "", "x")
    graph.actions["x"].unsay("consequential")
    assert graph.run().gate("x") is None


def test_a_tool_whose_step_is_not_known_may_stand_behind_a_gate_of_the_graph() -> None:
    graph = Graph("s>g g>x", "s", "g", "x")
    graph.actions["x"].step = None
    graph.actions["x"].say("decided_by", "model")
    assert graph.run().gate("x") is None


def test_a_graph_too_large_to_walk_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "MOST_WORK", 1)
    graph = Graph("s>g g>x", "s", "g", "x").run()
    assert (graph.before, graph.gate("x")) == ({}, None)


# What is one ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("claim", "edges", "gates", "before"), [
    ("every way passes it", "s>a s>b a>g b>g g>x x>.", "g", "g"),
    ("it is the start", "s>x", "s", "s"),
    ("it is passed in every round of a loop", "s>g g>x x>g x>.", "g", "g"),
    ("it is followed by others", "s>g g>h h>x", "gh", "gh"),
    ("each way has one of several", "s>g s>h g>x h>x", "gh", "gh"),
    ("each of three ways has one of several", "s>a a>g a>h s>i g>x h>x i>x", "ghi", "ghi"),
    ("a step that nothing leads to goes around it but the starts are known", "s>g g>x t>x", "g", "g"),
])
def test_a_gate_counts_when(claim: str, edges: str, gates: str, before: str) -> None:
    graph = Graph(edges, "s", gates, "x").run()
    assert graph.before == {g: ["x"] for g in before}
    assert graph.gate("x") == before[0]


@pytest.mark.parametrize(("line", "home", "entry", "counts"), [
    (59, "x", False, True), (61, "x", False, False), (59, "other", False, False), (61, "other", True, True),
])
def test_in_one_step_the_gate_must_come_first(line: int, home: str, entry: bool, counts: bool) -> None:
    graph = Graph("s>x", "s", "", "x")
    gate = graph.flow.add("gate", "g", Place("b.py", line), "test", Home("b.py", home))
    gate.step, gate.entry = graph.steps["x"], entry
    graph.gates["g"] = gate
    assert graph.run().before == ({"g": ["x"]} if counts else {})


def test_a_gate_that_says_what_it_protects_is_taken_at_its_word_and_counts_for_nothing_else() -> None:
    graph = Graph("s>g g>x x>y", "s", "g", "xy")
    graph.gates["g"].protects = [graph.actions["y"]]
    graph.run()
    assert graph.before == {"g": ["y"]}
    assert (graph.gate("x"), graph.gate("y")) == (NONE, "g")


def test_what_an_inspector_said_stays() -> None:
    graph = Graph("s>g g>x", "s", "g", "x")
    graph.actions["x"].say("gate", NONE)
    assert graph.run().gate("x") == NONE


def test_without_stated_starts_a_run_starts_where_nothing_leads() -> None:
    graph = Graph("a>g g>x b>y", "", "g", "xy").run()
    assert (graph.gate("x"), graph.gate("y")) == ("g", NONE)


def test_a_long_graph_with_many_actions_is_walked_quickly() -> None:
    graph = Graph(" ".join(f"n{n}>n{n + 1}" for n in range(3000)))
    graph.flow.entries = [graph.steps["n0"]]
    graph.gates = {"n5": graph.item("gate", "n5")}
    for n in range(6, 3000):
        graph.actions[f"n{n}"] = graph.item("action", f"n{n}")
    assert len(graph.run().before["n5"]) == 2994
