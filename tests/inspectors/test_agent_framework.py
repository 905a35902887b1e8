"""Microsoft Agent Framework: what is no workflow, graphs, approvals, orchestrations."""

from pathlib import Path

from tests.inspectors.workflows import drawn, line_of

GRAPH = '''
from agent_framework import Agent, Executor, FileCheckpointStorage, WorkflowBuilder, WorkflowContext, executor, handler, tool
from agent_framework.openai import OpenAIChatClient

@tool(approval_mode="always_require")
def send_mail(to: str) -> str:
    """Send a mail."""
    return to

@tool
def delete_mail(id: str) -> str:
    """Delete a mail."""
    return id

class Gatekeeper(Executor):
    @handler
    async def ask(self, text: str, ctx: WorkflowContext[str]) -> None:
        await ctx.request_info(request_data=text, response_type=str)

@executor(id="finish")
async def finish(text: str, ctx: WorkflowContext[str]) -> None:
    await ctx.yield_output(text)

def build():
    writer = Agent(client=OpenAIChatClient(model_id="gpt-4o-mini"), name="writer", tools=[send_mail, delete_mail])
    keeper = Gatekeeper(id="keeper")
    storage = FileCheckpointStorage("./state")
    return (
        WorkflowBuilder(start_executor=writer, max_iterations=12)
        .add_edge(writer, keeper)
        .add_edge(keeper, writer)
        .add_edge(keeper, finish)
        .build()
    )
'''


def test_a_client_alone_is_no_workflow(tmp_path: Path) -> None:
    source = 'from agent_framework.openai import OpenAIChatClient\nclient = OpenAIChatClient(model_id="gpt-4o")\n'
    assert drawn(tmp_path, {"a.py": source}) == []


def test_an_empty_builder_is_no_workflow(tmp_path: Path) -> None:
    assert drawn(tmp_path, {"a.py": "from agent_framework import WorkflowBuilder\nbuilder = WorkflowBuilder()\n"}) == []


def test_a_graph_with_agents_executors_and_functions(tmp_path: Path) -> None:
    (build,) = drawn(tmp_path, {"a.py": GRAPH})
    assert build.ids("step") == ["writer", "keeper", "finish"]
    assert build.all("step", "writer", "next") == ["keeper"]
    assert set(build.all("step", "keeper", "next")) == {"writer", "finish"}
    assert [build.fact("step", s, "decider") for s in build.ids("step")] == ["model", "human", "code"]
    assert build.fact("store", "storage", "durable") is True


def test_approval_is_a_gate_of_its_tool_only(tmp_path: Path) -> None:
    (build,) = drawn(tmp_path, {"a.py": GRAPH})
    assert build.fact("action", "send_mail", "gate") == "approval_of_send_mail"
    assert build.fact("action", "delete_mail", "gate") == "none"


def test_a_request_to_a_person_is_a_gate(tmp_path: Path) -> None:
    (build,) = drawn(tmp_path, {"a.py": GRAPH})
    asked = [g for g in build.ids("gate") if f"a.py:{line_of(GRAPH, 'request_info')}" in build.places("gate", g)]
    assert len(asked) == 1


def test_a_sequence_and_a_group_chat(tmp_path: Path) -> None:
    source = '''
    from agent_framework import Agent
    from agent_framework.orchestrations import GroupChatBuilder, SequentialBuilder
    from agent_framework.openai import OpenAIChatClient

    client = OpenAIChatClient(model_id="gpt-4o")
    a = Agent(client=client, name="a")
    b = client.as_agent(name="b")
    lead = Agent(client=client, name="lead")
    row = SequentialBuilder(participants=[a, b]).build()
    chat = GroupChatBuilder(participants=[a, b], orchestrator_agent=lead, max_rounds=4).build()
    '''
    row, chat = drawn(tmp_path, {"a.py": source})
    assert row.all("step", "a", "next") == ["b"]
    assert row.all("step", "b", "next") == ["end"]
    assert set(chat.all("step", "lead", "next")) == {"a", "b", "end"}
    assert chat.fact("step", "lead", "loop.max_iterations") == 4
