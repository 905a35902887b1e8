"""Agents on a model's own client. What is no agent loop comes first."""

from pathlib import Path

import pytest

from tests.inspectors.drawing import draw

HEAD = "from openai import OpenAI\nclient = OpenAI()\n"
ASK = "client.chat.completions.create(model='gpt-4o-2024-08-06', messages=messages"


@pytest.mark.parametrize("body", [
    # a chat with a person, a walk over a list, another try, a page at a time, waiting for an answer
    f"def main():\n    messages = []\n    while True:\n        messages.append(input('> '))\n        r = {ASK})\n        messages.append(r)\nmain()\n",
    f"def main(items):\n    for messages in items:\n        r = {ASK})\nmain([])\n",
    f"import time\ndef main(messages):\n    for attempt in range(3):\n        try:\n            return {ASK})\n        except Exception:\n"
    "            time.sleep(1)\nmain([])\n",
    f"def main(messages):\n    token = ''\n    while True:\n        token = page(token)\n        if not token:\n            break\n    return {ASK})\nmain([])\n",
])
def test_loops_that_are_no_agent_loops(tmp_path: Path, body: str) -> None:
    found = draw(tmp_path, {"app.py": HEAD + body})
    assert "agent_loop" not in [found.fact("step", i, "kind") for i in found.ids("step")]
    assert all(found.fact("step", i, "loop.bound") is None for i in found.ids("step"))


def test_code_of_a_framework_is_left_to_it(tmp_path: Path) -> None:
    source = (HEAD + "from langgraph.graph import StateGraph\n" + f"def node(state):\n    messages = state\n    return {ASK})\n"
              "g = StateGraph(dict)\ng.add_node('node', node)\ng.set_entry_point('node')\napp = g.compile()\n")
    found = draw(tmp_path, {"app.py": source})
    assert found.ids("step") == ["node"]
    assert found.ids("model") == ["gpt_4o_2024_08_06"]


LOOP = HEAD + """
def get_weather(city):
    return 'sunny'

def send_email(to, text):
    import smtplib
    smtplib.SMTP('h').sendmail('a', to, text)

TOOLS = [{'type': 'function', 'function': {'name': 'get_weather', 'description': 'x', 'parameters': {}}},
         {'type': 'function', 'function': {'name': 'send_email', 'description': 'y', 'parameters': {}}}]
FUNCTIONS = {'get_weather': get_weather, 'send_email': send_email}

def run_agent(question, max_turns=5):
    messages = [{'role': 'user', 'content': question}]
    %s
        response = client.chat.completions.create(model='gpt-4o', messages=messages, tools=TOOLS)
        message = response.choices[0].message
        messages.append(message)
        if not message.tool_calls:
            return message.content
        for call in message.tool_calls:
            result = FUNCTIONS[call.function.name](**json.loads(call.function.arguments))
            messages.append({'role': 'tool', 'content': result})

run_agent('hi')
"""


@pytest.mark.parametrize(("head", "bound", "most"), [
    ("while True:", "none", None), ("for _ in range(7):", "coded", 7), ("for _ in range(max_turns):", "coded", 5),
    ("while len(messages) < max_turns:", "coded", 5), ("turns = 0\n    while turns < 4:\n        turns += 1", "coded", 4),
    ("turns = 0\n    while True:\n        turns += 1\n        if turns > 9:\n            break", "coded", 9)])
def test_a_loop_with_its_bound_its_question_and_its_tools(tmp_path: Path, head: str, bound: str, most: int | None) -> None:
    found = draw(tmp_path, {"app.py": LOOP % head})
    assert found.ids("step") == ["run_agent", "llm_call", "tool_run"]
    assert found.fact("step", "run_agent", "kind") == "agent_loop"
    assert found.fact("step", "run_agent", "loop.bound") == bound
    assert found.fact("step", "run_agent", "loop.max_iterations") == most
    assert found.fact("step", "tool_run", "decider") == "code"
    assert found.all("step", "llm_call", "next") == ["tool_run", "end"]
    assert found.fact("action", "send_email", "effect") == "message"
    assert found.fact("action", "send_email", "gate") == "none"
    assert found.fact("action", "get_weather", "consequential") is False
    assert found.fact("store", "messages", "durable") is False


def test_places_of_tools_are_their_functions_and_their_schemas(tmp_path: Path) -> None:
    found = draw(tmp_path, {"app.py": LOOP % "while True:"})
    assert found.lines("action", "send_email") == ["app.py:7", "app.py:12"]


def test_tool_classes_that_describe_themselves(tmp_path: Path) -> None:
    source = """
from anthropic import Anthropic
class Base:
    def to_params(self):
        return {'name': self.name}
class BashTool(Base):
    name = 'bash'
    def __call__(self, command):
        import subprocess
        return subprocess.run(command, shell=True)
class Unrelated:
    name = 'not_a_tool'
class Tools:
    def __init__(self, *tools):
        self.tools = tools
    def to_params(self):
        return [t.to_params() for t in self.tools]
    def run(self, name, tool_input):
        return self.tools[0](**tool_input)
def loop(messages):
    tools = Tools(BashTool())
    client = Anthropic()
    while True:
        r = client.messages.create(model='claude-sonnet-4-20250514', max_tokens=9, messages=messages, tools=tools.to_params())
        results = []
        for block in r.content:
            if block.type == 'tool_use':
                results.append(tools.run(name=block.name, tool_input=block.input))
        if not results:
            return messages
        messages.append({'role': 'user', 'content': results})
loop([])
"""
    found = draw(tmp_path, {"app.py": source})
    assert found.ids("action") == ["bash"]
    assert found.lines("action", "bash")[0] == "app.py:7"
    assert found.fact("action", "bash", "effect") == "execute"
    assert found.fact("step", "loop", "loop.bound") == "none"


def test_tools_that_the_vendor_defines(tmp_path: Path) -> None:
    source = ("import anthropic\nc = anthropic.Anthropic()\nr = c.messages.create(model='claude-sonnet-4-20250514', max_tokens=9, messages=[],\n"
              "    tools=[{'type': 'bash_20250124', 'name': 'bash'}, {'type': 'web_search_20250305', 'name': 'web_search'}])\n")
    found = draw(tmp_path, {"app.py": source})
    assert found.fact("action", "bash", "effect") == "execute"
    assert found.fact("action", "web_search", "consequential") is False


def test_a_function_that_calls_itself_is_a_loop(tmp_path: Path) -> None:
    source = HEAD + ("def turn(messages):\n    r = client.chat.completions.create(model='gpt-4o', messages=messages, tools=[])\n"
                     "    if r.tool_calls:\n        messages.append(run_tool(r.tool_calls))\n        return turn(messages)\n    return r\nturn([])\n")
    found = draw(tmp_path, {"app.py": source})
    assert found.fact("step", "turn", "kind") == "agent_loop"
    assert found.fact("step", "turn", "loop.bound") == "none"


def test_a_pipeline_has_a_step_for_each_question_in_order(tmp_path: Path) -> None:
    source = HEAD + """
def ask(prompt):
    return client.chat.completions.create(model='gpt-4o', messages=[{'role': 'user', 'content': prompt}])
def write(topic):
    return ask('write ' + topic)
def outline(topic):
    return ask('outline ' + topic)
def check(text):
    return ask('check ' + text)
def main():
    o = outline('x')
    t = write(o)
    return check(t)
main()
"""
    found = draw(tmp_path, {"app.py": source})
    assert found.ids("step") == ["outline", "check", "write"] or sorted(found.ids("step")) == ["check", "outline", "write"]
    assert found.fact("step", "outline", "next") == "write"
    assert found.fact("step", "write", "next") == "check"
    assert found.fact("step", "check", "next") == "end"


def test_a_model_that_is_named_elsewhere(tmp_path: Path) -> None:
    source = ("import anthropic\nDEFAULT_MODELS = {'a': 'claude-sonnet-4-20250514'}\nSETTINGS = {'claude-3-7-sonnet-latest': 1}\n"
              "def ask(model):\n    return anthropic.Anthropic().messages.create(model=model, max_tokens=1, messages=[])\nask(pick())\n")
    found = draw(tmp_path, {"app.py": source})
    assert found.ids("model") == ["claude_sonnet_4_20250514"]


def test_what_only_looks_like_a_question_to_a_model_is_none(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": (
        "import openai\n"
        "from somewhere import memory, counter, session\n"
        "def keep(text):\n"
        "    memory.add(messages=[{'role': 'user', 'content': text}])\n"
        "    counter.count_tokens(messages=[{'role': 'user', 'content': text}])\n"
        "    session.generate(messages=['a', 'b'])\n"
        "    session.chat(messages=text)\n"
        "    return session.render(messages=[{'role': 'user', 'content': text}])\n"
        "print(keep('hello'))\n")})
    assert drawn.ids("step") == []


def test_an_unknown_client_that_is_handed_a_conversation_is_a_model(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": (
        "import openai\n"
        "from company.llm import make_client\n"
        "client = make_client()\n"
        "def answer(text):\n"
        "    talk = [{'role': 'system', 'content': 'Be kind.'}]\n"
        "    talk.append({'role': 'user', 'content': text})\n"
        "    return client.create_chat_completion(model='gpt-4o-2024-08-06', messages=talk)\n"
        "print(answer('hello'))\n")})
    assert drawn.ids("step") == ["answer"]
    assert drawn.fact("step", "answer", "decider") == "model"
    assert drawn.ids("model") == ["gpt_4o_2024_08_06"]
    step = next(f for f in drawn.stack.facts if (f.kind, f.key) == ("step", "decider"))
    assert step.receipt.how == "resolved"
    assert "not known" in (step.receipt.note or "")


PROVIDERS = """
from openai import OpenAI
class Provider:
    def __init__(self, model):
        self.model = model
        self.client = self.make_client()
    def completion(self, messages, **more):
        return self.client.create(messages=messages, model=self.model, **more)
class OpenAIProvider(Provider):
    def make_client(self):
        return OpenAI().chat.completions
    def call(self, messages, tools=None):
        found = self.completion(messages, tools=self.schemas(tools))
        return found.choices[0].message.content, found.choices[0].message.tool_calls
    def schemas(self, table):
        return [{'type': 'function', 'function': {'name': n, **t}} for n, t in table.items()]
class Unused(OpenAIProvider):
    def call(self, messages, tools=None):
        return super().call(messages, tools)
"""
DESKTOP = """
from providers import OpenAIProvider
eyes, hands = OpenAIProvider('gpt-4o-mini'), OpenAIProvider('gpt-4o')
TOOLS = {'stop': {'description': 'The task is done.', 'params': {}}}

def other(f):
    return f

def timed(f):
    CALLS[f.__name__] = 0
    return None

class Desktop:
    def __init__(self, box):
        self.box = box
        self.messages = []

    def tool(description, params):
        def enter(f):
            TOOLS[f.__name__] = {'description': description, 'params': params}
            return f
        return enter

    @tool(description='Runs a command in the shell.', params={'command': 'x'})
    def run_command(self, command):
        return self.box.run(command)

    @tool(description='Reads the screen.', params={})
    def read_screen(self):
        return self.box.read()

    @other
    def helper(self):
        pass

    @timed
    def delete_everything(self):
        pass

    def run(self, task):
        going = True
        while going:
            seen, _ = eyes.call([*self.messages, {'role': 'user', 'content': 'What is there?'}])
            text, calls = hands.call([*self.messages, {'role': 'user', 'content': seen}], TOOLS)
            going = False
            for call in calls:
                going = call['name'] != 'stop'
                result = getattr(self, call['name'])(**call['parameters'])
                self.messages.append({'role': 'user', 'content': result})

class Window:
    def stop(self):
        import shutil
        shutil.rmtree('/')

Desktop(Window()).run('x')
"""


def test_tools_that_a_decorator_enters_into_a_table_and_a_client_behind_classes(tmp_path: Path) -> None:
    found = draw(tmp_path, {"providers.py": PROVIDERS, "app.py": DESKTOP})
    assert sorted(found.ids("action")) == ["read_screen", "run_command", "stop"]
    assert found.lines("action", "stop") == ["app.py:4"]       # no method of that name of a class that has nothing to do with it
    assert found.fact("action", "run_command", "consequential") is True
    assert found.fact("action", "stop", "consequential") is False
    assert found.lines("store", "messages") == ["app.py:16"]
    assert found.lines("step", "llm_call")[:1] == ["app.py:43"]
    assert "app.py:44" in found.lines("step", "llm_call")
    assert found.fact("step", "Desktop_run", "loop.bound") == "none"
    assert sorted(found.ids("model")) == ["gpt_4o", "gpt_4o_mini"]


def test_a_class_that_only_serves_to_derive_one_that_nobody_makes_is_no_workflow(tmp_path: Path) -> None:
    found = draw(tmp_path, {"providers.py": PROVIDERS, "app.py": DESKTOP})
    assert not any("Unused" in s for s in found.ids("step"))


INTERFACES = {
    "faces.py": "from typing import Protocol\nclass Model(Protocol):\n    def query(self, messages): ...\n"
                "class Box(Protocol):\n    def execute(self, action): ...\n",
    "models.py": (
        "from openai import OpenAI\nclient = OpenAI()\nBASH = {'type': 'function', 'function': {'name': 'bash'}}\n"
        "class Plain:\n    def _query(self, messages):\n"
        "        return client.chat.completions.create(model='gpt-4o', messages=messages, tools=[BASH])\n"
        "    def query(self, messages):\n        return self._query(messages)\n"
        "class Text(Plain):\n    def _query(self, messages):\n"
        "        return client.chat.completions.create(model='gpt-4o', messages=messages)\n"),
    "boxes.py": "import subprocess\nclass Local:\n    def execute(self, action):\n"
                "        return subprocess.run(action, shell=True, timeout=30)\n",
    "agent.py": (
        "from faces import Model, Box\nfrom models import Plain, Text\nfrom boxes import Local\n"
        "class Agent:\n    def __init__(self, model: Model, box: Box, limit=30):\n"
        "        self.model, self.box, self.limit, self.n_calls, self.messages = model, box, limit, 0, []\n"
        "    def run(self, task):\n        self.messages.append(task)\n        while True:\n            self.step()\n"
        "            self.messages.append('next')\n            if self.messages[-1] == 'exit':\n                break\n"
        "    def step(self):\n        return self.execute_actions(self.query())\n"
        "    def query(self):\n        if 0 < self.limit <= self.n_calls:\n            raise RuntimeError('limit')\n"
        "        self.n_calls += 1\n        return self.model.query(self.messages)\n"
        "    def execute_actions(self, message):\n        return [self.box.execute(a) for a in message.tool_calls]\n"
        "def main(text):\n    Agent(Text() if text else Plain(), Local()).run('x')\n"),
}


def test_an_agent_that_knows_its_model_by_an_interface_is_one_workflow_with_its_loop(tmp_path: Path) -> None:
    found = draw(tmp_path, INTERFACES)
    assert len(found.stacks) == 1
    loop = next(i for i in found.ids("step") if found.fact("step", i, "kind") == "agent_loop")
    assert "agent.py:9" in found.lines("step", loop)
    assert found.fact("step", loop, "loop.bound") == "coded"


def test_a_limit_that_only_returns_between_loop_and_model_bounds_nothing(tmp_path: Path) -> None:
    agent = INTERFACES["agent.py"].replace("raise RuntimeError('limit')", "return None")
    found = draw(tmp_path, {**INTERFACES, "agent.py": agent})
    loop = next(i for i in found.ids("step") if found.fact("step", i, "kind") == "agent_loop")
    assert found.fact("step", loop, "loop.bound") == "none"
