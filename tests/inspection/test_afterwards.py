"""What code does after a run: what is none of it first, then the functions that act on the result."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inspectors.drawing import Drawn, draw

MAIL = '''
import os
import smtplib

def send_letter(to, text):
    with smtplib.SMTP("mail.example.com", 587) as server:
        server.login(os.environ["MAIL_USER"], os.environ["MAIL_PASSWORD"])
        server.sendmail("desk@example.com", to, text)

def show(text):
    print(text.title())
'''
CREW = '''
from crewai import Agent, Crew, Task
from mail import send_letter, show
writer = Agent(role="Writer", goal="g", backstory="b")
letter = Task(description="d", expected_output="e", agent=writer)
crew = Crew(agents=[writer], tasks=[letter])
'''
SMOL = '''
from smolagents import CodeAgent, InferenceClientModel
from mail import send_letter, show
crew = CodeAgent(tools=[], model=InferenceClientModel(model_id="m/n"))
'''


def app(tmp_path: Path, body: str, start: str = CREW) -> Drawn:
    """A crew with some code around it."""
    return draw(tmp_path, {"mail.py": MAIL, "app.py": start + body})


@pytest.mark.parametrize("body", [
    "def main():\n    show(crew.kickoff().raw)\nmain()\n",
    "def main():\n    send_letter('a@b.c', 'we begin')\n    return crew.kickoff()\nmain()\n",
    "def other():\n    send_letter('a@b.c', 'x')\ndef main():\n    return crew.kickoff()\nmain()\n",
])
def test_what_is_not_done_with_the_result(tmp_path: Path, body: str) -> None:
    assert app(tmp_path, body).ids("action") == []


def test_tests_of_a_workflow_do_nothing_for_it(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {
        "mail.py": MAIL, "app.py": CREW + "crew.kickoff()\n",
        "tests/test_app.py": "from app import crew, send_letter\ndef test_it():\n    crew.kickoff()\n    send_letter('a', 'b')\n",
    })
    assert drawn.ids("action") == []


def test_who_starts_two_workflows_says_nothing_of_either(tmp_path: Path) -> None:
    second = "second = Crew(agents=[writer], tasks=[Task(description='x', expected_output='y', agent=writer)])\n"
    drawn = app(tmp_path, second + "def main(a):\n    r = crew.kickoff() if a else second.kickoff()\n    send_letter('a', r.raw)\nmain(1)\n")
    assert drawn.ids("action") == []


@pytest.mark.parametrize("body", [
    "def main():\n    r = crew.kickoff()\n    send_letter('a@b.c', r.raw)\nmain()\n",
    "r = crew.kickoff()\nsend_letter('a@b.c', r.raw)\n",
    "def write():\n    return crew.kickoff()\ndef main():\n    text = write()\n    deliver(text)\n"
    "def deliver(text):\n    send_letter('a@b.c', text)\nmain()\n",
])
def test_a_letter_that_is_sent_with_the_result(tmp_path: Path, body: str) -> None:
    drawn = app(tmp_path, body)
    assert drawn.ids("action") == ["send_letter"]
    assert drawn.fact("action", "send_letter", "decided_by") == "code"
    assert drawn.fact("action", "send_letter", "step") == "letter"
    assert drawn.fact("action", "send_letter", "gate") == "none"


def test_what_waits_for_a_click_of_its_own_is_a_persons(tmp_path: Path) -> None:
    asks = "import streamlit as st\nr = crew.kickoff()\nif st.button('Send'):\n    send_letter('a@b.c', r.raw)\n"
    assert app(tmp_path / "own", asks).fact("action", "send_letter", "decided_by") == "human"
    runs = "import streamlit as st\nif st.button('Write'):\n    r = crew.kickoff()\n    send_letter('a@b.c', r.raw)\n"
    assert app(tmp_path / "same", runs).fact("action", "send_letter", "decided_by") == "code"


def test_agents_that_are_run_without_a_graph_count_too(tmp_path: Path) -> None:
    drawn = app(tmp_path, "text = crew.run('x')\nsend_letter('a@b.c', text)\n", SMOL)
    assert "send_letter" in drawn.ids("action")
