"""Stores that no framework owns: what is none first, then files, constants that name them, and platforms' stores."""

from __future__ import annotations

from pathlib import Path

from tests.inspectors.drawing import draw

ASK = (
    "from openai import OpenAI\n"
    "client = OpenAI()\n"
    "def ask(text):\n"
    "    return client.chat.completions.create(model='gpt-4o', messages=[{'role': 'user', 'content': text}])\n"
)
AGENT = (
    "from autogen_core import RoutedAgent, message_handler, MessageContext, SingleThreadedAgentRuntime\n"
    "from autogen_core.model_context import BufferedChatCompletionContext\n"
    "from autogen_ext.models.openai import OpenAIChatCompletionClient\n"
    "class Helper(RoutedAgent):\n"
    "    def __init__(self, client):\n"
    "        super().__init__('helps')\n"
    "        self._client = client\n"
    "        {own}\n"
    "    @message_handler\n"
    "    async def handle(self, message: str, ctx: MessageContext) -> str:\n"
    "        kept = BufferedChatCompletionContext(buffer_size=5)\n"
    "        await kept.save_state()\n"
    "        return (await self._client.create([])).content\n"
    "async def main():\n"
    "    runtime = SingleThreadedAgentRuntime()\n"
    "    await Helper.register(runtime, 'helper', lambda: Helper(OpenAIChatCompletionClient(model='gpt-4o')))\n"
)


def test_a_temporary_file_and_a_path_that_is_not_known_are_no_stores(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": ASK + (
        "def run(name, text):\n"
        "    temp_path = f'{name}/upload.pdf'\n"
        "    with open(temp_path, 'w') as f:\n"
        "        f.write(ask(text))\n"
        "    with open(name, 'w') as f:\n"
        "        f.write(text)\n"
        "    with open('.cache/last.json', 'w') as f:\n"
        "        f.write(text)\n")})
    assert [i for i in drawn.ids("store") if i != "messages"] == []


def test_a_context_that_stays_in_a_local_name_is_no_store(tmp_path: Path) -> None:
    assert draw(tmp_path / "a", {"app.py": AGENT.replace("{own}", "pass")}).ids("store") == []
    kept = AGENT.replace("{own}", "self._context = BufferedChatCompletionContext(buffer_size=5)")
    assert len(draw(tmp_path / "b", {"app.py": kept}).ids("store")) == 1


def test_a_cached_file_that_is_read_again_is_a_store(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": ASK + (
        "from pathlib import Path\n"
        "STATE = Path('.cache/run/state.json')\n"
        "def run(text):\n"
        "    with STATE.open('w') as f:\n"
        "        f.write(ask(text))\n"
        "    with STATE.open() as f:\n"
        "        return f.read()\n")})
    assert "state_json" in drawn.ids("store")
    assert drawn.lines("store", "state_json") == ["app.py:8", "app.py:6"]


def test_a_folder_that_a_constant_names_is_a_store(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": ASK + (
        "from pathlib import Path\n"
        "NOTES_DIR = Path('~/.notes').expanduser()\n"
        "def save(name, text):\n"
        "    target = NOTES_DIR / name\n"
        "    target.write_text(ask(text))\n")})
    assert "notes_dir" in drawn.ids("store")
    assert drawn.fact("store", "notes_dir", "durable") is True
    assert "app.py:6" in drawn.lines("store", "notes_dir")


def test_files_of_which_only_the_ending_is_known_are_one_store(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": ASK + (
        "def save(folder, title, text):\n"
        "    with open(f'{folder}/{title}.md', 'w') as f:\n"
        "        f.write(ask(text))\n"
        "    with open(f'{folder}/{title}-2.md', 'w') as f:\n"
        "        f.write(text)\n")})
    assert "md_files" in drawn.ids("store")


def test_a_runtime_keeps_one_journal_for_a_workflow(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": (
        "import restate\n"
        "from openai import OpenAI\n"
        "client = OpenAI()\n"
        "service = restate.Service('desk')\n"
        "def ask(text):\n"
        "    return client.chat.completions.create(model='gpt-4o', messages=[{'role': 'user', 'content': text}])\n"
        "@service.handler()\n"
        "async def first(ctx: restate.Context, text: str):\n"
        "    return await ctx.run('ask', lambda: ask(text))\n"
        "@service.handler()\n"
        "async def second(ctx: restate.Context, text: str):\n"
        "    return await ctx.run('ask', lambda: ask(text))\n")})
    for name in drawn.stacks:
        assert len([i for i in drawn.ids("store", name) if i.startswith("restate")]) <= 1


def test_a_store_that_is_opened_by_its_name(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": ASK + (
        "import modal\n"
        "def save(text):\n"
        "    modal.Dict.from_name('analyses', create_if_missing=True)['a'] = ask(text)\n")})
    assert drawn.fact("store", "analyses", "durable") is True
