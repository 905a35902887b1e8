"""What an action does, and whether it matters outside the run: from its body, its name and its description.

The body speaks first (a call of `smtplib.SMTP.send_message` sends), then the verb of the name, then what the
model is told about it. A simulated action counts by what it stands for. What nothing says stays unknown.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from auditkit.sources.inspection.answers import answers
from auditkit.sources.inspection.bodies import stays_inside, works_out
from auditkit.sources.inspection.code import Code, Deed
from auditkit.sources.inspection.commands import fixed_program
from auditkit.sources.inspection.sketch import Item, Place
from auditkit.sources.inspection.verbs import (
    MONEY,
    VERB,
    deed_of,
    is_delegation,
    is_draft,
    is_label_change,
    is_own_state,
    words,
)
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Scope, dotted
from auditkit.syntax.python.values import Const, Value


def _listed(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


@dataclass(frozen=True)
class Effect:
    """What an action does: the vocabulary's word, whether it is consequential, where that can be seen, and why."""

    effect: str
    consequential: bool
    at: Place | None
    note: str
    reversible: str | None = None
    only_named: bool = False
    """Nothing but its name says so, and its code was read."""


CONSEQUENTIAL = ("write", "message", "money", "delete", "deploy", "execute", "access", "legal")
_OWN_KINDS = ("store", "model", "agent", "human", "log")
"""Deeds that stay within the run and its own state."""
_SOFT = _listed("download create make build run execute generate process submit set call invoke new index import")
"""Verbs that a body which only reads outweighs."""
_TELLS = later(
    r"(?is)^\W*(?:(?:use|call) (?:this|the)(?: tool| function)?(?: to| for| when)?|(?:a |the |this )?(?:tool|function|action)s? "
    r"(?:to|that|for|which|is used to|used to)|use(?:ful|d)? (?:for|to|when you (?:need|want) to)|allows? (?:you )?to)?\s*"
)
_FINAL = ("delete", "purge", "destroy", "drop", "wipe", "erase", "truncate")


def effect_of(code: Code | None, scope: Scope | None, name: str, description: str | None = None) -> Effect | None:
    """What a tool or action function does, or None when nothing says so."""
    deeds = tuple(_outside(code, scope)) if code is not None and scope is not None else ()
    only = reads_only(scope)
    if only is not None and all(d.kind in ("database", "http", "api", "cloud") for d in deeds if d.effect in CONSEQUENTIAL):
        return Effect("read", False, only, "the code lets only statements through that read")
    named = _named(name, scope)
    hinted = _hinted(scope)
    done = _done(code, deeds, scope, name, named) if code is not None else None
    if done is not None and not (hinted is not None and done.effect == "write"):
        return _told_back(done, name)
    if hinted is not None:
        return hinted
    answered = next((d for d in deeds if d.effect == "message" and answers(code, d)), None) if code is not None else None
    if answered is not None and (named is None or named.effect in ("message", "none") or _only_answers(answered, scope)):
        return Effect("none", False, answered.place, "answers in the chat that it was asked in")
    if named is not None:
        return _told_back(_read(code, scope, _weighed(named, deeds, name)), name)
    deeds = tuple(d for d in deeds if d.effect)
    if deeds:
        return Effect("read", False, deeds[0].place, f"calls {deeds[0].site.name} and changes nothing outside")
    told = _told(description)
    if told is not None:
        return _read(code, scope, told)
    if scope is not None and code is not None:
        if scope.kind == "class" and not any(c.kind == "function" for c in scope.children):
            return Effect("none", False, None, "a form that the model fills in; it has no code of its own")
        if scope.kind == "function":
            return Effect("none", False, None, "its code calls nothing outside")
    return None


_READS = frozenset(("select", "with"))
_WRITES = frozenset(("insert", "update", "delete", "drop", "alter", "truncate", "create"))


def reads_only(scope: Scope | None) -> Place | None:
    """Where a function turns away every SQL statement but those that read: by how it begins, or by its verbs."""
    for node in ast.walk(scope.node) if scope is not None and scope.kind == "function" else ():
        if not isinstance(node, ast.If) or not node.body or not _turns_away(node):
            continue
        texts = {w.strip().lower() for w in _literals(node.test, scope)}
        begins = any(
            isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in ("startswith", "match", "fullmatch")
            for n in ast.walk(node.test)
        )
        turned = any(isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.Not) for n in ast.walk(node.test))
        allowed = {re.sub(r"\W+", "", re.sub(r"\\[a-z]", "", t)) for t in texts}
        if begins and turned and "select" in allowed and allowed <= _READS | {"explain", "show", "describe", "pragma"}:
            return Place(scope.module.path, scope.module.line(node))  # type: ignore[union-attr]
        if len(_WRITES & texts) >= 3 and not turned:
            return Place(scope.module.path, scope.module.line(node))  # type: ignore[union-attr]
    return None


_TELLS_BACK = ("dumps", "str", "format", "repr", "dict")
_SEVERAL = ast.List | ast.Tuple | ast.Set


def _turns_away(node: ast.If) -> bool:
    """Whether a branch ends the function, and hands what it tested to nothing else that could run it."""
    last = node.body[-1]
    if isinstance(last, ast.Raise):
        return True
    if not isinstance(last, ast.Return):
        return False
    tested = {n.id for n in ast.walk(node.test) if isinstance(n, ast.Name)}
    return not any(
        isinstance(n, ast.Name) and n.id in tested
        for call in ast.walk(last)
        if isinstance(call, ast.Call) and (dotted(call.func) or "").rpartition(".")[2] not in _TELLS_BACK
        for arg in (*call.args, *(k.value for k in call.keywords))
        for n in ast.walk(arg)
    )


def _literals(test: ast.AST, scope: Scope | None) -> Iterator[str]:
    """The texts in a test, also those of a list that a name in it stands for."""
    waiting = [test]
    for node in ast.walk(test):
        if isinstance(node, ast.Name) and scope is not None:
            bound = scope.bindings.get(node.id) or scope.module.top.bindings.get(node.id) or ()
            waiting += [b.value for b in bound if b.how in ("value", "each") and isinstance(b.value, _SEVERAL)]
    for one in waiting:
        for node in ast.walk(one):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from node.value.split("|") if "|" in node.value else (node.value,)


def _only_answers(answered: Deed, scope: Scope | None) -> bool:
    """Whether a function's own code does nothing but answer: no other call than of constructors, nothing is put anywhere."""
    node = scope.node if scope is not None else None
    if answered.hops or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    for inner in (n for statement in node.body for n in ast.walk(statement)):
        if isinstance(inner, ast.Call) and inner is not answered.site.node and not (dotted(inner.func) or "_")[:1].isupper():
            return False
        if isinstance(inner, ast.Attribute | ast.Subscript) and isinstance(inner.ctx, ast.Store | ast.Del):
            return False
    return True


def say_effect(item: Item, found: Effect | None) -> None:
    """States an effect on an action."""
    if found is not None:
        how = "literal" if found.at else "named" if found.only_named else "resolved"
        item.say("effect", found.effect, found.at, how, found.note)  # type: ignore[arg-type]
        item.say("consequential", found.consequential, found.at, how, found.note)  # type: ignore[arg-type]
        if item.value("reversible") is None:
            item.say("reversible", found.reversible, found.at, how, found.note)  # type: ignore[arg-type]


def _outside(code: Code, scope: Scope) -> Iterator[Deed]:
    """The deeds that touch something outside the run, the nearest first."""
    for deed in code.deeds(scope):
        if (deed.effect or deed.meaning.by == "sql") and deed.effect != "none" and deed.kind not in _OWN_KINDS:
            yield deed


def _done(code: Code, deeds: tuple[Deed, ...], scope: Scope | None, name: str, named: Effect | None) -> Effect | None:
    """What the body changes outside, or None when it changes nothing."""
    changing = [d for d in deeds if d.effect in CONSEQUENTIAL and not _harmless(code, d, named)]
    if not changing:
        boxed = next((d for d in deeds if d.meaning.option("sandbox")), None)
        if boxed is not None:
            return Effect("execute", False, boxed.place, f"calls {boxed.site.name}: on a vendor's machine that is thrown away")
        drafts = next((d for d in deeds if d.meaning.option("draft")), None)
        if drafts is not None:
            return Effect("write", False, drafts.place, f"calls {drafts.site.name}: a draft", "yes")
        labels = next((d for d in deeds if _label(d)), None)
        if labels is not None:
            return Effect("write", False, labels.place, f"calls {labels.site.name}: labels can be changed back", "yes")
        sql = next((d for d in deeds if d.meaning.by == "sql" and not d.effect and d.hops <= 1), None)
        given = sql is not None and bool({"sql", "query", "statement", "command"} & {*words(name), *_arguments(scope)})
        return Effect("write", True, sql.place, "runs SQL that it is given") if sql is not None and given else None
    agreed = [d for d in changing if named is not None and d.effect == named.effect]
    nearest = min(d.hops for d in changing)
    chosen = max(agreed or [d for d in changing if d.hops == nearest], key=lambda d: CONSEQUENTIAL.index(d.effect))
    effect, note = chosen.effect, f"calls {chosen.site.name}"
    if effect == "write" and named is not None and named.effect in ("message", "money", "delete", "deploy"):
        effect, note = named.effect, f"{note}; {named.note}"
    if effect == "write" and chosen.kind == "message" and is_draft(name):
        return Effect("write", False, chosen.place, f"{note}: a draft", "yes")
    own = chosen.kind == "knowledge" and effect == "write" and is_own_state(name)
    return Effect(effect, not own, chosen.place, note)


def _harmless(code: Code, deed: Deed, named: Effect | None) -> bool:
    """Whether a deed that changes something changes nothing outside: its own files, labels, drafts, a POST that asks, what
    runs in a sandbox."""
    if deed.meaning.option("draft") or deed.meaning.option("sandbox") or _label(deed):
        return True
    if deed.effect == "message" and answers(code, deed):
        return True
    reading = named is not None and named.effect in ("read", "none")
    if deed.kind == "file":
        return reading or deed.hops > 1 or (deed.effect == "delete" and (named is None or named.effect != "delete"))
    if deed.kind == "http" and deed.effect == "write":
        return reading
    if deed.kind == "knowledge":
        return reading
    if deed.kind == "browser" and deed.effect == "execute":     # a script that stands there, such as one that scrolls
        return isinstance(code.program.arg(deed.site, 0, "script", "expression"), Const)
    if deed.kind == "browser":
        return reading
    if deed.kind == "execute" and deed.vendor == "shell":
        return reading and fixed_program(_command(code, deed))
    if deed.kind in ("database", "queue", "api", "cloud") and deed.effect == "write":
        return reading and deed.hops > 1
    return False


def _command(code: Code, deed: Deed) -> Value | None:
    """The command that a call runs, also of `create_subprocess_exec(*command)`."""
    args = deed.site.node.args
    if args and isinstance(args[0], ast.Starred):
        return code.program.value(args[0].value, deed.site.scope, deed.site.frame)
    return code.program.arg(deed.site, 0, "args", "cmd", "command")


def _label(deed: Deed) -> bool:
    """Whether a call changes a label of a message that can be changed back."""
    changes = (".modify", ".batchModify", "labels.create", "labels.update", "labels.patch")
    if deed.vendor == "imap" and deed.site.name.endswith(".store"):
        flags = ast.dump(deed.site.node).lower()
        gone = "deleted" in flags or "trash" in flags
        return not gone and any(word in flags for word in ("flagged", "seen", "label", "important"))
    if deed.vendor != "gmail" or not deed.site.name.endswith(changes):
        return False
    if ".labels." in deed.site.name:
        return True
    text = ast.dump(deed.site.node)
    return "Label" in text and not any(word in text for word in ("'TRASH'", "'SPAM'"))


def _named(name: str, scope: Scope | None) -> Effect | None:
    """What the name says."""
    own = scope.name.rpartition(".")[2] if scope is not None and scope.kind == "function" else name
    if is_delegation(name) and not is_delegation(own) and (deed_of(own) or ("", ""))[1] == "message":
        return Effect("message", True, None, f"by the name of its function ({own})")     # how it hands over: by mail
    if is_delegation(name) and not _has(scope, "amount", "price", "account", "recipient"):
        return Effect("none", False, None, "hands the run over, by its name")
    found = deed_of(name)
    if found is None:
        return None
    verb, effect = found
    note = f"by its name ({verb})"
    if is_draft(name):
        return Effect("write" if effect == "write" else "none", False, None, f"{note}: it does not leave yet", "yes")
    if is_label_change(name):
        return Effect("write", False, None, f"{note}: a label can be changed back", "yes")
    if effect == "write" and is_own_state(name):
        return Effect("write", False, None, f"{note}: the run's own state")
    things = set(words(name)) - {verb}
    if effect == "execute" and {"sql", "query", "queries", "statement"} & things:
        return Effect("write", True, None, f"{note}: SQL")
    gives = verb in ("generate", "approve", "issue")
    if verb in ("place", "create", "submit", "execute", "new") and {"order", "orders"} & things:
        return Effect("money", True, None, f"{note}: an order")
    if (effect in ("write", "execute") or gives) and (
        MONEY & things or (gives and _has(scope, "discount", "refund", "amount", "price"))
    ):
        return Effect("money", True, None, f"{note}: money")
    if verb in ("book", "reserve") and {"flight", "flights", "hotel", "ticket", "tickets", "trip", "room", "car"} & things:
        return Effect("money", True, None, note)
    return Effect(effect, effect in CONSEQUENTIAL, None, note)


def _weighed(named: Effect, deeds: tuple[Deed, ...], name: str) -> Effect:
    """The name's word, unless it is a vague one and the body only reads."""
    found = deed_of(name)
    reading = next((d for d in deeds if d.effect == "read" and d.kind not in ("file", "auth")), None)
    vague = found is not None and found[0] in _SOFT and named.effect in ("write", "execute")
    if reading is not None and named.consequential and vague:
        return Effect("read", False, reading.place, f"calls {reading.site.name} and changes nothing outside")
    if reading is not None and named.effect == "none":
        return Effect("read", False, reading.place, f"calls {reading.site.name}")
    return named


def _read(code: Code | None, scope: Scope | None, named: Effect) -> Effect:
    """A name's word beside a body that can be read: what works something out does no more than that, what only asks a
    model or another agent leaves the rest to them; any other that stays inside the run is named for what it does not do."""
    if code is None or scope is None or not named.consequential or not stays_inside(code, scope):
        return named
    at = Place(scope.module.path, scope.module.line(scope.line))
    if named.effect in ("write", "execute", "message") and works_out(scope):
        return Effect("none", False, at, "works out what it gives back from what it is given")
    asked = next((d for d in code.deeds(scope) if d.kind in ("agent", "model") and d.hops <= 1), None)
    if asked is not None and named.effect in ("write", "execute"):
        return Effect("none", False, asked.place, f"calls {asked.site.name}, and nothing outside")
    return replace(named, note=f"{named.note}; the code that was read changes nothing outside", only_named=True)


def _told_back(found: Effect, name: str) -> Effect:
    """The effect with whether it can be taken back, where that is clear."""
    if found.reversible is not None or not found.consequential:
        return found
    verb = (deed_of(name) or ("", ""))[0]
    if found.effect == "message" or (found.effect == "delete" and verb in _FINAL):
        return replace(found, reversible="no")
    if found.effect == "money":
        gone = verb in ("transfer", "withdraw", "trade", "sell", "wire", "payout")
        return replace(found, reversible="no" if gone else "compensable")
    return found


def _told(description: str | None) -> Effect | None:
    """What the first words of a description say."""
    if not description:
        return None
    rest = _TELLS.sub("", description.strip(), count=1)
    first = next(iter(words(rest[:60])), "")
    if first in ("returns", "return", "gives", "provides", "answers", "useful"):  # what comes back, not goods that are returned
        return Effect("read", False, None, f"by its description ({first})")
    for verb in (
        first,
        first.removesuffix("s"),
        first.removesuffix("es"),
        re.sub("ies$", "y", first),
        first.removesuffix("ing"),
        re.sub("ing$", "e", first),
    ):
        if verb in VERB:
            effect = VERB[verb]
            return Effect(effect, effect in CONSEQUENTIAL, None, f"by its description ({first})")
    return None


def _hinted(scope: Scope | None) -> Effect | None:
    """What the annotations of an MCP tool say: `readOnlyHint`."""
    for decorator in getattr(scope.node, "decorator_list", ()) if scope is not None else ():
        for node in ast.walk(decorator):
            pairs: list[tuple[str | None, ast.AST]] = []
            if isinstance(node, ast.Call):
                pairs = [(k.arg, k.value) for k in node.keywords]
            elif isinstance(node, ast.Dict):
                pairs = [
                    (k.value, v)
                    for k, v in zip(node.keys, node.values, strict=True)
                    if isinstance(k, ast.Constant) and isinstance(k.value, str)
                ]
            for key, value in pairs:
                if key in ("readOnlyHint", "read_only_hint") and isinstance(value, ast.Constant) and value.value is True:
                    at = Place(scope.module.path, scope.module.line(node)) if scope is not None else None
                    return Effect("read", False, at, "annotated as read-only")
    return None


def _has(scope: Scope | None, *parts: str) -> bool:
    """Whether a function takes an argument whose name has one of some words."""
    return bool(_arguments(scope) & set(parts))


def _arguments(scope: Scope | None) -> set[str]:
    """The words of the names of a function's arguments."""
    args = getattr(scope.node, "args", None) if scope is not None else None
    named = [a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)] if isinstance(args, ast.arguments) else []
    return {word for name in named for word in words(name)}
