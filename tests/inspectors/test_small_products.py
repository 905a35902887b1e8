"""Idioms of small products (mail and support bots, coding agents, slack bots): what must not match first."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditkit.sources.inspection.commands import command_effect, fixed_program
from auditkit.sources.inspection.models import vendor_of
from auditkit.syntax.python.values import Const, Many
from tests.inspectors.drawing import draw

# Tools of raw loops --------------------------------------------------------------------------------------------------------------

FOUND_TOOLS = {
    "tools/base.py": 'class BaseTool:\n    def execute(self, **given) -> str:\n        """Does it."""\n',
    "tools/filewritertool.py": '''
from tools.base import BaseTool

class FileWriterTool(BaseTool):
    name = "filewritertool"
    description = "Writes a file"
    input_schema = {"type": "object"}

    def execute(self, **given) -> str:
        with open(given["path"], "w") as f:
            f.write(given["text"])
        return "done"
''',
    "tools/weathertool.py": '''
import requests
from tools.base import BaseTool

class WeatherTool(BaseTool):
    name = "weathertool"
    description = "Looks the weather up"
    input_schema = {"type": "object"}

    def execute(self, **given) -> str:
        return requests.get("https://api.weather.example.com/now").text
''',
    "tools/settings.py": '''
from tools.base import BaseTool

class Plain:
    name = "plain"
    description = "No tool: nothing says what it takes"

    def execute(self, **given) -> str:
        return ""
''',
    "app.py": '''
import importlib
import inspect
import pkgutil
import anthropic
from tools.base import BaseTool

class Assistant:
    def __init__(self):
        self.client = anthropic.Anthropic()
        self.history = []
        self.tools = self._load()

    def _load(self):
        tools = []
        for info in pkgutil.iter_modules(["tools"]):
            module = importlib.import_module(f"tools.{info.name}")
            for _, found in inspect.getmembers(module):
                if inspect.isclass(found) and issubclass(found, BaseTool) and found != BaseTool:
                    tool = found()
                    tools.append({"name": tool.name, "description": tool.description, "input_schema": tool.input_schema})
        return tools

    def _execute_tool(self, use):
        return importlib.import_module(f"tools.{use.name}")

    def answer(self):
        response = self.client.messages.create(model="claude-3-5-sonnet-20241022", max_tokens=9, tools=self.tools,
                                               messages=self.history)
        if response.stop_reason == "tool_use":
            for block in response.content:
                self.history.append(self._execute_tool(block))
            return self.answer()
        return response

Assistant().answer()
''',
}


def test_tools_that_are_found_by_the_class_they_derive_from(tmp_path: Path) -> None:
    drawn = draw(tmp_path, FOUND_TOOLS)
    assert sorted(drawn.ids("action")) == ["filewritertool", "weathertool"]
    assert drawn.fact("action", "filewritertool", "effect") == "write"      # by its class: the name is one word
    assert drawn.fact("action", "weathertool", "consequential") is False
    assert "tools/weathertool.py:11" in drawn.lines("integration", "example")   # its code is not dead
    assert drawn.lines("store", "history") == ["app.py:11"]


def test_a_function_that_is_its_own_loop_is_told_by_where_it_calls_itself(tmp_path: Path) -> None:
    drawn = draw(tmp_path, FOUND_TOOLS)
    lines = {f.receipt.line for f in drawn.stack.facts if f.key == "loop.bound"}
    assert lines == {27, 33}


ONE_TOOL = '''
import json
import httpx
from openai import OpenAI

client = OpenAI()
WAREHOUSE_HOST = "".join(parts)

def get_tool_calls():
    return [{"type": "function", "function": {"name": "execute_query", "parameters": {"type": "object"}}}]

def run_sql(sql):
    %s
    return httpx.post(f"{WAREHOUSE_HOST}/api/statements", json={"statement": sql}, timeout=60).text

def answer(question):
    messages = [{"role": "user", "content": question}]
    for _ in range(10):
        response = client.chat.completions.create(model="gpt-4o-2024-08-06", messages=messages, tools=get_tool_calls())
        said = response.choices[0].message
        if not said.tool_calls:
            return said.content
        for tool_call in said.tool_calls:
            args = json.loads(tool_call.function.arguments)
            sql = args.get("sql", "")
            messages.append({"role": "tool", "content": run_sql(sql)})

answer("how many")
'''


@pytest.mark.parametrize(("guard", "effect"), [
    ("pass", "write"),
    ('if sql.upper().startswith("SELECT"):\n        log(sql)', "write"),                         # turns nothing away
    ('if not sql.upper().startswith("SELECT"):\n        return other(sql)', "write"),            # others are run as well
    ('if not sql.upper().startswith(("SELECT", "DELETE")):\n        return "no"', "write"),
    ('if not sql.strip().upper().startswith(("SELECT", "WITH")):\n        return "only reading"', "read"),
    ('if not re.match(r"^\\s*select\\b", sql):\n        raise ValueError(sql)', "read"),
    ('words = ["INSERT", "UPDATE", "DELETE", "DROP"]\n    if any(w in sql.upper() for w in words):\n        return f"not {sql}"',
     "read"),
])
def test_sql_of_which_code_lets_only_reading_through(tmp_path: Path, guard: str, effect: str) -> None:
    drawn = draw(tmp_path, {"app.py": ONE_TOOL % guard})
    assert drawn.ids("action") == ["execute_query"]         # the only tool is carried out by what the loop calls
    assert drawn.fact("action", "execute_query", "effect") == effect
    assert drawn.fact("action", "execute_query", "consequential") is (effect == "write")


def test_what_carries_a_tool_out_is_not_what_lists_the_tools(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": ONE_TOOL % "pass"})
    assert drawn.lines("step", "tool_run") == ["app.py:26"]
    assert drawn.ids("integration") == ["openai", "warehouse"]      # the host by the constant that holds it


BRANCHES = '''
from openai import OpenAI
import smtplib

client = OpenAI()
TOOLS = [{"type": "function", "function": {"name": n, "description": d, "parameters": {}}} for n, d in ()] + [
    {"type": "function", "function": {"name": "notify", "description": "Tells somebody", "parameters": {}}},
    {"type": "function", "function": {"name": "other", "description": "Calculates", "parameters": {}}}]

def deliver(to, text):
    smtplib.SMTP("mail").sendmail("me", to, text)

def ask(messages):
    while True:
        said = client.chat.completions.create(model="gpt-4o", messages=messages, tools=TOOLS).choices[0].message
        if not said.tool_calls:
            return said
        for call in said.tool_calls:
            if call.function.name == "notify":
                result = deliver(**call.function.arguments)
            elif said.role == "other":
                result = deliver("a", "b")
            messages.append(result)

ask([])
'''


def test_a_tool_is_what_the_branch_of_its_name_calls(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": BRANCHES})
    assert drawn.fact("action", "notify", "effect") == "message"
    assert drawn.lines("action", "notify")[0] == "app.py:10"
    assert drawn.fact("action", "other", "effect") != "message"     # a role is no tool's name


# Models --------------------------------------------------------------------------------------------------------------------------

MADE = '''
from smolagents import CodeAgent, OpenAIServerModel

class Chat:
    def __init__(self, model: str):
        self.model: str = model

    def start(self):
        return CodeAgent(tools=[], model=OpenAIServerModel(model_id=self.model))
'''


def test_a_model_that_nobody_names_is_not_named(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"ui.py": MADE + "\nChat(pick()).start()\n"})
    assert drawn.ids("model") == []
    assert drawn.lines("integration", "openai") == ["ui.py:9"]      # the class says whose service it is


def test_a_model_is_named_by_who_makes_the_object(tmp_path: Path) -> None:
    main = 'import os\nfrom ui import Chat\n\nname = os.getenv("MODEL", "gpt-4o-mini")\nChat(name).start()\n'
    drawn = draw(tmp_path, {"ui.py": MADE, "main.py": main})
    assert drawn.lines("model", "gpt_4o_mini") == ["main.py:4"]


@pytest.mark.parametrize(("name", "vendor"), [
    ("text-embedding-3-small", "openai"), ("text-embedding-ada-002", "openai"), ("models/text-embedding-004", "google"),
    ("embedding-001", "google"),
])
def test_whose_embedding_it_is(name: str, vendor: str) -> None:
    assert vendor_of(name) == vendor


# Graphs --------------------------------------------------------------------------------------------------------------------------

MAIL = '''
from langgraph.graph import StateGraph, START, END
from pydantic_ai import Agent
from crewai import Crew

writer = Agent("openai:gpt-4o")
crew = Crew(agents=[], tasks=[])

def pick(state):
    return state

async def write(state):
    return {"text": (await writer.run(state["mail"])).output, "trials": state["trials"] + 1}

def gather(state):
    return {"notes": crew.kickoff()}

def check(state):
    if state["good"]:
        return "next"
    if state["trials"] >= 3:
        return "next"
    return "again"

def more(state):
    return "write" if state["mails"] else "end"

builder = StateGraph(dict)
builder.add_node("pick", pick)
builder.add_node("gather", gather)
builder.add_node("write", write)
builder.add_edge(START, "gather")
builder.add_edge("gather", "pick")
builder.add_conditional_edges("pick", more, {"write": "write", "skip": "pick", "end": END})
builder.add_conditional_edges("write", check, {"next": "pick", "again": "write"})
graph = builder.compile()
graph.invoke({}, {"recursion_limit": 80})
'''


def test_a_counter_bounds_its_own_cycle_and_not_the_one_around_it(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": MAIL})
    name = next(n for n in drawn.stacks if "pick" in drawn.ids("step", n))
    assert drawn.fact("step", "write", "loop.max_iterations", name) == 3
    assert drawn.fact("step", "pick", "loop.max_iterations", name) == 80


def test_who_decides_in_a_node_that_runs_an_agent(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": MAIL})
    name = next(n for n in drawn.stacks if "pick" in drawn.ids("step", n))
    assert drawn.fact("step", "gather", "decider", name) == "code"          # a crew is a workflow of its own
    assert drawn.fact("step", "write", "decider", name) == "model"


def test_a_list_that_is_made_ready_from_the_state_is_no_store(tmp_path: Path) -> None:
    source = '''
from pydantic_ai import Agent

agent = Agent("openai:gpt-4o")

async def once(state):
    history = []
    for row in state["rows"]:
        history.extend(row)
    return await agent.run(state["input"], message_history=history)

async def chat():
    kept = []
    while True:
        result = await agent.run(input("> "), message_history=kept)
        kept = result.all_messages()
'''
    assert draw(tmp_path, {"app.py": source}).ids("store") == ["kept"]


# What is known, what is kept -----------------------------------------------------------------------------------------------------

INDEX = '''
from langchain_community.document_loaders import TextLoader, WebBaseLoader
from langchain_chroma import Chroma
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langchain_core.runnables import RunnablePassthrough
from langchain_core.prompts import ChatPromptTemplate

docs = %s.load()
store = Chroma.from_documents(docs, OpenAIEmbeddings(model="text-embedding-3-small"), persist_directory="db")
chain = {"context": store.as_retriever()} | ChatPromptTemplate.from_template("{context}") | ChatOpenAI(model="gpt-4o")
chain.invoke("question")
'''


def test_a_loader_of_files_reads_no_web_pages(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": INDEX % 'TextLoader("./data/agency.txt")'})
    assert "web_pages" not in drawn.ids("integration")
    assert drawn.ids("knowledge") == ["chroma_index"]
    assert "app.py:8" in drawn.lines("knowledge", "chroma_index")       # what it holds is read there
    pages = draw(tmp_path / "web", {"app.py": INDEX % 'WebBaseLoader("https://example.com")'})
    assert "web_pages" in pages.ids("integration")


CREW = '''
import json
from crewai import Agent, Crew, Task, LLM
from crewai.project import CrewBase, agent, before_kickoff, crew, task
from crewai_tools import FileReadTool

@CrewBase
class Mail:
    @before_kickoff
    def fetch(self, inputs):
        %s
        return inputs

    def again(self):
        with open("out/mails.json") as f:
            return json.load(f)

    @agent
    def reader(self) -> Agent:
        return Agent(role="r", goal="g", backstory="b", tools=[FileReadTool(%s)], llm=LLM(model="openai/gpt-4o"))

    @task
    def read(self) -> Task:
        return Task(description="d", expected_output="e", agent=self.reader())

    @crew
    def crew(self) -> Crew:
        return Crew(agents=self.agents, tasks=self.tasks)

Mail().again()
'''


def test_a_hook_that_only_passes_on_is_no_step(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": CREW % ("print(inputs)", "")})
    assert drawn.ids("step") == ["read"]


def test_a_hook_that_fetches_is_the_first_step_and_its_file_is_no_knowledge(tmp_path: Path) -> None:
    writes = 'with open("out/mails.json", "w") as f:\n            json.dump([], f)'
    drawn = draw(tmp_path, {"app.py": CREW % (writes, "")})
    assert drawn.ids("step") == ["fetch", "read"]
    assert drawn.fact("step", "fetch", "decider") == "code"
    assert drawn.fact("step", "fetch", "next") == "read"
    assert drawn.ids("knowledge") == []         # its own file, and a tool that reads whatever it is told to
    named = draw(tmp_path / "named", {"app.py": CREW % ("print(inputs)", 'file_path="handbook.md"')})
    assert "FileReadTool_documents" in named.ids("knowledge")


KEPT = '''
from openai import OpenAI

client = OpenAI()
_module_cache = {}
DOCS_DIR = "docs"

class Bot:
    def __init__(self):
        self.conversations: dict[int, list] = {}
        self.options = {}
        self.sessions = {}

    def ask(self, user, text):
        self.conversations.setdefault(user, []).append(text)
        self.options["a"] = 1
        _module_cache["a"] = 1
        return client.chat.completions.create(model="gpt-4o", messages=self.conversations[user])

def known():
    import os
    return [open(os.path.join(DOCS_DIR, name)).read() for name in os.listdir(DOCS_DIR)] + os.listdir("build")

Bot().ask(1, known())
'''


def test_what_an_object_keeps_for_its_users(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": KEPT})
    assert drawn.ids("store") == ["conversations"]      # options are settings, sessions are never filled, code is no state
    assert drawn.lines("store", "conversations") == ["app.py:10"]
    assert drawn.fact("store", "conversations", "durable") is False


def test_a_folder_of_documents_that_code_goes_through(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": KEPT})
    assert drawn.ids("knowledge") == ["docs_dir"]
    assert set(drawn.lines("knowledge", "docs_dir")) == {"app.py:6", "app.py:22"}


# Mail ----------------------------------------------------------------------------------------------------------------------------

IMAP = '''
import imaplib
from agents import Agent, Runner, function_tool

def box():
    return imaplib.IMAP4_SSL("imap.example.com")

@function_tool
def organize_email(uid: str, label: str) -> str:
    """Organizes an email."""
    box().store(uid, "+X-GM-LABELS", label)

@function_tool
def tidy_email(uid: str) -> str:
    """Tidies."""
    box().store(uid, "+FLAGS", "\\\\Deleted")

@function_tool
def save_email_draft(text: str) -> str:
    """Saves a draft."""
    box().append("Drafts", "", None, text)

agent = Agent(name="mail", model="gpt-4o", tools=[organize_email, tidy_email, save_email_draft])
Runner.run_sync(agent, "go")
'''


def test_labels_and_drafts_by_imap_can_be_taken_back(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": IMAP})
    told = {name: (drawn.fact("action", name, "effect"), drawn.fact("action", name, "consequential")) for name in drawn.ids("action")}
    assert told["tidy_email"][1] is True
    assert told["organize_email"] == ("write", False)
    assert told["save_email_draft"] == ("write", False)


# Errors, rules, commands ---------------------------------------------------------------------------------------------------------

WAYS = '''
import requests
from agents import Agent, Runner, function_tool

@function_tool
def look_up(query: str) -> str:
    """Looks something up."""
    for mirror in %s:
        try:
            found = requests.get(mirror, timeout=5)
            %s
        except Exception:
            continue
    return "no mirror answers"

agent = Agent(name="a", model="gpt-4o", tools=[look_up])
Runner.run_sync(agent, "go")
'''


@pytest.mark.parametrize(("ways", "good", "outcome"), [
    ("queries", "rows.append(found)", "swallow"),                   # each of them was wanted
    ('["https://a.example.com", "https://b.example.com"]', "rows.append(found)", "swallow"),
    ('["https://a.example.com", "https://b.example.com"]', "return found.text", "raise"),
])
def test_an_error_of_one_way_of_several_is_not_swallowed(tmp_path: Path, ways: str, good: str, outcome: str) -> None:
    drawn = draw(tmp_path, {"app.py": WAYS % (ways, good)})
    assert drawn.fact("integration", drawn.ids("integration")[-1], "on_error") == outcome


SUPPORT = '''
from agents import Agent, Runner, function_tool

@function_tool
def refund(order: str, amount: float) -> str:
    """Refunds an order."""
    return "refunded"

agent = Agent(name="a", model="gpt-4o", tools=[refund], instructions="""You are a support agent.
%s
""")
Runner.run_sync(agent, "go")
'''


@pytest.mark.parametrize("sentence", [
    "Inform them they don't own the course, so no refund is needed.",
    "If the user asked for a refund only, do not hand off to the shop.",
    "Do not force a replacement if the user asked for a refund only.",
])
def test_a_sentence_that_only_speaks_of_a_case_is_no_rule(tmp_path: Path, sentence: str) -> None:
    assert draw(tmp_path, {"app.py": SUPPORT % sentence}).ids("guardrail") == []


@pytest.mark.parametrize("sentence", [
    "Never issue a refund of more than 100 dollars.",
    "If a refund exceeds 100 dollars, always ask a manager for approval.",
    "Do not pay out if the customer is not verified.",
    "Only after all of that, and if the user says yes, execute their order.",
])
def test_a_rule_about_money_is_a_rule(tmp_path: Path, sentence: str) -> None:
    assert len(draw(tmp_path, {"app.py": SUPPORT % sentence}).ids("guardrail")) == 1


def test_a_runner_in_front_of_a_program_only_finds_it() -> None:
    def command(*parts: str) -> Many:
        return Many(items=tuple(Const(value=p) for p in parts))

    assert command_effect(command("uv", "run", "deploy", "now")) == ""
    assert command_effect(command("uv", "run")) == ""
    assert command_effect(command("uv", "run", "ruff", "check")) == "read"
    assert not fixed_program(command("uv", "run", "python", "x.py"))
    assert fixed_program(command("npx", "prettier"))


PLUGINS = '''
import os
from openai import OpenAI

class Song:
    def get_spec(self):
        return [{"name": "play_song", "description": "Plays", "parameters": {}},
                {"name": "search_song", "description": "Searches", "parameters": {}}]

    def execute(self, name):
        return {}

class Plain:
    def get_spec(self):
        return [{"title": "no name", "description": "Nothing"}]

    def execute(self, name):
        return {}

class Helper:
    def __init__(self, config, plugins):
        self.client = OpenAI()
        self.config = config
        self.plugins = plugins
        self.conversations = {}

    def ask(self, chat, response, times=0):
        name = response.choices[0].message.function_call.name
        self.conversations[chat] = [*self.conversations.get(chat, []), self.plugins[name].execute(name)]
        response = self.client.chat.completions.create(
            model=self.config["model"], messages=self.conversations[chat], functions=[p.get_spec() for p in self.plugins],
            function_call="auto" if times < self.config["most_calls"] else %s)
        return self.ask(chat, response, times + 1)

settings = {"model": os.environ.get("MODEL", "gpt-4o"), "most_calls": 10, "voice": "tts-1"}
Helper(settings, [Song(), Plain()]).ask(1, None)
'''


def test_plugins_and_settings_of_a_chat_bot(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": PLUGINS % '"none"'})
    assert drawn.ids("model") == ["gpt_4o"]                     # by the dict that the object was made with
    assert drawn.ids("action") == ["play_song", "search_song"]  # one class that stands for two tools
    assert drawn.lines("action", "search_song")[0] == "app.py:8"
    assert drawn.ids("store") == ["conversations"]              # and not the key under which one of them lies
    step = drawn.ids("step")[0]
    assert drawn.fact("step", step, "loop.bound") == "coded"    # from some turn on there are no tools
    endless = draw(tmp_path / "endless", {"app.py": PLUGINS % '"auto"'})
    assert endless.fact("step", step, "loop.bound") == "none"


ANSWERED = '''
import smtplib
import hubspot
from openai import OpenAI
from flask import Flask

app = Flask(__name__)
client = OpenAI()

class Answers:
    def answer(self, text):
        return client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": text}])

def leads():
    return hubspot.Client.create(access_token="").crm.contacts.basic_api.get_page(limit=9)

class Box:
    def reply(self, to, text):
        with smtplib.SMTP("mail.example.com") as smtp:
            smtp.sendmail("me", to, text)

    def unused(self, to):
        return to

@app.route("/ask")
def ask():
    return Answers().answer("page")

def run(box: Box):
    for lead in leads():
        box.reply(lead, Answers().answer("mail"))

run(Box())
'''


def test_mail_that_one_of_several_callers_sends(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": ANSWERED})
    assert drawn.ids("action") == ["reply"]         # a client is created, no contact
    assert drawn.fact("action", "reply", "effect") == "message"
    assert drawn.fact("action", "reply", "decided_by") == "code"


ENDPOINT = '''
from pydantic_ai import Agent
from supabase import create_client

agent = Agent("openai:gpt-4o")
db = create_client("url", "key")

def store_message(session, text):
    db.table("messages").insert({"session": session, "text": text}).execute()

def cancel_order(order):
    db.table("orders").delete().eq("id", order).execute()

async def endpoint(session, text):
    store_message(session, text)
    result = await agent.run(text)
    cancel_order(result.output)
    return result
'''


def test_keeping_what_was_said_is_no_step(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": ENDPOINT})
    assert "store_message" not in drawn.ids("step") + drawn.ids("action")
    assert "cancel_order" in drawn.ids("step")
