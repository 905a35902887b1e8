"""JSON Schema of a checklist file, for completion in editors; the loader checks more than a schema can."""

from __future__ import annotations

from typing import Any

from auditkit.checklist.checks import SEVERITIES, TOPICS, Maps
from auditkit.model.vocabulary import KINDS, SECTIONS

_WORDS = {"type": "string", "minLength": 1}
_LIST = {"type": "array", "items": _WORDS}
_OUTCOMES = ("pass", "partial", "fail", "unknown")


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of a checklist file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "AuditKit checklist", "type": "object",
        "additionalProperties": False, "required": ["schema", "name", "version", "title", "pillars", "checks"],
        "properties": {
            "schema": {"const": 1, "description": "The version of this format."},
            "name": {**_WORDS, "description": "A short name, as in --checklist NAME."},
            "version": {**_WORDS, "description": "Raised with every change of a rule."},
            "title": _WORDS, "pillars": {**_LIST, "description": "The chapters, in order."},
            "checks": {"type": "array", "items": {"$ref": "#/$defs/check"}},
        },
        "$defs": {"check": _check(), "condition": _condition(), "related": _related()},
    }


def _check() -> dict[str, Any]:
    condition = {"$ref": "#/$defs/condition"}
    examples = {name: {"type": "object", "description": f"A small stack file whose first component gives {name}."}
                for name in _OUTCOMES}
    properties: dict[str, Any] = {
        "id": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{2}$", "description": "Never reused, never renamed."},
        "name": {**_WORDS, "description": "The bad pattern, as a slug."},
        "short": {"type": "string", "maxLength": 34, "description": "What it asks for, in a few words."},
        "pillar": {"type": "integer", "minimum": 1}, "about": {"enum": list(KINDS)},
        "when": {**condition, "description": "Where it applies; left out, everywhere."},
        "asked_of": _WORDS, "pass": condition, "partial": condition, "severity": {"enum": list(SEVERITIES)},
        "rationale": _WORDS, "proof": {"type": "boolean", "description": "It asks whether reliability is known."},
        "question": {"type": "string", "maxLength": 160}, "why": _WORDS,
        "criteria": {"type": "object", "additionalProperties": False, "required": ["pass", "fail"],
                     "properties": dict.fromkeys(("pass", "partial", "fail"), _WORDS)},
        "says": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 80}},
        "fix_title": {"type": "string", "maxLength": 70}, "fix": {**_LIST, "maxItems": 4},
        "kind_of_work": {"enum": ["quick win", "configuration", "redesign", "remove"]}, "topic": {"enum": list(TOPICS)},
        "done_when": _WORDS, "effort": {"enum": ["S", "M", "L"]},
        "evidence": {"type": "object", "additionalProperties": _WORDS}, "moves": _WORDS, "references": _LIST,
        "maps": {"type": "object", "additionalProperties": False,
                 "properties": {name: {"type": "array", "items": {"type": ["string", "number"]}} for name in Maps.model_fields}},
        "origin": {"type": "array", "items": {"type": "object", "required": ["source", "says"],
                                              "properties": {"source": _WORDS, "says": _WORDS}}},
        "examples": {"type": "object", "additionalProperties": False, "properties": examples},
    }
    needed = [name for name in properties if name not in ("when", "partial", "proof", "evidence", "moves", "references",
                                                          "maps", "origin")]
    return {"type": "object", "additionalProperties": False, "required": needed, "properties": properties}


def _condition() -> dict[str, Any]:
    each = {"type": "array", "items": {"$ref": "#/$defs/condition"}}
    related = {"$ref": "#/$defs/related"}
    plain = {"type": ["string", "number", "boolean"]}
    bound = {"type": ["number", "string"]}
    return {
        "type": "object",
        "description": "All entries must hold: a key of the vocabulary with a value, a list (one of), known, none, or bounds.",
        "properties": {"any_of": each, "all_of": each, "not": {"$ref": "#/$defs/condition"}, "any": related, "all": related,
                       "no": related, "count": related},
        "additionalProperties": {"anyOf": [
            plain, {"type": "array", "items": plain},
            {"type": "object", "additionalProperties": False, "properties": {
                "at_least": bound, "at_most": bound, "has_all": {"type": "array"}}}]},
    }


def _related() -> dict[str, Any]:
    return {"type": "object", "required": ["of"], "additionalProperties": False, "properties": {
        "of": {"type": "string", "description": f"A section ({', '.join(SECTIONS)}) or a key that holds several."},
        "that": {"$ref": "#/$defs/condition"}, "at_least": {"type": "integer"}, "at_most": {"type": "integer"}}}
