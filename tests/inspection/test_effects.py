"""What actions do: by their names first read as nouns, then by their names, then by their bodies."""

from pathlib import Path

import pytest

from auditkit.sources.inspection.code import Code
from auditkit.sources.inspection.effects import effect_of
from auditkit.sources.inspection.verbs import deed_of, is_delegation, words
from auditkit.syntax.python.program import Program
from auditkit.syntax.python.reading import read_module


def _listed(text: str) -> list[str]:
    """The words of a list."""
    return text.split()


CHANGES_NOTHING = _listed("""
    get_orders order_status order_lookup payment_history credit_check message_history email_reader postal_code_lookup
    look_up_item get_trip_details check_product_availability get_available_planting_times access_cart_information ProductSearch
    faq_lookup_tool flight_status_tool get_matching_flights display_seat_map extract_flights GoogleSearchTool visit_page page_up
    find_on_page_ctrl_f find_archived_url inspect_file_as_text list_email_labels search_emails read_email get_filter list_filters
    database-introspection sql-generation think calculate transfer_to_human_agents transfer_to_sales_agent transfer_back_to_triage
    escalate_to_human mark_as_read create_label update_label get_or_create_label draft_email NewEmailDraft write_todos update_state
    save_memory Question get_product_recommendations web_search
    """)
CHANGES_SOMETHING = _listed("""
    send_email send_calendar_invite send_call_companion_link approve_discount update_salesforce_crm modify_cart
    schedule_planting_service send_care_instructions execute_order execute_refund create_trello_card send_message_to_channel
    GeneratePaymentLink SendEmail SendCalendlyInvitation update_seat book_new_flight assign_special_service_seat issue_compensation
    cancel_flight buy_tickets bash computer str_replace_editor python_interpreter modify_email delete_email batch_delete_emails
    delete_label create_filter delete_filter download_attachment database-seeding sql-execution uploadTweet retweetFromMainAccount
    reshareFromMainLinkedInAccount createTextPost transfer_funds slack_post_message write_file run_shell
    """)


@pytest.mark.parametrize("name", ["settings", "postal", "tablet", "sendable", "address", "bookshelf"])
def test_words_that_only_look_like_verbs_say_nothing(name: str) -> None:
    assert effect_of(None, None, name) is None


@pytest.mark.parametrize("name", CHANGES_NOTHING)
def test_names_that_change_nothing(name: str) -> None:
    found = effect_of(None, None, name)
    assert found is not None
    assert not found.consequential


@pytest.mark.parametrize("name", CHANGES_SOMETHING)
def test_names_that_change_something(name: str) -> None:
    found = effect_of(None, None, name)
    assert found is not None
    assert found.consequential


@pytest.mark.parametrize(("name", "effect", "reversible"), [
    ("send_email", "message", "no"), ("issue_refund", "money", "compensable"), ("transfer_funds", "money", "no"),
    ("delete_account", "delete", "no"), ("cancel_flight", "delete", None), ("book_flight", "money", "compensable"),
    ("create_order", "money", "compensable"), ("mark_as_read", "write", "yes"), ("run_shell", "execute", None)])
def test_words_and_whether_they_can_be_taken_back(name: str, effect: str, reversible: str | None) -> None:
    found = effect_of(None, None, name)
    assert found is not None
    assert (found.effect, found.reversible) == (effect, reversible)


def test_names_are_read_word_by_word() -> None:
    assert words("getTripDetails") == ("get", "trip", "details")
    assert deed_of("order_lookup") == ("lookup", "read")
    assert is_delegation("transfer_to_billing")
    assert not is_delegation("transfer_to_savings_account")


def effect(tmp_path: Path, source: str, name: str, description: str | None = None) -> tuple[str, bool] | None:
    """The effect of a function of a small module."""
    module = read_module("app.py", source)
    code = Code(Program([module]))
    found = effect_of(code, module.scope(name), name, description)
    return (found.effect, found.consequential) if found is not None else None


BODIES = [
    ("get_report", "import requests\ndef get_report(i):\n    return requests.get(f'https://x.io/{i}').json()\n", ("read", False)),
    ("search_docs", "import requests\ndef search_docs(q):\n    return requests.post('https://x.io/v1/search', json={'q': q})\n", ("read", False)),
    ("create_report", "import requests\ndef create_report(i):\n    return requests.get('https://x.io/r').json()\n", ("read", False)),
    ("notify_team", "import requests\ndef notify_team(t):\n    requests.post('https://hooks.x.io/a', json=t)\n", ("message", True)),
    ("helper", "import smtplib\ndef helper(m):\n    s = smtplib.SMTP('h')\n    s.send_message(m)\n", ("message", True)),
    ("helper", "import smtplib\ndef deep(m):\n    smtplib.SMTP('h').send_message(m)\ndef mid(m):\n    deep(m)\ndef helper(m):\n    mid(m)\n",
     ("message", True)),
    ("pay_back", "import stripe\ndef pay_back(c):\n    return stripe.Refund.create(charge=c)\n", ("money", True)),
    ("git_diff", "import subprocess\ndef git_diff():\n    return subprocess.run(['git', 'diff'])\n", ("read", False)),
    ("shell_tool", "import subprocess\ndef shell_tool(cmd):\n    return subprocess.run(cmd, shell=True)\n", ("execute", True)),
    ("calculate", "def calculate(expression):\n    return eval(expression)\n", ("execute", True)),
    ("one", "def one():\n    return eval('1 + 1')\n", ("none", False)),
    ("load_rows", "import sqlite3\ndef load_rows():\n    c = sqlite3.connect('a.db')\n    return c.execute('SELECT 1').fetchall()\n", ("read", False)),
    ("rows", "import sqlite3\ndef rows():\n    c = sqlite3.connect('a.db')\n    c.execute('DELETE FROM t')\n", ("delete", True)),
    ("query_database", "import sqlite3\ndef query_database(sql):\n    c = sqlite3.connect('a.db')\n    return c.execute(sql)\n", ("write", True)),
    ("mark", "from googleapiclient.discovery import build\ndef mark(i):\n    s = build('gmail', 'v1')\n"
             "    s.users().messages().modify(id=i, body={'removeLabelIds': ['UNREAD']}).execute()\n", ("write", False)),
    ("archive", "from googleapiclient.discovery import build\ndef archive(s, i):\n"
                "    s.users().messages().send(id=i, body={}).execute()\n", ("message", True)),
    ("baggage_tool", "def baggage_tool(q):\n    return 'one bag'\n", ("none", False)),
    ("update_seat", "def update_seat(ctx, seat):\n    ctx.seat = seat\n    return 'done'\n", ("write", True)),
    ("generate_code", "def generate_code(discount_value: float):\n    return {'code': 'x'}\n", ("money", True)),
    ("visit_page", "import requests\ndef visit_page(u):\n    t = requests.get(u).text\n    open('cache.html', 'w').write(t)\n", ("read", False)),
    ("save_page", "import requests\ndef save_page(u):\n    t = requests.get(u).text\n    open('cache.html', 'w').write(t)\n", ("write", True)),
]


@pytest.mark.parametrize(("name", "source", "expected"), BODIES)
def test_bodies_speak_before_names(tmp_path: Path, name: str, source: str, expected: tuple[str, bool]) -> None:
    assert effect(tmp_path, source, name) == expected


def test_descriptions_speak_last(tmp_path: Path) -> None:
    assert effect_of(None, None, "foo", "Sends a letter to the customer.").effect == "message"       # type: ignore[union-attr]
    assert effect_of(None, None, "foo", "Use this tool to delete a row").effect == "delete"       # type: ignore[union-attr]


def test_read_only_hints_of_servers(tmp_path: Path) -> None:
    source = "@mcp.tool(annotations={'readOnlyHint': True})\ndef sync_items():\n    return []\n"
    assert effect(tmp_path, source, "sync_items") == ("read", False)


def test_a_form_without_code_changes_nothing(tmp_path: Path) -> None:
    source = "from pydantic import BaseModel\nclass MeetingAssistant(BaseModel):\n    note: str\n"
    assert effect(tmp_path, source, "MeetingAssistant") == ("none", False)


@pytest.mark.parametrize(("name", "source", "expected"), [
    ("add", "def add(a, b):\n    return a + b\n", ("write", True)),
    ("pay", "def pay(amount: float) -> float:\n    return amount\n", ("money", True)),
    ("add", "def add(name: str, row: dict):\n    return f'{name} {row}'\n", ("write", True)),
    ("add", "def add(a: float, b: float) -> float:\n    rows.append(a)\n    return store(a + b)\n", ("write", True)),
    ("add", "def add(a: float, b: float) -> float:\n    return a + b\n", ("none", False)),
    ("exchange", "def exchange(a: float, rate: float):\n    if rate == 0:\n        raise ValueError\n    return round(a / rate, 2)\n",
     ("none", False)),
])
def test_a_calculation_with_numbers_changes_nothing(tmp_path: Path, name: str, source: str, expected: tuple[str, bool]) -> None:
    assert effect(tmp_path, source, name) == expected


def test_a_request_by_its_method_may_ask_too(tmp_path: Path) -> None:
    asks = "import requests\ndef helper(q):\n    return requests.request('POST', 'https://api.x.io/search', json={'q': q}).text\n"
    assert effect(tmp_path, asks, "helper") == ("read", False)
    assert effect(tmp_path, asks.replace("/search", "/orders"), "helper") == ("write", True)
    assert effect(tmp_path, asks.replace("POST", "DELETE"), "helper") == ("delete", True)
