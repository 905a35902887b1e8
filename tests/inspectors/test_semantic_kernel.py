"""Semantic Kernel: what is no workflow, agents with plugins, teams, processes."""

from pathlib import Path

from tests.inspectors.workflows import drawn

AGENTS = '''
from semantic_kernel.agents import AgentGroupChat, ChatCompletionAgent
from semantic_kernel.agents.strategies import DefaultTerminationStrategy
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion
from semantic_kernel.functions import kernel_function

class Orders:
    @kernel_function(name="refund_order")
    def refund(self, id: str) -> str:
        return id

    def helper(self) -> None: ...

def team():
    writer = ChatCompletionAgent(name="Writer", service=OpenAIChatCompletion(ai_model_id="gpt-4o"), plugins=[Orders()])
    critic = ChatCompletionAgent(name="Critic", service=OpenAIChatCompletion(ai_model_id="gpt-4o"))
    return AgentGroupChat(agents=[writer, critic], termination_strategy=DefaultTerminationStrategy(maximum_iterations=6))
'''


def test_a_kernel_that_nobody_asks_is_no_workflow(tmp_path: Path) -> None:
    assert drawn(tmp_path, {"a.py": "from semantic_kernel import Kernel\nkernel = Kernel()\n"}) == []


def test_a_group_chat_with_a_limit(tmp_path: Path) -> None:
    (team,) = drawn(tmp_path, {"a.py": AGENTS})
    assert team.ids("step") == ["Writer", "Critic"]
    assert team.all("step", "Writer", "next") == ["Critic", "end"]
    assert team.fact("step", "Writer", "loop.max_iterations") == 6


def test_only_marked_methods_of_a_plugin_are_tools(tmp_path: Path) -> None:
    (team,) = drawn(tmp_path, {"a.py": AGENTS})
    assert team.ids("action") == ["refund_order"]
    assert team.fact("action", "refund_order", "gate") == "none"


def test_handoffs_by_name(tmp_path: Path) -> None:
    source = '''
    from semantic_kernel.agents import ChatCompletionAgent, HandoffOrchestration, OrchestrationHandoffs

    def answer():
        return input("You: ")

    triage = ChatCompletionAgent(name="Triage")
    refunds = ChatCompletionAgent(name="Refunds")
    handoffs = OrchestrationHandoffs().add(source_agent=triage.name, target_agent=refunds.name, description="refund")
    desk = HandoffOrchestration(members=[triage, refunds], handoffs=handoffs, human_response_function=answer)
    '''
    (desk,) = drawn(tmp_path, {"a.py": source})
    assert desk.all("step", "Triage", "next") == ["Refunds", "end"]
    assert desk.all("step", "Refunds", "next") == ["end"]
    assert "human_response" in desk.ids("gate")


def test_a_process_of_steps_and_events(tmp_path: Path) -> None:
    source = '''
    from semantic_kernel.functions import kernel_function
    from semantic_kernel.processes import ProcessBuilder
    from semantic_kernel.processes.kernel_process import KernelProcessStep

    class Read(KernelProcessStep):
        @kernel_function
        def read(self): ...

    class Write(KernelProcessStep):
        @kernel_function
        def write(self): ...

    def build():
        process = ProcessBuilder(name="Copy")
        read = process.add_step(Read)
        write = process.add_step(Write)
        process.on_input_event("Start").send_event_to(target=read)
        read.on_event("Done").send_event_to(target=write)
        write.on_event("Done").stop_process()
        return process.build()
    '''
    (copy,) = drawn(tmp_path, {"a.py": source})
    assert copy.ids("step") == ["read", "write"]
    assert copy.all("step", "read", "next") == ["write"]
    assert copy.all("step", "write", "next") == ["end"]
    assert copy.fact("step", "read", "decider") == "code"
