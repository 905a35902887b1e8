"""CrewAI: what is no crew, crews in code and YAML, flows."""

from pathlib import Path

from tests.inspectors.workflows import drawn as draw
from tests.inspectors.workflows import line_of

CREW = '''
from crewai import Agent, Crew, Process, Task
from crewai.project import CrewBase, agent, crew, task
from crewai_tools import SerperDevTool
from pydantic import BaseModel

class Report(BaseModel):
    text: str

def long_enough(output):
    return (len(output.raw) > 100, output.raw)

@CrewBase
class NewsCrew:
    agents_config = "config/agents.yaml"
    tasks_config = "config/tasks.yaml"

    @agent
    def reporter(self) -> Agent:
        return Agent(config=self.agents_config["reporter"], tools=[SerperDevTool()])

    @agent
    def editor(self) -> Agent:
        return Agent(config=self.agents_config["editor"], max_iter=7)

    @task
    def collect(self) -> Task:
        return Task(config=self.tasks_config["collect"])

    @task
    def write(self) -> Task:
        return Task(config=self.tasks_config["write"], output_pydantic=Report, guardrail=long_enough)

    @crew
    def crew(self) -> Crew:
        return Crew(agents=self.agents, tasks=self.tasks, process=Process.sequential, memory=True)
'''
AGENTS = '''
reporter:
  role: Reporter
  goal: Find news
editor:
  role: Editor
  goal: Write
  llm: openai/gpt-4o-mini
'''
TASKS = '''
collect:
  description: collect
  expected_output: notes
  agent: reporter
write:
  description: write
  expected_output: text
  agent: editor
  human_input: true
  output_file: out/report.md
'''
FILES = {"crew.py": CREW, "config/agents.yaml": AGENTS, "config/tasks.yaml": TASKS}


def test_an_agent_that_is_only_defined_is_no_workflow(tmp_path: Path) -> None:
    assert draw(tmp_path, {"a.py": 'from crewai import Agent\nwriter = Agent(role="Writer", goal="g", backstory="b")\n'}) == []


def test_a_local_class_of_the_same_name_is_no_crew(tmp_path: Path) -> None:
    source = "import crewai\n\nclass Crew:\n    def __init__(self, agents): ...\n\nCrew(agents=[1])\n"
    assert draw(tmp_path, {"a.py": source}) == []


def test_a_class_without_agents_and_tasks_is_no_crew(tmp_path: Path) -> None:
    assert draw(tmp_path, {"a.py": "from crewai.project import CrewBase\n\n@CrewBase\nclass Empty:\n    pass\n"}) == []


def test_unreadable_yaml_is_a_gap_and_no_crash(tmp_path: Path) -> None:
    (news,) = draw(tmp_path, {"crew.py": CREW, "config/agents.yaml": "reporter: [", "config/tasks.yaml": TASKS})
    assert "collect" in news.ids("step")


def test_a_task_and_its_agent_are_one_step_in_the_order_of_the_tasks(tmp_path: Path) -> None:
    (news,) = draw(tmp_path, FILES)
    assert news.ids("step") == ["collect", "write"]
    assert news.fact("step", "collect", "agent") == "reporter"
    assert news.all("step", "collect", "next") == ["write"]
    places = news.places("step", "collect")
    assert f"crew.py:{line_of(CREW, 'def collect')}" in places
    assert f"crew.py:{line_of(CREW, 'def reporter')}" in places
    assert "config/tasks.yaml:1" in places


def test_limits_models_and_checks(tmp_path: Path) -> None:
    (news,) = draw(tmp_path, FILES)
    assert news.fact("step", "write", "loop.max_iterations") == 7
    assert news.fact("step", "write", "loop.bound") == "coded"
    assert news.fact("step", "collect", "loop.bound") == "default"
    assert news.fact("step", "write", "validation.kind") == "schema_and_rule"
    names = {news.fact("model", m, "name") for m in news.ids("model")}
    assert "openai/gpt-4o-mini" in names
    assert news.fact("model", news.ids("model")[0], "pinned") is False


def test_a_review_of_the_answer_stands_before_no_action(tmp_path: Path) -> None:
    (news,) = draw(tmp_path, FILES)
    (gate,) = news.ids("gate")
    assert news.places("gate", gate) == ["config/tasks.yaml:9"]
    assert news.all("gate", gate, "before") == []


def test_packaged_tools_memory_and_files(tmp_path: Path) -> None:
    (news,) = draw(tmp_path, FILES)
    assert news.fact("action", "SerperDevTool", "effect") == "read"
    assert news.fact("action", "SerperDevTool", "consequential") is False
    assert "serper" in news.ids("integration")
    assert news.fact("store", "crew_memory", "durable") is True
    assert any("report" in s for s in news.ids("store"))


def test_a_crew_in_plain_code_over_factories(tmp_path: Path) -> None:
    source = '''
    from crewai import Agent, Crew, Task

    class Agents:
        def planner(self):
            return Agent(role="Planner", goal="g", backstory="b", llm="gpt-4o-2024-08-06", allow_code_execution=True)

    def plan_task(agent):
        return Task(description="plan", expected_output="plan", agent=agent)

    def main():
        planner = Agents().planner()
        crew = Crew(agents=[planner], tasks=[plan_task(planner)])
        print(crew.kickoff())
    '''
    (plan,) = draw(tmp_path, {"main.py": source})
    assert plan.ids("step") == ["plan_task"]
    assert plan.fact("step", "plan_task", "executes") == "code"
    assert plan.fact("action", "code_interpreter", "gate") == "none"
    assert plan.fact("model", plan.ids("model")[0], "pinned") is True


FLOW = '''
from crewai.flow.flow import Flow, and_, listen, or_, router, start
from pydantic import BaseModel
from crew import NewsCrew

class State(BaseModel):
    tries: int = 0

class NewsFlow(Flow[State]):
    @start()
    def begin(self):
        self.state.tries = 0

    @listen(or_(begin, "again"))
    def produce(self):
        return NewsCrew().crew().kickoff()

    @router(produce)
    def judge(self):
        if self.state.tries > 3:
            return "give_up"
        self.state.tries += 1
        return "again" if self.state.tries else "done"

    @listen("done")
    def publish(self):
        print("out")

def kickoff():
    NewsFlow().kickoff()
'''


def test_a_flow_routes_by_labels_and_takes_its_crew_in(tmp_path: Path) -> None:
    (flow,) = draw(tmp_path, {"main.py": FLOW, **FILES})
    assert flow.name == "NewsFlow"
    assert flow.all("step", "produce", "next") == ["collect"]
    assert flow.all("step", "write", "next") == ["judge"]
    assert set(flow.all("step", "judge", "next")) == {"produce", "publish", "end"}
    assert flow.fact("step", "judge", "decider") == "code"
    assert flow.fact("step", "judge", "loop.max_iterations") == 3
    assert flow.fact("store", "State", "durable") is False


def test_persist_makes_the_state_durable(tmp_path: Path) -> None:
    source = FLOW.replace("class NewsFlow", "@persist()\nclass NewsFlow").replace(
        "from crewai.flow.flow import", "from crewai.flow.persistence import persist\nfrom crewai.flow.flow import")
    (flow,) = draw(tmp_path, {"main.py": source, **FILES})
    assert flow.fact("store", "State", "durable") is True


def test_an_agent_that_is_asked_directly_is_a_workflow(tmp_path: Path) -> None:
    source = '''
    from crewai import Agent

    def answer(question):
        expert = Agent(role="Expert", goal="g", backstory="b", llm="gpt-4o")
        return expert.kickoff(question)
    '''
    (answer,) = draw(tmp_path, {"a.py": source})
    assert answer.ids("step") == ["expert"]
    assert answer.fact("step", "expert", "decider") == "model"


def test_a_manager_is_a_step(tmp_path: Path) -> None:
    source = '''
    from crewai import Agent, Crew, Process, Task

    worker = Agent(role="Worker", goal="g", backstory="b")
    work = Task(description="d", expected_output="e")
    team = Crew(agents=[worker], tasks=[work], process=Process.hierarchical, manager_llm="gpt-4o")
    team.kickoff()
    '''
    (team,) = draw(tmp_path, {"a.py": source})
    assert set(team.ids("step")) == {"manager", "work"}
    assert team.fact("step", "manager", "decider") == "model"


DESK = '''
from crewai import Agent, Crew, Process, Task
from crewai.project import CrewBase, agent, crew, task

@CrewBase
class Desk:
    agents_config = "config/agents.yaml"
    tasks_config = "config/tasks.yaml"

    def __init__(self, asks: bool = False):
        self._asks = asks

    def _tuned(self, entry):
        entry["verbose"] = False
        return entry

    def head(self) -> Agent:
        entry = self._tuned(dict(self.agents_config["head"]))
        return Agent(config=entry, allow_delegation=True)

    @agent
    def clerk(self) -> Agent:
        return Agent(config=self._tuned(dict(self.agents_config["clerk"])))

    @task
    def answer(self) -> Task:
        return Task(config=self.tasks_config["answer"], human_input=self._asks, guardrail=str.isprintable, max_retries=3)

    @crew
    def crew(self) -> Crew:
        return Crew(agents=self.agents, tasks=self.tasks, process=Process.hierarchical, manager_agent=self.head())
'''
DESK_FILES = {
    "desk.py": DESK,
    "config/agents.yaml": "head:\n  role: Head\n  llm: gpt-4o\nclerk:\n  role: Clerk\n  llm: gpt-4o-mini\n",
    "config/tasks.yaml": "answer:\n  description: answer\n  agent: clerk\n",
}


def test_a_review_that_nobody_turns_on_is_no_gate(tmp_path: Path) -> None:
    (quiet,) = draw(tmp_path, {**DESK_FILES, "app.py": "from desk import Desk\nDesk(asks=False).crew().kickoff()\n"})
    assert quiet.ids("gate") == []


def test_a_review_that_a_caller_may_turn_on_is_a_gate(tmp_path: Path) -> None:
    app = "import sys\nfrom desk import Desk\nDesk(asks=sys.argv[1] == 'ask').crew().kickoff()\n"
    (desk,) = draw(tmp_path, {**DESK_FILES, "app.py": app})
    assert desk.places("gate", "review_of_answer") == [f"desk.py:{line_of(DESK, 'human_input=')}"]


def test_an_entry_that_is_copied_or_tuned_is_still_that_entry(tmp_path: Path) -> None:
    (desk,) = draw(tmp_path, {**DESK_FILES, "app.py": "from desk import Desk\nDesk().crew().kickoff()\n"})
    names = {desk.fact("model", m, "name") for m in desk.ids("model")}
    assert names == {"gpt-4o", "gpt-4o-mini"}
    assert desk.fact("step", "answer", "retries.max") == 3


def test_who_starts_a_crew_or_a_flow_brings_none_of_the_one_into_the_other(tmp_path: Path) -> None:
    app = '''
    import sys
    import requests
    from crewai.flow.flow import Flow, start
    from desk import Desk

    class Short(Flow):
        @start()
        def look(self):
            return requests.get("https://example.com/state").text

    def run(kind):
        return Desk().crew().kickoff() if kind == "long" else Short().kickoff()

    def main():
        print(run(sys.argv[1]).raw)
    '''
    short, desk = sorted(draw(tmp_path, {**DESK_FILES, "app.py": app}), key=lambda w: w.name != "Short")
    assert (short.name, desk.name) == ("Short", "Desk")
    assert short.ids("model") == []
    assert len(desk.ids("model")) == 2
    assert any("example" in i for i in short.ids("integration"))
