"""Models that are asked by plain HTTP: the addresses at which their vendors answer."""

from __future__ import annotations

from auditkit.syntax.patterns import later

_HOSTS = (
    ("openai", r"api\.openai\.com/v\d/(?:responses|chat/completions|completions)"),
    ("azure", r"[\w.{}-]*openai\.azure\.com/openai/"),
    ("anthropic", r"api\.anthropic\.com/v\d/(?:messages|complete)"),
    ("google", r"generativelanguage\.googleapis\.com/.*(?::(?:stream)?generateContent|chat/completions)"),
    ("openrouter", r"openrouter\.ai/api/v\d/(?:chat/)?completions"),
    ("groq", r"api\.groq\.com/openai/v\d/(?:chat/completions|responses)"),
    ("mistral", r"api\.mistral\.ai/v\d/chat/completions"),
    ("deepseek", r"api\.deepseek\.com(?:/v\d)?/chat/completions"),
    ("together", r"api\.together\.(?:xyz|ai)/v\d/(?:chat/)?completions"),
    ("perplexity", r"api\.perplexity\.ai/chat/completions"),
    ("xai", r"api\.x\.ai/v\d/(?:chat/completions|responses|messages)"),
    ("ollama", r"[\w.{}-]+:11434/(?:api/(?:chat|generate)|v\d/chat/completions)"),
)
_AT = tuple((vendor, later(rf"https?://{address}")) for vendor, address in _HOSTS)
MARK = "~model_address"
"""What stands among the packages of files in which such an address is written."""
_HINTS = ("/chat/completions", "/v1/responses", "/v1/messages", ":generateContent", ":11434/api/", "openai.azure.com/openai/")


def asked_at(address: str | None) -> str | None:
    """The vendor whose model answers at an address, or None when it is no such address."""
    return next((vendor for vendor, pattern in _AT if pattern.match(address)), None) if address else None


def written_in(text: str) -> bool:
    """Whether a source may ask a model by plain HTTP: cheap, by the ends of the addresses."""
    return any(hint in text for hint in _HINTS)
