"""OpenAI Agents SDK: what must not match first, then agents, handoffs, tools, limits, approvals and state."""

from __future__ import annotations

from pathlib import Path

from tests.inspectors.drawing import draw

DESK = '''
from pydantic import BaseModel
from agents import Agent, Runner, handoff, input_guardrail, GuardrailFunctionOutput, function_tool, WebSearchTool

class Order(BaseModel):
    number: str | None = None

@function_tool(name_override="find_order")
def lookup(ctx, number: str) -> str:
    """Finds an order."""
    ctx.context.number = number
    return "found"

@function_tool(needs_approval=True)
def refund_order(number: str) -> str:
    return "done"

@function_tool
def spare_tool(text: str) -> str:
    return text

judge = Agent(name="Judge", model="gpt-5-mini", instructions="Is it about orders?", output_type=Order)

@input_guardrail
async def only_orders(ctx, agent, text):
    """Only questions about orders."""
    result = await Runner.run(judge, text)
    return GuardrailFunctionOutput(output_info=result, tripwire_triggered=False)

clerk = Agent(name="Clerk", instructions="Help.", tools=[lookup, refund_order, WebSearchTool()])
desk = Agent[Order](name="Desk", instructions="Route.", input_guardrails=[only_orders])
desk.handoffs = [handoff(agent=clerk)]
clerk.handoffs.append(desk)

async def main():
    current = desk
    items = []
    order = Order()
    while True:
        items.append({"role": "user", "content": input("> ")})
        result = await Runner.run(current, items, context=order)
        items = result.to_input_list()
        current = result.last_agent
'''


def test_a_package_of_ones_own_called_agents_is_not_the_sdk(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"agents/__init__.py": "class Agent:\n    def __init__(self, name): ...\n",
                            "app.py": "from agents import Agent\na = Agent(name='x')\n"})
    assert drawn.ids("step") == []


def test_a_class_that_is_only_defined_is_no_agent(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": "from agents import Agent, Runner\nclass Mine(Agent):\n    pass\n"})
    assert drawn.ids("step") == []


def test_agents_are_steps_at_their_constructors(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": DESK})
    assert drawn.ids("step") == ["Desk", "Judge", "Clerk"]
    assert drawn.lines("step", "Clerk") == ["app.py:30"]
    assert drawn.all("step", "Desk", "decider") == ["model"]


def test_handoffs_that_are_filled_in_later_are_edges(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": DESK})
    assert drawn.all("step", "Desk", "next") == ["Clerk", "end"]
    assert drawn.all("step", "Clerk", "next") == ["Desk", "end"]
    assert drawn.all("step", "Judge", "next") == ["Desk"]


def test_tools_have_the_name_the_model_sees(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": DESK})
    assert set(drawn.ids("action")) == {"find_order", "refund_order", "web_search", "spare_tool"}
    assert drawn.fact("action", "refund_order", "consequential") is True
    assert drawn.fact("action", "find_order", "consequential") is False
    assert drawn.fact("action", "spare_tool", "decided_by") is None


def test_an_approval_stands_before_its_tool_alone(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": DESK})
    assert drawn.all("gate", "Approval_of_refund_order", "before") == ["refund_order"]
    assert drawn.fact("action", "refund_order", "gate") == "Approval_of_refund_order"


def test_code_that_approves_everything_is_bypassable(tmp_path: Path) -> None:
    app = DESK + '''

async def auto():
    result = await Runner.run(clerk, "go")
    state = result.to_state()
    for item in result.interruptions:
        state.approve(item)
    await Runner.run(clerk, state)
'''
    drawn = draw(tmp_path, {"app.py": app})
    assert drawn.fact("gate", "Approval_of_refund_order", "bypassable") is True


def test_the_default_limit_of_turns_is_a_default(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": DESK})
    assert drawn.fact("step", "Desk", "loop.bound") == "default"
    assert drawn.fact("step", "Desk", "loop.max_iterations") == 10


def test_a_limit_that_is_taken_away_is_none(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": "from agents import Agent, Runner\na = Agent(name='a', model='m-1')\n"
                                      "Runner.run_sync(a, 'x', max_turns=None)\n"})
    assert drawn.fact("step", "a", "loop.bound") == "none"


def test_state_in_the_process(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": DESK})
    assert {"items", "Order"} <= set(drawn.ids("store"))
    assert drawn.fact("store", "Order", "durable") is False


def test_a_session_without_a_path_is_memory(tmp_path: Path) -> None:
    app = ("from agents import Agent, Runner, SQLiteSession\na = Agent(name='a')\n"
           "Runner.run_sync(a, 'x', session=SQLiteSession('1'))\nRunner.run_sync(a, 'x', session=SQLiteSession('1', 'chat.db'))\n")
    drawn = draw(tmp_path, {"app.py": app})
    values = {drawn.fact("store", i, "durable") for i in drawn.ids("store")}
    assert values == {True, False}


def test_one_unnamed_model_for_all_that_name_none(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": DESK})
    assert len(drawn.ids("model")) == 2
    assert drawn.fact("model", "gpt_5_mini", "pinned") is False


def test_a_guardrail_that_asks_a_model_is_noted(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": DESK})
    assert drawn.fact("guardrail", "only_orders", "enforced_in") == "code"
    assert drawn.fact("step", "Judge", "kind") == "verify"


def test_separate_scripts_of_one_folder_stay_apart(tmp_path: Path) -> None:
    one = "from agents import Agent, Runner\na = Agent(name='{0}')\ndef main():\n    Runner.run_sync(a, 'x')\n"
    drawn = draw(tmp_path, {"one.py": one.format("One"), "two.py": one.format("Two")})
    assert set(drawn.stacks) == {"One", "Two"}


def test_agents_run_one_after_the_other(tmp_path: Path) -> None:
    app = '''
from agents import Agent, Runner
writer = Agent(name="Writer")
checker = Agent(name="Checker")

async def draft():
    return await Runner.run(writer, "x")

async def main():
    await draft()
    ok = await Runner.run(checker, "y")
    if not ok:
        return
    send_report("z")

def send_report(text): ...
'''
    drawn = draw(tmp_path, {"app.py": app})
    assert drawn.all("step", "Writer", "next") == ["Checker"]
    assert drawn.all("step", "Checker", "next") == ["send_report", "end"]
    assert drawn.fact("step", "send_report", "decider") == "code"
