"""Assistants as small companies publish them: helpers around files, tools that are lambdas, agents that run in tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inspectors.drawing import draw

# Agents that run in another agent's tools --------------------------------------------------------------------------------

TEAM = """
from langchain_core.tools import tool
from langgraph.prebuilt import create_react_agent
import smtplib

@tool
def send_email(to: str, text: str) -> str:
    '''Sends a mail.'''
    smtplib.SMTP('h').sendmail('a', to, text)
    return 'ok'

def mail_agent():
    return create_react_agent(model='openai:gpt-4o', tools=[send_email])

@tool
def ask_mail_agent(request: str) -> str:
    '''Hands a request to the mail agent.'''
    %s
    return mail_agent().invoke({'messages': [('user', request)]})['messages'][-1].content

desk = create_react_agent(model='openai:gpt-4o', tools=[ask_mail_agent])
"""


def test_a_tool_that_sends_something_itself_is_no_mere_delegation(tmp_path: Path) -> None:
    found = draw(tmp_path, {"app.py": TEAM % "smtplib.SMTP('h').sendmail('a', 'boss@x.com', request)"})
    assert found.fact("action", "ask_mail_agent", "consequential") is True


def test_an_agent_in_a_tool_answers_the_agent_that_asked(tmp_path: Path) -> None:
    found = draw(tmp_path, {"app.py": TEAM % "pass"})
    assert found.ids("step") == ["desk", "mail_agent"]
    assert set(found.all("step", "desk", "next")) == {"desk", "mail_agent", "end"}
    assert set(found.all("step", "mail_agent", "next")) == {"mail_agent", "desk"}       # its end is the answer to the desk
    assert found.fact("action", "ask_mail_agent", "effect") == "none"
    assert found.fact("action", "ask_mail_agent", "consequential") is False
    assert found.fact("action", "send_email", "consequential") is True


# What the names of tools say ---------------------------------------------------------------------------------------------

LAMBDAS = """
import json
from langchain.agents import AgentType, initialize_agent
from langchain.tools import StructuredTool
from langchain_openai import ChatOpenAI

def call_api_tool(endpoint, method='GET'):
    with open('orders.json') as f:
        return json.load(f).get(endpoint)

def send_email_tool(subject, body):
    with open('outbox.jsonl', 'a') as f:
        f.write(json.dumps([subject, body]))

def hand_over(text):
    return 'a colleague will call'

agent = initialize_agent(tools=[
    StructuredTool.from_function(name='call_api', func=lambda endpoint: call_api_tool(endpoint=endpoint), description='Orders.'),
    StructuredTool.from_function(name='escalate_to_support', func=lambda s, b: send_email_tool(s, b), description='Escalates.'),
    StructuredTool.from_function(name='escalate_to_human', func=lambda t: hand_over(t), description='Escalates.'),
], llm=ChatOpenAI(model='gpt-4o-mini'), agent=AgentType.OPENAI_FUNCTIONS)
"""


def test_tools_that_are_lambdas_are_told_by_the_functions_they_call(tmp_path: Path) -> None:
    found = draw(tmp_path, {"app.py": LAMBDAS})
    assert found.fact("action", "call_api", "consequential") is False       # nobody is called on the telephone
    assert found.fact("action", "escalate_to_human", "consequential") is False
    assert found.fact("action", "escalate_to_support", "effect") == "message"
    assert found.fact("action", "escalate_to_support", "symbol") == "app.py:send_email_tool"
    assert found.lines("action", "call_api")[:2] == ["app.py:19", "app.py:7"]


# State and knowledge -----------------------------------------------------------------------------------------------------

SERVER = """
import json, os
from langchain_openai import ChatOpenAI
from langchain.agents import create_agent
BASE = os.path.dirname(__file__)
TICKETS_PATH = os.path.join(BASE, 'storage', 'tickets.jsonl')
USERS_PATH = os.path.join(BASE, 'data', 'users.json')
_USERS_CACHE = None
_PRICE_CACHE = {}
_agents = {}
_tables = {}

def append_row(path, row):
    with open(path, 'a') as f:
        f.write(json.dumps(row))

def load_users():
    global _USERS_CACHE
    if _USERS_CACHE is None:
        _USERS_CACHE = {}
        with open(USERS_PATH) as f:
            _USERS_CACHE = json.load(f)
    return _USERS_CACHE

def price(item):
    _PRICE_CACHE[item] = 1
    _tables[item] = 2
    return 1

def create_ticket(text: str) -> str:
    '''Opens a ticket.'''
    append_row(TICKETS_PATH, {'text': text, 'price': price(text), 'users': load_users()})
    return 'ok'

def list_tickets() -> str:
    '''Lists the tickets.'''
    with open(TICKETS_PATH) as f:
        return f.read()

def agent_for(session_id):
    if session_id not in _agents:
        _agents[session_id] = create_agent(model='openai:gpt-4o', tools=[create_ticket, list_tickets])
    return _agents[session_id]
"""


def test_what_is_loaded_once_is_no_state_and_what_is_written_is_no_knowledge(tmp_path: Path) -> None:
    found = draw(tmp_path, {"server.py": SERVER, "data/users.json": "{}"})
    assert "USERS_CACHE" not in found.ids("store")
    assert "tables" not in found.ids("store")
    assert found.ids("knowledge") == ["users_json"]
    assert "PRICE_CACHE" in found.ids("store")


def test_files_that_a_helper_writes_are_those_of_its_callers(tmp_path: Path) -> None:
    found = draw(tmp_path, {"server.py": SERVER, "data/users.json": "{}"})
    assert found.lines("store", "tickets_jsonl") == ["server.py:32", "server.py:6", "server.py:14"]
    assert found.fact("store", "tickets_jsonl", "durable") is True


def test_what_a_session_is_the_key_of_is_its_state(tmp_path: Path) -> None:
    found = draw(tmp_path, {"server.py": SERVER, "data/users.json": "{}"})
    assert found.fact("store", "agents", "durable") is False
    assert found.lines("store", "agents") == ["server.py:10"]


@pytest.mark.parametrize(("caller", "stores"), [
    ("import asyncio, desk\nasync def main():\n    asyncio.run(await desk.run('hi'))\nmain()\n", []),
    ("import desk\nasync def main():\n    items = []\n    while True:\n        items.append({'role': 'user', 'content': input()})\n"
     "        result = await desk.run(items)\n        items = result.to_input_list()\n", ["items"]),
])
def test_a_conversation_is_kept_by_whoever_calls_the_function_around_the_run(tmp_path: Path, caller: str, stores: list[str]) -> None:
    desk = ("from agents import Agent, Runner\nagent = Agent(name='Desk')\n"
            "async def run(input):\n    return await Runner.run(agent, input)\n")
    assert draw(tmp_path, {"desk.py": desk, "main.py": caller}).ids("store") == stores


# Models that are asked by plain HTTP ---------------------------------------------------------------------------------------

HTTP = """
import requests
def create_response(**kwargs):
    url = %r
    return requests.post(url, headers={'x': 'y'}, json=kwargs).json()
"""
COMPUTER = """
from utils import create_response

def handle_item(item, computer):
    if item['type'] == 'computer_call':
        action = item['action']
        method = getattr(computer, action['type'])
        method(**action)
    return []

def run_full_turn(input_items, computer):
    new_items = []
    while not new_items or new_items[-1].get('role') != 'assistant':
        response = create_response(model='computer-use-preview', input=input_items + new_items,
                                   tools=[{'type': 'computer-preview', 'environment': 'browser'}])
        new_items += response['output']
        for item in response['output']:
            new_items += handle_item(item, computer)
    return new_items

def other(question):
    return create_response(model='gpt-4o', input=question)

def main(computer):
    items = []
    while True:
        items.append({'role': 'user', 'content': input('> ')})
        items += run_full_turn(items, computer)
        print(other('x'))

main(None)
"""


@pytest.mark.parametrize("address", ["https://api.example.com/v1/responses", "https://api.openai.com/v1/files",
                                     "https://shop.example.com/api/chat"])
def test_an_address_that_is_no_models_is_no_model(tmp_path: Path, address: str) -> None:
    found = draw(tmp_path, {"utils.py": HTTP % address, "app.py": COMPUTER})
    assert found.stacks == {}


def test_an_agent_loop_over_plain_http(tmp_path: Path) -> None:
    found = draw(tmp_path, {"utils.py": HTTP % "https://api.openai.com/v1/responses", "app.py": COMPUTER})
    assert found.lines("step", "run_full_turn")[0] == "app.py:13"
    assert found.fact("step", "run_full_turn", "loop.bound") == "none"
    assert found.lines("step", "tool_run") == ["app.py:18"]
    assert found.fact("action", "computer_preview", "consequential") is True
    assert found.lines("store", "items") == ["app.py:25"]
    assert found.ids("model") == ["computer_use_preview", "gpt_4o"]
    assert found.fact("model", "gpt_4o", "name") == "gpt-4o"
    assert found.fact("integration", found.ids("integration")[0], "timeout") is False


# Tools that a library's schema describes, observers by name, boxes -------------------------------------------------------

SALES = """
import litellm
from litellm import completion
from abc import ABC, abstractmethod
from instructor import OpenAISchema
import stripe
%s

class BaseTool(ABC, OpenAISchema):
    @abstractmethod
    def run(self):
        pass

class CreatePaymentLink(BaseTool):
    'Makes a payment link.'
    price: str
    def run(self):
        return stripe.checkout.Session.create(line_items=[{'price': self.price}]).url

class Answer(OpenAISchema):
    text: str

class Agent:
    def __init__(self, tools):
        self.tools = tools
        self.messages = []
    def schemas(self):
        return [{'type': 'function', 'function': tool.openai_schema} for tool in self.tools]
    def execute(self):
        while True:
            message = completion(model='groq/llama3-70b-8192', messages=self.messages, tools=self.schemas()).choices[0].message
            if not message.tool_calls:
                return message.content
            for call in message.tool_calls:
                tool = next(t for t in self.tools if t.__name__ == call.function.name)
                self.messages.append({'role': 'tool', 'content': tool(**call.function.arguments).run()})

Agent([CreatePaymentLink]).execute()
"""


def test_a_schema_that_does_nothing_is_no_tool_and_one_that_runs_is(tmp_path: Path) -> None:
    found = draw(tmp_path, {"app.py": SALES % ""})
    assert found.ids("action") == ["CreatePaymentLink"]
    assert found.fact("action", "CreatePaymentLink", "effect") == "money"
    assert found.ids("monitor") == []


@pytest.mark.parametrize(("line", "seen"), [
    ("litellm.success_callback = ['langfuse']", ["langfuse"]), ("litellm.callbacks = [my_own]", []), ("other.callbacks = ['langfuse']", [])])
def test_observers_that_litellm_knows_by_name(tmp_path: Path, line: str, seen: list[str]) -> None:
    assert draw(tmp_path, {"app.py": SALES % f"my_own = other = object()\n{line}"}).ids("monitor") == seen


BOX = """
from openai import OpenAI
from e2b_code_interpreter import Sandbox
import subprocess
box = Sandbox()
def run_command(command):
    return %s
def send_key(name):
    return box.press(name)
TOOLS = [{'type': 'function', 'function': {'name': n, 'description': 'x', 'parameters': {}}} for n in ('run_command', 'send_key')]
TOOLS = [{'type': 'function', 'function': {'name': 'run_command', 'description': 'x', 'parameters': {}}},
         {'type': 'function', 'function': {'name': 'send_key', 'description': 'y', 'parameters': {}}}]
TABLE = {'run_command': run_command, 'send_key': send_key}
def run(task):
    messages = [task]
    while True:
        message = OpenAI().chat.completions.create(model='gpt-4o', messages=messages, tools=TOOLS).choices[0].message
        if not message.tool_calls:
            return message
        for call in message.tool_calls:
            messages.append(TABLE[call.function.name](**call.function.arguments))
run({'role': 'user', 'content': 'x'})
"""


@pytest.mark.parametrize(("body", "kind"), [
    ("box.commands.run(command)", "sandbox"), ("subprocess.run(command, shell=True)", "host"),
    ("box.commands.run(command) or subprocess.run(command, shell=True)", "host")])
def test_what_is_run_in_a_box_is_not_run_on_the_host(tmp_path: Path, body: str, kind: str | None) -> None:
    found = draw(tmp_path, {"app.py": BOX % body})
    assert found.fact("system", "system", "sandbox.kind") == kind
    assert found.fact("action", "send_key", "effect") == "write"       # pressed, and sent to nobody


SAVED = """
import sqlite3
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.prebuilt import create_react_agent
from langchain_huggingface import HuggingFaceEmbeddings
orders = sqlite3.connect('orders.db')
conn = sqlite3.connect('checkpoints.sqlite')
vectors = HuggingFaceEmbeddings(model_name='BAAI/bge-base-en-v1.5')
agent = create_react_agent(model='openai:gpt-4o', tools=[], checkpointer=SqliteSaver(conn))
def answer(text):
    orders.execute('insert into asked values (?)', (text,))
    return agent.invoke({'messages': [text]})
"""


def test_the_database_of_a_checkpointer_is_the_checkpointers(tmp_path: Path) -> None:
    found = draw(tmp_path, {"app.py": SAVED})
    assert sorted(found.ids("store")) == ["SqliteSaver", "orders_db"]
    assert "app.py:7" in found.lines("store", "SqliteSaver")


def test_a_model_in_the_process_is_no_outside_system(tmp_path: Path) -> None:
    found = draw(tmp_path, {"app.py": SAVED})
    assert any("bge" in m for m in found.ids("model"))
    assert found.ids("integration") == ["openai"]


OFFERED = """
from openai import OpenAI
TOOLS = [{'type': 'function', 'name': 'goto', 'description': 'Opens a page.', 'parameters': {}}]
def goto(url):
    return url
class Agent:
    def __init__(self, tools: list[dict] = []):
        self.tools = tools
    def run(self, items):
        while True:
            response = OpenAI().responses.create(model='gpt-4o', input=items, tools=self.tools)
            items += response.output
            for item in response.output:
                if item.type == 'function_call':
                    items.append({'type': 'function_call_output', 'output': globals()[item.name](**item.arguments)})
            if not any(i.type == 'function_call' for i in response.output):
                return items
%s
"""


@pytest.mark.parametrize(("made", "tools"), [("Agent(tools=TOOLS).run([])", ["goto"]), ("Agent().run([])", []), ("other(tools=TOOLS)", [])])
def test_tools_are_those_that_an_agent_is_made_with(tmp_path: Path, made: str, tools: list[str]) -> None:
    assert draw(tmp_path, {"app.py": OFFERED % made}).ids("action") == tools
