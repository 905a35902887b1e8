"""Excerpts: the lines of the audited code that show what happens, and those that show why.

What happens is the place of the component, why is the place of the fact that decided. Only what an inspector saw in
the files at hand is shown: a place that a person wrote down may be of another day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from auditkit.assessment.labels import cause_label, effect_label
from auditkit.checklist.checks import SEVERITIES, Check
from auditkit.checklist.reads import keys_in
from auditkit.model.excerpts import Excerpt, Source, Span
from auditkit.model.facts import SYSTEM, Ref, Stack
from auditkit.model.receipts import Inspected, Receipt
from auditkit.model.report import Finding, Issue, Said

NEAR = 12
"""Two places so many lines apart, or fewer, are one excerpt."""
BESIDE = 1
"""Lines shown before and after a marked one."""
MOST_TRIED = 20
"""Findings of one cause that are looked through for a pair of places."""

_HASH = (".py", ".pyi", ".ipynb", ".yaml", ".yml", ".toml", ".cfg", ".ini", ".sh")
_SLASHES = (".ts", ".tsx", ".js", ".jsx")


@dataclass(frozen=True)
class Mark:
    """A line to be marked."""

    role: Literal["effect", "cause"]
    path: str
    line: int
    label: str


def with_excerpts(issues: Sequence[Issue], findings: Sequence[Finding], checks: Sequence[Check], stack: Stack,
                  sources: Source) -> tuple[Issue, ...]:
    """The issues, each with the code that shows it, where there is any."""
    by_id = {check.id: check for check in checks}
    return tuple(issue.model_copy(update={"excerpts": drawn(marks(by_id[issue.check], issue, findings, stack, sources), sources)})
                 for issue in issues)


def marks(check: Check, issue: Issue, findings: Sequence[Finding], stack: Stack, sources: Source) -> tuple[Mark, ...]:
    """The cause and the effect of the heaviest finding that shows both, else of the first that shows one."""
    own = [f for f in findings if f.check == issue.check and f.outcome == issue.outcome]
    best: tuple[Mark, ...] = ()
    for finding in sorted(own, key=lambda f: SEVERITIES.index(f.severity))[:MOST_TRIED]:
        found = tuple(_of_finding(check, finding, stack, sources))
        if len(found) > len(best):
            best = found
        if len(best) == 2:
            break
    return best


def _of_finding(check: Check, finding: Finding, stack: Stack, sources: Source) -> Iterable[Mark]:
    ref = Ref(finding.kind, finding.component)
    own = _seen_in(stack.receipts_of.get(ref, ())) if ref.kind != SYSTEM else ()
    places = {(r.path, r.line) for r in own}
    effects = [m for r in own if _statement(m := Mark("effect", r.path, r.line, effect_label(check.id, ref.kind)), sources)]
    causes = [m for said, r in _deciding(check, finding)
              if _statement(m := Mark("cause", r.path, r.line, cause_label(said)), sources)]
    apart = [m for m in causes if (m.path, m.line) not in places]
    if apart and effects:
        yield apart[0]
        yield min(effects, key=lambda m: (m.path != apart[0].path, abs(m.line - apart[0].line)))
    else:
        yield from causes[:1] or effects[:1]


def _deciding(check: Check, finding: Finding) -> list[tuple[Said, Inspected]]:
    """The facts that were seen and that the check asks for, not those that only say where it applies; stated ones first."""
    asked = keys_in(check.passes) | (keys_in(check.partial) if check.partial is not None else frozenset())

    def wanted(said: Said) -> bool:
        if (said.kind, said.component) == (finding.kind, finding.component):
            return any(path == said.key or path.startswith(f"{said.key}.") for path in asked)
        return any(path == said.key or path.endswith(f".{said.key}") for path in asked)

    seen = [(said, said.receipt) for said in finding.saw if isinstance(said.receipt, Inspected) and said.receipt.rule]
    return sorted((row for row in seen if wanted(row[0])), key=lambda row: row[0].derived)


def _seen_in(receipts: Iterable[Receipt]) -> tuple[Inspected, ...]:
    return tuple(r for r in receipts if isinstance(r, Inspected) and r.rule)


def drawn(found: Sequence[Mark], sources: Source) -> tuple[Excerpt, ...]:
    """The marked lines with those around them: one excerpt when the places are near each other, else the cause first."""
    if len({mark.path for mark in found}) == 1:
        found = sorted(found, key=lambda m: m.line)
        if found[-1].line - found[0].line <= NEAR:
            return (_excerpt(found, sources),)
    return tuple(_excerpt([mark], sources) for mark in found)


def _excerpt(found: Sequence[Mark], sources: Source) -> Excerpt:
    path, first, last = found[0].path, found[0].line, found[-1].line
    middle = [sources.line(path, n) or "" for n in range(first, last + 1)]
    before = _beside(sources, path, first - BESIDE, first)
    after = _beside(sources, path, last + 1, last + 1 + BESIDE)
    spans = tuple(Span(role=m.role, line=m.line, start=at[0], end=at[1], label=m.label)
                  for m in found if (at := _statement(m, sources)))
    return Excerpt(path=path, first=first - len(before), lines=(*before, *middle, *after), spans=spans)


def _beside(sources: Source, path: str, start: int, stop: int) -> list[str]:
    """Lines around a mark, as long as all of them say something."""
    rows = [sources.line(path, n) for n in range(max(1, start), stop)]
    return [row for row in rows if row] if all(row and row.strip() for row in rows) else []


def _statement(mark: Mark, sources: Source) -> tuple[int, int] | None:
    """The columns of what is marked: the line without its indentation and without the comment behind it."""
    text = sources.line(mark.path, mark.line)
    if text is None or not text.strip():
        return None
    start = len(text) - len(text.lstrip())
    end = len(_uncommented(text, mark.path).rstrip())
    return start + 1, (end if end > start else len(text.rstrip())) + 1


def _uncommented(text: str, path: str) -> str:
    """A line up to the comment that follows code in it; signs of a comment in quotes are text."""
    sign = "#" if path.endswith(_HASH) else "//" if path.endswith(_SLASHES) else None
    quote = ""
    skip = False
    for i, c in enumerate(text if sign else ""):
        if skip:
            skip = False
        elif quote:
            skip = c == "\\"
            quote = "" if c == quote else quote
        elif c in "\"'":
            quote = c
        elif text.startswith(str(sign), i) and (i == 0 or text[i - 1].isspace()):
            return text[:i]
    return text
