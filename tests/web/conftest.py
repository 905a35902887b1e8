"""Sittings in every state, a client that speaks to the application without a socket, and a server for the browser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from auditkit import shipped
from auditkit.assessment import judge
from auditkit.checklist.load import load_checklist
from auditkit.model.facts import Fact, Stack
from auditkit.model.receipts import Inspected
from auditkit.sources.questionnaire.forms import load_forms
from auditkit.sources.questionnaire.keeping import Keeper
from auditkit.sources.questionnaire.questions import Judged
from auditkit.sources.questionnaire.sitting import Rules
from auditkit.web.app import create_app

ON = date(2026, 11, 20)
TOKEN = "a-token-for-tests"
PORT = 8765
HOME = f"http://127.0.0.1:{PORT}"
WAYS_OUT = "BRN-01"
"""The question of the reference: it has choices, it is of several steps, and it moves the numbers."""


@cache
def _checklist() -> Any:
    return load_checklist("reliability")


@cache
def _forms() -> Any:
    return load_forms(_checklist())


def make_rules(**more: Any) -> Rules:
    """How the sittings of these tests are held."""
    checklist = _checklist()
    return Rules(checklist, _forms(), lambda stack: Judged(*judge(stack, checklist, on=ON, live=True)), **more)


def voice_text() -> str:
    """The voice agent as it ships."""
    return (shipped.folder("sample_stacks") / "voice_agent.yaml").read_text(encoding="utf-8")


def open_text() -> str:
    """The voice agent before anybody said whether its steps have ways out."""
    return re.sub(r"\n    failure_branches:.*", "", voice_text())


def branching_text(steps: int = 6) -> str:
    """A workflow that branches and loops."""
    names = [f"step_{i}" for i in range(1, steps + 1)]
    ways = {0: [{"to": names[1], "share": 0.7}, {"to": names[3], "share": 0.3}], 2: [names[1], names[4]], 3: [names[4]],
            steps - 1: ["end"]}
    rows = []
    for i, name in enumerate(names):
        goes = ways.get(i, [names[i + 1]] if i + 1 < steps else ["end"])
        said = ", ".join(f"{{to: {w['to']}, share: {w['share']}}}" if isinstance(w, dict) else w for w in goes)
        rows.append(f"  - id: {name}\n    name: Step number {i + 1}\n    decider: model\n    success: .9\n    next: [{said}]\n")
    return "version: 1\nstack:\n  name: Branching\nsteps:\n" + "".join(rows)


def long_text(steps: int = 30) -> str:
    """Many steps with the longest names that there may be."""
    rows = "".join(f"  - id: step_{i}\n    name: {('Step ' + str(i) + ' with a name as long as a name may be ' + 'and longer ' * 9)[:118].strip()}\n"
                   f"    decider: model\n" for i in range(1, steps + 1))
    return f"version: 1\nstack:\n  name: {'A long workflow with a very long name ' * 3}\nsteps:\n{rows}"


def seen_in_code(stack: Stack, path: str = "agent/tools.py") -> Stack:
    """The stack joined with code that decides otherwise than somebody said."""
    receipt = Inspected(path=path, line=41, commit="4f1c9e2", rule="python")
    facts = tuple(Fact(kind=ref.kind, id=ref.id, key="decided_by", value="model", receipt=receipt) for ref in stack.by_kind["action"][:1])
    return stack | Stack(name=stack.name, facts=facts)


def disputed_text() -> str:
    """The voice agent, where somebody said that code decides what is written."""
    return voice_text().replace("    decided_by: model", "    decided_by: code")


@dataclass
class Client:
    """A browser without a screen: it keeps cookies, follows redirects and sends what browsers send."""

    app: Any
    cookies: dict[str, str] = field(default_factory=dict)
    base: str = HOME

    def send(self, method: str, path: str, *, headers: dict[str, str] | None = None, content: Any = None,
             follow: bool = True) -> httpx.Response:
        """One request, and where it leads."""
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url=self.base, cookies=self.cookies) as client:
                found = await client.request(method, path, headers=headers, content=content)
                self.cookies |= dict(client.cookies)
                return found
        with ThreadPoolExecutor(1) as thread:      # beside the browser's own loop, where there is one
            found = thread.submit(lambda: asyncio.run(go())).result()
        if follow and found.is_redirect:
            return self.send("GET", found.headers["location"])
        return found

    def get(self, path: str, **more: Any) -> httpx.Response:
        """A page."""
        return self.send("GET", path, **more)

    def post(self, path: str, data: Any = (), *, headers: dict[str, str] | None = None, csrf: str | None = None,
             **more: Any) -> httpx.Response:
        """A form of ours, with everything that belongs to one."""
        from urllib.parse import urlencode

        from auditkit.web.security import csrf_of
        pairs = list(data.items()) if isinstance(data, dict) else list(data)
        pairs.append(("csrf", csrf_of(TOKEN) if csrf is None else csrf))
        base = {"origin": self.base, "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, headers={**base, **(headers or {})}, content=urlencode(pairs).encode(), **more)

    def opened(self) -> Client:
        """The same, once the printed address was loaded."""
        assert self.get(f"/?token={TOKEN}", follow=False).status_code == 303
        return self


@dataclass
class Room:
    """A sitting in a folder of its own."""

    path: Path
    rules: Rules
    keeper: Keeper = field(init=False)
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """The server is killed and started again: only the file stays."""
        self.keeper = Keeper(self.path, self.rules)
        self.client = Client(self.app()).opened()

    def app(self, port: int = PORT, who: str = "Dana Ruiz") -> Any:
        """An application on this sitting."""
        return create_app(self.keeper, token=TOKEN, port=port, on=ON, who=who, clock=lambda: datetime(2026, 11, 20, 14, 32))

    @property
    def text(self) -> str:
        """What is on disk."""
        return self.path.read_text(encoding="utf-8") if self.path.exists() else ""

    @property
    def stack(self) -> Stack:
        """What the file says."""
        return self.keeper.sitting.declared


def room(folder: Path, text: str, **more: Any) -> Room:
    """A sitting on a text."""
    path = folder / "voice.yaml"
    if text:
        path.write_text(text, encoding="utf-8")
    return Room(path, replace(make_rules(), path=path.name, **more))


@pytest.fixture
def voice(tmp_path: Path) -> Room:
    """The voice agent with its ways out open."""
    return room(tmp_path, open_text())


@pytest.fixture
def empty(tmp_path: Path) -> Room:
    """A file that is not there yet."""
    return room(tmp_path, "")


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """One browser for all of them, and gone before the tests of other packages begin."""
    from tests.web.chromium import launched
    with launched() as made:
        yield made
