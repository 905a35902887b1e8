"""Swarm: agents with plain functions as tools; a function that gives back an agent hands over to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Place, Sketch
from auditkit.sources.inspection.tools import tools_in
from auditkit.sources.inspectors._agent_state import messages
from auditkit.sources.inspectors._agents import Agent, Group, Team, say_tools
from auditkit.sources.inspectors._limits import say_limit
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Call
from auditkit.syntax.python.values import Func, Made, Value

NAME = "Swarm"
ORDER = 120
PACKAGES = ("swarm",)
RULE = "swarm"
_AGENTS = ("swarm.Agent", "swarm.types.Agent")
_RUNS = ("swarm.**.Swarm.run", "swarm.Swarm.run", "swarm.**.Swarm.run_and_stream")
_LOOPS = ("swarm.repl.**.run_demo_loop", "swarm.repl.run_demo_loop", "swarm.run_demo_loop")
_EVALS = later(r"(?:^|/)(?:evals?|evaluations?|tests?)/")
"""A run of an eval says nothing of how the workflow is run."""
CONSTRUCTORS = (*_AGENTS, "swarm.**.Swarm", "swarm.Swarm", "swarm.**.Result")


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws the workflows of Swarm's agents."""
    _Inspector(project, sketch).run()


class _Inspector:
    """One look at one program."""

    def __init__(self, project: Project, sketch: Sketch) -> None:
        self.project = project
        self.program = project.program
        self.team = Team(project, sketch, RULE, self._unwrapped)

    def run(self) -> None:
        """Finds the agents, then which of their functions lead to another, then where they are run."""
        for site in self.program.sites(*_AGENTS):
            self.team.add(site, "name").model = self.program.arg(site, None, "model")
        for agent in self.team.agents:
            self._read(agent)
        for site in self.program.sites(*_RUNS):
            self.team.ran(site, self.program.arg(site, 0, "agent"))
        for site in self.program.sites(*_LOOPS):
            self.team.ran(site, self.program.arg(site, 0, "starting_agent"))
        for group in self.team.groups():
            self._draw(group)
        self.team.close()

    def _unwrapped(self, made: Made) -> Value | None:
        """The agent in `Result(agent=..)`."""
        if made.name.endswith(".Result") and made.site is not None:
            return self.program.arg(made.site, None, "agent")
        return None

    def _read(self, agent: Agent) -> None:
        values: list[Value | None] = [self.program.arg(agent.site, None, "functions")]
        values += [v for v, _, _ in self.program.assigned(_made(agent), "functions")]
        agent.whole = self.program.closed(agent.site)
        for value in values:
            found, whole = tools_in(self.project, value)
            agent.whole = agent.whole and whole
            for tool in found:
                self._tool(agent, tool)
        for call in self._added(agent):
            added = self.program.value(call.node.args[0], call.scope) if call.node.args else None
            for one in added.options() if added is not None else ():
                self._tool(agent, one)

    def _added(self, agent: Agent) -> Iterator[Call]:
        """Calls such as `agent.functions.append(transfer_back)`."""
        for module in self.program.modules.values():
            for call in module.by_tail.get("append", ()):
                held = call.node.func.value if isinstance(call.node.func, ast.Attribute) else None
                if isinstance(held, ast.Attribute) and held.attr == "functions" and agent in self.team.of(
                        self.program.value(held.value, call.scope)):
                    yield call

    def _tool(self, agent: Agent, tool: Value) -> None:
        if not isinstance(tool, Func) or any(t is tool for t in agent.tools):
            return
        agent.tools.append(tool)
        self.team.within(tool.scope, agent)
        agent.link("handoff", self.team.of(self.program.returned(tool)), Place(tool.path, tool.line))

    def _draw(self, group: Group) -> None:
        flow = self.team.draw(group, "Swarm's default model", "openai")
        for agent in group.agents:
            for tool in agent.tools:
                self.team.tool(flow, agent, tool)
            if agent.step is not None and agent.tools:
                agent.step.say("kind", "agent_loop")
        for run in [r for r in group.runs if not _EVALS.search(r.at.path)] or group.runs:
            step = next((a.step for a in run.agents if a.step is not None), None)
            if step is None:
                continue
            given = self.program.arg(run.site, None, "max_turns")
            if given is not None:
                say_limit(step, given, run.at, "max_turns")
            elif self.program.closed(run.site) and step.value("loop.bound") is None:
                note = "max_turns is infinite by default: only an answer without calls ends a run"
                step.say("loop.bound", "none", run.at, "default", note)
            messages(self.program, flow, run.site, f"{RULE}.messages", 1, "messages")
        say_tools(flow, group.agents)


def _made(agent: Agent) -> Made:
    """An agent as the value that its constructor gives."""
    return Made(agent.site.node, agent.site.module, agent.site.callee, agent.site)
