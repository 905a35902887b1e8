"""What an action does, and whether it matters outside the run: from its body, its name and its description.

The body speaks first (a call of `smtplib.SMTP.send_message` sends), then the verb of the name, then what the
model is told about it. What nothing says stays unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from auditkit.sources.inspection.code import Code
from auditkit.sources.inspection.sketch import Item, Place
from auditkit.syntax.python.module import Scope


@dataclass(frozen=True)
class Effect:
    """What an action does: the vocabulary's word, whether it is consequential, where that can be seen, and why."""

    effect: str
    consequential: bool
    at: Place | None
    note: str


VERBS = {
    "read": "get list search find fetch read look lookup query check retrieve show view describe count load browse",
    "write": "create update add set write save insert put modify edit schedule book assign register open close post upload",
    "message": "send email mail notify message reply tweet publish sms call invite",
    "money": "pay refund charge purchase buy order transfer issue payout withdraw credit",
    "delete": "delete remove cancel drop purge destroy trash revoke",
    "execute": "run execute exec shell bash eval",
    "deploy": "deploy release rollout restart",
}
_VERB = {verb: effect for effect, verbs in VERBS.items() for verb in verbs.split()}
CONSEQUENTIAL = ("write", "message", "money", "delete", "deploy", "execute", "access", "legal")


def effect_of(code: Code | None, scope: Scope | None, name: str, description: str | None = None) -> Effect | None:
    """What a tool or action function does, or None when nothing says so."""
    if code is not None and scope is not None:
        deeds = [d for d in code.deeds(scope) if d.effect in CONSEQUENTIAL]
        if deeds:
            worst = max(deeds, key=lambda d: CONSEQUENTIAL.index(d.effect))
            return Effect(worst.effect, True, worst.place, f"calls {worst.site.name}")
    for word in _words(name)[:2]:
        if word in _VERB:
            effect = _VERB[word]
            return Effect(effect, effect in CONSEQUENTIAL, None, f"by its name ({word})")
    return None


def say_effect(item: Item, found: Effect | None) -> None:
    """States an effect on an action."""
    if found is not None:
        how = "literal" if found.at else "resolved"
        item.say("effect", found.effect, found.at, how, found.note)         # type: ignore[arg-type]
        item.say("consequential", found.consequential, found.at, how, found.note)         # type: ignore[arg-type]


def _words(name: str) -> list[str]:
    return [w.lower() for w in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+", name)]
