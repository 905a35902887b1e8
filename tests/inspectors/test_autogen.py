"""AutoGen from 0.4 on: what is no agent, agents registered with a runtime, teams."""

from pathlib import Path

from tests.inspectors.workflows import drawn as draw
from tests.inspectors.workflows import line_of

CORE = '''
import yaml
from autogen_core import MessageContext, RoutedAgent, SingleThreadedAgentRuntime, TopicId, message_handler
from autogen_core.models import ChatCompletionClient
from autogen_core.tools import FunctionTool

class Ask:
    pass

class Done:
    pass

def refund_order(order_id: str) -> str:
    """Refund an order."""
    return "ok"

def to_billing() -> str:
    return "billing"

refund_tool = FunctionTool(refund_order, description="Refund")
billing_tool = FunctionTool(to_billing, description="Hand over")

class Clerk(RoutedAgent):
    def __init__(self, model_client: ChatCompletionClient, tools, delegates):
        super().__init__("clerk")
        self._client = model_client

    @message_handler
    async def on_ask(self, message: Ask, ctx: MessageContext) -> None:
        answer = await self._client.create([])
        while isinstance(answer.content, list):
            answer = await self._client.create([])
        await self.publish_message(Done(), TopicId("user", "s"))

class Person(RoutedAgent):
    @message_handler
    async def on_done(self, message: Done, ctx: MessageContext) -> None:
        print("done")

async def main():
    runtime = SingleThreadedAgentRuntime()
    client = ChatCompletionClient.load_component(yaml.safe_load(open("model.yaml")))
    await Clerk.register(runtime, "triage", lambda: Clerk(client, [], [billing_tool]))
    await Clerk.register(runtime, "billing", lambda: Clerk(client, [refund_tool], []))
    await Person.register(runtime, "user", lambda: Person("person"))
    await runtime.publish_message(Ask(), TopicId("triage", "s"))
'''
MODEL = "# comment\nprovider: autogen_ext.models.openai.OpenAIChatCompletionClient\nconfig:\n  model: gpt-4o\n"


def test_a_class_that_is_never_registered_is_no_step(tmp_path: Path) -> None:
    source = "from autogen_core import RoutedAgent\n\nclass Idle(RoutedAgent):\n    pass\n"
    assert draw(tmp_path, {"a.py": source}) == []


def test_another_register_is_no_agent(tmp_path: Path) -> None:
    source = "import autogen_core\nimport atexit\n\ndef bye(): ...\n\natexit.register(bye)\n"
    assert draw(tmp_path, {"a.py": source}) == []


def test_registered_agents_are_steps_at_their_registration(tmp_path: Path) -> None:
    (desk,) = draw(tmp_path, {"desk.py": CORE, "model.yaml": MODEL})
    assert desk.ids("step") == ["triage", "billing", "user"]
    registered = line_of(CORE, 'runtime, "billing"')
    assert desk.places("step", "billing")[0] == f"desk.py:{registered}"
    assert desk.fact("step", "triage", "decider") == "model"
    assert desk.fact("step", "user", "decider") == "code"


def test_handovers_and_messages_are_edges(tmp_path: Path) -> None:
    (desk,) = draw(tmp_path, {"desk.py": CORE, "model.yaml": MODEL})
    assert set(desk.all("step", "triage", "next")) == {"billing", "user"}
    assert desk.all("step", "billing", "next") == ["user"]
    assert desk.fact("action", "to_billing", "effect") == "none"
    assert desk.fact("action", "to_billing", "consequential") is False


def test_tools_are_ungated_and_the_loop_has_no_limit(tmp_path: Path) -> None:
    (desk,) = draw(tmp_path, {"desk.py": CORE, "model.yaml": MODEL})
    assert desk.fact("action", "refund_order", "effect") == "money"
    assert desk.fact("action", "refund_order", "gate") == "none"
    assert desk.fact("step", "billing", "loop.bound") == "none"
    assert desk.lines("step", "billing", "loop.bound") == [line_of(CORE, "while isinstance")]


def test_a_model_from_a_configuration_stands_in_the_configuration(tmp_path: Path) -> None:
    (desk,) = draw(tmp_path, {"desk.py": CORE, "model.yaml": MODEL})
    assert desk.ids("model") == ["gpt_4o"]
    assert "model.yaml:4" in desk.places("model", "gpt_4o")
    assert desk.ids("integration") == ["openai"]


def test_a_counted_loop_is_a_limit(tmp_path: Path) -> None:
    source = CORE.replace("while isinstance(answer.content, list):", "for _ in range(5):")
    (desk,) = draw(tmp_path, {"desk.py": source, "model.yaml": MODEL})
    assert desk.fact("step", "billing", "loop.bound") == "coded"
    assert desk.fact("step", "billing", "loop.max_iterations") == 5


TEAM = '''
from autogen_agentchat.agents import AssistantAgent, CodeExecutorAgent, UserProxyAgent
from autogen_agentchat.conditions import MaxMessageTermination, TextMentionTermination
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_ext.code_executors.local import LocalCommandLineCodeExecutor
from autogen_ext.models.openai import OpenAIChatCompletionClient

def search_docs(query: str) -> str:
    return query

async def main():
    client = OpenAIChatCompletionClient(model="gpt-4o-2024-08-06")
    writer = AssistantAgent("writer", model_client=client, tools=[search_docs])
    critic = AssistantAgent("critic", model_client=client)
    team = RoundRobinGroupChat([writer, critic], termination_condition=STOP)
    await team.run(task="go")
'''


def test_a_hard_condition_among_several_is_a_limit(tmp_path: Path) -> None:
    source = TEAM.replace("STOP", 'TextMentionTermination("DONE") | MaxMessageTermination(10)')
    (team,) = draw(tmp_path, {"team.py": source})
    assert team.ids("step") == ["writer", "critic"]
    assert team.fact("step", "writer", "loop.bound") == "coded"
    assert team.fact("step", "writer", "loop.max_iterations") == 10
    assert team.fact("model", "gpt_4o_2024_08_06", "pinned") is True


def test_a_word_of_a_model_is_no_limit(tmp_path: Path) -> None:
    (team,) = draw(tmp_path, {"team.py": TEAM.replace("STOP", 'TextMentionTermination("DONE")')})
    assert team.fact("step", "writer", "loop.bound") == "none"


def test_a_person_in_the_team_is_a_human_step_and_a_gate(tmp_path: Path) -> None:
    source = TEAM.replace("[writer, critic]", '[writer, UserProxyAgent("boss")]').replace("STOP", 'TextMentionTermination("OK")')
    team = next(d for d in draw(tmp_path, {"team.py": source}) if "boss" in d.ids("step"))
    assert team.fact("step", "boss", "decider") == "human"
    assert team.ids("gate") == ["boss"]
    assert team.fact("step", "writer", "loop.bound") is None  # a person may end it


def test_code_runs_on_the_host(tmp_path: Path) -> None:
    source = TEAM.replace("[writer, critic]", '[writer, CodeExecutorAgent("runner", code_executor=LocalCommandLineCodeExecutor())]') \
        .replace("STOP", "MaxMessageTermination(4)")
    team = next(d for d in draw(tmp_path, {"team.py": source}) if "runner" in d.ids("step"))
    assert team.fact("action", "execute_code", "effect") == "execute"
    assert team.fact("system", "system", "sandbox.kind") == "host"
