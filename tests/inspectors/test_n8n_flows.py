"""n8n workflows as text: what must not be said of them, then models, gates, actions and stores of whole flows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.inspectors.drawing import Drawn, draw

LANGCHAIN = "@n8n/n8n-nodes-langchain."


def node(name: str, kind: str, **parameters: Any) -> dict[str, Any]:
    """A node of n8n's base package; `ai.` before its type names one of the package for AI."""
    full = LANGCHAIN + kind.removeprefix("ai.") if kind.startswith("ai.") else f"n8n-nodes-base.{kind}"
    return {"name": name, "type": full, "typeVersion": 2, "position": [0, 0], "parameters": parameters}


def drawn(tmp_path: Path, nodes: list[dict[str, Any]], *links: str, **more: Any) -> Drawn:
    """The workflow of some nodes and links, written as `A > B`, `A 1> B` (second output) and `Model ai_languageModel> Agent`."""
    connections: dict[str, dict[str, list[list[dict[str, Any]]]]] = {}
    for link in links:
        left, _, target = link.partition("> ")
        source, _, way = left.strip().rpartition(" ") if left.rpartition(" ")[2][:1].isdigit() or " ai_" in left else (left.strip(), "", "")
        kind, output = (way, 0) if way.startswith("ai_") else ("main", int(way or 0))
        outputs = connections.setdefault(source, {}).setdefault(kind, [])
        outputs += [[] for _ in range(output + 1 - len(outputs))]
        outputs[output].append({"node": target, "type": kind, "index": 0})
    return draw(tmp_path, {"flow.json": json.dumps({"name": "Flow", "nodes": nodes, "connections": connections, **more}, indent=1)})


START = node("Start", "manualTrigger")
AGENT = node("Agent", "ai.agent")
CHAT_MODEL = node("Chat model", "ai.lmChatOpenAi", model="gpt-4o")


# What must not match ---------------------------------------------------------------------------------------

def test_the_model_of_a_parser_or_an_embedding_is_not_the_model_of_the_agent(tmp_path: Path) -> None:
    found = drawn(
        tmp_path, [node("Embed", "ai.embeddingsOpenAi", model="text-embedding-3-small"), node("Docs", "ai.vectorStoreQdrant",
                   mode="retrieve-as-tool", qdrantCollection="docs"), node("Repair", "ai.outputParserAutofixing"),
                   node("Small", "ai.lmChatOpenAi", model="gpt-4o-mini"), START, AGENT, CHAT_MODEL],
        "Start > Agent", "Embed ai_embedding> Docs", "Docs ai_tool> Agent", "Repair ai_outputParser> Agent",
        "Small ai_languageModel> Repair", "Chat model ai_languageModel> Agent",
    )
    assert found.all("step", "Agent", "model") == ["gpt_4o"]
    assert found.ids("model") == ["text_embedding_3_small", "gpt_4o_mini", "gpt_4o"]


# Models ----------------------------------------------------------------------------------------------------

def test_the_first_model_of_an_agent_counts_and_a_second_is_its_fallback(tmp_path: Path) -> None:
    found = drawn(
        tmp_path, [START, AGENT, CHAT_MODEL, node("Spare", "ai.lmChatAnthropic", model="claude-sonnet-4-5")],
        "Start > Agent", "Chat model ai_languageModel> Agent", "Spare ai_languageModel> Agent",
    )
    assert found.all("step", "Agent", "model") == ["gpt_4o"]
    assert len(found.ids("model")) == 2
