"""The report as JSON: the contract other tools read; read back with `read_report`."""

from __future__ import annotations

import json

from pydantic import ValidationError

from auditkit.errors import InputError, Problem
from auditkit.model.report import SCHEMA_VERSION, Report

ENDING = ".json"
_SHOWN = 10


def render(report: Report, **_options: object) -> bytes:
    """The whole report; keys stand in the order of the schema, so that the same report gives the same bytes."""
    return (report.model_dump_json(indent=1) + "\n").encode()


def read_report(data: bytes, path: str = "report.json") -> Report:
    """A report from its JSON. Raises InputError with every problem; `path` is the name the user gave."""
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 0)
        raise InputError(Problem(path, line, "this is not JSON", "was it written by `-o report.json`?")) from None
    if not isinstance(raw, dict) or "schema_version" not in raw:
        raise InputError(Problem(path, 0, "this JSON is not a report", "it has no schema_version"))
    version = str(raw["schema_version"])
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise InputError(
            Problem(
                path,
                0,
                f"the report has schema version {version}, this AuditKit reads {SCHEMA_VERSION}",
                "audit again, or use the AuditKit that wrote it",
            )
        )
    try:
        return Report.model_validate(raw)
    except ValidationError as error:
        raise InputError(*_problems(error, path)) from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(Problem(path, 0, "the stack inside the report cannot be read", str(error))) from None


def _problems(error: ValidationError, path: str) -> list[Problem]:
    found = error.errors()
    texts = {"missing": "is missing", "extra_forbidden": "is not a key of a report"}
    shown = [
        Problem(
            path, 0, f"{'.'.join(map(str, row['loc'])) or 'the report'} {texts.get(row['type'], 'has a value that does not fit')}"
        )
        for row in found[:_SHOWN]
    ]
    if len(found) > _SHOWN:
        shown.append(Problem(path, 0, f"and {len(found) - _SHOWN} more problems"))
    return shown
