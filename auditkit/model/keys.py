"""The vocabulary, flattened: one `Key` for each dotted key that a fact may have."""

from __future__ import annotations

import types
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from auditkit.model.vocabulary import KINDS, Direction, RefersTo


@dataclass(frozen=True)
class Key:
    """One key of one kind.

    `form` says how a value is read: flag, choice, whole, number, text, date, reference, or record. `many`
    keys hold a set of items. `choices` are in the vocabulary's order; `words` are the words that a flag
    takes beside yes and no (`default`). `minimum` and `maximum` are inclusive unless `above_zero`. `means` says what
    each choice means, where the vocabulary says it.
    """

    kind: str
    name: str
    form: Literal["flag", "choice", "whole", "number", "text", "date", "reference", "record"]
    many: bool
    doc: str
    example: Any
    better: Direction | None
    derived: bool
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    refers_to: str | None = None
    record: type[BaseModel] | None = None
    minimum: float | None = None
    maximum: float | None = None
    above_zero: bool = False
    max_length: int | None = None
    means: tuple[tuple[str, str], ...] = ()


@cache
def keys(kind: str) -> dict[str, Key]:
    """All keys of a kind by dotted name, in the vocabulary's order. Raises KeyError for an unknown kind."""
    return dict(_walk(kind, KINDS[kind], ""))


@cache
def record_keys(record: type[BaseModel]) -> dict[str, Key]:
    """The keys of a record (such as a failure branch)."""
    return dict(_walk("", record, ""))


@cache
def groups(kind: str) -> frozenset[str]:
    """The dotted names that hold further keys (`validation`, `ops.handoff_queue`)."""
    return frozenset(
        name.rpartition(".")[0][:end]
        for name in keys(kind) if "." in name
        for end in [None, *[i for i, c in enumerate(name.rpartition(".")[0]) if c == "."]])


def _walk(kind: str, model: type[BaseModel], prefix: str) -> list[tuple[str, Key]]:
    found: list[tuple[str, Key]] = []
    for name, field in model.model_fields.items():
        nested = _plain(field.annotation)
        if isinstance(nested, type) and issubclass(nested, BaseModel) and not field.examples:
            found += _walk(kind, nested, f"{prefix}{name}.")
        else:
            found.append((prefix + name, _key(kind, prefix + name, field)))
    return found


def _key(kind: str, name: str, field: FieldInfo) -> Key:
    extra: dict[str, Any] = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    example = field.examples[0] if field.examples else None
    inner = _plain(field.annotation)
    many = get_origin(inner) is tuple
    if many:
        inner = get_args(inner)[0]
    shape = _shape(inner)
    return Key(kind=kind, name=name, many=many, doc=field.description or "", example=example,
               better=extra.get("better"), derived=bool(extra.get("derived")),
               means=tuple(extra.get("means", {}).items()), **shape)


def _plain(annotation: Any) -> Any:
    """The annotation without `| None`."""
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [a for a in get_args(annotation) if a is not type(None)]
        if len(rest) == 1:
            return rest[0]
        return Union[tuple(rest)]  # noqa: UP007  (a union made at run time)
    return annotation


def _shape(annotation: Any) -> dict[str, Any]:
    if get_origin(annotation) is Annotated:
        base, *marks = get_args(annotation)
        shape = _shape(base)
        for mark in marks:
            shape |= _limits(mark)
        return shape
    if get_origin(annotation) is Literal:
        return {"form": "choice", "choices": get_args(annotation)}
    if get_origin(annotation) in (Union, types.UnionType):
        words = tuple(w for a in get_args(annotation) if get_origin(a) is Literal for w in get_args(a))
        return {"form": "flag", "words": words}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {"form": "record", "record": annotation}
    forms = {bool: "flag", int: "whole", float: "number", str: "text"}
    return {"form": forms.get(annotation, "date")}


def _limits(mark: Any) -> dict[str, Any]:
    if isinstance(mark, RefersTo):
        return {"form": "reference", "refers_to": mark.kind}
    limits: dict[str, Any] = {}
    for rule in getattr(mark, "metadata", [mark]):
        for attribute, name in (("ge", "minimum"), ("gt", "minimum"), ("le", "maximum"), ("max_length", "max_length")):
            value = getattr(rule, attribute, None)
            if value is not None:
                limits[name] = value
                if attribute == "gt":
                    limits["above_zero"] = True
    return limits
