"""CrewAI: crews (agents and tasks, in code and YAML), flows, and agents that are asked directly."""

from __future__ import annotations

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Home, Sketch
from auditkit.sources.inspectors import _framework as base
from auditkit.sources.inspectors._crewai_crews import AGENT, CREW, TASK, Crew, Crews, Member
from auditkit.sources.inspectors._crewai_flows import draw_flows
from auditkit.syntax.python.values import Made, Site

NAME = "CrewAI"
PACKAGES = ("crewai", "crewai_tools")
CONSTRUCTORS = (
    "crewai.**.Agent",
    "crewai.**.LiteAgent",
    "crewai.**.Task",
    "crewai.**.ConditionalTask",
    "crewai.**.Crew",
    "crewai.**.Flow",
    "crewai.**.LLM",
    "crewai_tools.*",
)
_CARRIED_OUT = ("execute", "execute_sync", "execute_async")
"""A task that is carried out by itself asks its agent."""
_ASKED = ("kickoff", "kickoff_async", "akickoff", "execute_task")


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws the flows, the crews, and the agents that no crew has but that are asked."""
    draw_flows(project, sketch)
    crews = Crews(project, sketch)
    found = crews.read()
    for crew in found:
        crews.draw(crew)
    _alone(project, crews)


def _alone(project: Project, crews: Crews) -> None:
    """Agents outside of crews, each with a call that asks it; those of one function are one workflow."""
    asked = _asked(project)
    groups: dict[tuple[str, str], list[Member]] = {}
    for sites in base.once(project.program.sites(*AGENT)).values():
        site = sites[0]
        member = crews.member(base.made(site), "agents")
        if member.key in crews.used or id(site.node) not in asked:
            continue
        scope = asked[id(site.node)].scope
        groups.setdefault((scope.module.path, scope.name), []).append(member)
    for (path, name), members in groups.items():
        scope_name = name.rpartition(".")[2] or base.file_name(path)
        flow = crews.draw(Crew(scope_name, members[0].at, None, None, members, []))
        flow.homes.add(Home(path, name))
        for member in members:
            if member.site is not None:
                flow.keys.add(base.key_of(member.site))


def _asked(project: Project) -> dict[int, Site]:
    """The calls that ask an agent, by the call that made the agent."""
    found: dict[int, Site] = {}
    for site in project.program.sites(*(f"{pattern}.{verb}" for pattern in AGENT for verb in _ASKED)):
        owner = site.owner
        if isinstance(owner, Made) and owner.site is not None:
            found.setdefault(id(owner.site.node), site)
    for site in project.program.sites(*(f"{pattern}.{verb}" for pattern in TASK for verb in _CARRIED_OUT)):
        owner = site.owner
        if isinstance(owner, Made) and owner.site is not None:
            for made in base.made_by(project.program.arg(owner.site, None, "agent"), *AGENT):
                assert made.site is not None
                found.setdefault(id(made.site.node), site)
    return found


__all__ = ["CONSTRUCTORS", "CREW", "NAME", "PACKAGES", "inspect"]
