"""The templates load, claim nothing, and agree with the schema; so do all samples."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from auditkit import shipped
from auditkit.sources.stack_file import read_stack, schema, stack_from_text

TEMPLATES = sorted(shipped.folder("templates").glob("*.yaml"))
SAMPLES = sorted(shipped.folder("sample_stacks").glob("**/*.yaml"))
VALIDATOR = Draft202012Validator(schema())
QUESTION = re.compile(r"(?m)^( *)# ((?:  )*(?:- )?[a-z_]+:(?: .*)?)$")
CLAIMS = {
    "decider",
    "decided_by",
    "gate",
    "reversible",
    "timeout",
    "retry",
    "durable",
    "success",
    "detect",
    "stage",
    "impact",
    "failure_branches",
    "idempotent_key",
    "autonomy",
    "owner",
    "enforced_in",
}


class CoreLoader(yaml.SafeLoader):
    """Reads as an editor does (YAML 1.2): only true, false, null and numbers are not text."""


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|false", "tf"),
    ("null", r"~|null|", "~n"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^$"), [""])


def data(text: str) -> Any:
    return yaml.load(text, CoreLoader)


def complaints(text: str) -> list[str]:
    return [f"{list(e.absolute_path)}: {e.message[:200]}" for e in VALIDATOR.iter_errors(data(text))]


def answered(text: str) -> str:
    """The template with the suggestion of every open question taken."""
    return QUESTION.sub(r"\1\2", text)


def test_there_are_five_templates() -> None:
    assert [path.stem for path in TEMPLATES] == [
        "coding_ops_agent",
        "document_pipeline",
        "rag_assistant",
        "support_refunds",
        "voice_agent",
    ]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.stem)
def test_a_template_loads_and_has_steps(path: Path) -> None:
    stack = read_stack(path)
    assert len(stack.by_kind["step"]) >= 5
    assert stack.by_kind["action"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.stem)
def test_a_template_claims_nothing_about_a_system_it_does_not_know(path: Path) -> None:
    stated = {fact.key.rpartition(".")[2] for fact in read_stack(path).facts}
    assert not stated & CLAIMS


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.stem)
def test_every_suggestion_of_a_template_can_be_taken(path: Path) -> None:
    text = answered(path.read_text())
    stack = stack_from_text(text, path.name)
    assert len(stack.facts) > 1.5 * len(read_stack(path).facts)
    assert complaints(text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.stem)
def test_a_template_is_short_and_knows_its_schema(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0] == "# yaml-language-server: $schema=stack.schema.json"
    assert len(lines) < 150
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize("path", TEMPLATES + SAMPLES, ids=lambda p: p.stem)
def test_a_shipped_stack_file_agrees_with_the_schema(path: Path) -> None:
    read_stack(path)
    assert complaints(path.read_text()) == []


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema() == json.loads(json.dumps(schema()))


def test_the_schema_explains_every_key() -> None:
    bare = []

    def walk(node: Any, at: str) -> None:
        for name, child in node.get("properties", {}).items():
            if "description" not in child and "$ref" not in child:
                bare.append(f"{at}.{name}")
            for inner in (child, *child.get("anyOf", ())):
                walk(inner, f"{at}.{name}")

    walk(schema(), "file")
    for name, definition in schema()["$defs"].items():
        walk(definition, name)
    assert bare == []


REFUSED = {
    "a misspelt section": "stack: {name: x}\nstep: []\n",
    "no stack": "steps: []\n",
    "a misspelt key": "stack: {name: x}\nsteps: [{id: a, decidor: model}]\n",
    "no id": "stack: {name: x}\nsteps: [{decider: model}]\n",
    "a reserved id": "stack: {name: x}\nsteps: [{id: end}]\n",
    "a word that is no choice": "stack: {stage: live}\n",
    "a flag that is neither": "stack: {name: x}\nsteps: [{id: a, absorbed: maybe}]\n",
    "a share beyond one": "stack: {targets: {success: 80}}\n",
    "a rate beyond one": "stack: {name: x}\nsteps: [{id: a, success: 1.7}]\n",
    "a clock": "stack: {run: {timeout_s: '12:30'}}\n",
    "a computed key": "stack: {name: x}\nsteps: [{id: a, reach: none}]\n",
    "another version": "version: 2\nstack: {name: x}\n",
    "a German date": "stack: {name: x}\nknowledge: [{id: a, last_reviewed: 20.11.2026}]\n",
    "a place outside": "stack: {name: x}\ngates: [{id: a, seen: /src/a.py:1}]\n",
    "an unknown outcome": "stack: {name: x}\nanswers: [{check: FIT-01, outcome: ok}]\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_schema_refuses(name: str) -> None:
    assert complaints(REFUSED[name])


TAKEN = """
version: 1
stack:
  name: x
  said_by: Dana
  said_on: 2026-11-12
  seen: {stage: a.py:1}
  stage: pilot
  targets: {success: 80%, max_silent: .1}
  fit: {domain_weight: none, baseline: 46/50, scope_in: unknown}
  coordination:
steps:
  - {id: a, decider: unknown, success: .85, detect: {rate: 20%, known_by: guess}, next: end, absorbed: yes}
  - {id: b, next: [a, {to: end, share: .3}], model: none, reads_state: none, failure_branches: []}
  - {id: c, loop: unknown, validation: {kind: rule}, seen: {validation: {kind: [a.py:1, b.py:2@abcdef0]}}}
actions: none
gates: unknown
evals: []
integrations: [{id: d, timeout: default, timeout_s: 1_000, seen: a.py:3}]
audit: {asked: [Dana, {who: Lee}]}
answers: [{check: FIT-01, outcome: unknown}]
waivers:
sources: {code: src, runs: [a, b]}
"""


def test_the_schema_takes_every_form_that_the_loader_takes() -> None:
    stack_from_text(TAKEN, "voice.yaml")
    assert complaints(TAKEN) == []
