"""n8n workflows as text: what must not be said of them, then models, gates, actions and stores of whole flows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inspectors.drawing import Drawn, draw

LANGCHAIN = "@n8n/n8n-nodes-langchain."


def node(name: str, kind: str, **parameters: Any) -> dict[str, Any]:
    """A node of n8n's base package; `ai.` before its type names one of the package for AI."""
    full = LANGCHAIN + kind.removeprefix("ai.") if kind.startswith("ai.") else f"n8n-nodes-base.{kind}"
    return {"name": name, "type": full, "typeVersion": 2, "position": [0, 0], "parameters": parameters}


def drawn(tmp_path: Path, nodes: list[dict[str, Any]], *links: str, **more: Any) -> Drawn:
    """The workflow of some nodes and links, written as `A > B`, `A 1> B` (second output) and `Model ai_languageModel> Agent`."""
    connections: dict[str, dict[str, list[list[dict[str, Any]]]]] = {}
    for link in links:
        left, _, target = link.partition("> ")
        source, _, way = left.strip().rpartition(" ") if left.rpartition(" ")[2][:1].isdigit() or " ai_" in left else (left.strip(), "", "")
        kind, output = (way, 0) if way.startswith("ai_") else ("main", int(way or 0))
        outputs = connections.setdefault(source, {}).setdefault(kind, [])
        outputs += [[] for _ in range(output + 1 - len(outputs))]
        outputs[output].append({"node": target, "type": kind, "index": 0})
    return draw(tmp_path, {"flow.json": json.dumps({"name": "Flow", "nodes": nodes, "connections": connections, **more}, indent=1)})


START = node("Start", "manualTrigger")
AGENT = node("Agent", "ai.agent")
CHAT_MODEL = node("Chat model", "ai.lmChatOpenAi", model="gpt-4o")


# What must not match ---------------------------------------------------------------------------------------

def test_the_model_of_a_parser_or_an_embedding_is_not_the_model_of_the_agent(tmp_path: Path) -> None:
    found = drawn(
        tmp_path, [node("Embed", "ai.embeddingsOpenAi", model="text-embedding-3-small"), node("Docs", "ai.vectorStoreQdrant",
                   mode="retrieve-as-tool", qdrantCollection="docs"), node("Repair", "ai.outputParserAutofixing"),
                   node("Small", "ai.lmChatOpenAi", model="gpt-4o-mini"), START, AGENT, CHAT_MODEL],
        "Start > Agent", "Embed ai_embedding> Docs", "Docs ai_tool> Agent", "Repair ai_outputParser> Agent",
        "Small ai_languageModel> Repair", "Chat model ai_languageModel> Agent",
    )
    assert found.all("step", "Agent", "model") == ["gpt_4o"]
    assert found.ids("model") == ["text_embedding_3_small", "gpt_4o_mini", "gpt_4o"]


ASK = node("Ask", "telegram", operation="sendAndWait", chatId="={{ $env.OWNER }}")
APPROVED = node("Approved?", "if", conditions={"conditions": [
    {"leftValue": "={{ $json.data.approved }}", "rightValue": "", "operator": {"type": "boolean", "operation": "true"}}]})
WIPE = node("Wipe", "ai.code", code={"execute": {"code": """
const { QdrantClient } = require('@qdrant/js-client-rest');
await client.delete('docs', { filter });
return [];
"""}})


def test_a_report_to_who_was_asked_is_no_action_and_no_way_past_the_gate(tmp_path: Path) -> None:
    found = drawn(
        tmp_path, [START, ASK, APPROVED, WIPE, CHAT_MODEL, node("Sum up", "ai.chainLlm"),
                   node("Done", "telegram", chatId="={{ $env.OWNER }}", text="done"),
                   node("Tell", "telegram", chatId="={{ $json.customer }}", text="hello")],
        "Start > Ask", "Ask > Approved?", "Approved? > Wipe", "Start > Sum up", "Wipe > Sum up", "Sum up > Done", "Sum up > Tell",
        "Chat model ai_languageModel> Sum up",
    )
    assert found.ids("action") == ["Wipe", "Tell"]
    assert found.fact("gate", "Ask", "bypassable") is False
    assert (found.fact("action", "Wipe", "gate"), found.fact("action", "Tell", "gate")) == ("Ask", "none")


def test_a_gate_before_a_call_of_another_workflow_is_not_passed_by_what_other_ways_lead_to(tmp_path: Path) -> None:
    found = drawn(
        tmp_path, [START, ASK, APPROVED, node("Hand over", "executeWorkflow", workflowId="x1"), CHAT_MODEL, node("Sum up", "ai.chainLlm"),
                   node("Tell", "telegram", chatId="={{ $json.customer }}", text="hello")],
        "Start > Ask", "Ask > Approved?", "Approved? > Hand over", "Start > Sum up", "Hand over > Sum up", "Sum up > Tell",
        "Chat model ai_languageModel> Sum up",
    )
    assert found.fact("gate", "Ask", "bypassable") is None


def test_code_that_never_asks_the_model_attached_to_it_decides_by_itself(tmp_path: Path) -> None:
    asking = node("Asking", "ai.code", code={"execute": {"code": "const m = await this.getInputConnectionData('ai_languageModel', 0);"}})
    found = drawn(tmp_path, [START, WIPE, asking, CHAT_MODEL], "Start > Wipe", "Wipe > Asking",
                  "Chat model ai_languageModel> Wipe", "Chat model ai_languageModel> Asking")
    assert (found.fact("step", "Wipe", "decider"), found.fact("step", "Asking", "decider")) == ("code", "model")


def test_code_that_keeps_its_own_collections_changes_nothing_outside(tmp_path: Path) -> None:
    code = node("Tidy", "code", jsCode="const crypto = require('crypto'); const index = new Set(); index.add(1); store.delete(2); return [];")
    found = drawn(tmp_path, [START, AGENT, CHAT_MODEL, code], "Start > Agent", "Agent > Tidy", "Chat model ai_languageModel> Agent")
    assert found.ids("action") == []


@pytest.mark.parametrize(("url", "limit"), [("https://api.example.com/rooms/{room}", "none"), ("=https://api.example.com/{{ $json.id }}", None)])
def test_the_model_fills_the_address_of_an_http_tool_by_its_placeholder(tmp_path: Path, url: str, limit: str | None) -> None:
    found = drawn(tmp_path, [START, AGENT, CHAT_MODEL, node("Call", "ai.toolHttpRequest", method="DELETE", url=url)],
                  "Start > Agent", "Chat model ai_languageModel> Agent", "Call ai_tool> Agent")
    assert found.fact("action", "Call", "limit.scope") == limit


def test_marks_on_a_mail_are_nothing_that_matters(tmp_path: Path) -> None:
    def update(name: str, **fields: Any) -> dict[str, Any]:
        return node(name, "microsoftOutlook", resource="message", operation="update", messageId="={{ $json.id }}", updateFields=fields)

    found = drawn(
        tmp_path, [START, AGENT, CHAT_MODEL, update("Mark", isRead=True, categories=["Junk"]), update("Rewrite", bodyContent="x", isRead=True)],
        "Start > Agent", "Agent > Mark", "Mark > Rewrite", "Chat model ai_languageModel> Agent",
    )
    assert found.ids("action") == ["Rewrite"]


def test_a_chain_that_nothing_leads_to_is_no_step(tmp_path: Path) -> None:
    found = drawn(tmp_path, [START, AGENT, CHAT_MODEL, node("Left over", "ai.chainLlm"), node("Old model", "ai.lmChatOpenAi", model="gpt-4")],
                  "Start > Agent", "Chat model ai_languageModel> Agent", "Old model ai_languageModel> Left over")
    assert found.ids("step") == ["Start", "Agent"]
    assert found.ids("model") == ["gpt_4o"]


def rows(name: str, operation: str, sheet: str = "Leads") -> dict[str, Any]:
    return node(name, "googleSheets", operation=operation, documentId={"__rl": True, "mode": "id", "value": "doc1"},
                sheetName={"__rl": True, "mode": "name", "value": sheet})


def test_a_sheet_that_is_only_read_or_only_written_is_no_store(tmp_path: Path) -> None:
    anywhere = node("Any", "googleSheets", operation="append", documentId={"__rl": True, "mode": "id", "value": "={{ $json.doc }}"},
                    sheetName={"__rl": True, "mode": "name", "value": "Leads"})
    found = drawn(tmp_path, [START, rows("Read", "read"), rows("Log", "append", "Log"), anywhere], "Start > Read", "Read > Log", "Log > Any")
    assert found.ids("store") == []


@pytest.mark.parametrize(("last", "lost"), [("supabase", None), ("airtable", "swallow")])
def test_a_failure_is_not_lost_where_the_next_step_stops_on_the_same_system(tmp_path: Path, last: str, lost: str | None) -> None:
    first = node("Clear", "supabase", operation="delete", tableId="rows") | {"onError": "continueRegularOutput"}
    found = drawn(tmp_path, [START, first, node("Fill", last, operation="create", tableId="rows")], "Start > Clear", "Clear > Fill")
    assert found.fact("integration", "supabase", "on_error") == lost


# Stores ----------------------------------------------------------------------------------------------------

def test_a_sheet_that_is_read_and_written_is_a_store_that_lasts(tmp_path: Path) -> None:
    found = drawn(tmp_path, [START, rows("Read", "read"), rows("Log", "append", "Log"), rows("Mark", "update")],
                  "Start > Read", "Read > Log", "Log > Mark")
    assert found.ids("store") == ["google_sheets_Leads"]
    assert (found.fact("store", "google_sheets_Leads", "durable"), found.fact("store", "google_sheets_Leads", "persists")) == (True, True)


def test_a_table_known_by_its_id_alone_is_named_by_its_node(tmp_path: Path) -> None:
    def record(name: str, operation: str) -> dict[str, Any]:
        return node(name, "airtable", operation=operation, base={"__rl": True, "mode": "id", "value": "appRDq3E42JNtruIP"},
                    table={"__rl": True, "mode": "id", "value": "tblF8Ye2g0gPdpsaI"})

    found = drawn(tmp_path, [START, record("Find guest", "search"), record("Book", "create")], "Start > Find guest", "Find guest > Book")
    assert found.ids("store") == ["airtable_table_of_Find_guest"]


def test_a_table_is_one_by_the_node_and_by_sql(tmp_path: Path) -> None:
    last = node("Last", "postgres", operation="executeQuery", query="-- from nothing\nselect max(at) from public.runs where ok")
    found = drawn(tmp_path, [START, last, node("Note", "supabase", operation="create", tableId="runs")], "Start > Last", "Last > Note")
    assert found.ids("store") == ["supabase_runs"]
    assert len(found.lines("store", "supabase_runs")) == 2


@pytest.mark.parametrize(("parameters", "limit"), [
    ({"sendTo": "={{ $fromAI('to') }}", "message": "={{ $fromAI('text') }}"}, "none"),
    ({"sendTo": "owner@example.com", "message": "={{ $fromAI('text') }}"}, None),
    ({"sendTo": "={{ $('Start').item.json.from }}", "subject": "={{ $fromAI('email_subject') }}"}, None),
    ({"operation": "delete", "messageId": "={{ $fromAI('id') }}"}, "none"),
    ({"operation": "delete", "messageId": "={{ $json.id }}"}, None),
])
def test_a_model_is_without_limit_only_where_it_chooses_whom_or_what_a_tool_acts_on(
    tmp_path: Path, parameters: dict[str, Any], limit: str | None
) -> None:
    found = drawn(tmp_path, [START, AGENT, CHAT_MODEL, node("Mail", "gmailTool", **parameters)],
                  "Start > Agent", "Chat model ai_languageModel> Agent", "Mail ai_tool> Agent")
    assert found.fact("action", "Mail", "limit.scope") == limit


@pytest.mark.parametrize(("kind", "validation"), [("if", None), ("code", None), ("telegram", "none")])
def test_an_answer_that_a_test_or_code_reads_next_is_not_said_to_be_unchecked(tmp_path: Path, kind: str, validation: str | None) -> None:
    found = drawn(tmp_path, [START, AGENT, CHAT_MODEL, node("Next", kind)], "Start > Agent", "Agent > Next", "Chat model ai_languageModel> Agent")
    assert found.fact("step", "Agent", "validation.kind") == validation


# Models ----------------------------------------------------------------------------------------------------

def test_the_first_model_of_an_agent_counts_and_a_second_is_its_fallback(tmp_path: Path) -> None:
    found = drawn(
        tmp_path, [START, AGENT, CHAT_MODEL, node("Spare", "ai.lmChatAnthropic", model="claude-sonnet-4-5")],
        "Start > Agent", "Chat model ai_languageModel> Agent", "Spare ai_languageModel> Agent",
    )
    assert found.all("step", "Agent", "model") == ["gpt_4o"]
    assert len(found.ids("model")) == 2


# Steps -----------------------------------------------------------------------------------------------------

def test_an_agent_with_tools_is_a_step_though_nothing_leads_to_it(tmp_path: Path) -> None:
    mail = node("Mail", "gmailTool", sendTo="={{ $fromAI('to') }}", message="={{ $fromAI('text') }}")
    found = drawn(tmp_path, [START, node("Other", "set"), AGENT, CHAT_MODEL, mail], "Start > Other",
                  "Chat model ai_languageModel> Agent", "Mail ai_tool> Agent")
    assert set(found.ids("step")) == {"Start", "Other", "Agent"}
    assert found.fact("action", "Mail", "step") == "Agent"


@pytest.mark.parametrize(("left", "bound"), [
    ("={{ ($json.rounds || 0) >= ($json.most || 120) }}", "coded"),
    ("={{ $json.jobs.every(j => j.status === 'done') }}", "none"),
    ("={{ $json.status === 'done' }}", "none"),
])
def test_a_round_is_bounded_where_the_way_out_compares_by_size(tmp_path: Path, left: str, bound: str) -> None:
    test = node("Enough?", "if", conditions={"conditions": [
        {"leftValue": left, "rightValue": True, "operator": {"type": "boolean", "operation": "equals"}}]})
    ask = node("Ask", "httpRequest", url="https://api.example.com/job")
    found = drawn(tmp_path, [START, ask, test, node("Wait", "wait"), node("End", "noOp")],
                  "Start > Ask", "Ask > Enough?", "Enough? > End", "Enough? 1> Wait", "Wait > Ask")
    assert found.fact("step", "Enough?".removesuffix("?"), "loop.bound") == bound


@pytest.mark.parametrize(("name", "dated"), [
    ("models/gemini-2.5-pro-preview-06-05", True), ("ft:gpt-4o-mini-2024-07-18:acme::Ab1", True), ("mistral-large-2411", True),
    ("models/gemini-2.0-flash-exp", False), ("claude-3-5-sonnet-latest", False),
])
def test_a_model_is_pinned_by_whatever_dates_it(tmp_path: Path, name: str, dated: bool) -> None:
    found = drawn(tmp_path, [START, AGENT, node("Model", "ai.lmChatOpenAi", model=name)], "Start > Agent", "Model ai_languageModel> Agent")
    (model,) = found.ids("model")
    assert found.fact("model", model, "pinned") is dated


# Actions and gates -----------------------------------------------------------------------------------------

def test_what_a_gate_holds_is_an_action_though_no_model_comes_before(tmp_path: Path) -> None:
    found = drawn(tmp_path, [START, ASK, APPROVED, WIPE], "Start > Ask", "Ask > Approved?", "Approved? > Wipe")
    assert (found.fact("action", "Wipe", "effect"), found.fact("action", "Wipe", "gate")) == ("delete", "Ask")
    assert found.fact("gate", "Ask", "before") == "Wipe"


# Outsiders -------------------------------------------------------------------------------------------------

def sender(operation: str, kind: str = "string", left: str = "={{ $json.message.from.id }}") -> dict[str, Any]:
    return node("Known?", "if", conditions={"conditions": [
        {"leftValue": left, "rightValue": "7", "operator": {"type": kind, "operation": operation}}]})


@pytest.mark.parametrize(("test", "way", "outsiders"), [
    (sender("equals"), "Known? > Agent", False),
    (sender("equals"), "Known? 1> Agent", True),
    (sender("notEquals"), "Known? 1> Agent", False),
    (sender("notContains"), "Known? > Agent", True),
    (sender("exists"), "Known? > Agent", True),
    (sender("true", "boolean", "={{ [7, 9].includes($json.message.from.id) }}"), "Known? > Agent", False),
])
def test_only_a_list_of_senders_on_the_way_keeps_outsiders_from_a_model(
    tmp_path: Path, test: dict[str, Any], way: str, outsiders: bool
) -> None:
    found = drawn(tmp_path, [node("Inbox", "telegramTrigger"), test, AGENT, CHAT_MODEL],
                  "Inbox > Known?", way, "Chat model ai_languageModel> Agent")
    assert found.fact("step", "Agent", "untrusted_input") is (True if outsiders else None)


def test_each_rule_of_a_switch_lets_in_whom_it_names(tmp_path: Path) -> None:
    def rule(operation: str) -> dict[str, Any]:
        return {"conditions": {"conditions": [
            {"leftValue": "={{ $json.from.value }}", "rightValue": "bank", "operator": {"type": "string", "operation": operation}}]}}

    switch = node("Whose?", "switch", rules={"values": [rule("contains"), rule("notContains")]})
    found = drawn(tmp_path, [node("Inbox", "gmailTrigger"), switch, AGENT, node("Second", "ai.agent"), CHAT_MODEL], "Inbox > Whose?",
                  "Whose? > Agent", "Whose? 1> Second", "Chat model ai_languageModel> Agent", "Chat model ai_languageModel> Second")
    assert found.fact("step", "Agent", "untrusted_input") is None
    assert found.fact("step", "Second", "untrusted_input") is True


@pytest.mark.parametrize(("filters", "outsiders"), [
    ({"q": "has:attachment from:bills@example.com"}, None), ({"sender": "bills@example.com"}, None), ({"q": "-from:me"}, True),
    ({"readStatus": "unread"}, True),
])
def test_a_trigger_that_takes_mail_of_some_senders_is_not_open(tmp_path: Path, filters: dict[str, str], outsiders: bool | None) -> None:
    found = drawn(tmp_path, [node("Inbox", "gmailTrigger", filters=filters), AGENT, CHAT_MODEL],
                  "Inbox > Agent", "Chat model ai_languageModel> Agent")
    assert found.fact("step", "Agent", "untrusted_input") is outsiders


def test_a_test_of_the_sender_after_the_model_comes_too_late(tmp_path: Path) -> None:
    found = drawn(tmp_path, [node("Inbox", "telegramTrigger"), sender("equals"), AGENT, CHAT_MODEL, node("Tell", "telegram")],
                  "Inbox > Agent", "Agent > Known?", "Known? > Tell", "Chat model ai_languageModel> Agent")
    assert found.fact("step", "Agent", "untrusted_input") is True


# Credentials -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("body", "kept"), [
    ('{"api_key": "tvly-9fK2mQ7xLr4TzW8bNc3V", "query": "{term}"}', "code"),
    ('={"api_key": "tvly-9fK2mQ7xLr4TzW8bNc3V", "query": "{{ $json.term }}"}', "code"),
    ('{"api_key": "YOUR_API_KEY_0123456789", "query": "{term}"}', None),
    ('={"api_key": "{{ $json.key }}", "query": "{term}"}', None),
])
def test_a_key_inside_a_body_is_a_credential_in_the_export(tmp_path: Path, body: str, kept: str | None) -> None:
    search = node("Search", "ai.toolHttpRequest", method="POST", url="https://api.tavily.com/search", jsonBody=body)
    found = drawn(tmp_path, [START, AGENT, CHAT_MODEL, search], "Start > Agent", "Search ai_tool> Agent", "Chat model ai_languageModel> Agent")
    (service,) = (i for i in found.ids("integration") if "tavily" in i)
    assert found.fact("integration", service, "auth.secret_store") == kept


# Queries ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("query", "effect"), [
    ("select * from notes where body = 'please delete me'", "read"),
    ("DO $$ BEGIN IF EXISTS (SELECT 1 FROM t) THEN EXECUTE 'DELETE FROM notes WHERE id = 1'; END IF; END $$;", "delete"),
])
def test_a_query_does_what_it_runs_not_what_it_compares(tmp_path: Path, query: str, effect: str) -> None:
    tool = node("Rows", "postgresTool", operation="executeQuery", query=query)
    found = drawn(tmp_path, [START, AGENT, CHAT_MODEL, tool], "Start > Agent", "Chat model ai_languageModel> Agent", "Rows ai_tool> Agent")
    assert found.fact("action", "Rows", "effect") == effect


# Calls over HTTP -------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("url", "body", "effect", "weighty"), [
    ("=https://graph.facebook.com/v22.0/{{ $json.page }}/messages", '{"recipient": {"id": 1}, "message": {"text": "x"}}', "message", True),
    ("=https://graph.facebook.com/v22.0/{{ $json.page }}/messages", '{"recipient": {"id": 1}, "sender_action": "typing_on"}', "write", False),
    ("https://www.googleapis.com/calendar/v3/freeBusy", '{"timeMin": "{from}"}', "read", False),
    ("https://api.example.com/graphql", '{"query": "query Seen($id: ID) { seen(id: $id) { at } }"}', "read", False),
    ("https://api.example.com/graphql", '{"query": "mutation Close($id: ID) { close(id: $id) { ok } }"}', "write", True),
])
def test_a_post_is_judged_by_its_address_and_body(tmp_path: Path, url: str, body: str, effect: str, weighty: bool) -> None:
    tool = node("Call", "ai.toolHttpRequest", method="POST", url=url, jsonBody=body)
    found = drawn(tmp_path, [START, AGENT, CHAT_MODEL, tool], "Start > Agent", "Chat model ai_languageModel> Agent", "Call ai_tool> Agent")
    assert (found.fact("action", "Call", "effect"), found.fact("action", "Call", "consequential")) == (effect, weighty)
