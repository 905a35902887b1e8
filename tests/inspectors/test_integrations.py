"""Outside systems in code: what is none comes first."""

from pathlib import Path

import pytest

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
    assert "aBcDeF" not in found.stack.model_dump_json()


def test_keys_that_make_a_second_write_harmless(tmp_path: Path) -> None:
    found = drawn(tmp_path, "import stripe\ndef act(r):\n    stripe.Refund.create(charge='c', idempotency_key='k')\n")
    assert found.fact("integration", "stripe", "idempotency") == "key"
    assert found.fact("integration", "stripe", "key_possible") is True
