"""Questions to a person: what is no gate first, then answers that decide, and approvers that ask nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inspectors.drawing import draw

AGENT = '''
from agents import Agent, Runner
agent = Agent(name="Clerk", model="gpt-5-mini")
def send_offer(text): ...
'''


@pytest.mark.parametrize("body", [
    # a chat turn
    'while True:\n    text = input("> ")\n    if text in ("exit", "quit"):\n        break\n    Runner.run_sync(agent, text)\n',
    # a topic
    'topic = input("Topic: ")\nRunner.run_sync(agent, topic)\n',
    # an empty topic has a default
    'topic = input("Topic: ")\nif not topic:\n    topic = "x"\nRunner.run_sync(agent, topic)\n',
    # once more
    'while True:\n    Runner.run_sync(agent, "x")\n    if input("Another one? (y/n)") != "y":\n        break\n',
    # a pause
    'input("Press enter")\nRunner.run_sync(agent, "x")\n',
])
def test_is_no_gate(tmp_path: Path, body: str) -> None:
    assert draw(tmp_path, {"app.py": AGENT + body}).ids("gate") == []


@pytest.mark.parametrize("body", [
    'draft = Runner.run_sync(agent, "x")\nif input("Send? (y/n) ") == "y":\n    send_offer(draft)\n',
    'draft = Runner.run_sync(agent, "x")\nanswer = input("Send? (y/n) ").strip().lower()\nif answer != "y":\n    raise SystemExit\n'
    'send_offer(draft)\n',
    'import click\ndraft = Runner.run_sync(agent, "x")\nif not click.confirm("Send?"):\n    exit()\nsend_offer(draft)\n',
    'def ask():\n    return input("Send? (y/n) ").lower() == "y"\ndraft = Runner.run_sync(agent, "x")\nif ask():\n    send_offer(draft)\n',
])
def test_stands_before_what_it_decides(tmp_path: Path, body: str) -> None:
    drawn = draw(tmp_path, {"app.py": AGENT + body})
    gate, = drawn.ids("gate")
    assert drawn.all("gate", gate, "before") == ["send_offer"]
    assert drawn.fact("gate", gate, "enforced_in") == "code"
    assert drawn.fact("gate", gate, "type") == "human"


def test_an_answer_that_is_never_read_holds_nothing(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": AGENT + 'Runner.run_sync(agent, "x")\ninput("Approve the offer?")\nsend_offer("x")\n'})
    gate, = drawn.ids("gate")
    assert drawn.fact("gate", gate, "bypassable") is True
    assert drawn.all("gate", gate, "before") == []


def test_an_approver_that_says_yes_by_itself(tmp_path: Path) -> None:
    app = '''
from agents import Agent, function_tool

@function_tool
def ask_manager_approval(amount: float) -> dict:
    """Asks the manager."""
    return {"status": "approved"}

agent = Agent(name="Clerk", tools=[ask_manager_approval])
'''
    drawn = draw(tmp_path, {"app.py": app})
    assert drawn.fact("gate", "ask_manager_approval", "bypassable") is True
    assert drawn.fact("gate", "ask_manager_approval", "enforced_in") == "prompt"
    assert drawn.all("gate", "ask_manager_approval", "before") == []


def test_an_approver_that_asks_is_not_called_a_fake(tmp_path: Path) -> None:
    app = '''
from agents import Agent, function_tool

@function_tool
def ask_manager_approval(amount: float) -> dict:
    answer = input("Approve? ")
    if answer == "y":
        return {"status": "approved"}
    return {"status": "rejected"}

agent = Agent(name="Clerk", tools=[ask_manager_approval])
'''
    drawn = draw(tmp_path, {"app.py": app})
    assert [drawn.fact("gate", g, "bypassable") for g in drawn.ids("gate")] == [None]


REVIEWED = '''
import smtplib
from langgraph.graph import StateGraph, START, END
def review(state):
    feedback = None
%s
    return {"feedback": feedback}
def send_report(state):
    smtplib.SMTP("h").sendmail("a", "b", state["text"])
def decide(state):
    return "write" if state["feedback"] else "send"
g = StateGraph(dict)
g.add_node("write", lambda s: s)
g.add_node("review", review)
g.add_node("send", send_report)
g.add_edge(START, "write")
g.add_edge("write", "review")
g.add_conditional_edges("review", decide, {"write": "write", "send": "send"})
g.add_edge("send", END)
app = g.compile()
'''
ASKED = ('feedback = input("Approve the report? (y/n) ")', 'if feedback == "y":', "    feedback = None")


def indented(*lines: str, by: int) -> str:
    return "\n".join(" " * by + line for line in lines)


def test_a_question_that_a_setting_turns_off_neither_holds_nor_is_missing(tmp_path: Path) -> None:
    body = '    if state["task"].get("with_review"):\n' + indented(*ASKED, by=8)
    drawn = draw(tmp_path, {"app.py": REVIEWED % body})
    action, = (a for a in drawn.ids("action") if "send" in a)
    assert drawn.ids("gate")
    assert drawn.fact("action", action, "gate") is None


@pytest.mark.parametrize("body", [
    indented(*ASKED, by=4),
    '    if state.get("screen"):\n' + indented(*ASKED, by=8) + "\n    else:\n" + indented(*ASKED, by=8),
])
def test_a_question_that_is_always_asked_holds(tmp_path: Path, body: str) -> None:
    drawn = draw(tmp_path, {"app.py": REVIEWED % body})
    action, = (a for a in drawn.ids("action") if "send" in a)
    assert drawn.fact("action", action, "gate") in drawn.ids("gate")


INTERRUPTED = ('feedback = interrupt("Approve the report?")', 'if feedback != "y":', '    return {"feedback": feedback}')


def test_an_interrupt_holds_only_where_it_always_comes(tmp_path: Path) -> None:
    head = "from langgraph.types import interrupt\n"
    sometimes = '    if state["task"].get("with_review"):\n' + indented(*INTERRUPTED, by=8)
    drawn = draw(tmp_path, {"app.py": head + REVIEWED % sometimes})
    assert [drawn.fact("action", a, "gate") for a in drawn.ids("action")] == [None]
    drawn = draw(tmp_path, {"app.py": head + REVIEWED % indented(*INTERRUPTED, by=4)})
    assert [drawn.fact("action", a, "gate") for a in drawn.ids("action")] == ["review_interrupt"]
