"""AuditKit's own tables: files of the package, kept as YAML, read at every start."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: Any = yaml.SafeLoader("")
"""What knows which plain words are numbers, dates, or yes and no."""


def read_table(path: Path) -> Any:
    """What a table of ours holds. It is built from the parser's events: building YAML's nodes first takes twice as long."""
    loader = _LOADER(path.read_text("utf-8"))
    try:
        while not isinstance(event := loader.get_event(), yaml.NodeEvent):
            pass
        return _built(event, loader)
    finally:
        loader.dispose()


def _built(event: Any, loader: Any) -> Any:
    kind = type(event)
    if kind is yaml.ScalarEvent:
        return _word(event.value) if event.implicit[0] else event.value
    if kind is yaml.SequenceStartEvent:
        items = []
        while type(event := loader.get_event()) is not yaml.SequenceEndEvent:
            items.append(_built(event, loader))
        return items
    if kind is yaml.MappingStartEvent:
        rows = {}
        while type(event := loader.get_event()) is not yaml.MappingEndEvent:
            key = _built(event, loader)
            rows[key] = _built(loader.get_event(), loader)
        return rows
    raise ValueError(f"a table of ours holds nothing but texts, lists and mappings, not {event}")


@lru_cache(maxsize=8192)
def _word(text: str) -> Any:
    """What a word without quotes stands for."""
    tag = _WORDS.resolve(yaml.ScalarNode, text, (True, False))
    return text if tag == "tag:yaml.org,2002:str" else _WORDS.construct_object(yaml.ScalarNode(tag, text))
