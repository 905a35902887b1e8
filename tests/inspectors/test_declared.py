"""Workflows that are written as configuration: ADK's agent files, CrewAI's crews and flows, and ADK's graphs."""

from __future__ import annotations

from pathlib import Path

from tests.inspectors.drawing import Drawn, draw

TOOLS = (
    "import stripe\n"
    "\n"
    "def refund(order: str):\n"
    "    return stripe.Refund.create(charge=order)\n"
)
MAILER = (
    "import smtplib\n"
    "from crewai.tools import BaseTool\n"
    "\n"
    "class SendMail(BaseTool):\n"
    "    name: str = 'send_mail'\n"
    "    def _run(self, to: str, text: str):\n"
    "        smtplib.SMTP('mail').sendmail('me', to, text)\n"
)
CREW = """{
  // who writes "what"
  "name": "mailers",
  "agents": ["writer", "sender"],
  "tasks": [
    {"name": "draft", "description": "see http://a.b//c", "expected_output": "x", "agent": "writer"},
    {
      "name": "send", /* the last
      one */
      "description": "d", "expected_output": "x", "agent": "sender",
      "human_input": true,
    },
  ],
  "process": "sequential"
}
"""
AGENTS = {
    "agents/writer.jsonc": '{"role": "Writer", "goal": "g", "backstory": "b",\n "llm": "openai/gpt-4o-2024-08-06",\n'
                           ' "settings": {"max_iter": 7}}\n',
    "agents/sender.jsonc": '{"role": "Sender", "goal": "g", "backstory": "b",\n "llm": {"model": "gpt-4o-mini"},\n'
                           ' "tools": ["custom:mailer"]}\n',
}


def reasons(drawn: Drawn) -> list[str]:
    return [g.reason for g in drawn.inspection.gaps]


def after(drawn: Drawn, step: str) -> set[str]:
    return set(drawn.all("step", step, "next"))


# What must not match -------------------------------------------------------------------------------------------------


def test_configuration_of_other_things_is_no_workflow(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {
        "agents.yaml": "name: desk\nmodel: gpt-4o\ninstruction: help\ntools: [a]\n",
        "crew.json": '{"agents": ["a"], "ship": "b"}\n',
        "root_agent.yaml": "version: 1\nservices: {}\n",
        "flow.yaml": "schema: other/v1\nmethods: {a: {start: true}}\n",
        "config.jsonc": '{"agents": {}, "tasks": {}}\n',
    })
    assert drawn.stacks == {}
    assert reasons(drawn) == []


def test_a_schema_in_a_text_is_no_flow_of_its_own(tmp_path: Path) -> None:
    assert draw(tmp_path, {"notes.md": "schema: crewai.flow/v1\n", "a.yaml": "text: use crewai.flow/v1\n"}).stacks == {}


def test_a_declaration_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"root_agent.yaml": "name: a\nmodel: [\n", "crew.jsonc": '{"agents": ["a"], "tasks": [\n'})
    assert drawn.stacks == {}
    assert len(reasons(drawn)) == 2
    assert all("cannot be read" in r for r in reasons(drawn))


def test_what_is_named_and_not_there_is_a_gap(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"root_agent.yaml": (
        "name: desk\nmodel: gemini-2.5-flash\ninstruction: x\n"
        "sub_agents:\n  - config_path: ../../elsewhere.yaml\n  - config_path: gone.yaml\ntools:\n  - 'my tool'\n")})
    assert drawn.ids("step") == ["desk"]
    assert len(reasons(drawn)) == 3


# Google ADK ----------------------------------------------------------------------------------------------------------


def test_agents_tools_models_and_limits_of_adk_configuration(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {
        "bot/root_agent.yaml": (
            "agent_class: SequentialAgent\nname: desk\nsub_agents:\n"
            "  - config_path: parts/again.yaml\n  - config_path: parts/last.yaml\n"),
        "bot/parts/again.yaml": (
            "agent_class: LoopAgent\nname: again\nmax_iterations: 3\nsub_agents:\n"
            "  - config_path: writer.yaml\n  - config_path: critic.yaml\n"),
        "bot/parts/writer.yaml": (
            "name: writer\nmodel: gemini-2.5-flash\ninstruction: |\n  Write.\n\n  More.\ntools:\n  - name: google_search\n"
            "  - name: bot.tools.refund\n  - name: MCPToolset\n    args:\n      stdio_server_params:\n        command: npx\n"),
        "bot/parts/critic.yaml": "name: critic\nmodel: gemini-2.5-flash\ninstruction: x\ntools:\n  - name: exit_loop\n",
        "bot/parts/last.yaml": (
            "name: last\ninstruction: x\nmodel_code:\n  name: google.adk.models.lite_llm.LiteLlm\n  args:\n"
            "    - name: model\n      value: anthropic/claude-sonnet-4-20250514\n"),
        "bot/tools.py": TOOLS,
    })
    assert drawn.ids("step") == ["desk", "again", "last", "writer", "critic"]
    assert drawn.lines("step", "writer") == ["bot/parts/writer.yaml:1"]
    assert (drawn.fact("step", "desk", "decider"), drawn.fact("step", "writer", "decider")) == ("code", "model")
    assert drawn.fact("step", "again", "loop.max_iterations") == 3
    assert after(drawn, "critic") == {"writer", "last"}
    assert drawn.ids("action") == ["google_search", "refund"]
    assert drawn.lines("action", "refund") == ["bot/tools.py:3", "bot/parts/writer.yaml:9"][:1]
    assert drawn.fact("action", "refund", "effect") == "money"
    assert drawn.fact("action", "refund", "step") == "writer"
    assert drawn.fact("integration", "mcp_server", "kind") == "mcp"
    assert drawn.fact("model", "anthropic_claude_sonnet_4_20250514", "pinned") is True
    assert reasons(drawn) == []


def test_an_agent_of_adk_configuration_hands_over_to_its_sub_agents(tmp_path: Path) -> None:
    schema = "# yaml-language-server: $schema=https://x/google/adk-python/main/AgentConfig.json\n"
    drawn = draw(tmp_path, {
        "main.yaml": f"{schema}name: desk\nmodel: gemini-2.5-pro\ninstruction: x\nsub_agents:\n  - config_path: a-b.yaml\n",
        "a-b.yaml": "name: helper\ninstruction: x\noutput_schema:\n  name: shapes.Answer\n",
    })
    assert after(drawn, "desk") == {"helper", "end"}
    assert drawn.fact("step", "helper", "validation.kind") == "schema"


def test_the_graph_of_an_adk_workflow(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"agent.py": (
        "from google.adk import Agent, Event, Workflow\n"
        "from google.adk.events import RequestInput\n"
        "from google.adk.workflow import START, DEFAULT_ROUTE, Edge, JoinNode, RetryConfig, node\n"
        "import stripe\n"
        "classify = Agent(name='classify', model='gemini-2.5-flash')\n"
        "answer = Agent(name='answer', model='gemini-2.5-pro')\n"
        "def route(node_input: str):\n"
        "    return Event(route='refund' if 'refund' in node_input else 'other')\n"
        "def ask(node_input: str):\n"
        "    yield RequestInput(message='Refund?')\n"
        "@node(name='pay_back', retry_config=RetryConfig(max_attempts=3))\n"
        "def refund(node_input: str):\n"
        "    return stripe.Refund.create(charge=node_input)\n"
        "def never_used(node_input): return node_input\n"
        "join = JoinNode(name='join')\n"
        "root_agent = Workflow(name='desk', edges=[\n"
        "    (START, classify, route),\n"
        "    (route, {'refund': ask, DEFAULT_ROUTE: answer}),\n"
        "    (ask, refund, join),\n"
        "    Edge(from_node=answer, to_node=join),\n"
        "])\n")})
    assert sorted(drawn.ids("step")) == ["answer", "ask", "classify", "join", "pay_back", "route"]
    assert after(drawn, "classify") == {"route"}
    assert after(drawn, "route") == {"ask", "answer"}
    assert after(drawn, "ask") == {"pay_back"}
    assert after(drawn, "join") == {"end"}
    assert drawn.fact("step", "ask", "decider") == "human"
    assert drawn.fact("step", "route", "decider") == "code"
    assert drawn.fact("step", "pay_back", "retries.max") == 2
    assert drawn.fact("action", "refund", "gate") == "answer_to_ask"


def test_edges_that_cannot_be_read_are_a_gap(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"agent.py": (
        "from google.adk import Workflow\nfrom elsewhere import load\nroot_agent = Workflow(name='desk', edges=load())\n")})
    assert any("edges" in r for r in reasons(drawn))


# CrewAI --------------------------------------------------------------------------------------------------------------


def test_a_crew_in_json_with_comments(tmp_path: Path) -> None:
    drawn = draw(tmp_path, {"crew.jsonc": CREW, **AGENTS, "tools/mailer.py": MAILER})
    assert drawn.ids("step") == ["draft", "send"]
    assert drawn.lines("step", "send") == ["crew.jsonc:8", "agents/sender.jsonc:1"]
    assert after(drawn, "draft") == {"send"}
    assert drawn.fact("step", "draft", "loop.max_iterations") == 7
    assert drawn.ids("action") == ["send_mail"]
    assert drawn.fact("action", "send_mail", "step") == "send"
    assert drawn.ids("gate") == ["review_of_send"]
    assert drawn.lines("gate", "review_of_send") == ["crew.jsonc:11"]
    assert drawn.fact("model", "openai_gpt_4o_2024_08_06", "pinned") is True
    assert drawn.lines("model", "openai_gpt_4o_2024_08_06")[0] == "agents/writer.jsonc:2"


def test_a_flow_in_yaml_with_its_crew_its_person_and_its_script(tmp_path: Path) -> None:
    crew = {f"crews/mail/{path}": text for path, text in {"crew.jsonc": CREW, **AGENTS, "tools/mailer.py": MAILER}.items()}
    drawn = draw(tmp_path, {**crew, "flow.yaml": (
        "schema: crewai.flow/v1\n"
        "name: NewsFlow\n"
        "state: {type: dict}\n"
        "config: {max_method_calls: 20}\n"
        "methods:\n"
        "  begin:\n"
        "    start: true\n"
        "    do: {call: expression, expr: state.topic}\n"
        "  write:\n"
        "    listen: {or: [begin, revise]}\n"
        "    do: {call: crew, from_declaration: crews/mail}\n"
        "    human_feedback:\n"
        "      message: ok?\n"
        "      emit: [approved, revise]\n"
        "  publish:\n"
        "    listen: approved\n"
        "    do:\n"
        "      call: script\n"
        "      code: |\n"
        "        import smtplib\n"
        "        smtplib.SMTP('h').sendmail('a', 'b', 'c')\n"
        "  odd:\n"
        "    listen: publish\n"
        "    do: {call: teleport}\n")})
    assert {"begin", "write", "publish", "odd", "draft", "send"} <= set(drawn.ids("step"))
    assert drawn.lines("step", "begin")[0] == "flow.yaml:6"
    assert "draft" in after(drawn, "write") | after(drawn, "begin")
    assert "feedback_on_write" in drawn.ids("gate")
    assert drawn.fact("step", "publish", "decider") == "code"
    assert drawn.fact("action", "publish", "effect") == "message"
    assert drawn.fact("store", "NewsFlow_state", "durable") is False
    assert any("teleport" in r for r in reasons(drawn))
