"""What library calls mean: namesakes first, then clients, chains and piped models."""

import pytest

from auditkit.sources.inspection.code import Code, meanings
from auditkit.syntax.python.program import Program
from auditkit.syntax.python.reading import read_module


def deeds(source: str) -> list[tuple[str, str, str]]:
    """Kind, effect and vendor of the deeds of a small module."""
    code = Code(Program([read_module("app.py", source)]))
    return [(d.kind, d.effect, d.vendor) for _, d in code.all]


@pytest.mark.parametrize("source", [
    "d = {}\nd.get('a')\n",
    "class Page:\n    def search(self): ...\nPage().search()\n",
    "def send(m): ...\nsend('x')\n",
    "import re\nre.compile('a').search('b')\n",
    "client.messages.create(to='+1', body='hi')\n",
    "model.eval()\n",
    "df.query('a > 1')\n",
])
def test_namesakes_mean_nothing(source: str) -> None:
    assert deeds(source) == []


def test_a_client_that_is_handed_in_is_known_by_its_arguments() -> None:
    assert deeds("def f(client):\n    return client.messages.create(model='m', max_tokens=1)\n") == [("model", "", "anthropic")]
    assert deeds("def f(client):\n    return client.chat.completions.create(model='m')\n") == [("model", "", "openai")]


def test_one_chain_two_vendors() -> None:
    assert deeds("from twilio.rest import Client\nClient().messages.create(body='x')\n") == [("message", "message", "twilio")]
    assert deeds("import anthropic\nanthropic.Anthropic().messages.create(model='m')\n") == [("model", "", "anthropic")]


def test_the_vendor_stands_in_the_constructor() -> None:
    assert deeds("import boto3\nboto3.client('s3').put_object(Bucket='b')\n") == [("cloud", "write", "s3")]
    assert deeds("import boto3\nc = boto3.client('bedrock-runtime')\nc.converse(modelId='m')\n") == [("model", "", "bedrock")]


def test_piped_models_and_models_by_their_name() -> None:
    source = ("from langchain_openai import ChatOpenAI\nfrom langchain_core.prompts import ChatPromptTemplate\n"
              "chain = ChatPromptTemplate.from_template('x') | ChatOpenAI(model='gpt-4o')\nchain.invoke({})\n")
    assert ("model", "", "") in deeds(source)
    assert deeds("def f(llm):\n    return llm.invoke('x')\n") == [("model", "", "")]
    assert deeds("def f(graph):\n    return graph.invoke('x')\n") == []


@pytest.mark.parametrize(("source", "effect"), [
    ("import requests\nrequests.request('DELETE', 'https://x.io')\n", "delete"),
    ("import requests\nrequests.post('https://x.io/oauth/token')\n", "read"),
    ("import requests\nrequests.post('https://x.io/cards')\n", "write"),
    ("from pathlib import Path\nPath('a').write_text('b')\n", "write"),
    ("open('a')\n", "read"),
    ("import psycopg2\npsycopg2.connect('').cursor().execute('UPDATE t SET a = 1')\n", "write"),
])
def test_effects_that_depend_on_arguments(source: str, effect: str) -> None:
    assert effect in [e for _, e, _ in deeds(source)]


def test_every_row_has_a_known_kind_and_effect() -> None:
    kinds = {m.kind for rows in meanings().values() for m in rows}
    effects = {m.effect for rows in meanings().values() for m in rows}
    assert kinds <= {"model", "human", "http", "database", "message", "money", "file", "execute", "search", "cloud", "mcp", "store",
                     "knowledge", "log", "agent", "browser", "queue", "auth", "api"}
    assert effects <= {"", "none", "read", "write", "message", "money", "delete", "deploy", "execute", "access", "legal"}
