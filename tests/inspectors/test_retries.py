"""Repeats of model calls. Loops that are none come first."""

from pathlib import Path

import pytest

from tests.inspectors.drawing import Drawn, draw

CALL = "client.chat.completions.create(model='gpt-4o', messages=[])"


def drawn(tmp_path: Path, body: str) -> Drawn:
    """A program that asks a model once."""
    return draw(tmp_path, {"app.py": f"import time, tenacity, backoff, stamina\nfrom openai import OpenAI\nclient = OpenAI()\n{body}\nask()\n"})


@pytest.mark.parametrize("body", [
    f"def ask():\n    for _ in range(3):\n        {CALL}\n",
    f"def ask():\n    for item in [1]:\n        try:\n            {CALL}\n        except Exception:\n            continue\n",
    f"@cache\ndef ask():\n    {CALL}\n",
])
def test_what_is_no_repeat(tmp_path: Path, body: str) -> None:
    assert drawn(tmp_path, body).fact("integration", "openai", "retry") == "default"


@pytest.mark.parametrize(("body", "most", "backoff", "jitter"), [
    (f"@tenacity.retry(stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_random_exponential())\ndef ask():\n    {CALL}\n",
     2, "exponential", True),
    (f"@tenacity.retry\ndef ask():\n    {CALL}\n", None, "none", False),
    (f"@backoff.on_exception(backoff.expo, ValueError, max_tries=5)\ndef ask():\n    {CALL}\n", 4, "exponential", True),
    (f"@stamina.retry(on=ValueError, attempts=3)\ndef ask():\n    {CALL}\n", 2, "exponential", True),
    (f"def ask():\n    for attempt in range(4):\n        try:\n            return {CALL}\n        except Exception:\n            time.sleep(1)\n",
     3, "fixed", False),
])
def test_repeats(tmp_path: Path, body: str, most: int | None, backoff: str, jitter: bool) -> None:
    found = drawn(tmp_path, body)
    assert found.fact("integration", "openai", "retry") is True
    assert found.fact("integration", "openai", "retries.max") == most
    assert found.fact("integration", "openai", "retries.backoff") == backoff
    assert found.fact("integration", "openai", "retries.jitter") is jitter
    assert found.fact("step", "ask", "retries.max") == most
