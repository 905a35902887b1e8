"""browser-use: what must not match first, then agents, added actions, logins and limits."""

from __future__ import annotations

from pathlib import Path

from tests.inspectors.drawing import draw

BOOKER = '''
import os
from browser_use import Agent, Browser, Controller
from browser_use.llm.openai.chat import ChatOpenAI

def actions(bot):
    desk = Controller()
    @desk.registry.action("Tell the guest how it ended")
    async def send_note(text: str):
        await bot.send_message(chat_id=1, text=text)
    @desk.action("Look at the list of rooms")
    def read_rooms():
        return open("rooms.txt").read()
    return desk

async def book(bot):
    clerk = Agent(task="book a room", llm=ChatOpenAI(model="gpt-4.1"), browser=Browser(), controller=actions(bot),
                  sensitive_data={"x_pass": os.environ["ROOM_PASSWORD"]}, max_failures=2)
    await clerk.run(max_steps=25)
'''


def test_an_agent_or_an_action_of_another_kind_is_none(tmp_path: Path) -> None:
    app = "import browser_use\nfrom mine import Agent, Controller\nc = Controller()\n@c.action('x')\ndef f(): ...\nAgent(controller=c).run()\n"
    drawn = draw(tmp_path, {"app.py": app})
    assert drawn.ids("step") == []
    assert drawn.ids("action") == []


def test_actions_that_no_agent_is_given_are_offered_to_none(tmp_path: Path) -> None:
    app = '''
from browser_use import Agent, Tools
spare = Tools()
@spare.action(description="Delete a file")
def delete_file(name: str): ...
agent = Agent(task="read the news")
agent.run_sync()
'''
    drawn = draw(tmp_path, {"app.py": app})
    assert drawn.ids("action") == ["browser"]
    assert drawn.fact("action", "browser", "consequential") is None  # nobody is logged in: what it may change is not known


def test_an_agent_with_its_model_actions_and_limits(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": BOOKER})
    assert drawn.ids("step") == ["clerk"]
    assert drawn.fact("step", "clerk", "loop.max_iterations") == 25
    assert drawn.fact("step", "clerk", "retries.max") == 2
    assert drawn.fact("step", "clerk", "executes") == "browser"
    assert set(drawn.ids("action")) == {"browser", "send_note", "read_rooms"}
    assert drawn.fact("action", "browser", "consequential") is True
    assert drawn.fact("action", "read_rooms", "effect") == "read"
    assert drawn.fact("model", "gpt_4_1", "pinned") is False


def test_the_librarys_own_number_of_steps_is_a_default(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": BOOKER.replace("max_steps=25", "")})
    assert drawn.fact("step", "clerk", "loop.bound") == "default"
    assert drawn.fact("step", "clerk", "loop.max_iterations") is None


def test_a_profile_with_its_logins_acts_for_somebody(tmp_path: Path) -> None:
    app = '''
from browser_use import Agent, Browser
agent = Agent(task="tidy my inbox", browser=Browser(user_data_dir="~/.config/chrome"))
agent.run_sync()
'''
    assert draw(tmp_path, {"app.py": app}).fact("action", "browser", "consequential") is True


def test_a_question_that_waits_for_its_answer_is_no_empty_one(tmp_path: Path) -> None:
    asks = "    async def ask_user(question: str):\n        return await bot.wait_for(question)\n"
    drawn = draw(tmp_path, {"app.py": BOOKER.replace("    return desk", f"    @desk.action('Ask')\n{asks}    return desk")})
    assert "ask_user" in drawn.ids("action")
    assert drawn.ids("gate") == []


def test_a_question_without_code_asks_nobody(tmp_path: Path) -> None:
    asks = '    async def ask_user(question: str):\n        """Asks the guest and waits."""\n'
    drawn = draw(tmp_path, {"app.py": BOOKER.replace("    return desk", f"    @desk.action('Ask')\n{asks}    return desk")})
    assert drawn.fact("gate", "ask_user", "bypassable") is True
    assert drawn.fact("gate", "ask_user", "enforced_in") == "prompt"
    assert drawn.all("gate", "ask_user", "before") == []


def test_agents_that_one_function_runs_are_drawn_in_the_order_in_which_they_are_written(tmp_path: Path) -> None:
    names = ("lead", "zoe", "ann", "mia", "eve", "bob")
    made = "".join(f"    {name} = Agent(task=text, llm=llm)\n" for name in names)
    run = "".join(f"    await {name}.run(max_steps=3)\n" for name in names)
    drawn = draw(tmp_path, {"app.py": (
        "from browser_use import Agent\nfrom langchain_openai import ChatOpenAI\n"
        f"async def run(text):\n    llm = ChatOpenAI(model='gpt-4o')\n{made}{run}")})
    assert drawn.ids("step") == list(names)
