"""Outside systems in code: what is none comes first."""

from pathlib import Path

import pytest

from auditkit.sources.inspection import defaults
from auditkit.sources.inspectors._libraries import libraries
from tests.inspectors.drawing import Drawn, draw

AGENT = ("from openai import OpenAI\nfrom lib import act\nclient = OpenAI()\n"
         "def main():\n    r = client.chat.completions.create(model='gpt-4o', messages=[])\n    act(r)\nmain()\n")


def drawn(tmp_path: Path, lib: str) -> Drawn:
    """A small program that asks a model and acts through `lib`."""
    return draw(tmp_path, {"app.py": AGENT, "lib.py": lib})


@pytest.mark.parametrize("lib", [
    "def act(r):\n    open('log.txt', 'a').write(str(r))\n",
    "import sqlite3\ndef act(r):\n    sqlite3.connect('a.db').execute('INSERT INTO t VALUES (1)')\n",
    "import subprocess\ndef act(r):\n    subprocess.run(['git', 'status'])\n",
    "import requests\ndef act(r): ...\ndef never_called(r):\n    requests.get('https://api.trello.com/1')\n",
    "def act(r):\n    d = {}\n    d.get('a')\n",
    "import requests\ns = requests.Session()\ndef act(r): ...\n",
])
def test_what_is_no_outside_system(tmp_path: Path, lib: str) -> None:
    assert drawn(tmp_path, lib).ids("integration") == ["openai"]


def test_one_integration_for_all_calls_of_a_vendor(tmp_path: Path) -> None:
    found = drawn(tmp_path, "import requests\ndef act(r):\n    requests.get('https://api.trello.com/1/boards')\n"
                            "    requests.post('https://api.trello.com/1/cards', timeout=5)\n")
    assert sorted(found.ids("integration")) == ["openai", "trello"]
    assert found.fact("integration", "trello", "direction") == "both"
    assert found.fact("integration", "trello", "timeout") is False      # one of the two calls waits for ever
    assert found.lines("integration", "trello") == ["lib.py:3", "lib.py:4"]


@pytest.mark.parametrize(("call", "timeout", "seconds"), [
    ("requests.get('https://api.x.io', timeout=8)", True, 8.0),
    ("requests.get('https://api.x.io', timeout=None)", False, None),
    ("requests.get('https://api.x.io')", False, None),
    ("requests.get('https://api.x.io', **r)", None, None),
    ("httpx.get('https://api.x.io')", "default", None),
    ("httpx.Client(timeout=3).get('https://api.x.io')", True, 3.0),
])
def test_time_limits_of_calls_and_clients(tmp_path: Path, call: str, timeout: object, seconds: float | None) -> None:
    found = drawn(tmp_path, f"import requests, httpx\ndef act(r):\n    return {call}\n")
    assert found.fact("integration", "x", "timeout") == timeout
    assert found.fact("integration", "x", "timeout_s") == seconds


@pytest.mark.parametrize("body", [
    "async def act(r):\n    async with asyncio.timeout(5):\n        requests.get('https://api.x.io')\n",
    "def get():\n    return requests.get('https://api.x.io')\nasync def act(r):\n    await asyncio.wait_for(get(), 5)\n",
])
def test_time_limits_around_calls(tmp_path: Path, body: str) -> None:
    assert drawn(tmp_path, f"import asyncio, requests\n{body}").fact("integration", "x", "timeout") is True


def test_a_time_limit_that_is_kept_in_a_dict_elsewhere(tmp_path: Path) -> None:
    lib = ("import requests\nCONFIG = {'request_kwargs': {'timeout': 300}}\nclass Browser:\n    def __init__(self, request_kwargs=None):\n"
           "        self.request_kwargs = request_kwargs\n    def get(self, url):\n        kwargs = self.request_kwargs.copy()\n"
           "        return requests.get('https://api.x.io', **kwargs)\ndef act(r):\n    Browser(**CONFIG).get(r)\n")
    assert drawn(tmp_path, lib).fact("integration", "x", "timeout") is True


@pytest.mark.parametrize(("lib", "retry", "most"), [
    ("import requests\ndef act(r):\n    requests.get('https://api.x.io')\n", False, None),
    ("import requests, time\ndef act(r):\n    for attempt in range(3):\n        try:\n            return requests.get('https://api.x.io')\n"
     "        except Exception:\n            time.sleep(2 ** attempt)\n", True, 2),
    ("import requests\nfrom tenacity import retry, stop_after_attempt\n@retry(stop=stop_after_attempt(4))\n"
     "def act(r):\n    requests.get('https://api.x.io')\n", True, 3),
    ("import requests\ndef act(r):\n    for item in r:\n        requests.get('https://api.x.io')\n", False, None),
])
def test_repeats_around_calls(tmp_path: Path, lib: str, retry: bool, most: int | None) -> None:
    found = drawn(tmp_path, lib)
    assert found.fact("integration", "x", "retry") is retry
    assert found.fact("integration", "x", "retries.max") == most


def test_clients_of_models_each_at_their_constructor(tmp_path: Path) -> None:
    found = draw(tmp_path, {"app.py": (
        "from anthropic import Anthropic, AnthropicBedrock\ndef ask(local):\n"
        "    client = Anthropic(max_retries=4) if local else AnthropicBedrock()\n"
        "    return client.messages.create(model='claude-sonnet-4-20250514', max_tokens=9, messages=[])\nask(True)\n")})
    assert sorted(found.ids("integration")) == ["anthropic", "anthropic_bedrock"]
    assert found.fact("integration", "anthropic", "retry") is True
    assert found.fact("integration", "anthropic", "retries.max") == 4
    assert found.fact("integration", "anthropic_bedrock", "retry") == "default"


def test_the_service_names_the_vendor(tmp_path: Path) -> None:
    found = drawn(tmp_path, "import boto3\nfrom googleapiclient.discovery import build\ndef act(r):\n"
                            "    boto3.client('s3').put_object(Bucket='b', Key='k')\n"
                            "    build('gmail', 'v1').users().messages().send(userId='me', body={}).execute()\n")
    assert sorted(found.ids("integration")) == ["gmail", "openai", "s3"]
    assert found.fact("integration", "gmail", "direction") == "write"


@pytest.mark.parametrize(("key", "store"), [
    ("os.environ['SLACK']", "env"), ("os.getenv('SLACK')", "env"), ("'xoxb-your-token'", None), ("'EMPTY'", None),
    ("'xoxb-' + '1'", None), ("'xoxb-2048204820-aBcDeFgHiJkLmNoP'", "code")])
def test_where_a_credential_comes_from(tmp_path: Path, key: str, store: str | None) -> None:
    found = drawn(tmp_path, f"import os\nfrom slack_sdk import WebClient\ndef act(r):\n"
                            f"    WebClient(token={key}).chat_postMessage(channel='c', text='t')\n")
    assert found.fact("integration", "slack", "auth.secret_store") == store
    assert found.fact("integration", "slack", "auth.refresh") == ("none" if store == "code" else None)
    assert "aBcDeF" not in found.stack.model_dump_json()


def test_keys_that_make_a_second_write_harmless(tmp_path: Path) -> None:
    found = drawn(tmp_path, "import stripe\ndef act(r):\n    stripe.Refund.create(charge='c', idempotency_key='k')\n")
    assert found.fact("integration", "stripe", "idempotency") == "key"
    assert found.fact("integration", "stripe", "key_possible") is True


# Who limits a call that says nothing of time: what nobody knows comes first.

@pytest.mark.parametrize(("vendor", "lib"), [
    ("gmail", "def act(r, service):\n    service.users().messages().send(userId='me', body=r).execute()\n"),  # of no row
    ("resend", "import resend\ndef act(r):\n    resend.Emails.send(r)\n"),  # by version, and none is named
    ("mistral", "from mistralai import Mistral\ndef act(r):\n    Mistral(api_key='k').chat.complete(model='m', messages=r)\n"),
    ("snowflake", "import snowflake.connector\ndef act(r):\n    snowflake.connector.connect(user='u').cursor().execute(r)\n"),
    ("tavily", "from langchain_tavily import TavilySearch\nt = TavilySearch()\ndef act(r):\n    t.invoke(r)\n"),  # async it has one
    ("firecrawl", "from firecrawl import AsyncFirecrawlApp\nasync def act(r):\n    await AsyncFirecrawlApp(api_key='k').scrape_url(r)\n"),
])
def test_nothing_is_said_of_a_limit_that_nobody_knows(tmp_path: Path, vendor: str, lib: str) -> None:
    found = drawn(tmp_path, lib)
    assert vendor in found.ids("integration")
    assert found.all("integration", vendor, "timeout") == []


@pytest.mark.parametrize(("vendor", "lib"), [
    ("yfinance", "import yfinance\ndef act(r):\n    yfinance.download(r)\n"),
    ("outlook", "from exchangelib import Account\ndef act(r):\n    Account('a').inbox\n"),
    ("email", "import aiosmtplib\nasync def act(r):\n    await aiosmtplib.send(r, hostname='mail.x.io')\n"),
    ("tavily", "from tavily import TavilyClient\ndef act(r):\n    TavilyClient(api_key='k').search(r)\n"),
    ("plivo", "from plivo import RestClient\ndef act(r):\n    RestClient('a', 'b').messages.create(src='a', dst='b', text=r)\n"),
    ("x", "import niquests\ndef act(r):\n    niquests.get('https://api.x.io')\n"),
    ("clickhouse_connect", "import clickhouse_connect\ndef act(r):\n    clickhouse_connect.get_client(host='h').query(r)\n"),
    ("exa", "from exa_py import AsyncExa\nasync def act(r):\n    await AsyncExa('k').search_and_contents(r)\n"),
    ("twitter", "import tweepy\ndef act(r):\n    tweepy.API('t').update_status(r)\n"),
    ("linebot", "from linebot.v3.messaging import AsyncApiClient\nasync def act(r):\n    await AsyncApiClient().call_api(r)\n"),
    ("google_genai", "import google.generativeai as genai\ndef act(r):\n    genai.GenerativeModel('m').generate_content(r)\n"),
])
def test_a_library_with_a_limit_of_its_own(tmp_path: Path, vendor: str, lib: str) -> None:
    assert set(drawn(tmp_path, lib).all("integration", vendor, "timeout")) == {"default"}


@pytest.mark.parametrize(("vendor", "lib"), [
    ("wikipedia", "import wikipedia\ndef act(r):\n    wikipedia.summary(r)\n"),
    ("arxiv", "from arxiv import Client, Search\ndef act(r):\n    Client().results(Search(r))\n"),
    ("serpapi", "from serpapi import GoogleSearch\ndef act(r):\n    GoogleSearch({'q': r}).get_dict()\n"),
    ("serpapi", "import serpapi\ndef act(r):\n    serpapi.Client(api_key='k').search(q=r)\n"),
    ("twitter", "import tweepy\ndef act(r):\n    tweepy.Client('t').create_tweet(text=r)\n"),
    ("linebot", "from linebot.v3.messaging import ApiClient\ndef act(r):\n    ApiClient().call_api(r)\n"),
    ("postgres", "import psycopg\ndef act(r):\n    psycopg.connect('x').execute(r)\n"),  # connecting ends, a statement need not
    ("mysql", "import pymysql\ndef act(r):\n    pymysql.connect(host='h').cursor().execute('SELECT 1')\n"),
    ("web_pages", "from langchain_community.document_loaders import WebBaseLoader\ndef act(r):\n    WebBaseLoader(r).load()\n"),
])
def test_a_library_that_waits_for_ever(tmp_path: Path, vendor: str, lib: str) -> None:
    assert set(drawn(tmp_path, lib).all("integration", vendor, "timeout")) == {False}


@pytest.mark.parametrize(("lib", "arg"), [
    ("from hubspot import HubSpot\ndef act(r):\n    HubSpot(access_token='k').crm.contacts.basic_api.create(r{})\n", "_request_timeout=5"),
    ("import clickhouse_connect\ndef act(r):\n    clickhouse_connect.get_client(host='h'{}).query(r)\n", "send_receive_timeout=5"),
])
def test_a_limit_under_a_name_of_the_librarys_own(tmp_path: Path, lib: str, arg: str) -> None:
    vendor = "hubspot" if "hubspot" in lib else "clickhouse_connect"
    assert True not in drawn(tmp_path / "none", lib.format("")).all("integration", vendor, "timeout")
    assert True in drawn(tmp_path / "set", lib.format(f", {arg}")).all("integration", vendor, "timeout")


@pytest.mark.parametrize(("pinned", "timeout"), [("2.10.0", False), ("2.11.0", "default")])
def test_a_limit_that_came_with_a_version(tmp_path: Path, pinned: str, timeout: object) -> None:
    found = draw(tmp_path, {"app.py": AGENT, "lib.py": "import resend\ndef act(r):\n    resend.Emails.send(r)\n",
                            "requirements.txt": f"resend=={pinned}\nopenai\n"})
    assert found.fact("integration", "resend", "timeout") == timeout


def test_the_table_of_libraries_is_whole() -> None:
    rows = {id(library): library for library in libraries().values()}.values()
    assert sum(len(library.names) for library in rows) == len(libraries())  # no name stands in two rows
    for library in rows:
        assert library.timeout in (True, False, "default", None)
        assert library.retry in (True, False, "default", None)
        assert not library.note or library.timeout is not None or library.retry is not None


@pytest.mark.parametrize("name", sorted(libraries()))
def test_the_table_of_libraries_and_that_of_defaults_agree(name: str) -> None:
    library = libraries()[name]
    root = "google_genai" if name.startswith("google.genai") else name.partition(".")[0]
    known = defaults.default(f"{root}.timeout", None) if f"{root}.timeout" in defaults.table() else None
    if known is not None and known.given is not None and not library.of_class and library.timeout is not None:
        assert library.timeout == ("default" if known.given else False)
