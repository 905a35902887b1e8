"""LangGraph: first what is none, then graphs, edges, deciders, tools, gates, loops and memory."""

from pathlib import Path

import pytest

from tests.inspectors.drawing import draw

HEAD = """
from typing import Literal, TypedDict
from langgraph.graph import StateGraph, START, END
from langgraph.types import Command, Send, interrupt
from langchain_openai import ChatOpenAI

llm = ChatOpenAI(model="gpt-4o-2024-08-06")

class State(TypedDict):
    messages: list

"""


def test_a_graph_class_of_somebody_else_is_no_graph(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": """
import langgraph
class StateGraph:
    def add_node(self, *a): ...
g = StateGraph()
g.add_node("x", print)
"""})
    assert not drawn.stacks


def test_a_graph_without_nodes_and_one_in_a_text_are_none(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": HEAD + """
empty = StateGraph(State)
TEXT = "StateGraph(State).add_node('x', f)"
"""})
    assert not drawn.ids("step")


def test_langchains_old_react_agent_has_no_loop(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": HEAD + """
from langchain.agents.react.agent import create_react_agent
def look() -> str: return "x"
def node(state):
    return create_react_agent(llm, [look]).invoke(state)
g = StateGraph(State)
g.add_node("node", node)
g.add_edge(START, "node")
g.compile()
"""})
    assert drawn.fact("step", "node", "decider") == "model"
    assert drawn.fact("step", "node", "loop.bound") is None
    assert drawn.ids("action") == ["look"]


def test_an_empty_list_of_interrupts_stops_nothing(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": HEAD + """
def a(state): return {}
g = StateGraph(State)
g.add_node("a", a)
g.set_entry_point("a")
app = g.compile(interrupt_before=[])
"""})
    assert drawn.fact("gate", "interrupt_before_empty", "bypassable") is True
    assert drawn.all("gate", "interrupt_before_empty", "before") in ([()], [[]], ["[]"])


def test_nodes_edges_and_deciders(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": HEAD + """
def think(state): return {"messages": [llm.invoke(state["messages"])]}
def tidy(state): return {}
def ask(state): return {"messages": [interrupt("ok?")]}
def route(state) -> Literal["tidy", "__end__"]:
    return "tidy"
g = StateGraph(State)
g.add_node(think)
g.add_node("tidy", tidy)
g.add_node("ask", ask)
g.add_edge(START, "think")
g.add_conditional_edges("think", route)
g.add_edge("tidy", "ask")
g.add_edge("ask", END)
graph = g.compile()
"""})
    assert drawn.ids("step") == ["think", "tidy", "ask"]
    assert drawn.fact("step", "think", "decider") == "model"
    assert drawn.fact("step", "tidy", "decider") == "code"
    assert drawn.fact("step", "ask", "decider") == "human"
    assert sorted(drawn.all("step", "think", "next")) == ["end", "tidy"]
    assert drawn.ids("gate") == ["ask_interrupt"]
    assert drawn.fact("store", "State", "durable") is False


def test_edges_by_command_by_send_and_by_loop(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": HEAD + """
NODES = {"left": lambda s: {}, "right": lambda s: {}}
def start(state) -> Command[Literal["left", "right"]]:
    goto = "left" if state else "right"
    return Command(goto=goto)
def fan(state): return [Send("right", {"x": 1})]
g = StateGraph(State)
g.add_node("start", start)
for name, node in NODES.items():
    g.add_node(name, node)
g.add_edge(START, "start")
g.add_conditional_edges("left", fan)
g.compile()
"""})
    assert drawn.ids("step") == ["start", "left", "right"]
    assert drawn.all("step", "start", "next") == ["left", "right"]
    assert drawn.all("step", "left", "next") == ["right"]


def test_a_graph_as_a_node_of_another(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": HEAD + """
def work(state): return llm.invoke("x")
def first(state): return {}
inner = StateGraph(State)
inner.add_node("work", work)
inner.add_edge(START, "work")
inner.add_edge("work", END)
part = inner.compile()
outer = StateGraph(State).add_node(first).add_node("part", part).add_edge(START, "first").add_edge("first", "part")
app = outer.compile()
"""})
    assert set(drawn.ids("step")) == {"first", "part", "work"}
    assert drawn.all("step", "part", "next") == ["work"]


def test_an_ungated_and_a_gated_tool(tmp_path: Path) -> None:
    common = HEAD + """
import smtplib
from langchain_core.tools import tool
@tool
def send_email(to: str, body: str) -> str:
    "Send an email."
    smtplib.SMTP("x").sendmail("a", to, body)
    return "sent"
@tool
def lookup(q: str) -> str:
    "Look up."
    return q
tools = [send_email, lookup]
by_name = {t.name: t for t in tools}
bound = llm.bind_tools(tools)
def model(state): return {"messages": [bound.invoke(state["messages"])]}
def again(state) -> Literal["act", "__end__"]: return "act"
"""
    graph = """
g = StateGraph(State)
g.add_node("model", model)
g.add_node("act", act)
g.add_edge(START, "model")
g.add_conditional_edges("model", again)
g.add_edge("act", "model")
app = g.compile()
"""
    open_one = draw(tmp_path / "a", {"app.py": common + """
def act(state):
    for call in state["messages"][-1].tool_calls:
        by_name[call["name"]].invoke(call["args"])
""" + graph})
    assert open_one.fact("action", "send_email", "step") == "act"
    assert open_one.fact("action", "send_email", "effect") == "message"
    assert open_one.fact("action", "send_email", "gate") == "none"
    held = draw(tmp_path / "b", {"app.py": common + """
def act(state):
    for call in state["messages"][-1].tool_calls:
        asked = ["send_email"]
        if call["name"] not in asked:
            by_name[call["name"]].invoke(call["args"])
            continue
        if interrupt(call)["type"] == "accept":
            by_name[call["name"]].invoke(call["args"])
""" + graph})
    assert held.fact("action", "send_email", "gate") == "act_interrupt"
    assert held.all("gate", "act_interrupt", "before") == ["send_email"]


def test_an_except_around_an_interrupt_breaks_the_gate(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": HEAD + """
def ask(state):
    try:
        return {"messages": [interrupt("ok?")]}
    except Exception:
        return {}
g = StateGraph(State)
g.add_node("ask", ask)
g.add_edge(START, "ask")
g.compile()
"""})
    assert drawn.fact("gate", "ask_interrupt", "bypassable") is True


def test_a_counter_bounds_a_cycle_and_a_limit_in_the_configuration_does(tmp_path: Path) -> None:
    text = HEAD + """
def a(state): return {}
def b(state): return llm.invoke("x")
def route(state):
    if state["steps_taken"] >= 3:
        return END
    return "a"
g = StateGraph(State)
g.add_node("a", a)
g.add_node("b", b)
g.add_edge(START, "a")
g.add_edge("a", "b")
g.add_conditional_edges("b", route)
app = g.compile()
"""
    drawn = draw(tmp_path / "a", {"app.py": text})
    assert drawn.fact("step", "b", "loop.bound") == "coded"
    assert drawn.fact("step", "b", "loop.max_iterations") == 3
    plain = text.replace('if state["steps_taken"] >= 3', 'if state["done"]')
    limited = draw(tmp_path / "b", {"app.py": plain + 'app.invoke({}, config={"recursion_limit": 12})\n'})
    assert limited.fact("step", "b", "loop.max_iterations") == 12
    old = draw(tmp_path / "c", {"app.py": plain, "requirements.txt": "langgraph==0.2.60\n"})
    assert old.fact("step", "b", "loop.bound") == "default"
    assert old.fact("step", "b", "loop.max_iterations") == 25


def test_a_platform_supplies_what_the_code_leaves_out(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {
        "langgraph.json": '{"graphs": {"helper": "./app.py:app"}, "store": {"index": {"embed": "openai:text-embedding-3-small"}}}',
        "app.py": HEAD + """
def a(state): return {}
def b(state): return {}
def c(state): return {}
g = StateGraph(State)
g.add_sequence([a, b, c])
g.add_edge(START, "a")
app = g.compile()
"""})
    assert list(drawn.stacks) == ["helper"]
    assert drawn.fact("store", "State", "durable") == "unknown"
    assert "text_embedding_3_small" in drawn.ids("model")


def test_checkpointers_survive_or_do_not(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": HEAD + """
from langgraph.checkpoint.memory import MemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.postgres import PostgresSaver
def a(state): return {}
def make(saver):
    g = StateGraph(State)
    g.add_node("a", a)
    g.add_edge(START, "a")
    return g.compile(checkpointer=saver)
one = make(MemorySaver())
two = make(SqliteSaver.from_conn_string(":memory:"))
three = make(SqliteSaver.from_conn_string("state.db"))
four = make(PostgresSaver.from_conn_string("postgres://x"))
"""})
    durable = sorted((i.rstrip("_0123456789"), str(drawn.fact("store", i, "durable"))) for i in drawn.ids("store") if "Saver" in i)
    assert durable == [("MemorySaver", "False"), ("PostgresSaver", "True"), ("SqliteSaver", "False"), ("SqliteSaver", "True")]


def test_a_prebuilt_agent_with_its_tools_and_its_limit(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"requirements.txt": "langgraph==0.3.1\n", "app.py": """
from langgraph.prebuilt import create_react_agent
def delete_file(path: str) -> str:
    "Delete a file."
    import os
    os.remove(path)
helper = create_react_agent("openai:gpt-4o", tools=[delete_file], interrupt_before=["tools"])
"""})
    assert drawn.ids("step") == ["helper"]
    assert drawn.fact("step", "helper", "loop.bound") == "default"
    assert drawn.fact("action", "delete_file", "gate") == "interrupt_before"
    assert drawn.fact("model", "openai_gpt_4o", "pinned") is False


def test_a_supervisor_hands_to_its_agents(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": """
from langgraph.prebuilt import create_react_agent
from langgraph_supervisor import create_supervisor
from langchain_openai import ChatOpenAI
model = ChatOpenAI(model="gpt-4o")
maths = create_react_agent(model, [], name="maths")
research = create_react_agent(model, [], name="research")
app = create_supervisor([maths, research], model=model).compile()
"""})
    assert set(drawn.ids("step")) == {"supervisor", "maths", "research"}
    assert set(drawn.all("step", "supervisor", "next")) == {"maths", "research", "end"}
    assert drawn.all("step", "maths", "next") == ["supervisor"]


def test_the_functional_api(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": """
from langgraph.func import entrypoint, task
from langgraph.checkpoint.memory import InMemorySaver
from langchain_openai import ChatOpenAI
llm = ChatOpenAI(model="gpt-4o")
@task
def draft(topic): return llm.invoke(topic)
@task
def tidy(text): return text.strip()
@entrypoint(checkpointer=InMemorySaver())
def essay(topic):
    text = draft(topic).result()
    return tidy(text).result()
"""})
    assert drawn.ids("step") == ["draft", "tidy"]
    assert drawn.fact("step", "draft", "decider") == "model"
    assert drawn.all("step", "draft", "next") == ["tidy"]
    assert drawn.fact("store", "InMemorySaver", "durable") is False


def test_a_factory_of_tools_gives_those_that_are_asked_for(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": HEAD + """
def read_one(): return 1
def write_one(): return 2
def mail_one(): return 3
def get_tools(names=None, mail=False):
    known = {"read_one": read_one, "write_one": write_one}
    if mail:
        known.update({"mail_one": mail_one})
    if names is None:
        return list(known.values())
    return [known[name] for name in names if name in known]
def everything(state): return llm.bind_tools(get_tools()).invoke("x")
def some(state): return llm.bind_tools(get_tools(["read_one", "mail_one"], mail=True)).invoke("x")
g = StateGraph(State)
g.add_node("everything", everything)
g.add_edge(START, "everything")
g.compile(name="first")
h = StateGraph(State)
h.add_node("some", some)
h.add_edge(START, "some")
h.compile(name="second")
"""})
    assert set(drawn.ids("action", "first")) == {"read_one", "write_one"}
    assert set(drawn.ids("action", "second")) == {"read_one", "mail_one"}


PLANNED = '''
from langgraph.graph import StateGraph, START, END
from langgraph.types import interrupt, Command
from langchain_openai import ChatOpenAI
llm = ChatOpenAI(model="gpt-4o")
def plan(state):
    return {"plan": llm.invoke(state["topic"])}
def ask(state):
%s
    return Command(goto="write" if answer == "yes" else "plan")
def write(state):
    return {"text": llm.invoke(state["plan"])}
g = StateGraph(dict)
g.add_node("plan", plan)
g.add_node("ask", ask, destinations=("plan", "write"))
g.add_node("write", write)
g.add_edge(START, "plan")
g.add_edge("plan", "ask")
g.add_edge("write", END)
app = g.compile()
'''


@pytest.mark.parametrize(("body", "bound"), [
    ('    answer = interrupt("Is the plan right?")', "default"),
    ('    answer = "no"\n    if state["careful"]:\n        answer = interrupt("Is the plan right?")', "none"),
    ('    answer = llm.invoke("Is the plan right?").content', "none"),
])
def test_a_cycle_in_which_a_person_is_always_asked_does_not_run_for_ever(tmp_path: Path, body: str, bound: str) -> None:
    drawn = draw(tmp_path, {"app.py": PLANNED % body, "requirements.txt": "langgraph==1.1.0\nlangchain-openai==1.0.0\n"})
    assert {drawn.fact("step", s, "loop.bound") for s in ("plan", "ask", "write")} - {None} == {bound}
