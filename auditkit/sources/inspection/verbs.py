"""What names say that they do: `send_email`, `getTripDetails`, `Refund.create`, `flight_status_tool`.

Names are read word by word, so that `settings` never sets and `get_orders` never orders. What is said here is the
weakest evidence that there is: what a body does speaks first.
"""

from __future__ import annotations

import re
from functools import lru_cache

from auditkit.syntax.patterns import later


def _listed(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


VERBS = {
    "none": """
        think plan reflect format parse convert calculate compute evaluate classify extract summarize summarise translate
        render display show print log final finish answer reason rank score sort filter normalize normalise tokenize compare
        merge transform split combine analyse analyze detect generate draft propose suggest recommend prepare compose
        preview simulate echo wait sleep pass ignore noop page scroll route decide handle process build make estimate
        predict ask question clarify confirm escalate handoff delegate assess inspect verify validate rewrite rephrase
        hash encode decode multiply subtract divide sum average concatenate reverse
        outline brainstorm critique review judge grade calculator summarizer classifier generation generator extraction
        extractor analysis analyzer analyser visualizer complete begin start end stop hello greet give tell say""",
    "read": """
        get list search find fetch read look lookup query check retrieve describe count load browse view scan crawl scrape
        visit is has can valid eligible allowed access faq see navigate open select explain introspect recall locate
        watch poll monitor test status
        history availability retrieval searcher reader finder retriever fetcher scraper crawler checker tracker inspector
        introspection details info information summary google bing tavily wikipedia arxiv duckduckgo serper glob grep ls cat
        head tail weather forecast screenshot inspect observe identify discover explore research qa""",
    "write": """
        create update add set write save insert put modify edit schedule reschedule book reserve assign register close
        upload replace append change patch upsert submit record store apply move rename copy link attach resolve reopen file
        enroll enrol subscribe join install mark archive label tag star pin approve reject accept grant place sync import
        migrate commit checkout reset enable disable toggle activate deactivate lock unlock increment decrement push index
        ingest persist export sign fill enter click type press turn configure seed seeding creation creator updater editor writer
        booking scheduler download new post adjust redirect swap exchange return rate flag complain
        organize organise""",
    "message": """
        send email mail notify message reply respond tweet retweet publish sms call dial phone invite broadcast announce
        text share reshare forward alert remind dm sender notification notifier""",
    "money": """
        pay refund charge purchase buy sell order transfer payout withdraw deposit credit debit invoice bill trade
        compensate reimburse donate tip settle redeem wire issue payment purchasing""",
    "delete": """
        delete remove cancel drop purge destroy trash erase wipe truncate clear uninstall unsubscribe terminate kill discard
        revoke deletion cancellation remover""",
    "execute": """run execute exec shell bash eval python terminal invoke spawn launch interpreter execution executor computer
        repl command""",
    "deploy": "deploy release rollout rollback restart provision promote reboot shutdown deployment deployer",
    "access": "authorize authorise permit impersonate",
}
"""The words of names by the effect they speak of."""
VERB = {verb: effect for effect, verbs in VERBS.items() for verb in verbs.split()}
_ALSO_NOUNS = _listed("""
    order book email mail message post call text invoice credit debit charge trade file record schedule transfer share label
    tag tip bill star index place check access test status page sms phone alert link tweet rate return issue
    notification payment booking command score plan log question answer draft history process filter format sort display
    computer python type sign change new purchase deposit refund review import export query search view summary details info
    information availability weather forecast google wikipedia exchange report flag press turn end start final start
    analysis research monitor computer load count list set upload download""")
"""Words that are as often the thing as the deed: another verb in the name outweighs them."""
_NEVER_LAST = _listed("text")
"""Words that are a deed only where they come first: `text_customer`, not `hash_text`."""
_FILLERS = _listed("""
    batch bulk async a an the my tool tools mcp do try maybe auto safe safely internal api impl helper user agent handle on
    to and then sub new function func fn action node step task str execute_tool""")
MONEY = _listed("""
    payment payments refund refunds discount discounts voucher vouchers coupon coupons compensation invoice invoices credit
    payout purchase ticket_purchase subscription billing charge wallet funds money loan trade trades checkout
    gift tickets""")
"""Things that are worth money."""
_STARTS = _listed("initiate trigger perform request grant give apply process offer authorize")
OWN_STATE = _listed("""
    state todo todos plan plans memory memories context scratchpad thought thoughts history session cache variable variables
    transcript checklist notes preference reasoning progress""")
"""Things that belong to the run itself."""
_LABELS = _listed("label labels tag tags read unread star starred folder folders category categories")
_PEOPLE = _listed("""
    agent assistant human person representative support team triage specialist operator supervisor back
    department""")
_CALLED = _listed("api apis endpoint endpoints tool tools function functions method service model llm agent agents url")
"""What is called by code and no person: such a name does not say what the call does."""
_KEYS = _listed("key keys keystroke keystrokes keypress hotkey click clicks")
_ACCOUNTS = _listed("money funds account savings bank wallet")
_WORD = later(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")


@lru_cache(maxsize=20_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in small letters: `getTripDetails` and `get-trip details` are get, trip, details."""
    return tuple(w.lower() for w in _WORD.findall(name))


def verb_effect(name: str) -> str:
    """What the first word of a name says that it does, or ""."""
    return VERB.get(next(iter(words(name)), ""), "")


@lru_cache(maxsize=20_000)
def deed_of(name: str) -> tuple[str, str] | None:
    """The verb of a name and the effect it speaks of, or None when no word of it is a verb."""
    found = words(name)
    at = 0
    while at < len(found) - 1 and found[at] in _FILLERS and found[at] not in ("new", "execute"):
        at += 1
    rest = found[at:]
    if not rest:
        return None
    first = rest[0]
    if first == "send" and _KEYS & set(rest[1:]):
        return first, "write"  # pressed on a keyboard, not sent to anybody
    if first in ("call", "calls") and _CALLED & set(rest[1:]):
        rest = tuple(w for w in rest[1:] if w not in _CALLED)
        return deed_of("_".join(rest)) if rest else None
    if first in VERB and first not in _ALSO_NOUNS:
        return first, VERB[first]
    later = next((w for w in rest[1:] if w in VERB and w not in _ALSO_NOUNS), None)
    if first in VERB:
        if later is not None and (VERB[later] in ("read", "none") or len(rest) == 2):
            return later, VERB[later]  # order_lookup, email_sender
        nouns = [w for w in rest[1:] if w in _ALSO_NOUNS and VERB.get(w) in ("read", "none")]
        if nouns and VERB[first] not in ("read", "none"):
            return nouns[0], VERB[nouns[0]]  # order_status, message_history
        return first, VERB[first]
    if later is not None:
        return later, VERB[later]
    if first in _STARTS and MONEY & {w for n in rest[1:] for w in (n, n.removesuffix("s"))}:
        return first, "money"  # initiate_flight_credits
    noun = next((w for w in rest[1:] if w in VERB and w not in _NEVER_LAST), None)
    return (noun, VERB[noun]) if noun is not None else None


def is_delegation(name: str) -> bool:
    """Whether a name hands the run over to somebody: `transfer_to_sales_agent`, `escalate_to_human`."""
    found = words(name)
    text = "_".join(found)
    if re.search(r"(?:^|_)(?:handoff|hand_off|hand_over|delegate|escalate|transfer_back)", text):
        return True
    passes_on = bool(found) and found[0] in ("transfer", "route", "forward", "switch", "connect", "refer") and "to" in found
    return passes_on and (bool(_PEOPLE & set(found)) or (found[1] == "to" and not _ACCOUNTS & set(found)))


def is_label_change(name: str) -> bool:
    """Whether a name changes a label that can be changed back: `mark_as_read`, `create_label`."""
    found = words(name)
    effect = (deed_of(name) or ("", ""))[1]
    return bool(_LABELS & set(found[1:])) and effect in ("write", "none") and "filter" not in found


def is_own_state(name: str) -> bool:
    """Whether a name writes what belongs to the run itself: `write_todos`, `update_state`, `save_memory`."""
    return bool(OWN_STATE & set(words(name)[1:]))


def is_draft(name: str) -> bool:
    """Whether a name makes something that does not leave yet: `draft_email`, `preview_order`, `dry_run`."""
    found = words(name)
    waits = bool({"draft", "drafts", "preview", "simulate", "dryrun"} & set(found)) or {"dry", "run"} <= set(found)
    return waits and "send" not in found
