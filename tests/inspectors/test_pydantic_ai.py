"""PydanticAI: what must not match first, then agents, tools, limits, approvals, outputs and graphs."""

from __future__ import annotations

from pathlib import Path

from tests.inspectors.drawing import draw

SHOP = '''
from pydantic import BaseModel
from rich.prompt import Prompt
from pydantic_ai import Agent, FunctionToolset, ModelRetry, RunContext, UsageLimits

class Offer(BaseModel):
    price: int

finder = Agent[str, Offer](
    "openai:gpt-5.2",
    output_type=Offer,
    retries=3,
)
reader = Agent("anthropic:claude-sonnet-4-5-20250929")
extra = FunctionToolset()

@extra.tool(requires_approval=True)
def delete_offer(number: int) -> str:
    return "gone"

cleaner = Agent("openai:gpt-5.2", toolsets=[extra])

@finder.tool
async def read_page(ctx: RunContext[str]) -> str:
    """Reads a page."""
    return (await reader.run(ctx.deps)).output

@finder.output_validator
async def cheap(ctx, output: Offer) -> Offer:
    if output.price > 10:
        raise ModelRetry("too dear")
    return output

limits = UsageLimits(request_limit=7)

async def main():
    history = None
    while True:
        result = await finder.run("find", usage_limits=limits, message_history=history)
        answer = Prompt.ask("Buy it? (buy/search)")
        if answer == "buy":
            buy_offer(result.output)
            break
        history = result.all_messages()

def buy_offer(offer): print(offer)
'''


def test_an_agent_of_another_library_is_none(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": "from elsewhere import Agent\nimport pydantic_ai\na = Agent('openai:gpt-5.2')\n"})
    assert drawn.ids("step") == []


def test_a_method_called_tool_of_something_else_is_no_tool(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": "from pydantic_ai import Agent\nfrom other import registry\na = Agent('openai:gpt-5.2')\n"
                                      "@registry.tool\ndef save(x): ...\n"})
    assert drawn.ids("action") == []


def test_agents_are_named_by_their_variables(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": SHOP})
    assert set(drawn.ids("step")) == {"finder", "reader", "cleaner", "buy_offer"}
    assert drawn.lines("step", "finder") == ["app.py:9"]


def test_an_agent_that_a_tool_runs_is_called_and_returns(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": SHOP})
    assert "reader" in drawn.all("step", "finder", "next")
    assert drawn.all("step", "reader", "next") == ["finder"]


def test_tools_are_found_on_agents_and_toolsets(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": SHOP})
    assert set(drawn.ids("action")) == {"read_page", "delete_offer", "buy_offer"}
    assert drawn.fact("action", "read_page", "decided_by") == "model"
    assert drawn.fact("action", "buy_offer", "decided_by") == "human"


def test_an_approval_by_the_library(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": SHOP})
    assert drawn.fact("action", "delete_offer", "gate") == "Approval_of_delete_offer"


def test_limits_of_requests(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": SHOP})
    assert drawn.fact("step", "finder", "loop.bound") == "coded"
    assert drawn.fact("step", "finder", "loop.max_iterations") == 7
    assert drawn.fact("step", "finder", "retries.max") == 3
    assert drawn.fact("step", "reader", "loop.bound") == "default"


def test_a_checked_output(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": SHOP})
    assert drawn.fact("step", "finder", "validation.kind") == "schema_and_rule"
    assert drawn.fact("step", "reader", "validation.kind") is None


def test_a_message_history_in_a_variable_is_memory(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": SHOP})
    assert drawn.fact("store", "history", "durable") is False


def test_one_model_for_each_place_where_one_is_named(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": SHOP})
    assert len([m for m in drawn.ids("model") if m.startswith("openai")]) == 2


def test_a_graph_takes_its_edges_from_what_run_returns(tmp_path: Path) -> None:
    app = '''
from __future__ import annotations
from dataclasses import dataclass
from pydantic_graph import BaseNode, End, Graph
from pydantic_ai import Agent

writer = Agent("openai:gpt-5.2")

@dataclass
class Write(BaseNode):
    async def run(self, ctx) -> Check:
        await writer.run("x")
        return Check()

@dataclass
class Check(BaseNode):
    async def run(self, ctx) -> "Write | End[str]":
        return End("ok")

graph = Graph(nodes=(Write, Check))
'''
    drawn = draw(tmp_path, {"app.py": app})
    assert set(drawn.ids("step")) == {"Write", "Check", "writer"}
    assert drawn.all("step", "Write", "next") == ["writer"]
    assert drawn.all("step", "writer", "next") == ["Check"]
    assert set(drawn.all("step", "Check", "next")) == {"Write", "end"}
    assert drawn.fact("step", "Check", "decider") == "code"
