"""What ten projects that were read by hand taught: each time what must not match, then what must."""

from __future__ import annotations

from pathlib import Path

from tests.inspectors.drawing import draw

ASK = (
    "from openai import OpenAI\n"
    "client = OpenAI()\n"
    "def ask(text):\n"
    "    return client.chat.completions.create(model='gpt-4o', messages=[{'role': 'user', 'content': text}])\n"
)


def test_pages_that_are_served_are_no_knowledge(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": ASK + (
        "def page():\n    with open('html/app.html') as f:\n        return f.read()\n"
        "def rules():\n    with open('data/policy.txt') as f:\n        return ask(f.read())\n"
        "print(page(), rules())\n")})
    assert drawn.ids("knowledge") == ["policy_txt"]


def test_a_migration_is_no_store_and_a_memory_service_is_one(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {
        "migrations/reset.py": "from sqlalchemy import create_engine\nimport app\nengine = create_engine('postgresql://x/y')\n",
        "app.py": ASK + "from mem0 import Memory\nmemory = Memory.from_config({'vector_store': {}})\nprint(ask(memory.search('a')))\n",
    })
    assert drawn.ids("store") == ["mem0"]
    assert drawn.fact("store", "mem0", "durable") is True


def test_a_search_service_that_is_called_over_http_is_the_open_web(tmp_path: Path) -> None:
    call = "import requests\ndef find(q):\n    url = 'https://{host}/search'\n    return requests.request('POST', url, data=q)\n"
    other = draw(tmp_path / "a", {"app.py": ASK + call.replace("{host}", "api.shop.example") + "print(ask(find('a')))\n"})
    assert other.ids("knowledge") == []
    found = draw(tmp_path / "b", {"app.py": ASK + call.replace("{host}", "google.serper.dev") + "print(ask(find('a')))\n"})
    assert found.ids("knowledge") == ["open_web"]


def test_servers_that_a_table_describes_are_named(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": (
        "from anthropic import Anthropic\n"
        "from mcp import ClientSession, StdioServerParameters\n"
        "from mcp.client.stdio import stdio_client\n"
        "client = Anthropic()\n"
        "SERVERS = [{'name': 'github', 'command': 'npx', 'args': ['-y', '@x/server-github']},\n"
        "           {'command': 'npx', 'args': ['-y', '@x/server-fetch']}]\n"
        "COMMANDS = {'args': 'none', 'command': 'ls'}\n"
        "async def main(text):\n"
        "    for one in SERVERS:\n"
        "        async with stdio_client(StdioServerParameters(command=one['command'], args=one['args'])) as (r, w):\n"
        "            async with ClientSession(r, w) as session:\n"
        "                tools = await session.list_tools()\n"
        "                return client.messages.create(model='claude-sonnet-4-0', max_tokens=9, tools=tools,\n"
        "                                              messages=[{'role': 'user', 'content': text}])\n")})
    assert {"github", "server_fetch"} <= set(drawn.ids("integration"))
    assert "mcp_stdio" not in drawn.ids("integration")


def test_an_engine_of_an_index_stands_where_it_is_asked_and_its_index_where_its_store_is_made(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": (
        "from llama_index.core import StorageContext, VectorStoreIndex\n"
        "from llama_index.vector_stores.postgres import PGVectorStore\n"
        "store = PGVectorStore.from_params(database='x')\n"
        "index = VectorStoreIndex([], storage_context=StorageContext.from_defaults(vector_store=store))\n"
        "engine = index.as_chat_engine()\n"
        "def chat(text):\n"
        "    return engine.chat(text)\n")})
    assert drawn.lines("step", "engine") == ["app.py:5", "app.py:7"]
    assert "app.py:3" in drawn.lines("knowledge", drawn.ids("knowledge")[0])


def test_a_task_that_is_carried_out_alone_asks_its_agent(tmp_path: Path) -> None:
    code = (
        "from crewai import Agent, Task\n"
        "def summarize(text):\n"
        "    reader = Agent(role='Reader', goal='g', backstory='b', llm='gpt-4o')\n"
        "    task = Task(agent=reader, description=text, expected_output='x')\n"
        "    {end}\n")
    assert draw(tmp_path / "a", {"app.py": code.replace("{end}", "return task")}).ids("step") == []
    assert draw(tmp_path / "b", {"app.py": code.replace("{end}", "return task.execute_sync()")}).ids("step") == ["reader"]


def test_one_message_of_a_request_is_no_conversation_that_is_kept(tmp_path: Path) -> None:
    code = (
        "from agents import Agent, Runner\n"
        "from pydantic import BaseModel\n"
        "class Request(BaseModel):\n"
        "    message: {type}\n"
        "desk = Agent(name='desk', model='gpt-4o')\n"
        "async def main(text):\n"
        "    request = Request(message=text)\n"
        "    return await Runner.run(desk, request.message)\n")
    assert draw(tmp_path / "a", {"app.py": code.replace("{type}", "str")}).ids("store") == []
    assert draw(tmp_path / "b", {"app.py": code.replace("{type}", "list[dict]")}).ids("store") == ["Request"]
