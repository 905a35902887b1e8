"""deepagents: first what is none, then sub-agents, approvals and tools on the real disk."""

from pathlib import Path

from tests.inspectors.drawing import draw


def test_the_import_alone_is_no_agent(tmp_path: Path) -> None:
    assert not draw(tmp_path, {"app.py": "from deepagents import create_deep_agent\n"}).stacks


def test_the_virtual_file_system_is_not_consequential(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": """
from deepagents import create_deep_agent
def look(q: str) -> str: return q
writer = create_deep_agent(tools=[look], system_prompt="x")
"""})
    assert drawn.ids("step") == ["writer"]
    assert drawn.ids("action") == ["look"]


def test_a_shell_and_sub_agents_and_approvals(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": """
from deepagents import create_deep_agent
from deepagents.backends import LocalShellBackend
import smtplib
def send_mail(to: str): smtplib.SMTP("x").sendmail("a", to, "b")
critic = {"name": "critic", "description": "d", "prompt": "p", "tools": []}
coder = create_deep_agent(model="openai:gpt-4o", tools=[send_mail], subagents=[critic], backend=LocalShellBackend(),
                          interrupt_on={"send_mail": True, "execute": True})
"""})
    assert drawn.ids("step") == ["coder", "critic"]
    assert set(drawn.ids("action")) == {"send_mail", "write_file", "edit_file", "execute"}
    assert len(drawn.ids("gate")) == 1
    assert drawn.fact("action", "execute", "gate") == drawn.ids("gate")[0]
    assert drawn.fact("action", "write_file", "gate") == "none"
