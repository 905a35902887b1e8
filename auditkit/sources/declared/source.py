"""Python that is written from configuration: each of its lines knows the line of the file that it comes from."""

from __future__ import annotations

import keyword
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from auditkit.errors import InputError, Problem
from auditkit.sources.inspection.folder import File, Folder
from auditkit.syntax.documents import Mapping, Node, Scalar, Sequence, parse

Rows = list[tuple[str, int]]
"""Pieces of an expression, each on a line of its own, with the line of the file."""
MOST_BYTES = 500_000
"""A longer file is data."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?$")
_WORDS = {"true": "True", "false": "False", "null": "None", "~": "None", "yes": "True", "no": "False"}
_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
UNKNOWN = "something_unknown"
"""A name that nothing defines: what stands there cannot be told."""


def module_name(path: str) -> str:
    """The dotted name under which a declared workflow is imported by others."""
    return f"declared.m_{re.sub(r'[^0-9A-Za-z]', lambda m: f'_{ord(m[0]):x}_', path)}"


def identifier(text: str, otherwise: str = "item") -> str:
    """A name of Python made of a text."""
    found = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_")
    if not found or found[0].isdigit():
        found = f"{otherwise}_{found}".rstrip("_")
    return f"{found}_" if keyword.iskeyword(found) else found


def without_comments(text: str) -> str:
    """JSON with comments as plain JSON; nothing moves."""
    return _COMMENT.sub(lambda m: m[0] if m[0].startswith('"') else re.sub(r"[^\n]", " ", m[0]), text)


@dataclass
class Files:
    """The files of a folder that may declare a workflow, each parsed once."""

    folder: Folder
    text: Callable[[File], str | None]
    parsed: dict[str, Mapping | InputError | None] = field(default_factory=dict)

    def candidates(self, *kinds: str) -> Iterable[File]:
        """Files of some kinds that are small enough and are no tests."""
        return (f for f in self.folder.of(*kinds) if f.size <= MOST_BYTES and f.role != "test")

    def raw(self, path: str) -> str | None:
        """The text of a file, or None."""
        file = self.folder.by_path.get(path)
        return self.text(file) if file is not None and file.size <= MOST_BYTES else None

    def top(self, path: str) -> Mapping | InputError | None:
        """The mapping that a file holds, or why it cannot be read; None when there is no such file."""
        if path not in self.parsed:
            text = self.raw(path)
            try:
                self.parsed[path] = None if text is None else parse(_plain(text, path), path)
            except InputError as error:
                self.parsed[path] = error
            except RecursionError:
                self.parsed[path] = InputError(Problem(path, 0, "it is nested too deeply"))
        return self.parsed[path]

    def mapping(self, path: str) -> Mapping | None:
        """The mapping that a file holds, or None."""
        found = self.top(path)
        return found if isinstance(found, Mapping) else None

    def beside(self, path: str, other: str) -> str | None:
        """A path written in a file, as a path of the folder; None when it leads out of it."""
        parts = path.split("/")[:-1]
        for part in other.replace("\\", "/").split("/"):
            if part == "..":
                if not parts:
                    return None
                parts.pop()
            elif part not in ("", "."):
                parts.append(part)
        return "/".join(parts)


def _plain(text: str, path: str) -> str:
    return without_comments(text) if path.endswith((".json", ".jsonc")) else text


@dataclass
class Source:
    """The Python of one file while it is written: imports in front, then what is built."""

    path: str
    imports: Rows = field(default_factory=list)
    rows: Rows = field(default_factory=list)
    missed: list[tuple[int, str]] = field(default_factory=list)
    """What was seen and not understood: line and reason."""
    _taken: dict[tuple[str, str], str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        """The source text."""
        return "\n".join(t for t, _ in (*self.imports, *self.rows)) + "\n"

    @property
    def lines(self) -> list[int]:
        """The line of the file for each line of the text."""
        return [*(line for _, line in (*self.imports, *self.rows)), self.rows[-1][1] if self.rows else 1]

    def name(self, wanted: str, otherwise: str = "item") -> str:
        """A name that nothing else in the file has."""
        base = found = identifier(wanted, otherwise)
        n = 2
        while found in self.names:
            found, n = f"{base}_{n}", n + 1
        self.names.add(found)
        return found

    def use(self, module: str, name: str, line: int, wanted: str = "") -> str:
        """The name under which something of another module is imported; UNKNOWN when that cannot be a name of Python."""
        if not all(p.isidentifier() for p in (*module.split("."), name)):
            self.miss(line, f"{module}.{name} is no name of Python")
            return UNKNOWN
        if (module, name) not in self._taken:
            alias = self._taken[module, name] = self.name(wanted or name)
            self.imports.append((f"from {module} import {name} as {alias}", line))
        return self._taken[module, name]

    def dotted(self, text: str, line: int) -> str:
        """What is named as `package.module.name` or `package.module:Name.method`."""
        text = text.strip().lstrip(".")
        module, colon, rest = text.partition(":")
        if colon:
            head, _, tail = rest.partition(".")
        else:
            module, _, head = text.rpartition(".")
            tail = ""
        if not module or not head:
            self.miss(line, f"{text!r} names nothing that can be found")
            return UNKNOWN
        found = self.use(module, head, line)
        return f"{found}.{tail}" if tail and found != UNKNOWN and all(p.isidentifier() for p in tail.split(".")) else found

    def put(self, rows: Rows, before: str = "", indent: int = 0) -> None:
        """Writes a statement: `before` and then the pieces of an expression."""
        pad = "    " * indent
        for n, (text, line) in enumerate(rows):
            self.rows.append((f"{pad}{before if n == 0 else ''}{text}", line))

    def miss(self, line: int, reason: str) -> None:
        """Notes what was not understood."""
        self.missed.append((line, reason))


class Writer:
    """Writes the Python of one file."""

    def __init__(self, files: Files, path: str) -> None:
        self.files = files
        self.path = path
        self.source = Source(path)
        self.named: list[tuple[str, str]] = []
        """The files that it names, with what they declare."""

    def write(self, kind: str, top: Mapping) -> None:
        """Writes what a file of a kind declares."""
        raise NotImplementedError


def in_turn(writer: type[Writer], files: Files, first: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Source | InputError]]:
    """Each of some files (path and kind), then those that they name, once each: as Python, or why it cannot be read."""
    waiting = deque(first)
    seen: set[str] = set()
    while waiting:
        path, kind = waiting.popleft()
        if path in seen:
            continue
        seen.add(path)
        top = files.top(path)
        if isinstance(top, InputError):
            yield path, top
        elif top is not None:
            one = writer(files, path)
            one.write(kind, top)
            waiting += one.named
            yield path, one.source


def agent_variable(path: str) -> str:
    """The name of the agent in the module that its file stands for."""
    return identifier(path.rpartition("/")[2].rpartition(".")[0], "agent")


def call(function: str, line: int, arguments: Iterable[tuple[str, Rows]]) -> Rows:
    """`function(name=.., ..)`; the name of an argument may be ""."""
    rows: Rows = [(f"{function}(", line)]
    for name, value in arguments:
        rows += _joined([(f"{name}=" if name else "", value[0][1])] if name else [], value)
        rows[-1] = (f"{rows[-1][0]},", rows[-1][1])
    rows[-1] = (f"{rows[-1][0]})", rows[-1][1])
    return rows


def listed(items: Iterable[Rows], line: int, brackets: str = "[]") -> Rows:
    """A list, or a tuple, of expressions."""
    rows: Rows = [(brackets[0], line)]
    for item in items:
        rows += item
        rows[-1] = (f"{rows[-1][0]},", rows[-1][1])
    rows[-1] = (f"{rows[-1][0]}{brackets[1]}", rows[-1][1])
    return rows


def literal(node: Node | None, line: int = 1) -> Rows:
    """Configuration as the literal that it is."""
    match node:
        case Scalar():
            return [(_scalar(node), node.line)]
        case Sequence():
            return listed((literal(i) for i in node.items), node.line)
        case Mapping():
            return listed((_joined([(f"{e.key.text!r}: ", e.key.line)], literal(e.value)) for e in node.entries), node.line, "{}")
    return [("None", line)]


def _joined(first: Rows, then: Rows) -> Rows:
    """Two pieces that need no line break between them."""
    if not first:
        return then
    return [*first[:-1], (first[-1][0] + then[0][0], then[0][1]), *then[1:]]


def _scalar(node: Scalar) -> str:
    if not node.quoted:
        if node.empty:
            return "None"
        if node.text.lower() in _WORDS:
            return _WORDS[node.text.lower()]
        if _NUMBER.match(node.text):
            return str(float(node.text)) if "." in node.text else str(int(node.text))
    return repr(node.text)


def words(node: Node | None) -> list[Scalar]:
    """The texts of a list, or the one text."""
    if isinstance(node, Sequence):
        return [i for i in node.items if isinstance(i, Scalar) and not i.empty]
    return [node] if isinstance(node, Scalar) and not node.empty else []


def text_in(mapping: Mapping, name: str) -> str:
    """The text under a key, or ""."""
    found = mapping.get(name)
    return found.text.strip() if isinstance(found, Scalar) and not found.empty else ""


def line_of(mapping: Mapping, *names: str) -> int:
    """The line of the first of some keys, else that of the mapping."""
    for name in names:
        for entry in mapping.entries:
            if entry.key.text == name:
                return entry.key.line
    return mapping.line
