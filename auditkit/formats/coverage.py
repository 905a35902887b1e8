"""What was read and what was not, in words: the same ones in every format."""

from __future__ import annotations

from auditkit.formats.numbers import listed
from auditkit.model.coverage import Counted, Coverage

MOST = 6


def coverage_sentences(coverage: Coverage) -> list[str]:
    """What was looked at, a sentence each: files, what was left out, failures, libraries, constructors, commit."""
    files = "file" if coverage.seen == 1 else "files"
    read = f"{_counted(coverage.read)} read" if coverage.read else "none of them read"
    found = [f"{coverage.seen:,} {files}: {read}."]
    if coverage.others:
        found.append(f"Of kinds that are not read: {_counted(coverage.others)}.")
    if coverage.skipped:
        found.append(f"Left out: {_counted(coverage.skipped)}.")
    lost = len(coverage.failed)
    found.append(f"{lost:,} could not be read{' in full' if lost else ''}.")
    if coverage.libraries:
        found.append(f"{', '.join(coverage.libraries)}.")
    understood, met = coverage.understood
    if met:
        found.append(f"{understood:,} of {met:,} constructors of these understood.")
    if coverage.commit:
        found.append(f"Commit {coverage.commit[:7]}.")
    return found


def coverage_short(coverage: Coverage) -> str:
    """`18 of 28 files of code`."""
    return f"{coverage.files_read:,} of {coverage.seen:,} file{'s' * (coverage.seen != 1)} of code"


def not_understood(coverage: Coverage) -> list[tuple[str, int]]:
    """Constructors of known libraries of which nothing was made, with how many times."""
    return [(name, met - made) for name, met, made in coverage.constructors if met > made]


def _counted(rows: Counted) -> str:
    shown = [f"{n:,} {word}" for word, n in rows[:MOST]]
    rest = sum(n for _, n in rows[MOST:])
    return listed([*shown, *([f"{rest:,} other"] if rest else [])])
