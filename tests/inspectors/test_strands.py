"""Strands: what must not match first, then agents that are called, their tools, graphs and swarms."""

from __future__ import annotations

from pathlib import Path

from tests.inspectors.drawing import draw

APP = '''
from strands import Agent, tool
from strands.models import BedrockModel
from strands_tools import shell, calculator

@tool
def book_room(day: str) -> str:
    """Books a room."""
    return day

helper = Agent(name="helper", tools=[calculator])

@tool
def ask_helper(question: str) -> str:
    return str(helper(question))

agent = Agent(model=BedrockModel(model_id="us.amazon.nova-pro-v1:0"), tools=[book_room, shell, ask_helper])
agent("hello")
'''


def test_an_agent_of_another_library_is_none(tmp_path: Path) -> None:
    assert draw(tmp_path, {"app.py": "import strands\nfrom mine import Agent\na = Agent()\na('x')\n"}).ids("step") == []


def test_agents_tools_and_the_agent_behind_a_tool(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": APP})
    assert set(drawn.ids("step")) == {"agent", "helper"}
    assert {"book_room", "shell", "ask_helper", "calculator"} == set(drawn.ids("action"))
    assert "helper" in drawn.all("step", "agent", "next")
    assert drawn.all("step", "helper", "next") == ["agent"]


def test_a_packaged_tool_that_asks_by_itself_is_not_called_ungated(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": APP})
    assert drawn.fact("action", "shell", "gate") is None
    assert drawn.fact("action", "book_room", "gate") == "none"


def test_a_graph_follows_its_names(tmp_path: Path) -> None:
    app = '''
from strands import Agent
from strands.multiagent import GraphBuilder
a = Agent(name="first")
b = Agent(name="second")
builder = GraphBuilder()
builder.add_node(a, "one")
builder.add_node(b, "two")
builder.add_edge("one", "two")
builder.set_entry_point("one")
graph = builder.build()
'''
    drawn = draw(tmp_path, {"app.py": app})
    assert "second" in drawn.all("step", "first", "next")
