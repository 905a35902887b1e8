"""The source of a framework itself is left out; what uses it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditkit.sources.inspection import inspect_code
from auditkit.sources.inspection.folder import walk
from auditkit.sources.inspection.own_source import Frameworks

AGENT = "from agents import Agent\nmain = Agent(name='Main')\n"


def frameworks(root: Path, files: dict[str, str]) -> Frameworks:
    """Where in a folder of such files frameworks lie."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Frameworks(walk(root))


@pytest.mark.parametrize(("project", "path"), [
    ('[project]\nname = "my-agents"\n', "src/agents/x.py"),
    ('[project]\nname = "openai-agents-demo"\n', "agents/x.py"),
    ('[project]\ndependencies = ["openai-agents"]\n', "agents/x.py"),
    ('[project]\nname = "openai-agents"\n', "examples/x.py"),
    ('[project]\nname = "openai-agents"\n', "my/agents/x.py"),
    ('[project]\nname = "openai-agents"\n', "agents_extra/x.py"),
    ('[project]\nname = "crewai"\n', "src/crewai/cli/templates/x.py"),
    ("", "agents/x.py"), ("name =", "agents/x.py"), ('name = "\n', "agents/x.py"),
])
def test_what_only_uses_a_framework_is_not_its_source(tmp_path: Path, project: str, path: str) -> None:
    assert not frameworks(tmp_path, {"pyproject.toml": project}).owns(path)


@pytest.mark.parametrize(("where", "name", "path"), [
    ("", "openai-agents", "src/agents/run.py"), ("", "openai_agents", "agents/run.py"), ("", "OpenAI-Agents", "agents/run.py"), ("libs/langgraph", "langgraph", "libs/langgraph/langgraph/x.py"),
    ("python/packages/core", "agent-framework-core", "python/packages/core/agent_framework/x.py"),
])
def test_the_package_of_a_framework_is_its_source(tmp_path: Path, where: str, name: str, path: str) -> None:
    at = f"{where}/pyproject.toml".lstrip("/")
    assert frameworks(tmp_path, {at: f'[project]\nversion = "1"\nname = "{name}"\n'}).owns(path)


def test_a_frameworks_source_is_counted_and_its_examples_are_drawn(tmp_path: Path) -> None:
    frameworks(tmp_path, {"pyproject.toml": '[project]\nname = "openai-agents"\n', "src/agents/x.py": AGENT, "examples/e.py": AGENT})
    found = inspect_code(tmp_path)
    assert {r.path for s in found.stacks for c in s.components for r in c.receipts} == {"examples/e.py"}
    assert dict(found.coverage.skipped)["source of a framework itself"] == 1
