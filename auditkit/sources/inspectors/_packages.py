"""The packages by which code is known to build or call agents or models, for inspectors that look at the code around them."""

from __future__ import annotations

from auditkit.sources.inspection.model_addresses import MARK

AGENTS = (
    MARK,
    "agents",
    "anthropic",
    "openai",
    "langchain",
    "langchain_core",
    "langgraph",
    "crewai",
    "autogen_core",
    "autogen_agentchat",
    "autogen",
    "ag2",
    "pydantic_ai",
    "google",
    "llama_index",
    "smolagents",
    "claude_agent_sdk",
    "haystack",
    "dspy",
    "agno",
    "strands",
    "litellm",
    "mcp",
    "fastmcp",
    "semantic_kernel",
    "agent_framework",
    "langchain_openai",
    "langchain_anthropic",
    "swarm",
    "boto3",
    "instructor",
    "browser_use",
)
"""Frameworks of agents, and clients of models."""
WITH_PARTS = (*AGENTS, "langchain_community", "chatkit")
"""Those, and collections of their parts: stores, prompts, sources of knowledge."""
MODEL_CLIENTS = (
    MARK,
    "openai",
    "anthropic",
    "litellm",
    "google",
    "vertexai",
    "boto3",
    "aioboto3",
    "mistralai",
    "cohere",
    "groq",
    "together",
    "cerebras",
    "fireworks",
    "ollama",
    "huggingface_hub",
    "instructor",
    "azure",
    "replicate",
    "langfuse",
    "zhipuai",
    "dashscope",
    "xai_sdk",
)
"""Clients by which code asks a model itself, in a loop of its own."""
