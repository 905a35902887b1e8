"""Near misses, and what an error may quote."""

from __future__ import annotations

import pytest

from auditkit.syntax.words import bare, did_you_mean, hide_secrets, listed, shown

KEYS = [
    "name",
    "kind",
    "decider",
    "rule_known",
    "next",
    "validation",
    "success",
    "retries",
    "timeout_s",
    "on_fail",
]


@pytest.mark.parametrize(
    "word", ["", " ", "zebra", "x", "aa", "id", "owner", "purpose", "sun", "é", "a" * 10_000]
)
def test_a_wild_guess_is_not_made(word: str) -> None:
    assert did_you_mean(word, KEYS) is None


def test_nothing_is_guessed_from_nothing() -> None:
    assert did_you_mean("name", []) is None


def test_a_beginning_that_two_words_share_is_not_guessed() -> None:
    assert did_you_mean("pro", ["prototype", "production"]) is None


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("decidor", "decider"),
        ("Decider", "decider"),
        ("RULE KNOWN", "rule_known"),
        ("rule-known", "rule_known"),
        ("sucess", "success"),
        ("validaton", "validation"),
        ("retires", "retries"),
        ("nmae", "name"),
        ("timeout", "timeout_s"),
        ("onfail", "on_fail"),
    ],
)
def test_a_near_miss_is_guessed(word: str, meant: str) -> None:
    assert did_you_mean(word, KEYS) == meant


def test_a_unique_beginning_is_guessed() -> None:
    assert did_you_mean("prod", ["prototype", "pilot", "production"]) == "production"


def test_a_name_inside_a_longer_one_is_guessed() -> None:
    assert did_you_mean("crm_mcp", ["crm", "calendar"]) == "crm"


def test_the_candidate_is_given_as_written() -> None:
    assert did_you_mean("APROVAL", ["Approval"]) == "Approval"


@pytest.mark.parametrize(
    "text",
    [
        "approval",
        "task_management",
        "key_possible",
        "src/flow/turn.py:112",
        "2026-11-20",
        "gpt-4o-2024-08-06",
        "a sentence with the word token in it",
        "identify_intent_2",
    ],
)
def test_plain_words_are_not_hidden(text: str) -> None:
    assert hide_secrets(text) == text
    assert shown(text) == f"'{text}'"


@pytest.mark.parametrize(
    "text",
    [
        "sk-abcdefghijk123456",
        "ghp_abcdefghij0123456789",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.e30.abc",
        "xoxb-123456789-abc",
        "password: hunter2",
        "api_key=abc123",
        "Bearer abcdefgh12",
        "0123456789abcdef0123456789abcdef",
        "-----BEGIN RSA PRIVATE KEY-----",
        "Aa1Bb2Cc3Dd4Ee5Ff6Gg7Hh8Ii9",
    ],
)
def test_a_credential_is_hidden(text: str) -> None:
    assert shown(text) == bare(text) == "a value that looks like a secret (not shown)"
    assert "*" in hide_secrets(text)
    assert len(hide_secrets(text)) == len(text)


def test_a_password_in_an_address_is_hidden() -> None:
    assert hide_secrets("postgres://me:pw@db/x") == "postgres://*****@db/x"


def test_a_value_is_shown_on_one_short_line() -> None:
    assert shown("a\n  b\tc") == "'a b c'"
    assert shown("ab " * 40) == "'" + ("ab " * 40)[:39] + "…'"
    assert shown("a\x1b[31mb") == "'a [31mb'"


def test_a_list_in_a_sentence() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b or c"
    assert listed(["a", "b"], "and") == "a and b"
