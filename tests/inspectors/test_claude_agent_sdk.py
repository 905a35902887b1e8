"""Claude Agent SDK: what must not match first, then starts, tools, permissions, helpers and limits."""

from __future__ import annotations

from pathlib import Path

from tests.inspectors.drawing import draw

APP = '''
from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, AgentDefinition, tool, create_sdk_mcp_server
from claude_agent_sdk import PermissionResultAllow, PermissionResultDeny

@tool("send_note", "Sends a note.", {"text": str})
async def note(args):
    return {"content": []}

async def ask(name, args, context):
    if input(f"Allow {name}? (y/n) ") == "y":
        return PermissionResultAllow()
    return PermissionResultDeny(message="no")

async def support_bot():
    options = ClaudeAgentOptions(
        model="claude-sonnet-4-5-20250929",
        allowed_tools=["Read", "Bash(git *)"],
        mcp_servers={"notes": create_sdk_mcp_server("notes", tools=[note])},
        agents={"checker": AgentDefinition(description="Checks", prompt="Check.", tools=["Grep"])},
        can_use_tool=ask,
        max_turns=5,
    )
    async with ClaudeSDKClient(options=options) as client:
        await client.query("hello")
'''


def test_a_function_called_query_is_no_agent(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": "import claude_agent_sdk\nfrom db import query\nquery(prompt='select 1')\n"})
    assert drawn.ids("step") == []


def test_options_alone_start_nothing(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": "from claude_agent_sdk import ClaudeAgentOptions\no = ClaudeAgentOptions(max_turns=3)\n"})
    assert drawn.ids("step") == []


def test_a_client_is_one_step_with_its_helpers(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": APP})
    assert drawn.ids("step") == ["support_bot", "checker"]
    assert drawn.fact("step", "support_bot", "loop.max_iterations") == 5
    assert "checker" in drawn.all("step", "support_bot", "next")


def test_the_permission_stands_before_what_is_not_allowed_anyway(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": APP})
    assert {"Read", "Bash", "send_note", "Grep"} == set(drawn.ids("action"))
    gate = next(g for g in drawn.ids("gate") if g.startswith("Permission"))
    assert drawn.all("gate", gate, "before") == ["send_note"]
    assert drawn.fact("gate", gate, "type") == "human"
    assert drawn.fact("action", "Bash", "gate") == "none"


def test_under_bypass_nobody_is_asked(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": APP.replace("max_turns=5", 'permission_mode="bypassPermissions"')})
    gate = next(g for g in drawn.ids("gate") if g.startswith("Permission"))
    assert drawn.fact("gate", gate, "bypassable") is True
    assert drawn.all("gate", gate, "before") == []


def test_an_agent_without_web_tools_knows_no_web(tmp_path: Path) -> None:
    assert draw(tmp_path, {"app.py": APP}).ids("knowledge") == []


def test_the_web_is_one_source_for_all_agents_that_search_it(tmp_path: Path) -> None:
    app = APP.replace('tools=["Grep"]', 'tools=["WebSearch"]').replace('"Read", ', '"Read", "WebFetch", ')
    drawn = draw(tmp_path, {"app.py": app})
    assert drawn.ids("knowledge") == ["open_web"]
    assert drawn.fact("knowledge", "open_web", "kind") == "web"
    assert len(drawn.lines("knowledge", "open_web")) == 2


def test_a_missing_limit_is_seen_at_the_start_and_at_the_options(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": APP.replace("        max_turns=5,\n", "")})
    assert set(drawn.all("step", "support_bot", "loop.bound")) == {"none"}
    assert len(drawn.all("step", "support_bot", "loop.bound")) == 2


def test_calls_of_the_model_are_limited_by_the_program_below(tmp_path: Path) -> None:
    drawn = draw(tmp_path / "plain", {"app.py": APP})
    assert drawn.fact("integration", "anthropic", "timeout") == "default"
    assert drawn.fact("integration", "anthropic", "retry") == "default"
    stated = APP.replace("        max_turns=5,\n", '        max_turns=5,\n        env={"API_TIMEOUT_MS": "60000"},\n')
    drawn = draw(tmp_path / "stated", {"app.py": stated})
    assert drawn.fact("integration", "anthropic", "timeout") is True
    assert drawn.fact("integration", "anthropic", "retry") == "default"
