"""Rules that a prompt states about money, data or access: quoted, so that the report can ask where code keeps them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Home, Place, Sketch
from auditkit.sources.inspectors._packages import WITH_PARTS
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Module, Scope, walk
from auditkit.syntax.words import hide_secrets

NAME = "prompts"
ORDER = 180
PACKAGES = WITH_PARTS
CONSTRUCTORS = ()
MOST_RULES = 6
"""Rules drawn from one file."""

_PROMPT = later(
    r"(?i)(?:prompt|instruction|system_message|system$|persona|backstory|guideline|polic(?:y|ies)$|rules$|template)"
)
_MUST = later(
    r"(?i)\b(?:never|must not|mustn't|do not|don't|may not|only (?:if|when|after|once)|always (?:ask|confirm|verify|check)|"
    r"must (?:be )?(?:approved|confirm|verify|ask|authenticate)|"
    r"without (?:explicit )?(?:approval|confirmation|consent|permission)|"
    r"before (?:you )?(?:refund|pay|delet|send|cancel|charg|execut|book)\w*)\b"
)
_GUARDS = (
    (
        "money",
        re.compile(
            r"(?i)\b(?:refunds?|pay(?:ment|out)?s?|charges?|discounts?|purchases?|compensat\w+|transfer money|orders?)\b"
        ),
    ),
    (
        "access",
        re.compile(
            r"(?i)\b(?:permission|authori[sz]\w+|admin|credential|passwords?|api keys?|identity|log ?in|sudo|shell|commands?)\b"
        ),
    ),
    (
        "data",
        re.compile(
            r"(?i)\b(?:(?:personal|private|confidential|sensitive|customer) (?:data|details|information)|delet\w+|"
            r"disclose|reveal|"
            r"send\w* (?:\w+ ){0,4}(?:approv\w+|confirm\w+|permission))\b"
        ),
    ),
)


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws a guardrail for each rule that guards money, data or access and stands in a prompt."""
    for module in project.program.modules.values():
        drawn = 0
        for node, scope in _prompts(module):
            for line, text in _sentences(node):
                core = _core(text)
                guards = next((g for g, pattern in _GUARDS if pattern.search(core)), None)
                if guards is None or not _MUST.search(core) or drawn >= MOST_RULES:
                    continue
                drawn += 1
                at = Place(module.path, module.line(min(line, node.end_lineno or line)))
                item = sketch.add("guardrail", _title(text), at, "prompts.rule", Home(module.path, scope.name))
                item.say("text", hide_secrets(text)).say("enforced_in", "prompt").say("guards", guards)


_CASE = later(r"(?i)^\W*(?:\d+[.)]\s*)?(?:if|when|unless|once|in case)\b[^,]{3,200},\s*(?:then\s+)?")
_PROVIDED = later(r"(?i)(?<!only)\s+(?:if|when|unless|because|since|so)\s[^,]*$")
_ASKS_FOR = later(r"(?i)approv|confirm|verif|permission|consent|authori|authenticat")
_TOLD_OF = later(
    r"(?i)\b(?:they|he|she|it|we|who|users?|customers?|clients?|members?)\s+(?:do not|don't|does not|doesn't|may not)\b"
)


def _core(text: str) -> str:
    """What a sentence itself asks or forbids, without the case in which it holds: of "if the user wants a refund, do not
    ask for an address" that is the address. A case that asks for somebody's approval is a part of the rule."""
    core = _CASE.sub("", text, count=1)
    core = text if _ASKS_FOR.search(core) else _PROVIDED.sub("", core)
    return _TOLD_OF.sub(" ", core)


def _prompts(module: Module) -> Iterator[tuple[ast.Constant, Scope]]:
    """The long texts that are given a prompt's name: by assignment or as an argument."""
    seen: set[int] = set()
    for scope in module.scopes:
        for name, bindings in scope.bindings.items():
            if _PROMPT.search(name):
                for binding in bindings:
                    if binding.how == "value" and binding.value is not None:
                        yield from _texts(binding.value, scope, seen)
    for call in module.calls:
        for keyword in call.node.keywords:
            if keyword.arg and _PROMPT.search(keyword.arg):
                yield from _texts(keyword.value, call.scope, seen)


def _texts(node: ast.AST, scope: Scope, seen: set[int]) -> Iterator[tuple[ast.Constant, Scope]]:
    for part in walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and len(part.value) > 30 and id(part) not in seen:
            seen.add(id(part))
            yield part, scope


def _sentences(node: ast.Constant) -> Iterator[tuple[int, str]]:
    """The sentences of a text, each with the line on which it begins."""
    text = str(node.value)
    spans_lines = (node.end_lineno or node.lineno) > node.lineno
    for match in re.finditer(r"[^\n.!?]{15,300}(?:[.!?]|\n|$)", text):
        sentence = " ".join(match[0].split()).strip("-*•# ")
        if len(sentence) >= 20:
            yield node.lineno + (text.count("\n", 0, match.start()) if spans_lines else 0), sentence[:280]


def _title(text: str) -> str:
    words = " ".join(text.split()[:7])
    return words[:60].rstrip(" ,.;:")
