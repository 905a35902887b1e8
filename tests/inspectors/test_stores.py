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


BOT = '''
from pydantic_ai import Agent
from telegram.ext import Application, MessageHandler

helper = Agent("openai:gpt-4o-mini")

async def on_text(update, context):
    context.user_data["asked"] = update.message.text
    await update.message.reply_text((await helper.run(update.message.text)).output)

def main():
    app = Application.builder().token("x").build()
    app.add_handler(MessageHandler(None, on_text))
    app.run_polling()
'''


def test_user_data_of_another_thing_is_no_store(tmp_path: Path) -> None:
    own = "from pydantic_ai import Agent\nhelper = Agent('openai:gpt-4o-mini')\ndef f(form):\n    form.user_data['a'] = 1\n    helper.run_sync('x')\n"
    assert draw(tmp_path, {"app.py": own}).ids("store") == []


def test_what_a_telegram_bot_keeps_is_gone_unless_it_has_a_persistence(tmp_path: Path) -> None:
    drawn = draw(tmp_path / "without", {"app.py": BOT})
    assert drawn.lines("store", "user_data") == ["app.py:8"]
    assert drawn.fact("store", "user_data", "durable") is False
    with_one = BOT.replace("Application, ", "Application, PicklePersistence, ").replace(
        '.token("x")', '.token("x").persistence(PicklePersistence("bot.pickle"))'
    )
    assert draw(tmp_path / "with", {"app.py": with_one}).fact("store", "user_data", "durable") is True


def test_scheduled_jobs_in_a_database_also_by_a_class_of_ones_own(tmp_path: Path) -> None:
    jobs = '''
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from pydantic_ai import Agent
helper = Agent("openai:gpt-4o-mini")
class Kept(SQLAlchemyJobStore):
    """Keeps them."""
clock = AsyncIOScheduler()
clock.add_jobstore(Kept(url="sqlite:///jobs.db"))
helper.run_sync("x")
'''
    drawn = draw(tmp_path, {"app.py": jobs})
    assert drawn.lines("store", "scheduled_jobs") == ["app.py:9"]
    assert drawn.fact("store", "scheduled_jobs", "durable") is True


def test_a_scheduler_without_a_job_store_keeps_nothing(tmp_path: Path) -> None:
    app = "from apscheduler.schedulers.asyncio import AsyncIOScheduler\nfrom pydantic_ai import Agent\nclock = AsyncIOScheduler()\n"
    assert draw(tmp_path, {"app.py": app + "Agent('openai:gpt-4o').run_sync('x')\n"}).ids("store") == []


def test_a_sqlitedict_lasts_when_it_has_a_file(tmp_path: Path) -> None:
    app = "from pydantic_ai import Agent\nfrom sqlitedict import SqliteDict\ntalks = SqliteDict({})\nAgent('openai:gpt-4o').run_sync('x')\n"
    kept = draw(tmp_path / "kept", {"app.py": app.format("'talks.sqlite'")})
    assert kept.fact("store", "talks_sqlite", "durable") is True
    assert draw(tmp_path / "gone", {"app.py": app.format("")}).fact("store", "sqlitedict", "durable") is False
