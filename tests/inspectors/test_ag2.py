"""AutoGen 0.2 and AG2: what is no person, tools, limits, code."""

from pathlib import Path

from tests.inspectors.workflows import drawn

PAIR = '''
from autogen import AssistantAgent, UserProxyAgent, register_function

def refund(order: str) -> str:
    return order

assistant = AssistantAgent("assistant", llm_config={"config_list": [{"model": "gpt-4-0613"}]})
user = UserProxyAgent("user", human_input_mode="MODE", max_consecutive_auto_reply=6,
                      code_execution_config={"use_docker": False})
register_function(refund, caller=assistant, executor=user, name="refund", description="Refund")
user.initiate_chat(assistant, message="go", max_turns=8)
'''


def test_a_proxy_that_never_asks_is_no_person_and_no_gate(tmp_path: Path) -> None:
    (chat,) = drawn(tmp_path, {"chat.py": PAIR.replace("MODE", "NEVER")})
    assert chat.ids("gate") == []
    assert chat.fact("step", "user", "decider") == "code"
    assert chat.fact("action", "refund", "gate") == "none"


def test_a_proxy_that_always_asks_is_a_person_and_a_gate(tmp_path: Path) -> None:
    (chat,) = drawn(tmp_path, {"chat.py": PAIR.replace("MODE", "ALWAYS")})
    assert chat.ids("gate") == ["user"]
    assert chat.fact("step", "user", "decider") == "human"


def test_who_talks_to_whom_and_how_long(tmp_path: Path) -> None:
    (chat,) = drawn(tmp_path, {"chat.py": PAIR.replace("MODE", "NEVER")})
    assert chat.ids("step") == ["user", "assistant"]
    assert chat.all("step", "user", "next") == ["assistant"]
    assert set(chat.all("step", "assistant", "next")) == {"user", "end"}
    assert chat.fact("step", "assistant", "loop.max_iterations") == 8
    assert chat.fact("step", "user", "loop.max_iterations") == 6


def test_models_and_code(tmp_path: Path) -> None:
    (chat,) = drawn(tmp_path, {"chat.py": PAIR.replace("MODE", "NEVER")})
    assert chat.ids("model") == ["gpt_4_0613"]
    assert chat.fact("action", "execute_code", "effect") == "execute"
    assert chat.fact("system", "system", "sandbox.kind") == "host"


def test_decorated_tools_belong_to_the_agent_that_calls_them(tmp_path: Path) -> None:
    source = '''
    from autogen import ConversableAgent

    bot = ConversableAgent("bot", llm_config={"model": "gpt-4o"})
    runner = ConversableAgent("runner", llm_config=False, human_input_mode="NEVER")

    @runner.register_for_execution()
    @bot.register_for_llm(description="Book a table")
    def book_table(name: str) -> str:
        return name
    '''
    (chat,) = drawn(tmp_path, {"chat.py": source})
    assert chat.fact("action", "book_table", "step") == "bot"
    assert chat.fact("step", "runner", "decider") == "code"


def test_the_rewrite_asks_for_approval_in_the_tool(tmp_path: Path) -> None:
    source = '''
    from ag2 import Agent, tool
    from ag2.config import OpenAIConfig
    from ag2.middleware import approval_required

    @tool(middleware=[approval_required()])
    def send_mail(to: str) -> str:
        return to

    agent = Agent("helper", config=OpenAIConfig(model="gpt-4o"), tools=[send_mail])
    '''
    (helper,) = drawn(tmp_path, {"a.py": source})
    assert helper.fact("action", "send_mail", "gate") == "approval_of_send_mail"
    assert helper.ids("model") == ["gpt_4o"]
