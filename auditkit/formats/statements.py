"""Facts and receipts in words: who said it, where it was seen, how often it was counted."""

from __future__ import annotations

from collections.abc import Iterable

from auditkit.formats.numbers import HARD, PAPER, Style, bounds, cut, percent, short_day
from auditkit.model.receipts import Declared, Inspected, Measured, Receipt
from auditkit.model.report import Said

BASES = ("declared", "inspected", "measured")
_LETTERS = {"declared": "D", "inspected": "I", "measured": "M", "assumed": "A"}


def letter(basis: str | None) -> str:
    """D, I or M (A for assumed, nothing for none)."""
    return _LETTERS.get(basis or "", "")


def letters(bases: Iterable[str]) -> tuple[str, ...]:
    """Three places, D I M, with a dash for what is missing."""
    found = set(bases)
    return tuple(_LETTERS[basis] if basis in found else "–" for basis in BASES)


def place(receipt: Receipt) -> str:
    """`src/flow/turn.py:113@4f1c9e2`, as far as it is known; empty for counts without a file."""
    path, line = receipt.path, receipt.line
    if not path:
        return ""
    text = f"{path}:{line}" if line else path
    commit = receipt.commit if isinstance(receipt, Inspected) else None
    return f"{text}@{commit[:7]}" if commit else text


def rate(successes: int, n: int, style: Style = PAPER) -> str:
    """`0 of 61: 0 % [0–3]`, with the 90 % interval of the share (Jeffreys)."""
    from auditkit.reliability.betas import beta_quantile

    if n <= 0 or not 0 <= successes <= n:
        return f"n{HARD}={HARD}{n}"
    low = beta_quantile(0.05, successes + 0.5, n - successes + 0.5) if successes else 0.0
    high = beta_quantile(0.95, successes + 0.5, n - successes + 0.5) if successes < n else 1.0
    share = percent(successes / n, style)
    return f"{successes:,} of {n:,}: {share}{style.gap}[{bounds(low, high, style)}]"


def source(receipt: Receipt, style: Style = PAPER) -> str:
    """Who, where and when: what stands behind a statement, in one line without the place in a file."""
    match receipt:
        case Declared():
            parts = [receipt.who, short_day(receipt.when) if receipt.when else None, receipt.note]
        case Inspected():
            parts = [receipt.who, short_day(receipt.when) if receipt.when else None]
        case Measured():
            counts = (
                rate(receipt.successes, receipt.n, style) if receipt.successes is not None else f"n{HARD}={HARD}{receipt.n:,}"
            )
            parts = [counts, receipt.source, receipt.window or (short_day(receipt.when) if receipt.when else None)]
    return ", ".join(part for part in parts if part)


def receipt_text(receipt: Receipt, style: Style = PAPER) -> str:
    """A receipt in one line, its place in a file at the end."""
    return ", ".join(part for part in (source(receipt, style), place(receipt)) if part)


def said_text(said: Said) -> str:
    """One fact in words: `way out: none`."""
    derived = " (worked out)" if said.derived else ""
    return f"{key_words(said.key)}: {cut(said.value, 160)}{derived}"


def key_words(key: str) -> str:
    """A key of the vocabulary as words: `validation.on_fail` becomes `validation, on fail`."""
    return key.replace("_", " ").replace(".", ", ")
