"""Haystack: what is no agent's pipeline, components and edges, agents."""

from pathlib import Path

from tests.inspectors.workflows import drawn

PIPELINE = '''
from haystack import Pipeline, component
from haystack.components.builders import ChatPromptBuilder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
from haystack.document_stores.in_memory import InMemoryDocumentStore

store = InMemoryDocumentStore()

@component
class Check:
    @component.output_types(ok=bool)
    def run(self, replies: list):
        return {"ok": True}

rag = Pipeline()
rag.add_component("retriever", InMemoryBM25Retriever(store))
rag.add_component("prompt", ChatPromptBuilder(template=[]))
rag.add_component("llm", OpenAIChatGenerator(model="gpt-4o-mini"))
rag.add_component("check", Check())
rag.connect("retriever.documents", "prompt.documents")
rag.connect("prompt", "llm.messages")
rag.connect("llm.replies", "check.replies")
rag.connect("check.ok", "prompt.again")
'''


def test_a_pipeline_that_asks_no_model_is_no_workflow(tmp_path: Path) -> None:
    source = '''
    from haystack import Pipeline
    from haystack.components.writers import DocumentWriter

    index = Pipeline()
    index.add_component("writer", DocumentWriter(None))
    '''
    assert drawn(tmp_path, {"a.py": source}) == []


def test_components_and_connections(tmp_path: Path) -> None:
    (rag,) = drawn(tmp_path, {"rag.py": PIPELINE})
    assert rag.ids("step") == ["retriever", "prompt", "llm", "check"]
    assert rag.all("step", "llm", "next") == ["check"]
    assert [rag.fact("step", s, "decider") for s in rag.ids("step")] == ["code", "code", "model", "code"]
    assert rag.ids("model") == ["gpt_4o_mini"]
    assert rag.fact("store", "store", "durable") is False


def test_a_cycle_has_the_limit_of_the_library(tmp_path: Path) -> None:
    (rag,) = drawn(tmp_path, {"rag.py": PIPELINE})
    assert rag.fact("step", "prompt", "loop.bound") == "default"


def test_an_agent_with_tools(tmp_path: Path) -> None:
    source = '''
    from haystack.components.agents import Agent
    from haystack.components.generators.chat import OpenAIChatGenerator
    from haystack.tools import tool

    @tool
    def delete_record(id: str) -> str:
        """Delete a record."""
        return id

    helper = Agent(chat_generator=OpenAIChatGenerator(model="gpt-4o"), tools=[delete_record], max_agent_steps=5)
    '''
    (helper,) = drawn(tmp_path, {"a.py": source})
    assert helper.ids("step") == ["helper"]
    assert helper.fact("step", "helper", "loop.max_iterations") == 5
    assert helper.fact("action", "delete_record", "gate") == "none"
