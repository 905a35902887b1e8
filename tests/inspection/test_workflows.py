"""Parts find their callers, loose items their workflow, and things seen twice become one."""

from __future__ import annotations

from auditkit.sources.inspection.code import Code
from auditkit.sources.inspection.sketch import Flow, Home, Item, Place, Sketch, stacks
from auditkit.sources.inspection.workflows import settle, thread
from tests.syntax.programs import program


class Drawn:
    """A sketch over some source, with flows whose steps live in functions."""

    def __init__(self, files: str | dict[str, str] = "") -> None:
        self.sketch = Sketch()
        self.code = Code(program(files))

    def flow(self, name: str, steps: str, path: str = "app.py", at: int = 1, made: str = "") -> Flow:
        """A flow whose steps "a:f b:g" live in functions, one after the other; `made` names the object it is made of."""
        flow = self.sketch.flow(name, Place(path, at), "test")
        last: Item | None = None
        for n, part in enumerate(steps.split()):
            step, _, function = part.partition(":")
            item = flow.add("step", step, Place(path, at + n), "test", Home(path, function) if function else None)
            if function:
                flow.homes.add(Home(path, function))
            if last is not None:
                flow.edge(last, item, item.at)
            last = item
        if last is not None:
            flow.edge(last, None, last.at)
        flow.entries = flow.of("step")[:1]
        if made:
            top = self.code.program.modules[path].top
            flow.keys.add(self.code.program.name(made, top).key)      # type: ignore[attr-defined]
        return flow

    def loose(self, kind: str, name: str, path: str, function: str, line: int = 90) -> Item:
        return self.sketch.add(kind, name, Place(path, line), "test", Home(path, function))

    def settle(self) -> Drawn:
        settle(self.sketch, self.code)
        return self


def names(flow: Flow, kind: str) -> list[str]:
    """The names of a flow's items of a kind."""
    return [i.name for i in flow.of(kind)]


def edges(flow: Flow) -> set[str]:
    """The edges of a flow, as "a>b"."""
    return {f"{s.name}>{t.name if t is not None else '.'}" for s, t, _ in flow.edges}


TWO = "def f(): use()\ndef g(): pass\ndef use(): pass\ndef lone(): pass\n"


# What belongs elsewhere ----------------------------------------------------------------------------------------


def test_an_item_that_only_one_workflows_code_reaches_is_only_its_own() -> None:
    drawn = Drawn(TWO)
    one, two = drawn.flow("one", "a:f"), drawn.flow("two", "b:g", at=20)
    drawn.loose("store", "s", "app.py", "use")
    drawn.settle()
    assert (names(one, "store"), names(two, "store")) == (["s"], [])


def test_an_item_in_a_part_of_the_folder_without_workflow_is_only_the_largest_ones() -> None:
    drawn = Drawn({"x/app.py": TWO, "y/app.py": TWO, "z/app.py": TWO})
    one, two = drawn.flow("one", "a:f", "x/app.py"), drawn.flow("two", "b:g c", "y/app.py")
    drawn.loose("store", "s", "z/app.py", "lone")
    drawn.settle()
    assert (names(one, "store"), names(two, "store")) == ([], ["s"])


def test_workflows_that_name_each_other_are_nested_one_way_only() -> None:
    drawn = Drawn("from lib import Graph\ng = Graph()\nh = Graph()\ndef f(): h.run()\ndef k(): g.run()\n")
    one, two = drawn.flow("one", "a:f", made="g"), drawn.flow("two", "b:k", at=20, made="h")
    drawn.settle()
    assert two.within is one
    assert one.within is None
    assert [s.name for s in stacks(drawn.sketch)] == ["one"]


def test_a_workflow_that_names_itself_is_not_put_into_itself() -> None:
    drawn = Drawn("from lib import Graph\ng = Graph()\ndef f(): g.run()\n")
    one = drawn.flow("one", "a:f", made="g")
    drawn.settle()
    assert one.within is None
    assert edges(one) == {"a>."}


def test_a_name_of_another_workflows_item_is_not_written() -> None:
    sketch = Sketch()
    one, two = sketch.flow("one", Place("a.py", 1), "test"), sketch.flow("two", Place("a.py", 2), "test")
    store = two.add("integration", "s", Place("a.py", 3), "test")
    one.add("step", "a", Place("a.py", 4), "test").say("integrations", store)
    first, _ = stacks(sketch)
    assert [f.key for f in first.facts if f.key == "integrations"] == []


# Parts ---------------------------------------------------------------------------------------------------------


def test_a_workflow_called_in_a_step_is_threaded_behind_it() -> None:
    drawn = Drawn("from lib import Graph\ng = Graph()\nh = Graph()\ndef f(): h.run()\ndef k(): pass\n")
    one, two = drawn.flow("one", "a:f z", made="g"), drawn.flow("two", "b:k c", at=20, made="h")
    drawn.settle()
    assert two.within is one
    assert edges(one) == {"a>b", "b>c", "c>z", "z>."}
    assert names(one, "step") == ["a", "z", "b", "c"]


def test_parts_of_parts_are_all_in_the_outermost() -> None:
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)):
        drawn = Drawn("from lib import Graph\ng = Graph()\nh = Graph()\ni = Graph()\ndef f(): h.run()\ndef k(): i.run()\ndef m(): pass\n")
        made = [("one", "a:f z", 1, "g"), ("two", "b:k y", 20, "h"), ("three", "c:m", 40, "i")]
        flows = {made[n][0]: drawn.flow(made[n][0], made[n][1], at=made[n][2], made=made[n][3]) for n in order}
        drawn.settle()
        assert edges(flows["one"]) == {"a>b", "b>c", "c>y", "y>z", "z>."}, order
        assert [s.name for s in stacks(drawn.sketch)] == ["one"]


def test_a_part_without_steps_costs_no_edge() -> None:
    outer, inner = Flow("o", Place("a.py", 1), "t"), Flow("i", Place("a.py", 2), "t")
    a, b = (outer.add("step", n, Place("a.py", 3), "t") for n in "ab")
    outer.edge(a, b, a.at)
    thread(outer, a, inner)
    assert edges(outer) == {"a>b"}


def test_a_part_behind_the_last_step_ends_the_run() -> None:
    outer, inner = Flow("o", Place("a.py", 1), "t"), Flow("i", Place("a.py", 2), "t")
    a = outer.add("step", "a", Place("a.py", 3), "t")
    outer.edge(a, None, a.at)
    inner.add("step", "b", Place("a.py", 4), "t")
    thread(outer, a, inner)
    assert edges(outer) == {"a>b", "b>."}


# Loose items ---------------------------------------------------------------------------------------------------


def test_the_only_workflow_has_everything() -> None:
    drawn = Drawn({"app.py": TWO, "far/x.py": "def q(): pass"})
    one = drawn.flow("one", "a:f")
    drawn.loose("store", "s", "far/x.py", "q")
    assert names(drawn.settle() and one, "store") == ["s"]


def test_what_two_workflows_reach_each_says_for_itself() -> None:
    drawn = Drawn("def f(): use()\ndef g(): use()\ndef use(): pass\n")
    one, two = drawn.flow("one", "a:f"), drawn.flow("two", "b:g", at=20)
    gate, action = drawn.loose("gate", "ask", "app.py", "use", 3), drawn.loose("action", "send", "app.py", "use", 4)
    gate.protects = [action]
    drawn.settle()
    for flow, step in ((one, "a"), (two, "b")):
        (its_gate,), (its_action,) = flow.of("gate"), flow.of("action")
        assert its_gate.protects == [its_action]
        assert its_action.step is not None
        assert its_action.step.name == step
    assert one.of("action")[0] is not two.of("action")[0]


def test_what_a_workflows_item_names_comes_with_it() -> None:
    drawn = Drawn({"app.py": TWO, "z/app.py": TWO})
    one, two = drawn.flow("one", "a:f"), drawn.flow("two", "b:g", at=20)
    model = drawn.loose("model", "m", "z/app.py", "lone")
    for flow in (one, two):
        flow.of("step")[0].say("model", model)
    drawn.settle()
    for flow in (one, two):
        assert names(flow, "model") == ["m"]
        assert flow.of("step")[0].value("model") is flow.of("model")[0]


# Merging -------------------------------------------------------------------------------------------------------


def test_items_of_one_name_and_place_become_one_with_all_that_was_said() -> None:
    drawn = Drawn(TWO)
    one = drawn.flow("one", "a:f")
    first = one.add("action", "send", Place("app.py", 9), "t").say("effect", "message")
    again = one.add("action", "Send", Place("app.py", 9), "t").say("effect", "write").say("consequential", True)
    other = one.add("action", "send", Place("app.py", 10), "t")
    again.open = True
    again.also(Place("app.py", 30))
    gate = one.add("gate", "ask", Place("app.py", 11), "t")
    gate.protects = [again, other]
    one.of("step")[0].say("integrations", again)
    drawn.settle()
    assert one.of("action") == [first, other]
    assert [(s.key, s.value) for s in first.said] == [("effect", "message"), ("consequential", True)]
    assert first.places == [Place("app.py", 9), Place("app.py", 30)]
    assert first.open
    assert gate.protects == [first, other]
    assert one.of("step")[0].value("integrations") is first


def test_steps_that_became_one_keep_the_edges_of_both() -> None:
    drawn = Drawn(TWO)
    one = drawn.flow("one", "a b")
    a, b = one.of("step")
    twin = one.add("step", "a", a.at, "t")
    one.edge(b, twin, b.at)
    one.entries = [twin]
    drawn.settle()
    assert edges(one) == {"a>b", "b>.", "b>a"}
    assert one.entries == [a]


def test_ids_are_unique_and_never_words_of_the_stack_file() -> None:
    sketch = Sketch()
    flow = sketch.flow("end", Place("a.py", 1), "t")
    for n, name in enumerate(["end", "End", "none", "x y", "x-y", "X Y", "", "日本", "é", "a" * 200, "unknown"]):
        flow.add("step", name, Place("a.py", n + 1), "t")
    (stack,) = stacks(sketch)
    ids = [c.id for c in stack.components if c.kind == "step"]
    assert len({i.lower() for i in ids}) == 11
    assert not {"end", "none", "unknown", "id", ""} & set(ids)
    assert stack.name == "workflow"
