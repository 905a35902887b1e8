"""The JSON Schema of a stack file, made from the vocabulary: completion and checking in editors."""

from __future__ import annotations

from collections.abc import Mapping as Table
from datetime import date
from typing import Any

from auditkit.model.facts import Asked
from auditkit.model.keys import Key, groups, keys, record_keys
from auditkit.model.vocabulary import KINDS, NONE, SECTIONS, Edge, Rate
from auditkit.sources.stack_file import paperwork
from auditkit.sources.stack_file.components import RESERVED
from auditkit.sources.stack_file.misplaced import level

Schema = dict[str, Any]

_NUMBER = r"[+-]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][+-]?[0-9]{1,3})?"
_PERCENT = rf"{_NUMBER}\s*%"
_UNKNOWN: Schema = {"$ref": "#/$defs/unknown"}
_SLUG = r"^[A-Za-z0-9_][A-Za-z0-9_.\-]{0,79}$"

DEFS: Schema = {
    "unknown": {"const": "unknown", "description": "Somebody was asked and does not know."},
    "flag": {
        "anyOf": [
            {"type": "boolean"},
            {
                "type": "string",
                "pattern": "^([yY][eE][sS]|[nN][oO]|[oO][nN]|"
                "[oO][fF][fF]|[tT][rR][uU][eE]|[fF][aA][lL][sS][eE])$",
            },
        ]
    },
    "share": {
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": 1},
            {"type": "string", "pattern": f"^({_NUMBER}|{_PERCENT})$"},
        ]
    },
    "number": {"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^{_NUMBER}$"}]},
    "whole": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[+-]?[0-9][0-9_]*$"}]},
    "text": {"type": ["string", "number", "boolean"]},
    "date": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    "id": {
        "anyOf": [{"type": "string", "pattern": _SLUG, "not": {"enum": list(RESERVED)}}, {"type": "integer"}],
        "description": "The component's name in this file: letters, digits, '_', '-' and '.'.",
    },
    "reference": {
        "anyOf": [{"type": "string", "pattern": _SLUG}, {"type": "integer"}],
        "description": "The id of a component of this file, or `none`.",
    },
    "place": {
        "type": "string",
        "pattern": r"^(?![/~]|[A-Za-z]:[\\/])[^\\]+:[0-9]{1,8}(@[0-9a-f]{7,64})?$",
        "description": "path:line, or path:line@commit.",
    },
    "places": {"anyOf": [{"$ref": "#/$defs/place"}, {"type": "array", "items": {"$ref": "#/$defs/place"}}]},
    "said": {
        "description": "Who says single keys, and when, where that is not `said_by` and `said_on`: \"Dana Ruiz, 2026-11-20\".",
        "anyOf": [
            {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
            {"$ref": "#/$defs/unknown"},
        ],
    },
    "seen": {
        "description": "Where it was seen: places of this component, or of its keys, or places with what was seen there.",
        "anyOf": [
            {"$ref": "#/$defs/places"},
            {
                "type": "object",
                "patternProperties": {
                    r":[0-9]{1,8}(@[0-9a-f]{7,64})?$": {
                        "description": "What was seen at this place: keys, `id` for the component itself.",
                        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
                    }
                },
                "additionalProperties": {
                    "anyOf": [
                        {"$ref": "#/$defs/places"},
                        {"type": "object", "additionalProperties": {"$ref": "#/$defs/seen"}},
                    ]
                },
            },
        ],
    },
}


def schema() -> Schema:
    """The schema (draft 2020-12) of a whole stack file."""
    properties: Schema = {
        "version": {"enum": [1, "1"], "description": "The version of the stack file's form."},
        "stack": {"$ref": "#/$defs/system"},
    }
    for section, kind in SECTIONS.items():
        properties[section] = _described(
            _list({"$ref": f"#/$defs/{kind}"}),
            f"{_doc(KINDS[kind])} Written, even as [], the list is whole; left out, it is not known.",
        )
    properties["incomplete"] = _described(
        {"anyOf": [{"type": "array", "items": {"enum": list(SECTIONS)}}, {"enum": [*SECTIONS, NONE, "unknown"]}]},
        "Sections whose lists may have more than what stands here: what is not listed is not known to be absent.",
    )
    properties["audit"] = _described(
        _or_blank(_object(paperwork.fields("audit"))), "For whom the audit is, by whom, and of which version."
    )
    for name, paper in paperwork.SECTIONS.items():
        item = _object(paperwork.fields(name)) | {"required": list(paper.required)}
        properties[name] = _described(_or_blank(_list(item)), paper.doc)
    properties["sources"] = _described(
        _or_blank(_object(paperwork.source_keys())), "Where its code and run logs lie."
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "AuditKit stack file",
        "description": "One workflow: its steps, what they touch, and who answers for it.",
        "type": "object",
        "additionalProperties": False,
        "required": ["stack"],
        "properties": properties,
        "$defs": {**DEFS, "rate": _rate(), **{kind: _component(kind) for kind in KINDS}},
    }


def _component(kind: str) -> Schema:
    said = {
        "said_by": _described(_or_unknown({"$ref": "#/$defs/text"}), "Who says so."),
        "said_on": _described(_or_unknown({"$ref": "#/$defs/date"}), "When it was said."),
        "said": {"$ref": "#/$defs/said"},
        "note": _described({"$ref": "#/$defs/text"}, "Anything worth saying about it."),
        "seen": {"$ref": "#/$defs/seen"},
    }
    found = _level(kind, "")
    found["description"] = _doc(KINDS[kind])
    found["properties"] |= said
    if kind != "system":
        found["properties"] = {"id": {"$ref": "#/$defs/id"}} | found["properties"]
        found["required"] = ["id"]
    return found


def _level(kind: str, prefix: str) -> Schema:
    known, inner = keys(kind), groups(kind)
    properties: Schema = {}
    for name in level(kind, prefix):
        full = f"{prefix}{name}"
        if full in known:
            properties[name] = _key(known[full])
        elif full in inner:
            properties[name] = _described(_or_blank(_level(kind, f"{full}.")), _group_doc(kind, full))
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _group_doc(kind: str, name: str) -> str:
    model: Any = KINDS[kind]
    doc = ""
    for part in name.split("."):
        field = model.model_fields[part]
        doc = field.description or ""
        model = next(
            a for a in getattr(field.annotation, "__args__", (field.annotation,)) if a is not type(None)
        )
    return doc


def _object(parts: Table[str, Key]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {n: _key(k) for n, k in parts.items()},
    }


def _key(key: Key) -> Schema:
    """One key with its description and example."""
    one = _one(key)
    found = _list(one, alone=True) if key.many else _or_unknown(one)
    return {"description": key.doc, "examples": [_plain(key.example)], **found}


def _one(key: Key) -> Schema:
    """One value of a key."""
    if key.record is Rate:
        return {"$ref": "#/$defs/rate"}
    if key.record is Edge:
        return {"anyOf": [{"$ref": "#/$defs/reference"}, _object(record_keys(Edge)) | {"required": ["to"]}]}
    if key.record is Asked:
        return {
            "anyOf": [{"$ref": "#/$defs/text"}, _object(paperwork.fields("asked")) | {"required": ["who"]}]
        }
    if key.record is not None:
        return _object(record_keys(key.record)) | {"minProperties": 1}
    match key.form:
        case "choice":
            return {"enum": list(key.choices)}
        case "flag":
            words = [{"enum": list(key.words)}] if key.words else []
            return {"anyOf": [{"$ref": "#/$defs/flag"}, *words]} if words else {"$ref": "#/$defs/flag"}
        case "number" | "whole":
            return _number(key)
        case "text":
            return {"$ref": "#/$defs/text", **({"maxLength": key.max_length} if key.max_length else {})}
    return {"$ref": f"#/$defs/{key.form}"}


def _number(key: Key) -> Schema:
    if key.form == "number" and key.minimum == 0 and key.maximum == 1:
        return {"$ref": "#/$defs/share"}
    limits: Schema = {}
    if key.minimum is not None:
        limits["exclusiveMinimum" if key.above_zero else "minimum"] = key.minimum
    return {"$ref": f"#/$defs/{key.form}", **limits}


def _rate() -> Schema:
    counts = r"^[0-9_]{1,15}\s*(/|of|out of)\s*[0-9_]{1,15}$"
    return {
        "description": "How often something goes right: .85, 85%, 171/200, or counts.",
        "anyOf": [
            {"$ref": "#/$defs/share"},
            {"type": "string", "pattern": counts},
            _object(record_keys(Rate)) | {"minProperties": 1},
        ],
    }


def _list(item: Schema, alone: bool = False) -> Schema:
    """A list, `none` for an empty one, `unknown`; a lone item where one is taken for a list of one."""
    rest = [item] if alone else []
    return {
        "anyOf": [
            {"type": "array", "items": {"anyOf": [item, {"enum": ["unknown", NONE]}]} if alone else item},
            *rest,
            {"const": NONE},
            _UNKNOWN,
        ]
    }


def _or_blank(one: Schema) -> Schema:
    """A group whose keys are all still comments."""
    return {"anyOf": [one, _UNKNOWN, {"type": "null"}]}


def _or_unknown(one: Schema) -> Schema:
    return {"anyOf": [one, _UNKNOWN]}


def _described(one: Schema, doc: str) -> Schema:
    return {"description": doc, **one}


def _doc(model: type) -> str:
    return (model.__doc__ or "").strip()


def _plain(example: Any) -> Any:
    return example.isoformat() if isinstance(example, date) else example
