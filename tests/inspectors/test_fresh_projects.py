"""What a careful reader saw in projects of several frameworks that the inspectors at first did not."""

from __future__ import annotations

from auditkit.sources.inspection.code import sql_effect
from auditkit.sources.inspection.verbs import deed_of
from tests.inspectors.drawing import draw


def test_a_module_with_no_tool_in_it_is_no_tool(tmp_path):
    drawn = draw(tmp_path, {"app.py": "from strands import Agent\nfrom kit import clock\nhelper = Agent(tools=[clock])\nhelper('hi')\n",
                            "kit/clock.py": "def now():\n    return 1\n"})
    assert drawn.ids("action") == []


def test_a_module_offered_as_a_tool_is_its_marked_or_described_function(tmp_path):
    drawn = draw(tmp_path, {
        "app.py": "from strands import Agent\nfrom kit import add_row, drop_row\nhelper = Agent(tools=[add_row, drop_row])\nhelper('hi')\n",
        "kit/add_row.py": "from strands import tool\n\n@tool\ndef add_row(text: str):\n    'Adds.'\n    return text\n",
        "kit/drop_row.py": "TOOL_SPEC = {'name': 'drop_row', 'description': 'Drops.'}\n\ndef drop_row(tool, **more):\n    return {}\n\n"
                           "def helper():\n    return 1\n"})
    assert sorted(drawn.ids("action")) == ["add_row", "drop_row"]
    assert drawn.lines("action", "drop_row")[0] == "kit/drop_row.py:3"


def test_one_database_opened_in_two_tools_is_one_store(tmp_path):
    body = "import sqlite3\nfrom strands import tool\n\n@tool\ndef {0}(x: str):\n    return sqlite3.connect('rows.db').execute('{1}')\n"
    drawn = draw(tmp_path, {"app.py": "from strands import Agent\nfrom one import put_row\nfrom two import get_row\n"
                                      "def main():\n    Agent(tools=[put_row, get_row])('hi')\n",
                            "one.py": body.format("put_row", "INSERT INTO a VALUES (1)"),
                            "two.py": body.format("get_row", "SELECT * FROM a")})
    assert drawn.ids("store") == ["rows_db"]
    assert {"one.py:6", "two.py:6"} <= set(drawn.lines("store", "rows_db"))


def test_two_databases_stay_apart(tmp_path):
    drawn = draw(tmp_path, {"app.py": "import sqlite3\nfrom strands import Agent\nhelper = Agent()\ndef main():\n"
                                      "    sqlite3.connect('a.db')\n    sqlite3.connect('b.db')\n    helper('hi')\n"})
    assert {"a_db", "b_db"} <= set(drawn.ids("store"))


def test_a_table_made_ready_changes_nothing_that_is_there():
    assert sql_effect("CREATE TABLE IF NOT EXISTS t (id TEXT)") == "none"
    assert sql_effect("CREATE TABLE IF NOT EXISTS t (id TEXT); DROP TABLE u") != "none"


def test_the_conversation_of_an_agent_that_lives_in_a_module_is_lost_with_it(tmp_path):
    drawn = draw(tmp_path, {"app.py": "from strands import Agent\nhelper = Agent()\ndef ask(x):\n    return helper(x)\n"})
    assert drawn.fact("store", drawn.ids("store")[0], "durable") is False
    made_anew = draw(tmp_path / "b", {"app.py": "from strands import Agent\ndef ask(x):\n    return Agent()(x)\n"})
    assert made_anew.ids("store") == []


def test_a_server_of_tools_stands_where_its_client_is_made(tmp_path):
    drawn = draw(tmp_path, {"app.py": "from strands import Agent\nfrom strands.tools.mcp import MCPClient\nfrom mcp import stdio_client\n"
                                      "search = MCPClient(lambda: stdio_client('x'))\nfound = search.list_tools_sync()\n"
                                      "helper = Agent(tools=found)\nhelper('hi')\n"})
    assert drawn.ids("integration") == ["amazon", "search"]
    assert "app.py:4" in drawn.lines("integration", "search")


def test_bedrock_serves_the_model_whoever_made_it(tmp_path):
    drawn = draw(tmp_path, {"app.py": "from strands import Agent\nfrom strands.models import BedrockModel\n"
                                      "helper = Agent(model=BedrockModel(model_id='us.anthropic.claude-sonnet-4-20250514-v1:0'))\nhelper('x')\n"})
    assert drawn.ids("integration") == ["amazon"]
    assert drawn.fact("integration", "amazon", "retry") == "default"


def test_a_tool_built_on_a_packaged_one_does_what_that_one_does(tmp_path):
    drawn = draw(tmp_path, {"app.py": "from agno.agent import Agent\nfrom phi.tools.zoom import ZoomTool\n"
                                      "class Meetings(ZoomTool):\n    def token(self):\n        return ''\n"
                                      "helper = Agent(tools=[Meetings()])\nhelper.run('x')\n"})
    assert drawn.fact("action", "Meetings", "consequential") is True


def test_the_open_web_is_one_source_however_many_agents_read_it(tmp_path):
    drawn = draw(tmp_path, {"app.py": """
from crewai import Agent, Crew, Task
from crewai_tools import ScrapeWebsiteTool
def first():
    return Agent(role="a", goal="b", backstory="c", tools=[ScrapeWebsiteTool()])
def second():
    return Agent(role="d", goal="e", backstory="f", tools=[ScrapeWebsiteTool()])
def crew():
    a, b = first(), second()
    return Crew(agents=[a, b], tasks=[Task(description="x", expected_output="y", agent=a), Task(description="z", expected_output="y", agent=b)])
crew().kickoff()
"""})
    assert drawn.ids("knowledge") == ["open_web"]


def test_what_an_assistant_remembers_is_in_the_process(tmp_path):
    drawn = draw(tmp_path, {"app.py": """
from autogen_agentchat.agents import AssistantAgent
from autogen_core.model_context import BufferedChatCompletionContext
from autogen_ext.models.openai import OpenAIChatCompletionClient
def make():
    return AssistantAgent("a", OpenAIChatCompletionClient(model="gpt-4o"), model_context=BufferedChatCompletionContext(buffer_size=3))
"""})
    assert [drawn.fact("store", i, "durable") for i in drawn.ids("store")] == [False]


def test_keys_set_in_a_session_are_one_store(tmp_path):
    app = "import streamlit as st\nfrom agno.agent import Agent\nhelper = Agent()\ndef main():\n{0}    helper.run('x')\n"
    drawn = draw(tmp_path, {"app.py": app.format("    st.session_state.done = False\n    st.session_state['name'] = ''\n")})
    assert [drawn.fact("store", i, "durable") for i in drawn.ids("store")] == [False]
    assert draw(tmp_path / "b", {"app.py": app.format("    st.write('hello')\n")}).ids("store") == []


def test_a_tool_class_may_name_itself_to_its_base_class(tmp_path):
    drawn = draw(tmp_path, {"app.py": """
from anthropic import Anthropic
class Tool:
    def __init__(self, name, description):
        self.name, self.description = name, description
    def to_dict(self):
        return {"name": self.name, "description": self.description, "input_schema": {}}
class Writer(Tool):
    def __init__(self):
        super().__init__(name="writer", description="Writes a file.")
    def execute(self, path, text):
        open(path, "w").write(text)
def loop(tools, messages):
    client = Anthropic()
    while True:
        answer = client.messages.create(model="claude-sonnet-4-20250514", max_tokens=9, messages=messages, tools=[t.to_dict() for t in tools])
        if answer.stop_reason != "tool_use":
            return answer
        messages.append(answer)
def main(given):
    loop(given, [])
"""})
    assert drawn.ids("action") == ["writer"]
    assert drawn.fact("action", "writer", "consequential") is True


def test_the_client_of_an_unknown_service_with_a_key_is_an_integration(tmp_path):
    drawn = draw(tmp_path, {"app.py": """
import os
import requests
from filings_api import QueryApi
from agno.agent import Agent
def look(q: str):
    "Looks."
    requests.get("https://example.com", timeout=3)
    return QueryApi(api_key=os.environ["KEY"]).get(q)
helper = Agent(tools=[look])
helper.run("x")
"""})
    assert "filings_api" in drawn.ids("integration")


def test_a_connection_to_a_server_of_tools_in_plain_code_is_an_integration(tmp_path):
    drawn = draw(tmp_path, {"app.py": """
from anthropic import Anthropic
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
async def run(messages):
    async with stdio_client(StdioServerParameters(command="x")) as (r, w):
        tools = await ClientSession(r, w).list_tools()
    client = Anthropic()
    while True:
        answer = client.messages.create(model="claude-sonnet-4-20250514", max_tokens=9, messages=messages, tools=tools)
        if answer.stop_reason != "tool_use":
            return answer
"""})
    assert [i for i in drawn.ids("integration") if drawn.fact("integration", i, "kind") == "mcp"] == ["mcp_stdio"]


def test_names_that_ask_and_names_that_start_a_payment():
    assert deed_of("valid_to_change_flight")[1] == "read"
    assert deed_of("initiate_flight_credits")[1] == "money"
    assert deed_of("initiate_baggage_search")[1] == "read"


def test_tables_at_aws_are_a_store_and_other_services_are_none(tmp_path):
    drawn = draw(tmp_path, {"app.py": """
import boto3
from strands import Agent
def ask(x):
    boto3.resource("dynamodb").Table("talks").put_item(Item={"x": x})
    boto3.client("s3")
    return Agent()(x)
"""})
    assert drawn.ids("store") == ["dynamodb"]
    assert drawn.fact("store", "dynamodb", "durable") is True
