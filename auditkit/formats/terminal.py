"""The report on a terminal of 80 columns: decision, reason, list, work, doubt; in the order people stop reading.

A hanging column of 12 for the label, matter from column 13. Colour and bold repeat what words say already.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from auditkit.formats import excerpts, phrases
from auditkit.formats.coverage import coverage_sentences
from auditkit.formats.excerpts import CodeRow, Place
from auditkit.formats.numbers import PLAIN, bounds, day, ends, listed, percent
from auditkit.model.facts import THE_SYSTEM
from auditkit.model.receipts import Inspected

if TYPE_CHECKING:
    from auditkit.model.report import ComponentVerdict, Fix, Issue, Report, Scenario, Stage

WIDTH, HANG, NAMES = 80, 12, 18
GUTTER = 10
"""Columns of a line number and the bar after it."""
MOST_FIXES = 4
MOST_PLACES = 6
MOST_KEPT = 3
SHAPES = {"keep": "●", "harden": "▲", "kill": "■"}
COLOURS = {"keep": "34", "harden": "33", "kill": "31"}
LETTERS = {"measured": "M", "inspected": "I", "declared": "D", "unknown": "?"}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Screen:
    """What the terminal can show: colour and bold, signs beyond ASCII."""

    colour: bool = False
    unicode: bool = False

    def bold(self, text: str) -> str:
        """The text in bold, where that is shown."""
        return f"\x1b[1m{text}\x1b[0m" if self.colour else text

    def grey(self, text: str) -> str:
        """The text in grey, where that is shown."""
        return f"\x1b[2m{text}\x1b[0m" if self.colour else text

    def accent(self, text: str) -> str:
        """The text in the accent colour, where colour is shown."""
        return f"\x1b[36m{text}\x1b[0m" if self.colour else text

    def verdict(self, decision: str, words: str) -> str:
        """A verdict's word in bold and colour, its shape before it where signs are shown."""
        text = f"{SHAPES[decision]} {words}" if self.unicode else words
        return f"\x1b[1;{COLOURS[decision]}m{text}\x1b[0m" if self.colour else text

    @property
    def arrow(self) -> str:
        """From a number to the next."""
        return "→" if self.unicode else "->"


def safe(text: str) -> str:
    """Text without control characters, so that nothing in a file can steer the terminal."""
    return CONTROL.sub("", text.replace("\n", " ").replace("\u00a0", " ").replace("\u202f", ""))


def show(report: Report, screen: Screen | None = None, *, verbose: bool = False, workflows: Sequence[str] = ()) -> str:
    """The report as text, one trailing newline; with `verbose` every finding and every check.

    What was read of the code comes first; `workflows` are lines on all the workflows that were found in it.
    """
    screen = screen or Screen()
    blocks = [list(_coverage(report, screen)), list(workflows), list(_head(report, screen)),
              list(_components(report, screen, verbose)), list(_instead(report, screen)),
              list(_worst(report, screen, verbose)), list(_do_first(report, screen)), list(_proofs(report, screen)),
              list(_keep(report, screen)),
              list(_doubt(report, screen))]
    if verbose:
        blocks += [list(_findings(report, screen)), list(_checks(report, screen))]
    return "\n\n".join("\n".join(b) for b in blocks if b) + "\n"


def label(word: str, lines: Sequence[str], screen: Screen) -> Iterator[str]:
    """A label in the hanging column, matter beside it."""
    for i, line in enumerate(lines):
        yield (screen.bold(word) + " " * max(1, HANG - len(word)) if i == 0 else " " * HANG) + line


def wrapped(text: str, indent: int = HANG, width: int = WIDTH) -> list[str]:
    """Text in lines that fit beside the hanging column."""
    return textwrap.wrap(safe(text), width - indent, break_long_words=True, break_on_hyphens=False) or [""]


# What was read ---------------------------------------------------------------------------------------------

def _coverage(report: Report, screen: Screen) -> Iterator[str]:
    """Coverage comes first: a thin reading must not look like a clean result."""
    if report.inspection is not None:
        yield from label("Coverage", wrapped(" ".join(coverage_sentences(report.inspection))), screen)


# The decision ----------------------------------------------------------------------------------------------

def _head(report: Report, screen: Screen) -> Iterator[str]:
    words = phrases.verdict_words(report)
    shape = 2 if screen.unicode else 0
    start = screen.verdict(report.verdict.decision, words) + " " * max(2, HANG - len(words) - shape)
    length = max(HANG, len(words) + shape + 2)
    when = safe(day(report.date))
    room = WIDTH - length - len(when) - 2
    title = _title(report)
    lines = textwrap.wrap(title, room) if title else [""]
    yield f"{start}{lines[0]:<{room}}  {when}"
    for line in lines[1:]:
        yield " " * length + line
    yield ""
    target = f" The target is {percent(report.reliability.target_success, PLAIN)}, the limit " \
             f"{_limit(report.reliability.max_silent)}{_whose(report)}." if report.reliability.stated else ""
    for line in wrapped(phrases.headline(report, PLAIN) + target):
        yield " " * HANG + line
    for line in wrapped(f"Rule {report.verdict.rule}: {report.verdict.reason}"):
        yield " " * HANG + line


def _title(report: Report) -> str:
    owner = report.stack.value(THE_SYSTEM, "owner") or report.engagement.client
    title = safe(report.title)
    name = title if not owner or safe(str(owner)) in title else f"{title}, {safe(str(owner))}"
    if report.inspection is not None and report.coverage.provisional:
        name += ", provisional"
    if report.verdict.decision == "kill" and report.verdict.act:
        act = {"replace by code": "build the deterministic version", "do not use an agent": "no agent for this"}
        return f"{name}: {act.get(report.verdict.act, report.verdict.act)}"
    return name


def _limit(share: float) -> str:
    return f"{100 * share:g}%"


def _whose(report: Report) -> str:
    return "" if report.reliability.targets_basis == "stated" else " (our convention)"


# The list --------------------------------------------------------------------------------------------------

def _components(report: Report, screen: Screen, verbose: bool) -> Iterator[str]:
    for decision in ("kill", "harden", "keep"):
        own = [c for c in report.components if c.decision == decision]
        if own:
            yield from _group(own, decision, screen, brief=decision == "keep" and not verbose)


def _group(own: Sequence[ComponentVerdict], decision: str, screen: Screen, *, brief: bool) -> Iterator[str]:
    words = f"{decision.upper()} {len(own)}"
    plain = len(words) + (2 if screen.unicode else 0)
    first = screen.verdict(decision, decision.upper()) + f" {len(own)}" + " " * max(1, HANG - plain)
    for i, line in enumerate(_brief(own, screen) if brief else _rows(own, screen)):
        yield (first if i == 0 else " " * HANG) + line


def _brief(own: Sequence[ComponentVerdict], screen: Screen) -> Iterator[str]:
    names = wrapped(", ".join(c.id for c in own))
    yield from names
    prove = [c for c in own if c.act == "prove it"]
    rules = " ".join(dict.fromkeys(c.rule for c in own))
    if prove:
        which = "" if len(prove) == len(own) else f"{len(prove)} of them "
        yield _ruled(" " * NAMES + f"{which}declared only: prove it", rules, screen)
    else:
        yield _ruled(" " * NAMES + "seen or counted", rules, screen)


def _rows(own: Sequence[ComponentVerdict], screen: Screen) -> Iterator[str]:
    """Components with the same reason share a line."""
    rows: dict[tuple[str, str], list[ComponentVerdict]] = {}
    for part in own:
        reason = f"kill, pending evidence: {_lower(part.reason)}" if part.pending else part.reason
        rows.setdefault((part.rule, reason), []).append(part)
    for (rule, reason), parts in rows.items():
        names = ", ".join(c.id for c in parts)
        text = textwrap.wrap(safe(reason), WIDTH - HANG - NAMES - len(rule) - 2)
        if len(names) < NAMES:
            yield _ruled(f"{names:<{NAMES}}{text[0]}", rule, screen)
            yield from (" " * NAMES + line for line in text[1:])
        else:
            yield from wrapped(names)
            yield from (" " * NAMES + line for line in text[:-1])
            yield _ruled(" " * NAMES + text[-1], rule, screen)


def _ruled(text: str, rule: str, screen: Screen) -> str:
    """A line with the rule at its right end."""
    gap = WIDTH - HANG - len(text) - len(rule)
    return f"{text}{' ' * max(1, gap)}{screen.grey(rule)}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _instead(report: Report, screen: Screen) -> Iterator[str]:
    if not report.verdict.instead:
        return
    yield from label(phrases.instead_word(report), [line for t in report.verdict.instead for line in wrapped(t)], screen)
    if report.verdict.switch_off:
        yield from label("Switch off", wrapped("; ".join(report.verdict.switch_off)), screen)


# The worst finding in code ---------------------------------------------------------------------------------

def _worst(report: Report, screen: Screen, verbose: bool) -> Iterator[str]:
    """The heaviest finding that can be shown in code: it proves that the code was understood."""
    issue = next((i for i in phrases.open_issues(report) if i.excerpts), None)
    if issue is None or verbose:
        return
    lines = wrapped(f"{issue.check}  {issue.title}")
    lines[0] = lines[0].replace(issue.check, screen.bold(issue.check), 1)
    yield from label(issue.severity, lines, screen)
    yield from _code(issue, screen)
    yield from _places(report, issue)
    yield from _mend(report, issue)


def _code(issue: Issue, screen: Screen) -> Iterator[str]:
    """The lines of an issue's excerpts, carets under what is marked, and what it means beside them."""
    for block in excerpts.blocks(issue.excerpts, most=WIDTH - GUTTER, keep=4, dots=" ..."):
        if block.path:
            yield f"  {safe(block.path)}"
        for row in block.rows:
            yield from _code_row(row, screen)


def _code_row(row: CodeRow, screen: Screen) -> Iterator[str]:
    number = "..." if row.number is None else str(row.number)
    yield f"{screen.grey(f'{number:>{GUTTER - 3}} |')} {row.text}".rstrip()
    if not row.label:
        return
    empty = screen.grey(" " * (GUTTER - 3) + " |")
    indent, carets = excerpts.columns(row.before), "^" * max(1, excerpts.columns(row.marked))
    if GUTTER + indent + len(carets) + 1 + len(row.label) <= WIDTH:
        yield f"{empty} {' ' * indent}{screen.accent(carets)} {row.label}"
        return
    yield f"{empty} {' ' * indent}{screen.accent(carets)}"
    indent = min(indent, max(0, WIDTH - GUTTER - len(row.label)))
    yield from (f"{empty} {' ' * indent}{line}" for line in wrapped(row.label, GUTTER + indent))


def _places(report: Report, issue: Issue, named: frozenset[Place] = frozenset()) -> Iterator[str]:
    """Where else, each place once; `named` were said before."""
    shown = named | {(e.path, s.line) for e in issue.excerpts for s in e.spans}
    rest = [place for place in excerpts.places(report, issue) if place not in shown]
    if rest:
        known = issue.excerpts[0].path if len({e.path for e in issue.excerpts}) == 1 else None
        where = "   ".join(excerpts.by_file(sorted(rest, key=lambda place: place[0] != known), MOST_PLACES, known))
        yield from (" " * HANG + line for line in wrapped(f"{'Also at' if shown else 'At'} {where}"))


def _mend(report: Report, issue: Issue) -> Iterator[str]:
    yield from (" " * HANG + line for line in wrapped(f"Fix: {report.check(issue.check).fix_title}"
                                                     + (f" ({issue.fix})" if issue.fix else "")))


# The work --------------------------------------------------------------------------------------------------

def _do_first(report: Report, screen: Screen) -> Iterator[str]:
    if report.verdict.decision == "kill" or report.verdict.act == "prove it" or not report.roadmap:
        return
    first = phrases.first_actions(report)[:MOST_FIXES]
    stages = report.reliability.stages
    stated = report.reliability.stated
    heading = f"{'effort':>7}" + ("  ends right   unnoticed" if stated else "")
    yield screen.bold("Do first") + heading.rjust(WIDTH - len("Do first"))
    for fix in first:
        yield from _fix(fix, stages, screen, stated=stated)
    rest = len(report.roadmap) - len(first)
    last = next((s for s in reversed(stages) if s.fix in {f.id for f in first}), None)
    if stated and last is not None:
        yield from (" " * HANG + line for line in wrapped(_after(last.scenario)))
    if rest:
        more = f"{rest} more in the roadmap." if not stated or not stages[1:] else \
            f"{rest} more in the roadmap; with all of them {_after_all(report.reliability.hardened)}."
        yield from (" " * HANG + line for line in wrapped(more))


def _fix(fix: Fix, stages: Sequence[Stage], screen: Screen, *, stated: bool) -> Iterator[str]:
    right = quiet = ""
    for before, after in pairwise(stages):
        if after.fix == fix.id and stated:
            one, two = ends(before.scenario), ends(after.scenario)
            right, quiet = _move(one.success, two.success, screen), _move(one.silent, two.silent, screen)
    columns = 6 + (26 if stated else 0)
    title = textwrap.wrap(safe(fix.title), WIDTH - HANG - columns - 1)
    number = fix.id.removeprefix("R")
    tail = f"{fix.effort:>6}" + (f"{right:>13}{quiet:>13}" if stated else "")
    yield f"{' ' * (9 - len(number))}{screen.bold(number)}  {' '}{title[0]:<{WIDTH - HANG - columns}}{tail}".rstrip()
    yield from (" " * HANG + line for line in title[1:])


def _move(before: int, after: int, screen: Screen) -> str:
    return f"{after}%" if before == after else f"{before} {screen.arrow} {after}%"


def _after(scenario: Scenario) -> str:
    return (f"After these {percent(scenario.success.point, PLAIN)} end right "
            f"[{_bounds(scenario.success.low, scenario.success.high)}], {percent(scenario.silent.point, PLAIN)} fail unnoticed "
            f"[{_bounds(scenario.silent.low, scenario.silent.high)}].")


def _after_all(scenario: Scenario) -> str:
    return (f"{percent(scenario.success.point, PLAIN)} end right [{_bounds(scenario.success.low, scenario.success.high)}], "
            f"{percent(scenario.silent.point, PLAIN)} fail unnoticed [{_bounds(scenario.silent.low, scenario.silent.high)}]")


def _bounds(low: float, high: float) -> str:
    return bounds(low, high, PLAIN)


def _proofs(report: Report, screen: Screen) -> Iterator[str]:
    if report.verdict.act != "prove it":
        return
    yield from label("Prove it", [f"What turns this into KEEP, by {safe(day(report.again_by))}:"], screen)
    proofs = [(p.title, p.check) for p in report.proofs] or [
        ("See or count what is declared: every critical check by a file, a place in code, or a number", "")]
    for number, (title, check) in enumerate(proofs, 1):
        lines = wrapped(title, HANG + 9)
        yield f"{number:>10}  {lines[0]:<{WIDTH - HANG - 7}}{screen.grey(check):>7}".rstrip()
        yield from (" " * HANG + line for line in lines[1:])


# The doubt -------------------------------------------------------------------------------------------------

def _keep(report: Report, screen: Screen) -> Iterator[str]:
    """What was found working, by more than words, and must survive the repairs; the heaviest first."""
    seen = [w for w in report.works if w.basis in ("inspected", "measured")
            and report.check(w.check).severity in ("critical", "high")]
    seen.sort(key=lambda w: ("critical", "high").index(report.check(w.check).severity))
    lines = []
    for works in seen[:MOST_KEPT]:
        place = next((f" ({r.path}:{r.line})" for r in works.receipts if isinstance(r, Inspected)), "")
        names = listed([*works.components[:3], *([f"{len(works.components) - 3} more"] if len(works.components) > 3 else [])])
        whom = f": {names}" if works.components != ("system",) else ""
        lines += wrapped(f"{works.title}{whom}{place}")
    if lines:
        yield from label("Keep", lines, screen)


def _doubt(report: Report, screen: Screen) -> Iterator[str]:
    if report.checklist.lens:
        yield from label("Lens", wrapped(f"{report.checklist.lens}: {report.coverage.checks} of {len(report.checklist.checks)} "
                                         "checks are shown below. The decision rests on all of them."), screen)
    yield from label("Not known", wrapped(_unknown(report)), screen)
    yield from _evidence(report, screen)
    yield from label("Score", wrapped(_score(report)), screen)
    yield from label("Findings", wrapped(_counts(report)), screen)
    if report.conflicts:
        lines = [line for c in report.conflicts[:3] for line in wrapped(f"{c.title}; {c.wins} counts, since {c.why}.")]
        yield from label("Conflicts", lines, screen)
    late = [w for w in report.waivers if w.status != "active"]
    if late:
        lines = [line for w in late for line in wrapped(f"{w.waiver.check}@{w.waiver.component} {w.reason}."
                                                       + (" It counts as a fail again." if w.status == "expired" else ""))]
        yield from label("Waivers", lines, screen)
    for gap in report.gaps[:3]:
        yield from label("Gap", wrapped(f"{gap.path}{f':{gap.line}' if gap.line else ''}: {gap.reason}"), screen)


def _unknown(report: Report) -> str:
    unknown = [r for r in report.results if r.outcome == "unknown"]
    asked = report.coverage.checks - report.coverage.not_applicable
    if not unknown:
        return f"Nothing: all {asked} checks that apply are decided."
    heavy = [r for r in unknown if r.severity in ("critical", "high")]
    start = f"{len(unknown)} of {asked} checks."
    if not heavy:
        return f"{start} 0 critical, 0 high."
    named = [f"{r.check} ({_lower(report.check(r.check).short)})" for r in heavy[:3]]
    rest = len(heavy) - len(named)
    verb = "is" if len(heavy) == 1 else "are"
    return (f"{start} {len(heavy)} {verb} critical or high: {listed([*named, f'{rest} more'] if rest else named)}.")


def _evidence(report: Report, screen: Screen) -> Iterator[str]:
    shares = dict(phrases.evidence_shares(report))
    room = WIDTH - HANG
    lengths = {name: round(share * room / 100) for name, share in shares.items()}
    longest = max(lengths, key=lambda name: lengths[name])
    lengths[longest] += room - sum(lengths.values())
    strip = "".join(LETTERS[name] * lengths[name] for name in LETTERS)
    said = [f"{name} {share}%" for name, share in shares.items() if share]
    missing = [f"nothing {name}" for name in ("inspected", "measured") if not shares[name]]
    text = f"{', '.join(said)}{'; ' + ', '.join(missing) if missing else ''} ({report.assurance.letter})"
    yield from label("Evidence", [strip, *wrapped(text)], screen)


def _score(report: Report) -> str:
    s = report.score
    spread = f"{s.raw:.0f}" if round(s.raw) == round(s.high) else f"{s.raw:.0f}-{s.high:.0f}"
    if s.cap is None or s.raw <= s.cap:
        return f"{s.shown:.0f} of 100 ({spread}, {s.band})"
    capped = "; " + (f"capped at {s.cap:.0f} by {listed(s.capped_by[:4])}" + (" and more" if len(s.capped_by) > 4 else ""))
    return f"{s.shown:.0f} of 100 (raw {spread}{capped})"


def _counts(report: Report) -> str:
    open_ = phrases.open_issues(report)
    counts = [(sum(i.severity == s for i in open_), s) for s in phrases.SEVERITIES]
    passed = sum(r.outcome == "pass" for r in report.results)
    waived = sum(i.status == "waived" for i in report.issues)
    said = ", ".join(f"{n} {s}" for n, s in counts if n)
    text = f"{len(open_)}: {said}." if open_ else "No findings."
    text += f" {passed} check{'s pass' if passed != 1 else ' passes'}."
    return text + (f" {waived} accepted as risks." if waived else "")


# All of it -------------------------------------------------------------------------------------------------

def _findings(report: Report, screen: Screen) -> Iterator[str]:
    for issue in report.issues:
        state = f"{issue.severity}, {issue.outcome}"
        places = f"at {len(issue.components)} of {issue.of}" if issue.of > 1 else issue.components[0]
        yield f"{screen.bold(issue.check):<{HANG + (8 if screen.colour else 0)}}{safe(issue.title)}"
        yield from (" " * HANG + line for line in wrapped(f"{state}; {places}: {', '.join(issue.components)}"
                                                         if issue.of > 1 else f"{state}; {places}"))
        if issue.severity_reason:
            yield from (" " * HANG + line for line in wrapped(issue.severity_reason))
        saw = [said for f in report.findings if (f.check, f.outcome) == (issue.check, issue.outcome) for said in f.saw]
        for said in saw[:4]:
            place = _place(said.receipt)
            yield from (" " * HANG + line for line in wrapped(f"{said.component}.{said.key}: {said.value}   {place}"))
        yield from _code(issue, screen)
        yield from _places(report, issue, frozenset((s.receipt.path, s.receipt.line) for s in saw[:4]
                                                    if isinstance(s.receipt, Inspected)))
        yield from _mend(report, issue)


def _place(receipt: object) -> str:
    path, line = getattr(receipt, "path", None), getattr(receipt, "line", None)
    basis = getattr(receipt, "basis", "")
    return f"{basis} {path}:{line}" if path else basis


def _checks(report: Report, screen: Screen) -> Iterator[str]:
    rows = [[r.check, safe(report.check(r.check).short), r.severity, r.outcome.replace("_", " "), r.basis or "-"]
            for r in report.results]
    from tabulate import tabulate  # the one table of the screen, shown with -v alone

    yield screen.bold("Checks")
    yield tabulate(rows, headers=["check", "", "severity", "outcome", "receipt"], tablefmt="plain")
