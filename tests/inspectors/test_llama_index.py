"""LlamaIndex: what is no workflow, steps tied by events, people, agents, engines."""

from pathlib import Path

from tests.inspectors.workflows import drawn, line_of

WORKFLOW = '''
from llama_index.core.workflow import Context, Event, HumanResponseEvent, InputRequiredEvent, StartEvent, StopEvent, Workflow, step
from llama_index.llms.openai import OpenAI

class Draft(Event):
    text: str

class Checked(Event):
    text: str

class Writer(Workflow):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.llm = OpenAI(model="gpt-4o-mini")

    @step
    async def write(self, ctx: Context, ev: StartEvent | Checked) -> Draft | StopEvent:
        answer = await self.llm.acomplete("x")
        return Draft(text=str(answer))

    @step
    async def check(self, ev: Draft) -> "Checked | InputRequiredEvent":
        return Checked(text=ev.text)

    @step
    async def confirm(self, ev: HumanResponseEvent) -> StopEvent:
        return StopEvent(result="ok")

async def main():
    await Writer(timeout=None).run()
'''


def test_a_workflow_of_another_library_is_none(tmp_path: Path) -> None:
    source = "import llama_index\nfrom prefect import Workflow\n\nclass Job(Workflow):\n    def step(self): ...\n"
    assert drawn(tmp_path, {"a.py": source}) == []


def test_a_class_without_steps_is_no_workflow(tmp_path: Path) -> None:
    assert drawn(tmp_path, {"a.py": "from llama_index.core.workflow import Workflow\n\nclass Idle(Workflow):\n    pass\n"}) == []


def test_events_tie_steps(tmp_path: Path) -> None:
    (writer,) = drawn(tmp_path, {"w.py": WORKFLOW})
    assert writer.ids("step") == ["write", "check", "confirm"]
    assert set(writer.all("step", "write", "next")) == {"check", "end"}
    assert set(writer.all("step", "check", "next")) == {"write", "confirm"}
    assert writer.fact("step", "write", "decider") == "model"
    assert writer.fact("step", "check", "decider") == "code"
    assert writer.ids("model") == ["gpt_4o_mini"]


def test_an_answer_of_a_person_is_a_gate(tmp_path: Path) -> None:
    (writer,) = drawn(tmp_path, {"w.py": WORKFLOW})
    assert writer.fact("step", "confirm", "decider") == "human"
    assert len(writer.ids("gate")) == 1


def test_a_time_limit_that_is_switched_off_leaves_the_cycle_open(tmp_path: Path) -> None:
    (writer,) = drawn(tmp_path, {"w.py": WORKFLOW})
    assert writer.fact("step", "write", "loop.bound") == "none"
    assert line_of(WORKFLOW, "timeout=None") in writer.lines("step", "write", "loop.bound")


def test_a_count_in_a_step_is_a_limit(tmp_path: Path) -> None:
    source = WORKFLOW.replace("        return Checked(text=ev.text)", "        if self.retries > 4:\n            raise ValueError\n        return Checked(text=ev.text)")
    (writer,) = drawn(tmp_path, {"w.py": source})
    assert writer.fact("step", "check", "loop.max_iterations") == 4


def test_agents_hand_over_where_they_may(tmp_path: Path) -> None:
    source = '''
    from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
    from llama_index.llms.openai import OpenAI

    def delete_note(id: str) -> str:
        return id

    llm = OpenAI(model="gpt-4o")
    reader = FunctionAgent(name="reader", llm=llm, tools=[], can_handoff_to=["cleaner"])
    cleaner = FunctionAgent(name="cleaner", llm=llm, tools=[delete_note], can_handoff_to=[])
    team = AgentWorkflow(agents=[reader, cleaner], root_agent="reader")
    '''
    (team,) = drawn(tmp_path, {"a.py": source, "requirements.txt": "llama-index-core==0.14.0\n"})
    assert team.all("step", "reader", "next") == ["cleaner", "end"]
    assert team.all("step", "cleaner", "next") == ["end"]
    assert team.fact("action", "delete_note", "gate") == "none"
    assert team.fact("step", "cleaner", "loop.bound") == "default"


def test_an_engine_is_one_step_with_the_model_of_the_settings(tmp_path: Path) -> None:
    source = '''
    from llama_index.core import Settings, SimpleDirectoryReader, VectorStoreIndex
    from llama_index.llms.openai import OpenAI

    Settings.llm = OpenAI(model="gpt-4o-mini")
    index = VectorStoreIndex.from_documents(SimpleDirectoryReader("data").load_data())
    engine = index.as_query_engine()
    print(engine.query("what?"))
    '''
    (rag,) = drawn(tmp_path, {"rag.py": source})
    assert rag.ids("step") == ["engine"]
    assert rag.ids("model") == ["gpt_4o_mini"]
