"""The source of a framework itself is no workflow: its package is left out, its examples are not."""

from __future__ import annotations

from auditkit.sources.inspection.folder import File, Folder
from auditkit.sources.inspection.project import decoded
from auditkit.syntax.patterns import later

_NAME = later(r"(?m)^\s*name\s*=\s*[\"']([\w.\-]+)[\"']")
_PLAIN = later(r"(?m)^name\s*=\s*([\w.\-]+)\s*$")

PACKAGES = {
    "langgraph": "langgraph", "langchain": "langchain", "langchain-core": "langchain_core",
    "langchain-community": "langchain_community", "langchain-classic": "langchain_classic", "langgraph-prebuilt": "langgraph",
    "langgraph-checkpoint": "langgraph", "langgraph-sdk": "langgraph_sdk", "deepagents": "deepagents", "crewai": "crewai",
    "crewai-tools": "crewai_tools", "openai-agents": "agents", "autogen-core": "autogen_core",
    "autogen-agentchat": "autogen_agentchat", "autogen-ext": "autogen_ext", "autogenstudio": "autogenstudio", "ag2": "autogen",
    "pyautogen": "autogen", "agent-framework": "agent_framework", "agent-framework-core": "agent_framework",
    "semantic-kernel": "semantic_kernel", "pydantic-ai": "pydantic_ai", "pydantic-ai-slim": "pydantic_ai",
    "pydantic-graph": "pydantic_graph", "pydantic-evals": "pydantic_evals", "google-adk": "google", "llama-index": "llama_index",
    "llama-index-core": "llama_index", "llama-index-workflows": "workflows", "smolagents": "smolagents",
    "claude-agent-sdk": "claude_agent_sdk", "haystack-ai": "haystack", "dspy": "dspy", "dspy-ai": "dspy", "agno": "agno",
    "strands-agents": "strands", "strands-agents-tools": "strands_tools", "mcp": "mcp", "fastmcp": "fastmcp",
    "instructor": "instructor", "litellm": "litellm", "openai": "openai", "anthropic": "anthropic", "swarm": "swarm",
}
"""Distributions whose own source may lie in an inspected folder, with the package that holds it."""


class Frameworks:
    """Where in a folder the source of a known framework lies."""

    def __init__(self, folder: Folder) -> None:
        self.bases: list[str] = []
        for file in folder.files:
            if file.path.rpartition("/")[2] in ("pyproject.toml", "setup.cfg"):
                self._look(folder, file)

    def _look(self, folder: Folder, file: File) -> None:
        try:
            text = decoded(folder.text(file)) or ""
        except OSError:
            return
        found = (_PLAIN if file.path.endswith(".cfg") else _NAME).search(text)
        package = PACKAGES.get(found[1].lower().replace("_", "-")) if found else None
        if package is None:
            return
        base = file.path.rpartition("/")[0]
        for root in ("", "src", "python", "lib"):
            stem = "/".join(p for p in (base, root, package) if p)
            self.bases.append(f"{stem}/")

    def owns(self, path: str) -> bool:
        """Whether a file is part of a framework's own package."""
        return any(path.startswith(base) for base in self.bases) and "/templates/" not in path
