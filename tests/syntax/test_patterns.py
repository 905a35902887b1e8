"""Expressions that are compiled when they are first asked."""

from __future__ import annotations

import re

from auditkit.syntax.patterns import later


def test_it_is_used_like_a_compiled_expression() -> None:
    word = later(r"[a-z]+", re.IGNORECASE)
    assert [m[0] for m in word.finditer("Ab 1 c")] == ["Ab", "c"]
    assert word.sub("x", "Ab 1 c") == "x 1 x"
    assert word.pattern == r"[a-z]+"
    assert word.fullmatch("Ab")
    assert not word.fullmatch("1")


def test_bytes_are_taken_too() -> None:
    assert later(rb"a+").search(b"baa")
