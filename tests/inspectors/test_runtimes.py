"""Durable runtimes. What asks no model is no workflow of an agent, and comes first."""

from pathlib import Path

from tests.inspectors.drawing import draw

TEMPORAL = """
from datetime import timedelta
from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from openai import OpenAI

@activity.defn
async def draft(topic):
    return OpenAI().chat.completions.create(model='gpt-4o-2024-08-06', messages=[])

@activity.defn
async def send(text):
    import smtplib
    smtplib.SMTP('h').sendmail('a', 'b', text)

@workflow.defn
class Letters:
    def __init__(self):
        self.approved = False

    @workflow.signal
    def approve(self):
        self.approved = True

    @workflow.run
    async def run(self, topic):
        text = await workflow.execute_activity(draft, topic, start_to_close_timeout=timedelta(seconds=5),
                                               retry_policy=RetryPolicy(maximum_attempts=3))
        await workflow.wait_condition(lambda: self.approved)
        await workflow.execute_activity(send, text, start_to_close_timeout=timedelta(seconds=5))
"""


def test_a_workflow_that_asks_no_model_is_left_out(tmp_path: Path) -> None:
    source = ("from temporalio import activity, workflow\n@activity.defn\ndef add(a):\n    return a\n@workflow.defn\nclass W:\n"
              "    @workflow.run\n    async def run(self):\n        await workflow.execute_activity(add, 1)\n")
    assert draw(tmp_path, {"app.py": source}).stacks == {}


def test_activities_are_steps_in_their_order_and_state_lasts(tmp_path: Path) -> None:
    found = draw(tmp_path, {"app.py": TEMPORAL})
    assert found.ids("step") == ["draft", "send"]
    assert found.fact("step", "draft", "decider") == "model"
    assert found.fact("step", "draft", "retries.max") == 2
    assert found.fact("step", "draft", "next") == "send"
    assert found.fact("step", "send", "decider") == "code"
    assert found.fact("store", "temporal", "durable") is True
    assert found.ids("model") == ["gpt_4o_2024_08_06"]


def test_a_signal_that_approves_is_a_gate_and_one_that_talks_is_none(tmp_path: Path) -> None:
    found = draw(tmp_path, {"app.py": TEMPORAL})
    assert found.lines("gate", "run") == ["app.py:29"]
    talk = TEMPORAL.replace("approved", "queue").replace("approve", "add_message")
    assert draw(tmp_path / "b", {"app.py": talk}).ids("gate") == []


def test_steps_of_dbos_try_again_only_where_they_allow_it(tmp_path: Path) -> None:
    source = """
from dbos import DBOS
from openai import OpenAI

@DBOS.step(retries_allowed=True, max_attempts=5)
def ask(q):
    return OpenAI().chat.completions.create(model='gpt-4o', messages=[])

@DBOS.step()
def keep(a):
    return a

@DBOS.workflow()
def answer(q):
    return keep(ask(q))
"""
    found = draw(tmp_path, {"app.py": source})
    assert sorted(found.ids("step")) == ["ask", "keep"]
    assert found.fact("step", "ask", "retries.max") == 4
    assert found.fact("step", "keep", "retries.max") == 0
    assert found.fact("store", "dbos", "durable") is True
