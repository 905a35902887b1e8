"""The stack file: one YAML or JSON file that describes one workflow."""

from __future__ import annotations

from auditkit.sources.stack_file.loader import read_stack, stack_from_text
from auditkit.sources.stack_file.schema import schema

__all__ = ["read_stack", "schema", "stack_from_text"]
