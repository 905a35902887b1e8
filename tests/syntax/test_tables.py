"""Our own tables are read as YAML reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import auditkit
from auditkit.syntax.tables import read_table

TABLES = sorted(Path(auditkit.__file__).parent.rglob("*.yaml"))


@pytest.mark.parametrize("path", TABLES, ids=lambda p: p.name)
def test_every_table_is_what_yaml_makes_of_it(path: Path) -> None:
    assert read_table(path) == yaml.safe_load(path.read_text("utf-8"))


def test_words_without_quotes_are_typed(tmp_path: Path) -> None:
    path = tmp_path / "table.yaml"
    path.write_text("- {a: 1, b: 'no', c: no, d: 2026-01-12, e: 1.5, f: , g: [x, \"1\"]}\n", "utf-8")
    assert read_table(path) == yaml.safe_load(path.read_text("utf-8"))


def test_what_no_table_of_ours_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.yaml"
    path.write_text("- &a x\n- *a\n", "utf-8")
    with pytest.raises(ValueError, match="nothing but"):
        read_table(path)
