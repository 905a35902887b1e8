"""Messages of a bot: those to others first, then those that only answer whoever asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inspectors.drawing import draw

BOT = '''
import os
from pydantic_ai import Agent
from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler

TEAM = int(os.environ["TEAM_CHAT"])

def build(context: ContextTypes.DEFAULT_TYPE, chat_id: int):
    helper = Agent("openai:gpt-4o-mini")

    @helper.tool_plain
    async def {tool}:
        """Tells how it went."""
        await context.bot.send_message(chat_id={to}, text=text)
        return "done"

    return helper

async def on_text(update: Update, context: ContextTypes.DEFAULT_TYPE):
    helper = build(context, {asked})
    await update.message.reply_text((await helper.run(update.message.text)).output)

async def on_time(context: ContextTypes.DEFAULT_TYPE):
    job = context.job
    await build(context, chat_id=job.data["chat_id"]).run(job.data["text"])
'''


def bot(tool: str = "send_update(text: str)", to: str = "chat_id", asked: str = "update.effective_chat.id") -> str:
    """A bot whose model may send a message to some chat."""
    return BOT.format(tool=tool, to=to, asked=asked)


@pytest.mark.parametrize("app", [
    bot(to="TEAM"),
    bot(to="-100123"),
    bot(asked="TEAM"),
    bot("send_update(text: str, chat: int)", to="chat"),
])
def test_a_message_to_another_chat_leaves(tmp_path: Path, app: str) -> None:
    drawn = draw(tmp_path, {"app.py": app})
    assert drawn.fact("action", "send_update", "effect") == "message"
    assert drawn.fact("action", "send_update", "consequential") is True


def test_a_message_back_to_the_chat_is_an_answer(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": bot()})
    assert drawn.fact("action", "send_update", "effect") == "none"
    assert drawn.fact("action", "send_update", "consequential") is False


def test_what_else_a_tool_does_is_not_hidden_by_its_answer(tmp_path: Path) -> None:
    app = bot("delete_note(text: str)").replace('"""Tells how it went."""', "os.remove(text)")
    drawn = draw(tmp_path, {"app.py": app})
    assert drawn.fact("action", "delete_note", "effect") == "delete"


def test_what_is_set_for_later_is_no_message_now(tmp_path: Path) -> None:
    app = bot("schedule_note(text: str)").replace(
        "        await context.bot.send_message(chat_id=chat_id, text=text)\n",
        "        context.job_queue.run_once(callback=remind, when=60, chat_id=chat_id, data={'text': text})\n",
    ) + "\n\nasync def remind(context):\n    await context.bot.send_message(chat_id=context.job.chat_id, text='now')\n"
    drawn = draw(tmp_path, {"app.py": app})
    assert drawn.fact("action", "schedule_note", "effect") == "write"
    assert drawn.fact("action", "schedule_note", "reversible") is None


def test_a_tool_that_does_nothing_but_answer_does_not_what_it_is_called(tmp_path: Path) -> None:
    drawn = draw(tmp_path / "only", {"app.py": bot("cancel_booking(text: str)")})
    assert drawn.fact("action", "cancel_booking", "effect") == "none"
    more = bot("cancel_booking(text: str)").replace('        return "done"', '        bookings.pop(text)\n        return "done"')
    assert draw(tmp_path / "more", {"app.py": more}).fact("action", "cancel_booking", "effect") == "delete"
