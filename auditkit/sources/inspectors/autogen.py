"""AutoGen from 0.4 on: agents registered with a runtime (core), and assistants in teams (AgentChat)."""

from __future__ import annotations

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Sketch
from auditkit.sources.inspectors._autogen_chat import draw_chat
from auditkit.sources.inspectors._autogen_core import draw_core
from auditkit.sources.inspectors._framework import stores_of

NAME = "AutoGen"
PACKAGES = ("autogen_core", "autogen_agentchat", "autogen_ext")
CONSTRUCTORS = (
    "autogen_agentchat.agents.**.*Agent",
    "autogen_agentchat.teams.**.*",
    "autogen_agentchat.conditions.**.*",
    "autogen_agentchat.tools.**.*",
    "autogen_core.**.FunctionTool",
    "autogen_core.**.SingleThreadedAgentRuntime",
    "autogen_core.**.ToolAgent",
    "autogen_core.**.ClosureAgent",
    "autogen_ext.**.*",
)

_CONTEXTS = tuple(
    f"autogen_core.model_context.**.{name}ChatCompletionContext"
    for name in ("Buffered", "Unbounded", "HeadAndTail", "TokenLimited")
)
"""What an agent remembers of a conversation: objects in the process."""


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws the registered agents and the teams."""
    draw_core(project, sketch)
    draw_chat(project, sketch)
    rows = ((pattern, "memory", False) for pattern in _CONTEXTS)
    stores_of(project, sketch, "autogen_core.model_context", *rows, local_too=False)
