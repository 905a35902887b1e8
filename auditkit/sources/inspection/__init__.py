"""Draws workflows from a folder of code or from an export: `inspect_code(path)`.

The folder is walked, its Python is grouped into files that import each other, every inspector whose library is
imported is asked, and what they drew is settled into one `Stack` a workflow. Nothing is imported, run or
followed out of the folder.
"""

from __future__ import annotations

from auditkit.sources.inspection.inspect import Inspection, inspect_code

__all__ = ["Inspection", "inspect_code"]
