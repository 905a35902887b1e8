"""One folder, from its files to the stacks drawn from it."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from auditkit.model.coverage import Coverage
from auditkit.model.facts import Gap, Stack
from auditkit.sources.declared import Source, declared, declared_module, module_name
from auditkit.sources.inspection.afterwards import draw_afterwards, starts_of
from auditkit.sources.inspection.clusters import Cluster, Imports, clusters, imports_of, own_package
from auditkit.sources.inspection.code import Code, meanings
from auditkit.sources.inspection.code_actions import draw_code_actions
from auditkit.sources.inspection.conclusions import conclude
from auditkit.sources.inspection.folder import File, Folder, walk
from auditkit.sources.inspection.own_source import Frameworks
from auditkit.sources.inspection.paths import gate_actions
from auditkit.sources.inspection.project import Project, decoded
from auditkit.sources.inspection.sketch import Item, Sketch, characters, stacks
from auditkit.sources.inspection.workflows import settle
from auditkit.sources.inspectors import inspectors
from auditkit.syntax.patterns import later
from auditkit.syntax.python.program import Program, matches
from auditkit.syntax.python.reading import Unreadable, read_module
from auditkit.syntax.python.values import Outside

Progress = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and how far it has to go."""

MOST_CLUSTER = 400_000
"""Lines of Python that are held at a time; of a larger group only files that import known libraries are read."""
_CORE = later(r"(?:Agent|Graph|Crew|Workflow|Team|Swarm|Flow|Executor|Toolset|Toolkit|Orchestrator|GroupChat|Pipeline)$")


@dataclass(frozen=True)
class Inspection:
    """What was drawn from a folder: the workflows, and what was looked at."""

    stacks: tuple[Stack, ...]
    coverage: Coverage
    gaps: tuple[Gap, ...]
    folder: Folder = field(repr=False)


def inspect_code(path: Path, *, commit: str | None = None, progress: Progress | None = None) -> Inspection:
    """The workflows in a folder of code, or in one file.

    Raises OSError when the path itself cannot be looked at. Whatever is wrong with a file becomes a gap.
    """
    tell = progress or _silent
    folder = walk(path)
    commit = commit or _commit(folder.root)
    work = _Work(folder, commit, tell)
    work.run()
    return Inspection(tuple(work.stacks), work.coverage(path), tuple(work.gaps), folder)


def _silent(_what: str, _done: int, _total: int) -> None:
    """Tells nobody."""


class _Work:
    """The steps of one inspection, with what they have found so far."""

    def __init__(self, folder: Folder, commit: str | None, tell: Progress) -> None:
        self.folder = folder
        self.commit = commit
        self.tell = tell
        self.shared: dict[str, object] = {}
        self.stacks: list[Stack] = []
        self.gaps: list[Gap] = []
        self.failed: list[Gap] = []
        self.met: set[str] = set()
        self.package = ""
        self.seen: Counter[str] = Counter()
        self.understood: Counter[str] = Counter()
        self.declared: dict[str, Source] = {}
        """Configuration that stands for Python, by path."""
        self.read: Counter[str] = Counter(f.kind for f in folder.files if f.kind not in ("Python", "notebook"))

    def run(self) -> None:
        """Reads the folder as a whole, then its Python group by group."""
        wide = Sketch()
        for lost, reason in self.folder.lost:
            self.failed.append(Gap(path=lost, reason=reason))
        project = Project(self.folder, shared=self.shared)
        for inspector in inspectors():
            if not inspector.PACKAGES:
                self._ask(inspector, project, wide)
        for flow in wide.flows:
            settle_one = Sketch([flow], [], [g for g in wide.gaps if g.path == flow.at.path])
            self._freeze(settle_one, None, [])
        self._note(wide)
        for gap in wide.unread:
            self.failed.append(gap)
            self.read[self.folder.by_path[gap.path].kind] -= 1
        groups = list(self._groups(project))
        total = sum(g.lines for g in groups)
        done = 0
        for group in groups:
            self.tell("reading", done, total)
            self._inspect(group, wide)
            done += group.lines
        self.tell("reading", total, total)

    def _groups(self, project: Project) -> Iterator[Cluster]:
        known = _packages()
        frameworks = Frameworks(self.folder)
        rows: list[tuple[File, Imports, int]] = []
        for file in self.folder.of("Python", "notebook"):
            if frameworks.owns(file.path):
                self.folder.skipped["source of a framework itself"] += 1
                continue
            imports = project.imports(file)
            if imports is None:
                self._text(file)        # says why
                continue
            self.read[file.kind] += 1
            if file.role == "test":
                continue
            rows.append((file, imports, imports.lines))
        self.package = own_package(rows, self._text)
        self.declared, gaps = declared(self.folder, self._text)
        self.gaps += gaps
        rows += [(self.folder.by_path[p], imports_of(s.text), len(s.lines)) for p, s in self.declared.items()]
        for group in clusters(rows, self.package, {path: module_name(path) for path in self.declared}):
            if group.packages & known:
                yield group

    def _text(self, file: File) -> str | None:
        try:
            text = decoded(self.folder.text(file))
        except OSError as error:
            self.failed.append(Gap(path=file.path, reason=f"cannot be read ({error.strerror})"))
            return None
        if text is None:
            self.failed.append(Gap(path=file.path, reason="is no text (NUL bytes)"))
        return text

    def _inspect(self, group: Cluster, wide: Sketch) -> None:
        modules = []
        whole = Project(self.folder, shared=self.shared)
        for file in group.files:
            if file.path in self.declared:
                modules.append(declared_module(file.path, self.declared[file.path]))
                continue
            if group.lines > MOST_CLUSTER and not _relevant(file, whole):
                continue
            text = self._text(file)
            if text is None:
                continue
            try:
                module = read_module(file.path, text)
            except Unreadable as error:
                self.failed.append(Gap(path=file.path, line=error.line, reason=error.reason))
                continue
            modules.append(module)
            self.failed += [Gap(path=file.path, line=line, reason=f"a statement was left out: {reason}")
                            for line, reason in module.lost[:20]]
        program = Program(modules, self.package)
        project = Project(self.folder, program, frozenset(group.packages), self.shared)
        sketch = Sketch()
        for file in group.files:
            for line, reason in self.declared[file.path].missed if file.path in self.declared else ():
                sketch.gap(file.path, line, reason)
        for inspector in inspectors():
            if inspector.PACKAGES and any(p in group.packages for p in inspector.PACKAGES):
                self._ask(inspector, project, sketch)
        self._constructors(project, sketch)
        here = [i for i in wide.loose if _belongs(i, group)]
        self._freeze(sketch, project.code, here, project)
        if program.exhausted:
            self.gaps.append(Gap(path=group.files[0].path, reason=(
                f"{len(modules):,} files that import each other ask for more than an inspection looks at; values that it "
                "came to after that are unknown")))
        self._note(sketch)
        program.release()

    def _ask(self, inspector: ModuleType, project: Project, sketch: Sketch) -> None:
        before = sum(len(f.items) for f in sketch.flows) + len(sketch.loose)
        try:
            inspector.inspect(project, sketch)
        except RecursionError:
            self._stopped(inspector, project, "the code is nested too deeply")
        except Exception as error:  # noqa: BLE001 - one inspector's bug must not cost the others' work; it is a gap
            self._stopped(inspector, project, f"{type(error).__name__}: {error}"[:160])
        if sum(len(f.items) for f in sketch.flows) + len(sketch.loose) > before:
            self.met.add(inspector.NAME)

    def _stopped(self, inspector: ModuleType, project: Project, reason: str) -> None:
        path = min(project.program.modules, default=".")
        self.gaps.append(Gap(path=path, reason=f"the {inspector.NAME} inspector stopped ({reason}); please report this"))

    def _freeze(self, sketch: Sketch, code: Code | None, wide: list[Item], project: Project | None = None) -> None:
        evals = {i.at.path for i in wide if i.kind == "eval"}
        own = [f for f in sketch.flows if f.at.path not in evals]
        if own:     # what an eval builds to be graded is the workflow again, not another one
            sketch.flows = own
        settle(sketch, code, wide)
        whole = [f for f in sketch.flows if f.within is None]
        starts = {id(f): starts_of(f, code) for f in whole} if code is not None else {}
        for flow in whole:
            if code is not None:
                draw_code_actions(flow, code)
                others = {scope for f in whole if f is not flow for scope in starts[id(f)]}
                draw_afterwards(flow, starts[id(flow)], others, code)
            gate_actions(flow)
            conclude(flow, code, project)
        self.stacks += stacks(sketch, self.commit)

    def _note(self, sketch: Sketch) -> None:
        self.gaps += sketch.gaps
        self.seen.update(sketch.seen)
        self.understood.update(sketch.understood)

    def _constructors(self, project: Project, sketch: Sketch) -> None:
        """Counts the constructors of known frameworks, and names those of the core that no inspector knows."""
        asked = [i for i in inspectors() if i.PACKAGES and any(p in project.packages for p in i.PACKAGES)]
        patterns = [p for i in asked for p in i.CONSTRUCTORS]
        roots = {p for i in asked for p in i.PACKAGES}
        for module in project.program.modules.values():
            for call in module.calls:
                func = call.node.func
                last = str(getattr(func, "attr", "") or getattr(func, "id", ""))
                if not last[:1].isupper() and not last.startswith("create_"):
                    continue
                for one in project.program.resolved(call).options():
                    if not isinstance(one, Outside) or one.name.partition(".")[0] not in roots:
                        continue
                    if any(matches(p, one.name) for p in patterns):
                        sketch.seen[one.name] = sketch.seen.get(one.name, 0) + 1
                        sketch.understood[one.name] = sketch.understood.get(one.name, 0) + 1
                    elif _CORE.search(last) and one.owner is None:
                        sketch.seen[one.name] = sketch.seen.get(one.name, 0) + 1
                        sketch.gap(module.path, module.line(call.line),
                                   f"{one.name} is not known here; the inspector may be older than the library")

    def coverage(self, path: Path) -> Coverage:
        """The ledger of what was looked at."""
        names = sorted({*self.seen, *self.understood})
        return Coverage(
            root=characters(path.resolve().name), commit=self.commit, seen=self.folder.seen, read=tuple(sorted(
                ((k, n) for k, n in self.read.items() if n), key=lambda r: (-r[1], r[0]))),
            skipped=tuple(sorted(self.folder.skipped.items())), others=tuple(sorted(self.folder.others.items())),
            failed=tuple(dict.fromkeys(self.failed)), libraries=tuple(sorted(self.met)),
            constructors=tuple((n, self.seen[n], self.understood[n]) for n in names))


def _relevant(file: File, project: Project) -> bool:
    """Whether a file imports a library that is known here."""
    imports = project.imports(file)
    return imports is not None and not _packages().isdisjoint(imports.packages)


@lru_cache(maxsize=1)
def _packages() -> frozenset[str]:
    """The first names of all libraries that some inspector or the table of calls knows."""
    found = {p for i in inspectors() for p in i.PACKAGES}
    for rows in meanings().values():
        found.update(m.pattern.partition(".")[0] for m in rows)
    return frozenset(found - {"builtins", "**", "*", "~"} - sys.stdlib_module_names)


def _belongs(item: Item, group: Cluster) -> bool:
    """Whether an item of the whole folder lies in the part of the folder in which a group lies."""
    if item.home is None or not item.home.path:
        return True
    base = item.home.path.strip("/")
    return any(f.path.startswith(f"{base}/") for f in group.files)


def _commit(root: Path) -> str | None:
    """The commit that is checked out, from the folder's own .git; None when it cannot be told."""
    git = root / ".git"
    try:
        if git.is_symlink() or not git.is_dir():
            return None
        head = (git / "HEAD").read_text("ascii", "replace")[:200].strip()
        if head.startswith("ref: "):
            name = head[5:].strip()
            if ".." in name or name.startswith("/"):
                return None
            loose = git / name
            if loose.is_file() and not loose.is_symlink():
                head = loose.read_text("ascii", "replace")[:80].strip()
            else:
                packed = (git / "packed-refs").read_text("ascii", "replace")[:1_000_000]
                head = next((row.split(" ")[0] for row in packed.splitlines() if row.endswith(f" {name}")), "")
        return head if re.fullmatch(r"[0-9a-f]{40,64}", head) else None
    except OSError:
        return None
