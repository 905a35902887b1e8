"""Ways of writing that real projects use and that were misread once: what must not match first."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditkit.sources.inspection.models import pinned
from tests.inspectors.drawing import draw

GRAPH = '''
from langgraph.graph import StateGraph, START, END
{imports}

def plan(state):
    return {{"plan": helper(state)}}

builder = StateGraph(dict)
builder.add_node("plan", plan)
builder.add_edge(START, "plan")
builder.add_edge("plan", END)
graph = builder.compile()
'''
WEB = 'import httpx\n\ndef helper(state):\n    return httpx.get("https://api.weather.example.com/now").text\n'

# Folders that are themselves inside a package -----------------------------------------------------------------------------------


def test_a_librarys_module_is_not_a_file_of_the_same_name(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": GRAPH.format(imports="from weatherlib.tools import helper"),
                            "tools.py": WEB.replace("helper", "something_else")})
    assert drawn.ids("integration") == []


def test_absolute_imports_of_the_package_that_the_folder_is(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": GRAPH.format(imports="from company.bot.tools import helper"), "tools.py": WEB})
    assert drawn.lines("integration", "example") == ["tools.py:4"]


# Tools -----------------------------------------------------------------------------------------------------------------------

CHAT = '''
from langchain.chat_models import init_chat_model
from langchain_core.tools import tool
from langgraph.graph import StateGraph, START, END
from pydantic import BaseModel

class Outline(BaseModel):
    """The outline."""
    text: str

class Done(BaseModel):
    """The end."""

options = {"temperature": 0, "name": "careful"}

def write(state):
    llm = init_chat_model("openai:gpt-4.1").bind_tools([tool(Outline), tool(Done), {
        "name": "Answer", "description": "Submits the answer", "parameters": {"type": "object"}}])
    return {"messages": [llm.invoke(state["messages"])]}

builder = StateGraph(dict)
builder.add_node("write", write)
builder.add_edge(START, "write")
builder.add_edge("write", END)
graph = builder.compile(interrupt_before=[], interrupt_after=[])
'''


def test_several_tools_in_one_line_and_one_that_is_a_schema(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": CHAT})
    assert sorted(drawn.ids("action")) == ["Answer", "Done", "Outline"]


def test_two_empty_lists_of_interrupts_are_one_fake_gate(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": CHAT})
    assert len(drawn.ids("gate")) == 1
    assert drawn.fact("gate", drawn.ids("gate")[0], "bypassable") is True


def test_what_a_tool_returns_is_not_goods_sent_back(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": '''
from pydantic_ai import Agent

agent = Agent("openai:gpt-5")

@agent.tool_plain
def account_balance() -> str:
    """Returns the customer's balance."""
    return "12"
'''})
    assert drawn.fact("action", "account_balance", "effect") == "none" or \
        drawn.fact("action", "account_balance", "consequential") is False


def test_agents_that_are_offered_as_tools(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": '''
from agents import Agent, Runner

spanish = Agent(name="Spanish", instructions="Translate.")
desk = Agent(name="Desk", instructions="Route.")

async def main(text):
    full = desk.clone(tools=[spanish.as_tool(tool_name="to_spanish", tool_description="Translates")])
    return await Runner.run(full, text)
''', "adk/agent.py": '''
from google.adk.agents import LlmAgent
from google.adk.tools.agent_tool import AgentTool

critic = LlmAgent(name="critic", model="gemini-2.5-pro")
root_agent = LlmAgent(name="writer", model="gemini-2.5-pro", tools=[AgentTool(agent=critic)])
'''})
    assert drawn.lines("action", "to_spanish") == ["app.py:8"]
    assert drawn.fact("action", "to_spanish", "consequential") is False
    assert drawn.lines("action", "critic") == ["adk/agent.py:6"]


def test_making_a_table_ready_is_no_action(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": '''
import asyncpg
from pydantic_ai import Agent

agent = Agent("openai:gpt-5")

async def prepared():
    conn = await asyncpg.connect("postgresql://db")
    await conn.execute("CREATE TYPE level AS ENUM ('a', 'b')")
    return conn

async def main():
    conn = await prepared()
    return await agent.run("hello")
'''})
    assert drawn.ids("action") == []


# Models and what serves them -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "dated"), [("gemini-2.5-pro-preview", False), ("claude-opus-4-1", False), ("gpt-4.1-2", False),
                                             ("gemini-2.5-pro-preview-05-06", True)])
def test_a_month_and_a_day_date_a_model(name: str, dated: bool) -> None:
    assert pinned(name) is dated


SETTINGS = '''
from dataclasses import dataclass, field

@dataclass
class Base:
    embedding_model: str = field(default="openai/text-embedding-3-small")

    @classmethod
    def load(cls, config):
        return cls(**config)

@dataclass
class Settings(Base):
    model: str = field(default="anthropic/claude-3-haiku-20240307")
'''
ASKS = '''
from langchain.chat_models import init_chat_model
from langgraph.graph import StateGraph, START, END
from settings import Settings

def load(name):
    provider, model = name.split("/", maxsplit=1)
    return init_chat_model(model, model_provider=provider)

def ask(state, runtime):
    return {"messages": [load(runtime.context.model).invoke(state["messages"])]}

builder = StateGraph(dict, context_schema=Settings)
builder.add_node("ask", ask)
builder.add_edge(START, "ask")
builder.add_edge("ask", END)
graph = builder.compile()
'''


def test_a_model_that_is_handed_in_is_served_by_the_only_vendor_of_the_settings(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"settings.py": SETTINGS, "app.py": ASKS})
    assert "app.py:8" in drawn.lines("integration", "anthropic")
    assert drawn.fact("integration", "anthropic", "timeout") is False


def test_with_two_vendors_nobody_knows_which_serves_it(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"settings.py": SETTINGS + '    small_model: str = field(default="openai/gpt-5-mini")\n', "app.py": ASKS})
    assert "app.py:8" not in drawn.lines("integration", "anthropic") + drawn.lines("integration", "openai")


def test_an_inherited_class_method_gives_the_heir(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"settings.py": SETTINGS, "app.py":
                            ASKS.replace("load(runtime.context.model)", "init_chat_model(Settings.load(runtime).model)")})
    assert drawn.fact("step", "ask", "model") is not None


# Stores, knowledge, outside systems ------------------------------------------------------------------------------------------------

RAG = '''
from langgraph.graph import StateGraph, START, END
from langchain_community.document_loaders import WebBaseLoader
from langchain_mongodb.vectorstores import MongoDBAtlasVectorSearch
from qdrant_client import QdrantClient
from pathlib import Path
import json

STATE = Path("approvals/pending.json")
scratch = QdrantClient(":memory:")
remote = QdrantClient(url="https://vectors.example.com", timeout=3)

def find(state):
    pages = WebBaseLoader(state["url"]).load()
    index = MongoDBAtlasVectorSearch.from_connection_string("mongodb://db", namespace="a.b")
    with STATE.open("w") as f:
        json.dump(state, f)
    return {"found": scratch.query_points("a"), "more": remote.query_points("a"), "docs": index.similarity_search("a")}

builder = StateGraph(dict)
builder.add_node("find", find)
builder.add_edge(START, "find")
builder.add_edge("find", END)
graph = builder.compile()
'''


def test_vector_databases_pages_and_files(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": RAG})
    assert drawn.lines("integration", "qdrant")[0] == "app.py:11"
    assert "app.py:10" not in drawn.lines("integration", "qdrant")      # what lies in the process is no outside system
    assert drawn.fact("integration", "qdrant", "timeout") is True
    assert {"mongodb", "web_pages"} <= set(drawn.ids("integration"))
    assert "mongodb_index" in drawn.ids("knowledge")
    assert "pending_json" in drawn.ids("store")


# Evals and monitoring ----------------------------------------------------------------------------------------------------------

CASE = '''
import langsmith as ls
import unittest.mock

@ls.unit
def test_answers():
    ls.expect(1).to_equal(1)
'''
CI = "on: schedule\njobs:\n  t:\n    steps:\n      - env:\n          ANTHROPIC_API_KEY: x\n        run: uv run pytest tests/live\n"
ONE = GRAPH.format(imports="").replace("helper(state)", "1")


def test_unit_tests_are_no_evals(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": ONE, "tests/live/test_app.py": CASE.replace("@ls.unit", "@unittest.mock.patch('a')")})
    assert drawn.ids("eval") == []


def test_cases_that_langsmith_records_are_evals_and_ci_may_run_their_folder(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": ONE, "tests/live/test_app.py": CASE, ".github/workflows/live.yml": CI})
    assert drawn.lines("eval", "test_app")[0] == "tests/live/test_app.py:5"
    assert drawn.fact("eval", "test_app", "in_ci") is True


LIVE = '''
import os
import pytest
from app import app

pytestmark = pytest.mark.skipif(not os.environ.get("OPENAI_API_KEY"), reason="asks a model")

@pytest.mark.parametrize("question", ["a", "b"])
def test_score(question):
    assert app.invoke(question)["score"] > 0.5
'''


def test_tests_of_an_eval_module_without_a_model_are_no_evals(tmp_path: Path) -> None:
    plain = LIVE.replace('not os.environ.get("OPENAI_API_KEY")', "os.name == 'nt'")
    faked = plain.replace("    assert", "    os.environ['OPENAI_API_KEY'] = 'none'\n    assert")
    for n, text in enumerate((plain, faked)):
        assert draw(tmp_path / str(n), {"app.py": ONE, "tests/test_eval_answers.py": text}).ids("eval") == []


def test_scored_tests_that_need_a_models_key_are_evals(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": ONE, "tests/test_eval_answers.py": LIVE})
    assert drawn.lines("eval", "test_eval_answers") == ["tests/test_eval_answers.py:9"]


def test_tracing_that_the_code_switches_on(tmp_path: Path) -> None:
    off = "import os\nos.environ['LANGSMITH_TRACING'] = 'false'\n# os.environ['LANGSMITH_TRACING'] = 'true'\n"
    assert draw(tmp_path / "off", {"app.py": off + ONE}).ids("monitor") == []
    assert draw(tmp_path / "on", {"app.py": off.replace("false", "true") + ONE}).lines("monitor", "langsmith") == ["app.py:2"]


def test_nodes_of_one_name_in_two_graphs_are_told_apart_by_their_registration(tmp_path: Path) -> None:
    second = ("\ndef other(state):\n    return {}\n\nsecond = StateGraph(dict)\nsecond.add_node('plan', other)\n"
              "second.add_edge(START, 'plan')\napp = second.compile()\n")
    line = (ONE + second).split("\n").index("second.add_node('plan', other)") + 1
    drawn = draw(tmp_path, {"app.py": ONE + second})
    assert f"app.py:{line}" in drawn.lines("step", "plan") + drawn.lines("step", "plan_2")


def test_a_form_for_the_answer_is_no_knowledge(tmp_path: Path) -> None:
    form = "sample_json = (" + "'a line of the form '\n" * 30 + ")\n"
    assert draw(tmp_path, {"app.py": form + ONE}).ids("knowledge") == []


def test_spans_of_an_app_on_agent_engine(tmp_path: Path) -> None:
    source = '''
from google.adk.agents import LlmAgent
from vertexai.preview.reasoning_engines import AdkApp

root_agent = LlmAgent(name="writer", model="gemini-2.5-pro")
app = AdkApp(agent=root_agent, enable_tracing=False)
'''
    assert draw(tmp_path / "off", {"agent.py": source}).ids("monitor") == []
    assert draw(tmp_path / "on", {"agent.py": source.replace("False", "True")}).lines("monitor", "cloud_trace") == ["agent.py:6"]
