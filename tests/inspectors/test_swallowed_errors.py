"""What becomes of errors. What is fine comes first."""

from pathlib import Path

import pytest

from tests.inspectors.drawing import Drawn, draw

APP = ("from langgraph.graph import StateGraph\nfrom lib import act\ndef node(state):\n    act('x')\n    return {'said': 'done'}\n"
       "g = StateGraph(dict)\ng.add_node('node', node)\ng.set_entry_point('node')\napp = g.compile()\n")


def drawn(tmp_path: Path, lib: str) -> Drawn:
    """A graph with one node that acts through `lib`."""
    return draw(tmp_path, {"app.py": APP, "lib.py": f"import requests\n{lib}"})


def handler(body: str, kind: str = "Exception as e") -> str:
    """A function that calls out under a handler."""
    return f"def act(t):\n    try:\n        return requests.post('https://api.x.io', json=t)\n    except {kind}:\n        {body}\n"


@pytest.mark.parametrize(("lib", "outcome"), [
    ("try:\n    import fast\nexcept ImportError:\n    fast = None\ndef act(t):\n    requests.post('https://api.x.io')\n", "raise"),
    (handler("raise RuntimeError('no') from e"), "raise"),
    (handler("return f'Error: {e}'"), "typed"),
    (handler("return {'status': 'error'}"), "typed"),
    (handler("return []"), "default_value"),
    (handler("return False"), "default_value"),
    (handler("return 'ok'"), "default_value"),
    (handler("pass"), "swallow"),
    (handler("print('it failed', e)"), "swallow"),
    ("import contextlib\ndef act(t):\n    with contextlib.suppress(Exception):\n        requests.post('https://api.x.io')\n", "swallow"),
])
def test_what_an_error_becomes(tmp_path: Path, lib: str, outcome: str) -> None:
    assert drawn(tmp_path, lib).fact("integration", "x", "on_error") == outcome


def test_a_failure_that_nobody_reads(tmp_path: Path) -> None:
    assert drawn(tmp_path, handler("return False")).fact("step", "node", "validation.on_fail") == "ignore"
    assert drawn(tmp_path, handler("return f'Error: {e}'")).fact("step", "node", "validation.on_fail") is None


def test_a_handler_further_up_counts(tmp_path: Path) -> None:
    lib = ("def send(t):\n    requests.post('https://api.x.io', json=t)\ndef act(t):\n    try:\n        send(t)\n    except Exception:\n"
           "        return None\n")
    assert drawn(tmp_path, lib).fact("integration", "x", "on_error") == "default_value"
