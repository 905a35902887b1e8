"""Google ADK: what must not match first, then agents, orders of agents, tools, callbacks, limits and state."""

from __future__ import annotations

from pathlib import Path

from tests.inspectors.drawing import draw

SHOP = '''
from google.adk.agents import Agent, LlmAgent, LoopAgent, SequentialAgent
from google.adk.tools import AgentTool, FunctionTool, google_search
from google.adk.sessions import InMemorySessionService
from google.adk.runners import Runner

def send_invoice(customer_id: str, amount: float) -> dict:
    """Sends an invoice."""
    return {"status": "sent"}

def delete_account(customer_id: str) -> dict:
    return {}

def remember(tool_context, text: str) -> None:
    tool_context.state["note"] = text

def before_tool(tool, args, tool_context):
    if "customer_id" in args:
        return {"error": "not yours"}
    return None

researcher = Agent(name="researcher", model="gemini-2.5-flash", tools=[google_search])
writer = LlmAgent(name="writer", output_key="draft")
critic = LlmAgent(name="critic", model="gemini-2.5-pro")
refine = LoopAgent(name="refine", sub_agents=[writer, critic], max_iterations=3)
pipeline = SequentialAgent(name="pipeline", sub_agents=[refine])
root_agent = Agent(
    name="desk",
    model="gemini-2.0-flash-001",
    tools=[send_invoice, remember, FunctionTool(delete_account, require_confirmation=True), AgentTool(agent=researcher)],
    sub_agents=[pipeline],
    before_tool_callback=before_tool,
)
'''


def test_other_things_of_google_are_no_agents(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": "from google.cloud import storage\nfrom mine import Agent\nc = storage.Client()\na = Agent(name='x')\n"})
    assert drawn.ids("step") == []


def test_agents_of_models_and_of_code(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"agent.py": SHOP})
    assert set(drawn.ids("step")) == {"desk", "researcher", "writer", "critic", "refine", "pipeline"}
    assert drawn.fact("step", "pipeline", "decider") == "code"
    assert drawn.fact("step", "writer", "decider") == "model"


def test_the_order_of_sequences_and_loops(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"agent.py": SHOP})
    assert drawn.all("step", "pipeline", "next") == ["refine"]
    assert drawn.all("step", "refine", "next") == ["writer"]
    assert drawn.all("step", "writer", "next") == ["critic"]
    assert "writer" in drawn.all("step", "critic", "next")
    assert {"researcher", "pipeline"} <= set(drawn.all("step", "desk", "next"))


def test_the_loop_has_its_own_limit_and_the_root_the_default(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"agent.py": SHOP})
    assert drawn.fact("step", "refine", "loop.max_iterations") == 3
    assert drawn.fact("step", "desk", "loop.bound") == "default"
    assert drawn.fact("step", "desk", "loop.max_iterations") == 500


def test_a_loop_without_a_limit_is_not_called_unlimited(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"agent.py": SHOP.replace(", max_iterations=3", "")})
    assert drawn.fact("step", "refine", "loop.bound") == "default"


def test_tools_and_confirmations(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"agent.py": SHOP})
    assert {"send_invoice", "delete_account", "google_search", "remember", "researcher"} == set(drawn.ids("action"))
    assert drawn.all("gate", "Confirmation_of_delete_account", "before") == ["delete_account"]
    assert drawn.fact("action", "send_invoice", "policy_check") == "policy"


def test_state_that_tools_and_output_keys_write(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"agent.py": SHOP})
    assert drawn.fact("store", "session_state", "durable") == "unknown"
    assert set(drawn.all("store", "session_state", "holds")) == {"note", "draft"}
    served = draw(tmp_path, {"agent.py": SHOP + "\nrunner = Runner(agent=root_agent, session_service=InMemorySessionService())\n"})
    assert served.ids("store") == ["InMemorySessionService"]        # what keeps the state is one store with it
    assert served.fact("store", "InMemorySessionService", "durable") is False
    assert set(served.all("store", "InMemorySessionService", "holds")) == {"note", "draft"}


def test_an_agent_without_a_model_has_its_parents(tmp_path: Path) -> None:
    app = ("from google.adk.agents import Agent\nhelper = Agent(name='helper')\n"
           "root_agent = Agent(name='desk', model='gemini-2.0-flash-001', sub_agents=[helper])\n")
    drawn = draw(tmp_path, {"agent.py": app})
    assert drawn.ids("model") == ["gemini_2_0_flash_001"]
    assert drawn.fact("step", "helper", "model") == "gemini_2_0_flash_001"
