"""n8n workflows as JSON: one export a file, arrays of them, or wrapped in another object; old and new ones.

Places are the lines of the node and of its parameters. What a file leaves out equals n8n's default for that node
type and version; an expression (`={{ ... }}`) is never taken for a value.
"""

from __future__ import annotations

from auditkit.sources.inspection.folder import File
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Flow, Sketch
from auditkit.sources.inspectors._n8n_actions import draw_actions, draw_gates
from auditkit.sources.inspectors._n8n_drawing import Drawing
from auditkit.sources.inspectors._n8n_graph import graph, workflows
from auditkit.sources.inspectors._n8n_models import draw_models
from auditkit.sources.inspectors._n8n_nodes import clean
from auditkit.sources.inspectors._n8n_parts import draw_integrations, draw_knowledge, draw_stores, draw_system
from auditkit.sources.inspectors._n8n_steps import draw_edges, draw_steps
from auditkit.syntax.json_places import Broken, Document, parse
from auditkit.syntax.patterns import later

NAME = "n8n"
PACKAGES: tuple[str, ...] = ()
CONSTRUCTORS: tuple[str, ...] = ()

_MARKS = later(r'"nodes"\s*:\s*\[')
_OURS = later(r"n8n-nodes-|\"typeVersion\"\s*:")


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws every workflow of the exports in a folder; what looks like an export and cannot be read is a gap."""
    files = [f for f in project.folder.of("JSON") if not f.path.endswith(".jsonc")]
    alone = project.folder.seen == 1
    unread: list[tuple[File, Broken]] = []
    drawn = 0
    for file in files:
        found = _document(project, file, alone)
        if isinstance(found, Broken):
            unread.append((file, found))
        elif found is not None:
            drawn += _draw_all(found, file, sketch, alone)
    for file, why in unread:  # an empty file says what it was meant to be only by its neighbours
        if alone or why.column or 2 * drawn >= len(files):
            where = f"(column {max(why.column, 1)})"
            sketch.unreadable(file.path, why.line, f"the workflow export cannot be read: {why.reason} {where}")


def _document(project: Project, file: File, alone: bool) -> Document | Broken | None:
    """The values of a file that looks like an export, why it cannot be read, or None for any other file.

    Column 0 marks a file that is empty, so that nothing in it says what it is.
    """
    text = project.text(file)
    if text is None:
        try:
            data = project.folder.text(file)
        except OSError:
            return Broken(1, 1, "the file cannot be opened") if alone else None
        plain = data.replace(b"\0", b"")
        return Broken(1, 1, "the file is not text in UTF-8 or marked UTF-16") if alone or b"n8n-nodes" in plain else None
    if not text.strip():
        return Broken(1, 0, "the file is empty")
    ours = bool(_MARKS.search(text)) and ('"connections"' in text or "n8n-nodes" in text)
    if not ours and not alone:
        return None
    found = parse(text)
    if isinstance(found, Broken) and not alone and not _OURS.search(text):
        return None
    return found


def _draw_all(document: Document, file: File, sketch: Sketch, alone: bool) -> int:
    found = list(workflows(document))
    stem = file.path.rpartition("/")[2].rpartition(".")[0]
    for number, (raw, around) in enumerate(found, 1):
        written = raw.get("name")
        name = clean(written) if isinstance(written, str) else clean(around)
        name = name or (clean(stem) if len(found) == 1 else f"{clean(stem)} {number}") or "workflow"
        made = graph(raw, name, file.path, document)
        if not made.steps:
            sketch.gap(
                file.path, made.place.line, f"the n8n workflow {name!r} has no connected or starting node: nothing runs in it"
            )
            continue
        flow = sketch.flow(name, made.place, "n8n.workflow")
        _draw(Drawing(made, flow))
    if not found and alone:
        sketch.gap(file.path, 1, "the file is JSON, but holds no n8n workflow (an object with 'nodes' and 'connections')")
    return len(found)


def _draw(drawing: Drawing) -> Flow:
    draw_steps(drawing)
    draw_edges(drawing)
    draw_integrations(drawing)
    draw_models(drawing)
    draw_stores(drawing)
    draw_knowledge(drawing)
    draw_actions(drawing)
    draw_gates(drawing)
    draw_system(drawing)
    return drawing.flow
