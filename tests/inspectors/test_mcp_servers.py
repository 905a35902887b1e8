"""MCP servers: what must not match first, then tools of both kinds of server."""

from __future__ import annotations

from pathlib import Path

from tests.inspectors.drawing import draw


def test_a_client_is_no_server(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": "from mcp import ClientSession, StdioServerParameters\np = StdioServerParameters(command='x')\n"})
    assert drawn.ids("action") == []


def test_tools_of_a_server_are_offered_and_never_called_ungated(tmp_path: Path) -> None:
    app = '''
from mcp.server.fastmcp import FastMCP
mcp = FastMCP("Files")

@mcp.tool()
def delete_file(path: str) -> str:
    """Deletes a file."""
    return path

@mcp.tool(name="look", annotations={"readOnlyHint": True})
def peek(path: str) -> str:
    return path

def helper(path): ...
'''
    drawn = draw(tmp_path, {"server.py": app})
    assert drawn.stack.name == "Files"
    assert set(drawn.ids("action")) == {"delete_file", "look"}
    assert drawn.fact("action", "delete_file", "decided_by") == "model"
    assert drawn.fact("action", "delete_file", "gate") is None
    assert drawn.fact("action", "look", "consequential") is False


def test_a_tool_that_asks_and_reads_the_answer_is_gated(tmp_path: Path) -> None:
    app = '''
from fastmcp import FastMCP, Context
mcp = FastMCP("Tables")

@mcp.tool
async def book_table(when: str, ctx: Context) -> str:
    answer = await ctx.elicit("Sure?")
    if answer.action == "accept":
        return "booked"
    return "no"
'''
    drawn = draw(tmp_path, {"server.py": app})
    assert drawn.all("gate", "Question_before_book_table", "before") == ["book_table"]


def test_the_low_level_server_has_a_dispatch_step(tmp_path: Path) -> None:
    app = '''
from mcp.server import Server
from mcp.types import Tool
server = Server("clock")

@server.list_tools()
async def listed():
    return [Tool(name="get_time", description="Gets the time.", inputSchema={}), Tool(name="set_alarm", inputSchema={})]

@server.call_tool()
async def called(name, arguments):
    return []
'''
    drawn = draw(tmp_path, {"server.py": app})
    assert drawn.ids("step") == ["CallTool_dispatch"]
    assert drawn.fact("step", "CallTool_dispatch", "decider") == "code"
    assert set(drawn.ids("action")) == {"get_time", "set_alarm"}
