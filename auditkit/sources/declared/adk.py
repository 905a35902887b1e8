"""Google ADK's agent configuration: `root_agent.yaml`, and the files that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditkit.errors import InputError
from auditkit.sources.declared.source import (
    UNKNOWN,
    Files,
    Rows,
    Source,
    Writer,
    agent_variable,
    call,
    in_turn,
    line_of,
    listed,
    literal,
    module_name,
    text_in,
    words,
)
from auditkit.syntax.documents import Mapping, Node, Scalar, Sequence

_SCHEMA = re.compile(r"adk[-_]python.*AgentConfig\.json")
"""The comment with which an editor is told what the file is."""
_AGENTS = ("LlmAgent", "LoopAgent", "ParallelAgent", "SequentialAgent", "BaseAgent")
_NODES = ("agent_class", "config_path", "func_code")
_KEYS = ("agent_class", "instruction", "sub_agents", "model", "tools", "edges")
_REFERENCES = ("input_schema", "output_schema", "state_schema", "code_executor")
START = "START"


def write(files: Files) -> Iterator[tuple[str, Source | InputError]]:
    """The agents of each configuration, with those it names."""
    yield from in_turn(_Writer, files, [(f.path, "agent") for f in files.candidates("YAML") if _is_root(files, f.path)])


def _is_root(files: Files, path: str) -> bool:
    """Whether a file is an agent by its name and its keys, or by the schema that it names."""
    root = path.rpartition("/")[2] in ("root_agent.yaml", "root_agent.yml")
    text = files.raw(path) or ""
    if not root and not _SCHEMA.search(text[:2_000]):
        return False
    top = files.top(path)
    return isinstance(top, InputError) or (top is not None and top.get("name") is not None and any(top.get(k) for k in _KEYS))


class _Writer(Writer):
    """One file."""

    def __init__(self, files: Files, path: str) -> None:
        super().__init__(files, path)
        self.nodes: dict[str, str] = {}
        """The nodes of a graph that were built, by name."""

    def write(self, kind: str, top: Mapping) -> None:  # noqa: ARG002  (every configuration is an agent)
        """Writes `name = LlmAgent(..)`."""
        bound = agent_variable(self.path)
        self.source.names.add(bound)
        self.source.put(self._built(top), f"{bound} = ")

    def _built(self, mapping: Mapping) -> Rows:
        line = line_of(mapping, "name", "agent_class")
        given = text_in(mapping, "agent_class") or "LlmAgent"
        last = given.rpartition(".")[2]
        if last in _AGENTS and (given == last or given.startswith("google.adk.")):
            function = self.source.use("google.adk.agents", last, line)
        elif last == "Workflow" and (given == last or given.startswith("google.adk.")):
            function = self.source.use("google.adk", last, line)
        else:
            function = self.source.dotted(given, line_of(mapping, "agent_class"))
        return call(function, line, [(name, rows) for name, rows in self._arguments(mapping)])

    def _arguments(self, mapping: Mapping) -> Iterator[tuple[str, Rows]]:
        for entry in mapping.entries:
            name, value = entry.key.text, entry.value
            if not name.isidentifier() or name == "agent_class":
                continue
            if name == "sub_agents":
                yield name, self._list(value, self._agent)
            elif name == "tools":
                yield name, self._list(value, self._tool)
            elif name == "edges":
                yield name, self._list(value, self._chain)
            elif name.endswith("_callbacks"):
                yield name.removesuffix("s"), self._list(value, self._code)
            elif name.endswith("_code"):
                yield name.removesuffix("_code"), self._code(value)
            elif name in _REFERENCES and isinstance(value, Mapping):
                yield name, self._code(value)
            else:
                yield name, literal(value)

    def _list(self, node: Node, each: object) -> Rows:
        items = node.items if isinstance(node, Sequence) else ()
        return listed((each(i) for i in items), node.line)  # type: ignore[operator]

    # References ------------------------------------------------------------------------------------------------

    def _agent(self, node: Node) -> Rows:
        """`config_path: other.yaml` or `code: package.module.agent`."""
        if isinstance(node, Mapping):
            if path := text_in(node, "config_path"):
                return self._config(path, node.line)
            if code := text_in(node, "code"):
                return [(self.source.dotted(code, node.line), node.line)]
            if text_in(node, "name"):
                return self._built(node)
        self.source.miss(node.line, "a sub-agent that is named in no known way")
        return [(UNKNOWN, node.line)]

    def _config(self, path: str, line: int) -> Rows:
        full = self.files.beside(self.path, path)
        if full is None or full not in self.files.folder.paths:
            self.source.miss(line, f"the agent's configuration {path} is not in the folder")
            return [(UNKNOWN, line)]
        self.named.append((full, "agent"))
        return [(self.source.use(module_name(full), agent_variable(full), line), line)]

    def _code(self, node: Node) -> Rows:
        """`name: package.module.thing`, with `args` when it is to be called."""
        if isinstance(node, Scalar):
            return [(self.source.dotted(node.text, node.line), node.line)]
        if not isinstance(node, Mapping):
            return literal(node)
        found = self.source.dotted(text_in(node, "name"), node.line)
        return self._called(found, node) if node.get("args") is not None else [(found, node.line)]

    def _called(self, function: str, node: Mapping) -> Rows:
        """The arguments under `args`: keys with values, or a list of `name` and `value`."""
        given = node.get("args")
        arguments: list[tuple[str, Rows]] = []
        for item in given.items if isinstance(given, Sequence) else ():
            if isinstance(item, Mapping) and (value := item.get("value")) is not None:
                name = text_in(item, "name")
                arguments.append((name if name.isidentifier() else "", literal(value)))
        for entry in given.entries if isinstance(given, Mapping) else ():
            if entry.key.text.isidentifier():
                agent = entry.key.text == "agent" and isinstance(entry.value, Mapping)
                arguments.append((entry.key.text, self._agent(entry.value) if agent else literal(entry.value)))
        arguments.sort(key=lambda a: bool(a[0]))
        return call(function, node.line, arguments)

    def _tool(self, node: Node) -> Rows:
        name = text_in(node, "name") if isinstance(node, Mapping) else ""
        if not name or not isinstance(node, Mapping):
            self.source.miss(node.line, "a tool that is named in no known way")
            return [(UNKNOWN, node.line)]
        if "." in name:
            found = self.source.dotted(name, node.line)
        else:
            found = self.source.use("google.adk.tools", name, node.line)
        if node.get("args") is not None:
            return self._called(found, node)
        return [(f"{found}()" if name[:1].isupper() else found, node.line)]

    # Graphs ----------------------------------------------------------------------------------------------------

    def _chain(self, node: Node) -> Rows:
        """One item of `edges`: a chain of nodes, or an edge from one node to another."""
        if isinstance(node, Sequence):
            return listed((self._element(i) for i in node.items), node.line, "()")
        if isinstance(node, Mapping) and node.get("from_node") is not None:
            ends = [(e.key.text, e.value) for e in node.entries if e.key.text.isidentifier()]
            arguments = [(name, literal(value) if name == "route" else self._node(value)) for name, value in ends]
            return call(self.source.use("google.adk.workflow", "Edge", node.line), node.line, arguments)
        return self._element(node)

    def _element(self, node: Node) -> Rows:
        if isinstance(node, Sequence):
            return listed((self._node(i) for i in node.items), node.line, "()")
        if isinstance(node, Mapping) and not _is_node(node):
            rows: list[Rows] = []
            for entry in node.entries:
                to = self._element(entry.value) if isinstance(entry.value, Sequence) else self._node(entry.value)
                rows.append([(f"{literal(entry.key)[0][0]}: {to[0][0]}", to[0][1]), *to[1:]])
            return listed(rows, node.line, "{}")
        return self._node(node)

    def _node(self, node: Node) -> Rows:
        if isinstance(node, Mapping):
            return self._inline(node)
        text = node.text.strip() if isinstance(node, Scalar) else ""
        if text == START:
            return [(repr(START), node.line)]
        if text in self.nodes:
            return [(self.nodes[text], node.line)]
        if text.endswith((".yaml", ".yml")):
            return self._config(text, node.line)
        if "." in text:
            return [(self.source.dotted(text, node.line), node.line)]
        self.source.miss(node.line, f"no earlier edge defines the node {text!r}")
        return [(UNKNOWN, node.line)]

    def _inline(self, node: Mapping) -> Rows:
        """A node that is defined where it is used; later edges may name it."""
        if text_in(node, "config_path") or (text_in(node, "code") and not text_in(node, "agent_class")):
            return self._agent(node)
        name = text_in(node, "name")
        if name in self.nodes:
            return [(self.nodes[name], node.line)]
        if node.get("func_code") is not None:
            wrapper = self.source.use("google.adk.workflow", "node", node.line)
            func = next(e.value for e in node.entries if e.key.text == "func_code")
            more = [("name", literal(n)) for n in words(node.get("name"))]
            rows = call(wrapper, node.line, [("", self._code(func)), *more])
        else:
            rows = self._built(node)
        bound = self.source.name(name or "node", "node")
        self.source.put(rows, f"{bound} = ")
        if name:
            self.nodes[name] = bound
        return [(bound, node.line)]


def _is_node(node: Mapping) -> bool:
    """Whether a mapping in a chain is a node, and no table of routes."""
    if any(node.get(key) is not None for key in _NODES) or (len(node.entries) == 1 and isinstance(node.get("code"), Scalar)):
        return True
    known = ("name", "model", "instruction", "description", "tools", "sub_agents", "output_key", "output_schema", "input_schema")
    return node.get("name") is not None and all(e.key.text in known for e in node.entries)
