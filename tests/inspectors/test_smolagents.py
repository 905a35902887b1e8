"""smolagents: what is no agent, code agents, managed agents, models that are set on the command line."""

from pathlib import Path

from tests.inspectors.workflows import drawn as draw
from tests.inspectors.workflows import line_of

SOURCE = '''
import argparse
from smolagents import CodeAgent, GoogleSearchTool, LiteLLMModel, Tool, ToolCallingAgent

class PageTool(Tool):
    name = "open_page"
    description = "Opens a page"

    def forward(self, url: str) -> str:
        return url

class UnusedTool(Tool):
    name = "delete_file"

    def forward(self, path: str) -> str:
        return path

def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model-id", default="o1")
    return parser.parse_args()

def build():
    args = options()
    model = LiteLLMModel(model_id=args.model_id)
    browser = ToolCallingAgent(model=model, tools=[GoogleSearchTool(), PageTool()], max_steps=9, name="browser")
    return CodeAgent(model=model, tools=[], managed_agents=[browser], additional_authorized_imports=["*"])
'''


def test_a_model_alone_is_no_workflow(tmp_path: Path) -> None:
    assert draw(tmp_path, {"a.py": 'from smolagents import LiteLLMModel\nmodel = LiteLLMModel(model_id="o1")\n'}) == []


def test_a_tool_that_nobody_gets_is_not_offered(tmp_path: Path) -> None:
    (run,) = draw(tmp_path, {"run.py": SOURCE})
    assert "delete_file" not in run.ids("action")


def test_a_manager_with_the_agents_it_manages(tmp_path: Path) -> None:
    (run,) = draw(tmp_path, {"run.py": SOURCE})
    assert run.ids("step") == ["build", "browser"]
    assert run.all("step", "build", "next") == ["browser", "end"]
    assert run.fact("step", "browser", "loop.max_iterations") == 9
    assert run.fact("step", "build", "loop.bound") == "default"


def test_a_code_agent_executes(tmp_path: Path) -> None:
    (run,) = draw(tmp_path, {"run.py": SOURCE})
    assert run.fact("action", "python_interpreter", "effect") == "execute"
    assert run.fact("action", "python_interpreter", "gate") == "none"
    assert run.fact("system", "system", "sandbox.kind") == "host"
    assert set(run.ids("action")) == {"python_interpreter", "GoogleSearchTool", "open_page"}


def test_a_sandbox_is_said(tmp_path: Path) -> None:
    source = SOURCE.replace('additional_authorized_imports=["*"]', 'executor_type="docker"')
    (run,) = draw(tmp_path, {"run.py": source})
    assert run.fact("system", "system", "sandbox.kind") == "container"


def test_a_model_set_on_the_command_line_has_its_default(tmp_path: Path) -> None:
    (run,) = draw(tmp_path, {"run.py": SOURCE})
    assert run.ids("model") == ["o1"]
    assert f"run.py:{line_of(SOURCE, '--model-id')}" in run.places("model", "o1")
