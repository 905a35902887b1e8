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
    save_memory Question get_product_recommendations web_search hash_text
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
    ("run_code", "from e2b_code_interpreter import Sandbox\nbox = Sandbox()\ndef run_code(code):\n    return box.run_code(code)\n",
     ("execute", False)),
    ("get_issue", "import asyncio\nasync def get_issue(n):\n    command = ['gh', 'issue', 'view', str(n)]\n"
                  "    return await asyncio.create_subprocess_exec(*command)\n", ("read", False)),
    ("get_any", "import asyncio\nasync def get_any(command):\n    return await asyncio.create_subprocess_exec(*command)\n",
     ("execute", True)),
    ("scroll", "from selenium import webdriver\ndriver = webdriver.Chrome()\ndef scroll():\n"
               "    driver.execute_script('window.scrollBy(0, 500)')\n", ("none", False)),
    ("do_script", "from selenium import webdriver\ndriver = webdriver.Chrome()\ndef do_script(js):\n    driver.execute_script(js)\n",
     ("execute", True)),
    ("enter_text", "from selenium import webdriver\ndriver = webdriver.Chrome()\ndef enter_text(t):\n"
                   "    driver.find_element('id', 'a').send_keys(t)\n", ("write", True)),
    ("download_paper", "import requests\ndef download_paper(u):\n    return requests.get(u).text\n", ("read", False)),
    ("baggage_tool", "def baggage_tool(q):\n    return 'one bag'\n", ("none", False)),
    ("update_seat", "def update_seat(ctx, seat):\n    ctx.seat = seat\n    return 'done'\n", ("write", True)),
    ("generate_code", "def generate_code(discount_value: float):\n    return {'code': 'x'}\n", ("money", True)),
    ("visit_page", "import requests\ndef visit_page(u):\n    t = requests.get(u).text\n    open('cache.html', 'w').write(t)\n", ("read", False)),
    ("save_page", "import requests\ndef save_page(u):\n    t = requests.get(u).text\n    open('cache.html', 'w').write(t)\n", ("write", True)),
]


@pytest.mark.parametrize(("name", "source", "expected"), BODIES)
def test_bodies_speak_before_names(tmp_path: Path, name: str, source: str, expected: tuple[str, bool]) -> None:
    assert effect(tmp_path, source, name) == expected


NAMED = [      # the code was read and stays inside the run: the name is all there is
    ("cancel_order", "ORDERS = {}\ndef cancel_order(i):\n    ORDERS[i]['status'] = 'cancelled'\n    return f'Order {i} cancelled'\n", True),
    ("update_seat", "def update_seat(ctx, seat):\n    ctx.context.seat = seat\n    return 'done'\n", True),
    ("book_table", "import random\ndef book_table(t):\n    print(t)\n    return {'booking': random.randint(1, 9)}\n", True),
    ("send_note", "def send_note(state, t):\n    store(state, t)\n    return 'sent'\ndef store(state, t):\n    state['t'] = t\n", True),
    # what is called cannot be told, or is known to reach out
    ("cancel_order", "def cancel_order(crm, i):\n    crm.orders.cancel(i)\n", False),
    ("cancel_order", "from shop import client\ndef cancel_order(i):\n    return client.cancel(i)\n", False),
    ("cancel_order", "def cancel_order(i, done):\n    done(i)\n", False),
    ("send_mail", "import smtplib\ndef send_mail(m):\n    smtplib.SMTP('h').send_message(m)\n", False),
    ("send_note", "def send_note(t):\n    deliver(t)\ndef deliver(t):\n    from post import office\n    office.hand_in(t)\n", False),
]


@pytest.mark.parametrize(("name", "source", "named"), NAMED)
def test_a_simulation_counts_by_its_name_and_says_so(tmp_path: Path, name: str, source: str, named: bool) -> None:
    module = read_module("app.py", source)
    found = effect_of(Code(Program([module])), module.scope(name), name)
    assert found is not None
    assert found.consequential
    assert found.only_named is named
    assert ("the code that was read changes nothing outside" in found.note) is named


WORKS_OUT = [
    ("add_numbers", "def add_numbers(a, b):\n    return a + b\n", ("none", False)),
    ("add_numbers", "def add_numbers(a, b):\n    total = a + b\n    return round(total)\n", ("none", False)),
    ("add_item", "def add_item(cart, a):\n    cart.append(a)\n    return len(cart) + 1\n", ("write", True)),
    ("add_points", "TOTAL = {}\ndef add_points(a):\n    TOTAL['a'] = a\n    return a + 1\n", ("write", True)),
    ("add_user", "def add_user(a):\n    return 'added ' + a\n", ("write", True)),
    ("hash_text", "import hashlib\ndef hash_text(text):\n    return {'hash': hashlib.md5(text).hexdigest()}\n", ("none", False)),
    ("edit_text", "from agents import Agent, Runner\neditor = Agent(name='e')\nasync def edit_text(t):\n"
                  "    return str((await Runner.run(editor, input=t)).final_output)\n", ("none", False)),
    ("report_writer", "from strands import Agent\ndef report_writer(q):\n    writer = Agent(system_prompt='x')\n"
                      "    return str(writer(q))\n", ("none", False)),
    ("edit_text", "from agents import Agent, Runner\nfrom cms import pages\neditor = Agent(name='e')\nasync def edit_text(t):\n"
                  "    pages.publish((await Runner.run(editor, input=t)).final_output)\n", ("write", True)),
]


@pytest.mark.parametrize(("name", "source", "expected"), WORKS_OUT)
def test_what_only_works_something_out_or_asks_an_agent_changes_nothing(tmp_path: Path, name: str, source: str,
                                                                        expected: tuple[str, bool]) -> None:
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
