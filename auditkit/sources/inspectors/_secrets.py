"""Credentials: where they come from, and literals that are credentials. Their text is never kept, only their place."""

from __future__ import annotations

import re

from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Place
from auditkit.syntax.patterns import later
from auditkit.syntax.python.values import Const, Env, Made, Outside, Site, Text, Value

ARGUMENTS = (
    "api_key",
    "token",
    "access_token",
    "auth_token",
    "bearer_token",
    "bot_token",
    "password",
    "secret",
    "client_secret",
    "apikey",
    "secret_key",
    "auth",
    "api_token",
    "openai_api_key",
    "anthropic_api_key",
    "aws_secret_access_key",
    "private_token",
    "security_token",
    "integration_token",
    "key",
)
_SHAPES = later(
    r"^(?:sk-(?:proj-|ant-|or-|svcacct-)?[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{40,}|AKIA[0-9A-Z]{16}|"
    r"xox[abprs]-[\w-]{20,}|AIza[\w-]{30,}|[sr]k_live_\w{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|tvly-\w{20,}|hf_\w{30,}|glpat-[\w-]{18,}|pplx-\w{30,}|gsk_\w{30,}|"
    r"AC[0-9a-f]{32}|eyJ[\w-]{15,}\.[\w-]{15,}\.[\w-]{10,}|lsv2_\w{2}_\w{20,}|r8_\w{30,})$"
)
_DUMMY = later(
    r"(?i)your|xxx|\.\.\.|<|>|\{|example|dummy|fake|test|changeme|placeholder|replace|insert|todo|empty|none|null|"
    r"ollama|lm.?studio|not.?needed|sk-no|^sk-1234|local|anything|secret$|password$|^\*+$|^-+$|demo|sample|abc123|^key$|^token$|redacted|1234567"
)


def is_credential(text: str, given_as_one: bool = False) -> bool:
    """Whether a literal is a credential: by its shape, or, where a credential is expected, because it is no stand-in."""
    text = text.removeprefix("Bearer ").removeprefix("Basic ").strip()
    if not text or _DUMMY.search(text) or len(set(text)) < 8:
        return False
    if _SHAPES.match(text):
        return True
    return (
        given_as_one
        and len(text) >= 20
        and " " not in text
        and re.search(r"\d", text) is not None
        and re.search(r"[A-Za-z]", text) is not None
        and re.fullmatch(r"[\w+/=.~-]+", text) is not None
    )


def source_of(project: Project, value: Value | None, depth: int = 0) -> tuple[str, Place] | None:
    """Where a credential comes from (env, manager, code) and where that stands; None when it cannot be told."""
    if value is None or depth > 3:
        return None
    for one in value.options():
        match one:
            case Env():
                return "env", Place(one.path, one.line)
            case Const() if isinstance(one.value, str) and is_credential(one.value, given_as_one=True):
                return "code", Place(one.path, one.line)
            case Made() if one.site is not None:
                last = one.name.lower()
                if any(w in last for w in ("get_secret", "access_secret", "secretmanager", "keyvault", "read_secret", "hvac")):
                    return "manager", Place(one.path, one.line)
                if last.endswith(("settings", "basesettings")):
                    return "env", Place(one.path, one.line)
                for n in range(min(2, len(one.site.node.args))):
                    found = source_of(project, project.program.arg(one.site, n), depth + 1)
                    if found is not None:
                        return found
            case Outside() if any(w in one.name.lower() for w in ("settings.", "environ", "userdata")):
                return "env", Place(one.path, one.line)
            case Text():
                continue
    return None


def secret_of(project: Project, site: Site, extra: tuple[str, ...] = ()) -> tuple[str, Place] | None:
    """Where the credential that a client is built with comes from."""
    positions = [int(e) for e in extra if e.isdigit()]
    for position in positions:
        found = source_of(project, project.program.arg(site, position))
        if found is not None:
            return found
    for keyword in site.node.keywords:
        if keyword.arg in ARGUMENTS or keyword.arg in extra:
            found = source_of(project, project.program.value(keyword.value, site.scope, site.frame))
            if found is not None:
                return found
    return None
