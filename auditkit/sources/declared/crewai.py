"""CrewAI's declarations: crews in `crew.jsonc` with `agents/*.jsonc`, and flows in YAML or JSON (`crewai.flow/v1`)."""

from __future__ import annotations

import ast
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
    identifier,
    in_turn,
    line_of,
    listed,
    literal,
    module_name,
    text_in,
    words,
)
from auditkit.syntax.documents import Mapping, Node, Scalar, Sequence

_FLOW = re.compile(r"[\"']?schema[\"']?\s*:\s*[\"']?crewai\.flow/")
_CREWS = ("crew.jsonc", "crew.json")
_MODELS = ("llm", "function_calling_llm", "manager_llm", "planning_llm", "chat_llm")
_TOOL_CLASS = re.compile(r"(?m)^class[ \t]+(\w+)\([^)]*\bBaseTool\b")
_FOLDED = ("settings",)
"""Keys of an agent under which more of its keys stand."""
_LEFT_OUT = ("type", "from_repository", "inputs", "input", "response_format", "agent", "context", "name")


def write(files: Files) -> Iterator[tuple[str, Source | InputError]]:
    """The crews with their agents, and the flows with the crews that they name."""
    waiting: list[tuple[str, str]] = []
    for file in files.candidates("JSON", "YAML"):
        name = file.path.rpartition("/")[2]
        if name in _CREWS and _is_crew(files, file.path):
            waiting.append((file.path, "crew"))
        elif name.endswith((".yaml", ".yml", ".json", ".jsonc")) and _FLOW.search((files.raw(file.path) or "")[:4_000]):
            waiting.append((file.path, "flow"))
    yield from in_turn(_Writer, files, waiting)


def _is_crew(files: Files, path: str) -> bool:
    top = files.top(path)
    if isinstance(top, InputError):
        return bool(re.search(r'"agents"\s*:', files.raw(path) or ""))
    return top is not None and isinstance(top.get("tasks"), Sequence) and top.get("agents") is not None


class _Writer(Writer):
    """One file."""

    def write(self, kind: str, top: Mapping) -> None:
        """Writes a crew, an agent or a flow."""
        {"crew": self.crew, "agent": self.agent, "flow": self.flow}[kind](top)

    # Agents ----------------------------------------------------------------------------------------------------

    def agent(self, top: Mapping) -> None:
        """Writes `researcher = Agent(..)`."""
        bound = agent_variable(self.path)
        self.source.names.add(bound)
        self.source.put(self._agent(top), f"{bound} = ")

    def _agent(self, mapping: Mapping) -> Rows:
        line = line_of(mapping, "role", "goal")
        if isinstance(kind := mapping.get("type"), Mapping):
            function = self.source.dotted(text_in(kind, "python"), kind.line)
        else:
            function = self.source.use("crewai", "Agent", line)
        return call(function, line, self._arguments(mapping))

    def _arguments(self, mapping: Mapping) -> Iterator[tuple[str, Rows]]:
        for entry in mapping.entries:
            name, value = entry.key.text, entry.value
            if name in _FOLDED and isinstance(value, Mapping):
                yield from self._arguments(value)
            elif name.isidentifier() and name not in _LEFT_OUT:
                yield name, self._value(name, value)

    def _value(self, name: str, value: Node) -> Rows:
        if name == "tools" and isinstance(value, Sequence):
            return listed((self._tool(i) for i in value.items), value.line)
        if name in _MODELS and isinstance(value, Mapping):
            model = self.source.use("crewai", "LLM", value.line)
            return call(model, value.line, [(e.key.text, literal(e.value)) for e in value.entries if e.key.text.isidentifier()])
        if isinstance(value, Sequence):
            return listed((self._value("", i) for i in value.items), value.line)
        if isinstance(value, Mapping) and text_in(value, "python"):
            return [(self.source.dotted(text_in(value, "python"), value.line), value.line)]
        return literal(value)

    def _tool(self, node: Node) -> Rows:
        """`SerperDevTool`, `custom:name` (of `tools/name.py`) or `package.module:Tool`."""
        text = node.text.strip() if isinstance(node, Scalar) else text_in(node, "python") if isinstance(node, Mapping) else ""
        if text.startswith("custom:"):
            found = self._custom(text[7:], node.line)
        elif ":" in text or "." in text:
            found = self.source.dotted(text, node.line)
        elif text.isidentifier():
            camel = text if text[0].isupper() else "".join(w.capitalize() for w in text.split("_"))
            found = self.source.use("crewai_tools", camel if camel.endswith("Tool") else f"{camel}Tool", node.line)
        else:
            self.source.miss(node.line, "a tool that is described in no known way")
            return [(UNKNOWN, node.line)]
        return [(f"{found}()" if found != UNKNOWN else found, node.line)]

    def _custom(self, name: str, line: int) -> str:
        """The tool class in a file of the project's `tools` folder."""
        for base in (self.path, self.path.rpartition("/")[0]):
            path = self.files.beside(base, f"tools/{name}.py")
            found = _TOOL_CLASS.search(self.files.raw(path) or "") if path is not None else None
            if found is not None and path is not None:
                return self.source.use(path.removesuffix(".py").replace("/", "."), found[1], line)
        self.source.miss(line, f"the tool custom:{name} was not found in tools/{name}.py")
        return UNKNOWN

    # Crews -----------------------------------------------------------------------------------------------------

    def crew(self, top: Mapping) -> None:
        """Writes the tasks and `crew = Crew(..)`."""
        self.source.names.add("crew")
        self._crew(top, "crew")

    def _crew(self, mapping: Mapping, bound: str) -> None:
        agents = self._agents(mapping)
        tasks: dict[str, str] = {}
        order: list[Rows] = []
        given = mapping.get("tasks")
        for item in given.items if isinstance(given, Sequence) else ():
            if isinstance(item, Mapping):
                name = text_in(item, "name")
                variable = self.source.name(name or "task", "task")
                self.source.put(self._task(item, agents, tasks), f"{variable} = ")
                tasks[name] = variable
                order.append([(variable, line_of(item, "name"))])
        line = line_of(mapping, "name", "agents")
        members = [[(a, line)] for name, a in agents.items() if name != text_in(mapping, "manager_agent")]
        arguments = [
            ("name", literal(mapping.get("name"), line)),
            ("agents", listed(members, line_of(mapping, "agents"))),
            ("tasks", listed(order, line_of(mapping, "tasks"))),
        ]
        arguments += [a for a in self._arguments(mapping) if a[0] not in ("agents", "tasks", "process", "manager_agent")]
        process = mapping.get("process")
        if isinstance(process, Scalar) and process.text in ("sequential", "hierarchical"):
            arguments.append(("process", [(f"{self.source.use('crewai', 'Process', line)}.{process.text}", process.line)]))
        if manager := text_in(mapping, "manager_agent"):
            at = line_of(mapping, "manager_agent")
            arguments.append(("manager_agent", [(agents.get(manager) or self._declared(manager, at), at)]))
        self.source.put(call(self.source.use("crewai", "Crew", line), line, arguments), f"{bound} = ")

    def _agents(self, mapping: Mapping) -> dict[str, str]:
        """The agents of a crew by name: those of files, or those written inside it."""
        given = mapping.get("agents")
        found: dict[str, str] = {}
        if isinstance(given, Mapping):
            for entry in given.entries:
                if isinstance(entry.value, Mapping):
                    bound = self.source.name(entry.key.text, "agent")
                    self.source.put(self._agent(entry.value), f"{bound} = ")
                    found[entry.key.text] = bound
            return found
        for one in words(given):
            found[one.text] = self._declared(one.text, one.line)
        return found

    def _declared(self, name: str, line: int) -> str:
        """The agent in `agents/NAME.jsonc`."""
        for ending in ("jsonc", "json"):
            path = self.files.beside(self.path, f"agents/{name}.{ending}")
            if path in self.files.folder.paths and path is not None:
                self.named.append((path, "agent"))
                return self.source.use(module_name(path), agent_variable(path), line)
        self.source.miss(line, f"the agent {name!r} has no file agents/{name}.jsonc")
        return UNKNOWN

    def _task(self, mapping: Mapping, agents: dict[str, str], tasks: dict[str, str]) -> Rows:
        line = line_of(mapping, "name", "description")
        kind = text_in(mapping, "type")
        function = self.source.use("crewai", "Task", line)
        if kind in ("ConditionalTask", "conditional", "conditional_task") or kind.endswith(".ConditionalTask"):
            function = self.source.use("crewai.tasks.conditional_task", "ConditionalTask", line)
        arguments = [("name", literal(mapping.get("name"), line))]
        if agent := text_in(mapping, "agent"):
            at = line_of(mapping, "agent")
            arguments.append(("agent", [(agents.get(agent) or self._declared(agent, at), at)]))
        before = [[(tasks[w.text], w.line)] for w in words(mapping.get("context")) if w.text in tasks]
        if before:
            arguments.append(("context", listed(before, line_of(mapping, "context"))))
        return call(function, line, [*arguments, *self._arguments(mapping)])

    # Flows -----------------------------------------------------------------------------------------------------

    def flow(self, top: Mapping) -> None:
        """Writes the class that a flow's definition stands for."""
        line = line_of(top, "name", "schema")
        methods = top.get("methods")
        body = [
            (e.key, e.value) for e in (methods.entries if isinstance(methods, Mapping) else ()) if isinstance(e.value, Mapping)
        ]
        built = {key.text: self._prepared(value.get("do"), key.text) for key, value in body}
        base = self.source.use("crewai.flow.flow", "Flow", line)
        if isinstance(state := top.get("state"), Mapping) and (ref := text_in(state, "ref")):
            base = f"{base}[{self.source.dotted(ref, state.line)}]"
        if _enabled(top.get("persist")):
            self._decorator("crewai.flow.persistence", "persist", line_of(top, "persist"), [], 0)
        self.source.put([(f"class {identifier(text_in(top, 'name') or 'flow', 'flow')}({base}):", line)])
        config = top.get("config")
        limit = text_in(config, "max_method_calls") if isinstance(config, Mapping) else ""
        if limit.isdigit() and isinstance(config, Mapping):
            self.source.put([(f"max_method_calls = {limit}", line_of(config, "max_method_calls"))], "", 1)
        self.source.put([(f"description = {text_in(top, 'description')!r}", line)], "", 1)
        for key, value in body:
            self._method(key, value, built[key.text])

    def _method(self, key: Scalar, value: Mapping, do: Rows) -> None:
        if not key.text.isidentifier():
            self.source.miss(key.line, f"{key.text!r} is no name of a method")
            return
        start, listen = value.get("start"), value.get("listen")
        routes = [w.text for w in words(value.get("emit"))]
        routed = text_in(value, "router").lower() == "true"
        conditions = [c for c in (self._condition(listen),) if c]
        if start is not None and not (isinstance(start, Scalar) and (start.empty or start.text.lower() == "false")):
            always = isinstance(start, Scalar) and start.text.lower() == "true"
            self._decorator("crewai.flow.flow", "start", line_of(value, "start"), [] if always else [self._condition(start)], 1)
        if routed and listen is not None:
            self._decorator("crewai.flow.flow", "router", line_of(value, "listen"), conditions, 1)
        elif listen is not None:
            self._decorator("crewai.flow.flow", "listen", line_of(value, "listen"), conditions, 1)
        if isinstance(asked := value.get("human_feedback"), Mapping):
            arguments = [f"{e.key.text}={_one_line(literal(e.value))}" for e in asked.entries if e.key.text.isidentifier()]
            self._decorator("crewai.flow.human_feedback", "human_feedback", line_of(value, "human_feedback"), arguments, 1)
        if _enabled(value.get("persist")):
            self._decorator("crewai.flow.persistence", "persist", line_of(value, "persist"), [], 1)
        returns = ""
        if routed and routes:
            names = ", ".join(map(repr, routes))
            returns = f" -> {self.source.use('typing', 'Literal', key.line)}[{names}]"
        self.source.put([(f"def {key.text}(self){returns}:", key.line)], "", 1)
        self.source.put([(f"{self.source.path!r}, self.state", key.line)], "", 2)
        self.source.put(do, "", 2)

    def _decorator(self, module: str, name: str, line: int, arguments: list[str], indent: int) -> None:
        self.source.put([(f"@{self.source.use(module, name, line)}({', '.join(arguments)})", line)], "", indent)

    def _condition(self, node: Node | None) -> str:
        """`"a"`, `or_("a", "b")` or `and_(..)`."""
        if isinstance(node, Scalar):
            return repr(node.text.strip())
        for entry in node.entries if isinstance(node, Mapping) else ():
            if entry.key.text in ("or", "and"):
                items = entry.value.items if isinstance(entry.value, Sequence) else ()
                name = self.source.use("crewai.flow.flow", f"{entry.key.text}_", entry.key.line)
                return f"{name}({', '.join(self._condition(i) for i in items)})"
        return ""

    # Actions ---------------------------------------------------------------------------------------------------

    def _prepared(self, do: Node | None, name: str) -> Rows:
        """The body of a method; crews and agents that are written inside it are built before the class."""
        if not isinstance(do, Mapping):
            return [("pass", do.line if do is not None else 1)]
        kind = text_in(do, "call") or "code"
        inner = do.get("with")
        match kind:
            case "code" | "tool":
                found = self.source.dotted(text_in(do, "ref"), do.line)
                return self._run(found, kind, do)
            case "crew":
                return self._crew_run(do, name)
            case "agent" if isinstance(inner, Mapping):
                bound = self.source.name(f"{name}_agent", "agent")
                self.source.put(self._agent(inner), f"{bound} = ")
                return [(f"return {bound}.kickoff(self.state)", do.line)]
            case "expression":
                return [(f"return self.state, {text_in(do, 'expr')!r}", do.line)]
            case "script":
                return self._script(do)
            case "each":
                return self._each(do, name)
        self.source.miss(do.line, f"the action {kind!r} is not known")
        return [("pass", do.line)]

    def _run(self, found: str, kind: str, do: Mapping) -> Rows:
        given = do.get("with")
        entries = given.entries if isinstance(given, Mapping) else ()
        arguments = [(e.key.text, literal(e.value)) for e in entries if e.key.text.isidentifier()]
        rows = call(f"{found}().run" if kind == "tool" else found, do.line, arguments)
        return [(f"return {rows[0][0]}", rows[0][1]), *rows[1:]]

    def _crew_run(self, do: Mapping, name: str) -> Rows:
        inner = do.get("with")
        if isinstance(inner, Mapping):
            bound = self.source.name(f"{name}_crew", "crew")
            self._crew(inner, bound)
            return [(f"return {bound}.kickoff()", do.line)]
        given = text_in(do, "from_declaration")
        for tail in ("", *(f"/{n}" for n in _CREWS)):
            path = self.files.beside(self.path, given + tail)
            if path is not None and path in self.files.folder.paths:
                self.named.append((path, "crew"))
                return [(f"return {self.source.use(module_name(path), 'crew', do.line)}.kickoff()", do.line)]
        self.source.miss(do.line, f"the crew {given!r} is not in the folder")
        return [(f"return {UNKNOWN}.kickoff()", do.line)]

    def _script(self, do: Mapping) -> Rows:
        """Python that is written inside: it is the body itself."""
        code = do.get("code")
        text = code.text if isinstance(code, Scalar) else ""
        try:
            ast.parse("def body(self, state, outputs):\n" + "".join(f"    {row}\n" for row in text.split("\n")) + "    pass")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.source.miss(do.line, "a script that does not parse as Python 3")
            return [("pass", do.line)]
        first = code.line + (0 if "\n" not in text.strip() else 1) if code is not None else do.line
        return [(row, first + n) for n, row in enumerate(text.split("\n"))] + [("pass", do.line)]

    def _each(self, do: Mapping, name: str) -> Rows:
        rows: Rows = [(f"for item in self.state[{text_in(do, 'in')!r}]:", do.line)]
        inner = do.get("do")
        for n, step in enumerate(inner.items if isinstance(inner, Sequence) else ()):
            action = step.get("action") if isinstance(step, Mapping) else None
            body = self._prepared(action, f"{name}_{text_in(step, 'name') if isinstance(step, Mapping) else n}")
            rows += [(f"    {text.removeprefix('return ')}", line) for text, line in body]
        return [*rows, ("    pass", do.line)]


def _enabled(node: Node | None) -> bool:
    return isinstance(node, Mapping) and text_in(node, "enabled").lower() == "true"


def _one_line(rows: Rows) -> str:
    return " ".join(text for text, _ in rows)
