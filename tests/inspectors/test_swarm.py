"""Swarm: agents, functions as tools, hand-overs by what a function gives back."""

from __future__ import annotations

from tests.inspectors.drawing import draw

AGENTS = """
from swarm import Agent
from tools import give_back_money, eligible_to_return

def to_returns():
    return returns

def to_front():
    return front

front = Agent(name="Front desk", instructions="Find out what is wanted.", functions=[to_returns])
returns = Agent(name="Returns", instructions="Take goods back.", functions=[eligible_to_return, give_back_money])
returns.functions.append(to_front)
"""
TOOLS = """
def give_back_money(order):
    "Refunds an order."
    return "done"

def eligible_to_return(order):
    return True

def unused(order):
    return None
"""


def test_an_agent_of_another_package_of_that_name_is_none(tmp_path):
    drawn = draw(tmp_path, {"swarm/__init__.py": "class Agent:\n    pass\n", "app.py": "from swarm import Agent\nfront = Agent()\n"})
    assert drawn.ids("step") == []


def test_functions_are_tools_and_those_that_give_back_an_agent_hand_over(tmp_path):
    drawn = draw(tmp_path, {"agents.py": AGENTS, "tools.py": TOOLS, "main.py": (
        "from agents import front\nfrom swarm.repl import run_demo_loop\nrun_demo_loop(front)\n")})
    assert drawn.ids("step") == ["Front_desk", "Returns"]
    assert set(drawn.ids("action")) == {"to_returns", "to_front", "give_back_money", "eligible_to_return"}
    assert drawn.fact("action", "eligible_to_return", "consequential") is False
    assert drawn.fact("step", "Front_desk", "loop.bound") == "none"
    assert "Returns" in drawn.all("step", "Front_desk", "next")
    assert drawn.fact("integration", "openai", "timeout") == "default"


def test_the_runs_of_an_eval_do_not_limit_the_workflow(tmp_path):
    drawn = draw(tmp_path, {"agents.py": AGENTS, "tools.py": TOOLS, "main.py": (
        "from agents import front\nfrom swarm import Swarm\nSwarm().run(agent=front, messages=[], max_turns=7)\n"),
        "evals/run.py": "from agents import front\nfrom swarm import Swarm\nSwarm().run(agent=front, messages=[], max_turns=1)\n"})
    assert drawn.all("step", "Front_desk", "loop.max_iterations") == [7]
