"""LangChain: first what is none, then agents with their limits and approvals, chains, models and memories."""

from pathlib import Path

from tests.inspectors.drawing import draw


def test_prompts_messages_and_unused_chains_are_no_steps(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": """
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.outputs import ChatGeneration
from langchain.agents import create_openai_tools_agent
from langchain_openai import ChatOpenAI
prompt = ChatPromptTemplate.from_template("x {y}")
one = ChatGeneration(message="x")
chain = prompt | ChatOpenAI(model="gpt-4o")
"""})
    assert not drawn.ids("step")


def test_an_executor_is_bounded_by_its_default(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"requirements.txt": "langchain==0.2.0\n", "app.py": """
from langchain.agents import AgentExecutor, Tool, create_tool_calling_agent
from langchain_openai import ChatOpenAI
import requests
def pay(q: str):
    return requests.post("https://pay.example/charge", json={"q": q})
tools = [Tool(name="ChargeCard", func=pay, description="Charge a card")]
agent = create_tool_calling_agent(ChatOpenAI(model="gpt-4o"), tools, None)
seller = AgentExecutor(agent=agent, tools=tools)
seller.invoke({"input": "x"})
"""})
    assert drawn.ids("step") == ["seller"]
    assert drawn.fact("step", "seller", "loop.bound") == "default"
    assert drawn.fact("step", "seller", "loop.max_iterations") == 15
    assert drawn.ids("action") == ["ChargeCard"]
    assert drawn.fact("action", "ChargeCard", "consequential") is True
    assert drawn.fact("action", "ChargeCard", "gate") == "none"


def test_middleware_holds_the_tools_it_names_and_no_others(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": """
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, ModelCallLimitMiddleware
import smtplib
def send_mail(to: str): smtplib.SMTP("x").sendmail("a", to, "b")
def post_mail(to: str): smtplib.SMTP("x").sendmail("a", to, "b")
def drop_mail(to: str): smtplib.SMTP("x").sendmail("a", to, "b")
clerk = create_agent("openai:gpt-4o", tools=[send_mail, post_mail, drop_mail], middleware=[
    HumanInTheLoopMiddleware(interrupt_on={"send_mail": True, "post_mail": False}),
    ModelCallLimitMiddleware(run_limit=7)])
"""})
    gate = drawn.ids("gate")[0]
    assert drawn.fact("action", "send_mail", "gate") == gate
    assert drawn.fact("action", "post_mail", "gate") == "none"
    assert drawn.fact("action", "drop_mail", "gate") == "none"
    assert drawn.fact("step", "clerk", "loop.max_iterations") == 7


def test_middleware_that_cannot_be_seen_claims_no_absence(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": """
from langchain.agents import create_agent
from elsewhere import guards
import smtplib
def send_mail(to: str): smtplib.SMTP("x").sendmail("a", to, "b")
clerk = create_agent("openai:gpt-4o", tools=[send_mail], middleware=guards)
"""})
    assert drawn.fact("action", "send_mail", "gate") is None


def test_chains_are_steps_in_the_order_of_their_calls(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": """
from langchain_core.prompts import PromptTemplate
from langchain_core.output_parsers import PydanticOutputParser
from langchain_openai import ChatOpenAI
llm = ChatOpenAI(model="gpt-4o-mini")
outline_chain = PromptTemplate.from_template("a") | llm
write_chain = PromptTemplate.from_template("b") | llm | PydanticOutputParser(pydantic_object=None)
def run(topic):
    plan = outline_chain.invoke({"t": topic})
    return write_chain.invoke({"p": plan})
"""})
    assert drawn.ids("step") == ["outline_chain", "write_chain"]
    assert drawn.all("step", "outline_chain", "next") == ["write_chain"]
    assert drawn.fact("step", "write_chain", "validation.kind") == "schema"
    assert drawn.ids("model") == ["gpt_4o_mini"]


def test_a_plain_call_in_a_counted_loop(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": """
from langchain_openai import ChatOpenAI
llm = ChatOpenAI(model="gpt-4o")
def answer(q):
    n = 0
    while n < 4:
        out = llm.invoke(q)
        n += 1
    return out
"""})
    assert drawn.ids("step") == ["answer"]
    assert drawn.fact("step", "answer", "loop.bound") == "coded"


def test_memories_and_histories(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": """
from langchain.memory import ConversationBufferMemory
from langchain.chains import ConversationChain
from langchain_community.chat_message_histories import RedisChatMessageHistory
from langchain_openai import ChatOpenAI
talk = ConversationChain(llm=ChatOpenAI(model="gpt-4o"), memory=ConversationBufferMemory())
def history(sid): return RedisChatMessageHistory(sid)
def ask(q): return talk.predict(input=q)
"""})
    assert drawn.fact("store", "ConversationBufferMemory", "durable") is False
    assert drawn.fact("store", "RedisChatMessageHistory", "durable") is True
    assert drawn.ids("step") == ["talk"]


def test_a_setting_names_the_model(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": """
from dataclasses import dataclass, field
from langchain.chat_models import init_chat_model
@dataclass
class Settings:
    model: str = field(default="anthropic/claude-3-5-sonnet-20240620")
    title: str = "gpt"
def answer(q, config):
    return init_chat_model(config["model"]).invoke(q)
"""})
    assert [drawn.fact("model", i, "pinned") for i in drawn.ids("model")] == [True]


def test_a_conversation_in_a_list_and_sessions_in_a_dict_are_gone_with_a_restart(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"app.py": """
from langchain_openai import ChatOpenAI
llm = ChatOpenAI(model="gpt-4o")
sessions = {}
class Talk:
    def __init__(self):
        self.history = []
        self.names = []
    def say(self, text):
        self.history.append(text)
        return llm.invoke(self.history)
def chat(sid, text):
    sessions[sid] = sessions.get(sid) or Talk()
    return sessions[sid].say(text)
"""})
    assert set(drawn.ids("store")) == {"history", "sessions"}
    assert drawn.fact("store", "history", "durable") is False
