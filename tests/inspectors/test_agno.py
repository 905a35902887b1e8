"""Agno: what must not match first, then agents, teams, workflows, confirmations and databases."""

from __future__ import annotations

from pathlib import Path

from tests.inspectors.drawing import draw

TEAM = '''
from agno.agent import Agent
from agno.team import Team
from agno.db.sqlite import SqliteDb
from agno.models.openai import OpenAIChat
from agno.tools import tool
from agno.tools.duckduckgo import DuckDuckGoTools

@tool(requires_confirmation=True)
def send_money(amount: int) -> str:
    """Sends money."""
    return "sent"

web = Agent(name="Web", model=OpenAIChat(id="gpt-5-mini"), tools=[DuckDuckGoTools()])
bank = Agent(name="Bank", model=OpenAIChat(id="gpt-5-mini"), tools=[send_money], tool_call_limit=4)
lead = Team(name="Lead", members=[web, bank], db=SqliteDb(db_file="a.db"))
lead.print_response("hello")
'''


def test_an_agent_of_another_library_is_none(tmp_path: Path) -> None:
    assert draw(tmp_path, {"app.py": "import agno\nfrom mine import Agent\na = Agent(name='x')\na.run('x')\n"}).ids("step") == []


def test_a_team_leads_its_members(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": TEAM})
    assert drawn.ids("step")[0] == "Lead"
    assert {"Web", "Bank"} <= set(drawn.all("step", "Lead", "next"))
    assert drawn.all("step", "Web", "next") == ["Lead"]


def test_tools_gates_limits_and_stores(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": TEAM})
    assert set(drawn.ids("action")) == {"DuckDuckGoTools", "send_money"}
    assert drawn.all("gate", "Confirmation_of_send_money", "before") == ["send_money"]
    assert drawn.fact("step", "Bank", "loop.max_iterations") == 4
    assert drawn.fact("store", "SqliteDb", "durable") is True


def test_a_workflow_runs_its_steps_in_order(tmp_path: Path) -> None:
    app = '''
from agno.agent import Agent
from agno.workflow import Loop, Step, Workflow
a = Agent(name="Draft")
b = Agent(name="Polish")
def count_words(step_input): ...
flow = Workflow(name="Letters", steps=[Step(name="s1", agent=a), count_words, Loop(name="again", steps=[Step(name="s2", agent=b)])])
flow.print_response("x")
'''
    drawn = draw(tmp_path, {"app.py": app})
    assert list(drawn.stacks) == ["Letters"]
    assert drawn.all("step", "Draft", "next") == ["count_words"]
    assert drawn.all("step", "count_words", "next") == ["again"]
    assert drawn.all("step", "again", "next") == ["Polish"]
    assert drawn.fact("step", "again", "loop.bound") == "default"
    assert drawn.fact("step", "count_words", "decider") == "code"


INDEX = '''
def open_index():
    from agno.knowledge.embedder.openai import OpenAIEmbedder
    from agno.vectordb.chroma import ChromaDb
    index = ChromaDb(collection="goods", path="tmp/index", embedder=OpenAIEmbedder(id="text-embedding-3-large"))
    return index, index.exists()
'''


def test_a_class_of_ones_own_is_no_index(tmp_path: Path) -> None:
    own = "from agno.agent import Agent\nfrom mine import ChromaDb, OpenAIEmbedder\nindex = ChromaDb(embedder=OpenAIEmbedder())\n"
    drawn = draw(tmp_path, {"app.py": own + "a = Agent(name='Clerk', knowledge=index)\na.run('x')\n"})
    assert drawn.ids("knowledge") == []
    assert not any("embed" in m.lower() for m in drawn.ids("model"))


def test_the_index_and_the_model_that_fills_it(tmp_path: Path) -> None:
    app = "from agno.agent import Agent\nfrom index import open_index\nshelf, _ = open_index()\n"
    drawn = draw(tmp_path, {"index.py": INDEX, "app.py": app + "a = Agent(name='Clerk', knowledge=shelf)\na.run('x')\n"})
    assert drawn.lines("knowledge", "chroma_index") == ["index.py:5"]
    assert drawn.fact("model", "text_embedding_3_large", "pinned") is False
    assert drawn.fact("model", "text_embedding_3_large", "provider") == "openai"


def test_an_embedder_without_a_name_moves_with_the_library(tmp_path: Path) -> None:
    app = '''
from agno.agent import Agent
from agno.embedder.openai import OpenAIEmbedder
from agno.vectordb.pgvector import PgVector
a = Agent(name="Clerk", knowledge=PgVector(table_name="t", embedder=OpenAIEmbedder()))
a.run("x")
'''
    drawn = draw(tmp_path, {"app.py": app})
    assert "OpenAIEmbedder_s_default_model" in drawn.ids("model")
    assert drawn.ids("knowledge") == ["pgvector_index"]
