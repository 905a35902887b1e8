"""The report as Markdown for pull requests and issues: decision, list, do first, findings, what is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from auditkit.formats import excerpts, phrases, titles
from auditkit.formats.coverage import coverage_sentences
from auditkit.formats.excerpts import CodeBlock
from auditkit.formats.found import issue_table
from auditkit.formats.numbers import ends, per_cent, short_day
from auditkit.formats.pages import visible
from auditkit.formats.parts import Budget, actions, decision_groups
from auditkit.model.report import Report

ENDING = ".md"
MOST_CODE = 3
"""Findings whose code is quoted; a comment is no report."""
_MARKS = {"kill": "■", "harden": "▲", "keep": "●"}
_SPECIAL = re.compile(r"([\\`*{}\[\]<>#|~$]|(?<!\w)_|_(?!\w)|^[-+=])")


def render(report: Report, **_options: object) -> bytes:
    """One comment's worth of Markdown; no text of the report can become a link, an image, HTML or a mention."""
    blocks = [*_decision(report), *_components(report), *_first(report), *_findings(report), *_doubt(report)]
    return ("\n\n".join(block for block in blocks if block) + "\n").encode()


def text(value: str) -> str:
    """Text that stays text: signs of Markdown are escaped, and nothing links or mentions by itself."""
    clean = re.sub(r"[ \t\r\n]+", " ", str(visible(value))).strip()
    marked = _SPECIAL.sub(r"\\\1", clean.replace("&", "&amp;"))
    # A word joiner breaks what GitHub links on its own (URLs, @names, #numbers) and cannot be seen.
    return re.sub(r"(?i)(@|\\#|:(?=//)|www(?=\.)|mailto(?=:)|GH(?=\\-\d))", "\\1\u2060", marked)


def _decision(report: Report) -> list[str]:
    mark = _MARKS[report.verdict.decision]
    draft = ["**Draft, not for decisions.**"] if report.status == "draft" else []
    after = phrases.after(report)
    said = " ".join([phrases.headline(report), *([after] if after else []), *phrases.acts(report)])
    return [
        f"## {mark} {phrases.verdict_words(report)}: {text(report.title)}",
        *draft,
        *([text(f"Read: {' '.join(coverage_sentences(report.inspection))}")] if report.inspection else []),
        f"**{text(titles.decision_title(report))}.** {text(said)}",
        text(phrases.verdict_line(report)),
    ]


def _components(report: Report) -> list[str]:
    rows = []
    for group in decision_groups(report):
        word = f"{_MARKS[group.decision]} {group.decision.upper()}"
        rows += [(word, text(row.name), text(row.rule), text(row.text)) for row in group.rows]
        if group.names:
            rows.append((word, text(group.names), "", ""))
        if group.rest:
            rows.append((word, text(group.rest), "", ""))
    return [_table(("Verdict", "Component", "Rule", "What it means"), rows)] if rows else []


def _first(report: Report) -> list[str]:
    first = actions(report)
    lines = []
    for row in first.rows:
        who = ", ".join(x for x in (row.fix.owner, short_day(row.fix.due) if row.fix.due else None) if x)
        gain = f"{row.success} of {report.noun} end right after it" if row.success else ""
        tail = "; ".join(x for x in (f"effort {row.fix.effort}", who, gain) if x)
        lines.append(f"{row.no}. {text(row.fix.title)} ({text(tail)})")
    blocks = [f"### {first.title}", "\n".join(lines)] if lines else []
    if report.proofs:
        proofs = "\n".join(f"{i}. {text(p.title)} ({text(p.check)})" for i, p in enumerate(report.proofs, start=1))
        blocks += [f"### Prove it by {text(short_day(report.again_by))}", proofs]
    for title, items in ((phrases.instead_word(report), report.verdict.instead), ("Switch off", report.verdict.switch_off)):
        if items:
            blocks += [f"### {title}", "\n".join(f"- {text(item)}" for item in items)]
    return blocks


def _findings(report: Report) -> list[str]:
    blocks = [f"### {text(titles.findings_title(report))}"]
    table = issue_table(report, Budget())
    rows = [
        (
            text(row.issue.check),
            text(row.where),
            text(row.issue.severity),
            text(row.result),
            text(row.issue.title),
            text(row.fix_title or ""),
            text(row.issue.fix or ""),
        )
        for group in table.groups
        for row in group.rows
    ]
    if rows:
        blocks.append(_table(("Check", "Where", "Severity", "Result", "Finding", "Fix", "Roadmap"), rows))
    return [*blocks, *(text(line) for line in table.rest), *_code(report)]


def _code(report: Report) -> list[str]:
    """The code of the heaviest findings that can be shown in it."""
    quoted = [i for i in phrases.open_issues(report) if i.excerpts][:MOST_CODE]
    return [part for issue in quoted
            for part in (f"**{text(issue.check)}** {text(issue.title)}", fenced(excerpts.blocks(issue.excerpts)))]


def fenced(code: Sequence[CodeBlock]) -> str:
    """Code between fences that are longer than any in it."""
    lines: list[str] = []
    for block in code:
        lines += [block.path] if block.path else []
        for row in block.rows:
            lines.append(f"{row.number or '...':>5} | {row.text}".rstrip())
            if row.label:
                carets = "^" * max(1, excerpts.columns(row.marked))
                lines.append(f"      | {row.indent}{carets} {row.label}")
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([fence, *lines, fence])


def _doubt(report: Report) -> list[str]:
    shares = ", ".join(f"{name} {per_cent(n)}" for name, n in phrases.evidence_shares(report) if n)
    unknown = phrases.unknown_line(report)
    nothing = phrases.if_nothing(report)
    return [
        "### How sure this is",
        *([text(unknown)] if unknown else []),
        text(f"Evidence by weight: {shares}. {phrases.rates_rest_on(report)} {titles.score_line(report)}."),
        *([text(f"If nothing is done: {nothing}")] if nothing else []),
        _end(report),
    ]


def _end(report: Report) -> str:
    hardened = ""
    if report.reliability.stated and report.roadmap:
        hardened = f"After all fixes {per_cent(ends(report.reliability.hardened).success)} of {report.noun} end right. "
    return text(
        f"{hardened}{report.tool.name} {report.tool.version}, checklist {report.checklist.name} "
        f"{report.checklist.version}, {short_day(report.date)}."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
