"""Defaults: certain only when every admitted version has the value and it was read; the table itself is whole."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from packaging.utils import canonicalize_name
from packaging.version import Version as Number

from auditkit.sources.inspection import defaults
from auditkit.sources.inspection.defaults import LIMITS, NONE, TABLE, Default, Entry, Row, default, table
from auditkit.sources.inspection.folder import walk
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.versions import Versions

RECURSION = "langgraph.recursion_limit"


def read(root: Path, requirements: str, key: str = RECURSION, name: str = "requirements.txt") -> Default | None:
    (root / name).write_text(requirements)
    return default(key, Versions(Project(walk(root))), "src/graph.py")


# What must not be certain.

@pytest.mark.parametrize("requirements", [
    "langgraph", "langgraph>=0.2", "langgraph>=1.0,<1.2", "langgraph<2", "langgraph>=0.0.1,<0.5", "langgraph==2.0.0",
    "langgraph>=2", "langgraph!=1.0.6", "openai==1.0", "",
])
def test_not_certain(tmp_path: Path, requirements: str) -> None:
    found = read(tmp_path, requirements)
    assert found is not None
    assert not found.certain
    assert found.bounded is None or len(found.values) > 1


def test_no_claim_for_a_version_that_is_older_than_all_that_were_read(tmp_path: Path) -> None:
    assert read(tmp_path, "langgraph==0.0.5") is None
    assert read(tmp_path, "langchain==1.2", "langchain.agent_executor.max_iterations") is None


def test_an_unknown_key_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        default("langgraph.recursion", None)


def test_what_is_only_believed_is_never_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = Entry("x.y", None, (), "loop", "steps", "x", None, (Row(None, None, 5, "memory", "believed"),))
    monkeypatch.setattr(defaults, "table", lambda: {"x.y": (entry,)})
    found = default("x.y", None)
    assert found is not None
    assert (found.certain, found.bounded, found.given) == (False, None, None)
    assert "not certain" in found.note


def test_a_setting_bounds_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, "crewai==0.80.0", "crewai.agent.allow_delegation")
    assert found is not None
    assert (found.value, found.certain, found.bounded, found.given) == (False, True, None, False)


# What is certain.

@pytest.mark.parametrize(("requirements", "value", "bounded"), [
    ("langgraph==0.5.4", 25, "default"), ("langgraph>=0.2,<0.4", 25, "default"), ("langgraph~=0.2", 25, "default"),
    ("langgraph==1.0.5", 25, "default"), ("langgraph==1.0.6rc1", 25, "default"),
    ("langgraph==1.0.6", 10_000, "none"), ("langgraph>=1.0.6,<1.1", 10_000, "none"), ("langgraph==1.1.4", 10_007, "none"),
    ("langgraph>=1.2", 10_007, "none"),
])
def test_langgraph(tmp_path: Path, requirements: str, value: int, bounded: str) -> None:
    found = read(tmp_path, requirements)
    assert found is not None
    assert (found.value, found.values, found.certain, found.bounded) == (value, (value,), True, bounded)


@pytest.mark.parametrize(("key", "requirements", "value", "bounded", "given"), [
    ("langchain.create_agent.recursion_limit", "langchain==1.0.2", "that of langgraph", None, None),
    ("langchain.create_agent.recursion_limit", "langchain==1.5.0", 9_999, "none", True),
    ("langchain.agent_executor.max_iterations", "langchain==0.2.1", 15, "default", True),
    ("langchain.agent_executor.max_iterations", "langchain==1.2\nlangchain-classic==1.0.1", 15, "default", True),
    ("openai_agents.max_turns", "openai-agents", 10, "default", True),
    ("crewai.agent.max_iter", "crewai==0.11.0", 15, "default", True),
    ("crewai.agent.max_iter", "crewai>=0.80", 25, "default", True),
    ("crewai.flow.max_method_calls", "crewai==1.9.3", NONE, "none", False),
    ("crewai.flow.max_method_calls", "crewai==1.10.1", 100, "default", True),
    ("autogen.team.max_turns", "autogen-agentchat==0.7.5", NONE, "none", False),
    ("autogen02.max_consecutive_auto_reply", "pyautogen==0.2.35", 100, "default", True),
    ("pydantic_ai.request_limit", "pydantic-ai==1.0.1", 50, "default", True),
    ("google_adk.loop_agent.max_iterations", "google-adk==1.2.0", NONE, "none", False),
    ("llama_index.workflow.timeout", "llama-index==0.12.1", 10, "default", True),
    ("smolagents.max_steps", "smolagents==1.9.2", 6, "default", True),
    ("smolagents.max_steps", "smolagents==1.10.0", 20, "default", True),
    ("dspy.react.max_iters", "dspy==3.1.0", 10, "default", True),
    ("openai.timeout", "openai==1.1.0", 600, "default", True),
    ("openai.max_retries", "openai", 2, "default", True),
    ("requests.timeout", "requests", NONE, "none", False),
    ("requests.retries", "requests", 0, "default", False),
    ("litellm.timeout", "litellm==1.80.0", 600, "default", True),
    ("crewai.llm.timeout", "crewai>=0.152.0", 600, "default", True),
    ("crewai.llm.timeout", "crewai==0.51.0", NONE, "none", False),
    ("stripe.max_network_retries", "stripe==10.0.0", 0, "default", False),
    ("stripe.max_network_retries", "stripe==12.0.0", 2, "default", True),
    ("boto3.max_attempts", "boto3==1.34.1", 5, "default", True),
    ("redis.socket_timeout", "redis==5.0.0", NONE, "none", False),
    ("tenacity.stop", "tenacity>=8", NONE, "none", True),
    ("temporal.activity.max_attempts", "temporalio==1.5.0", NONE, "none", True),
    ("n8n.agent.max_iterations", "", 10, "default", True),
    ("n8n.node.retry", "", 1, "default", False),
    ("urllib.timeout", "", NONE, "none", False),
])
def test_others(tmp_path: Path, key: str, requirements: str, value: object, bounded: str | None, given: bool | None) -> None:
    found = read(tmp_path, requirements, key)
    assert found is not None
    assert (found.value, found.bounded, found.given, found.certain) == (value, bounded, given, True)


def test_without_a_manifest_what_all_versions_have_is_certain(tmp_path: Path) -> None:
    turns = default("openai_agents.max_turns", Versions(Project(walk(tmp_path))))
    steps = default(RECURSION, None)
    assert turns is not None
    assert steps is not None
    assert (turns.value, turns.certain, turns.version) == (10, True, None)
    assert (steps.value, steps.values, steps.certain, steps.bounded) == (None, (25, 10_000, 10_007), False, None)


@pytest.mark.parametrize(("requirements", "key", "note"), [
    ("x\nlanggraph==0.5.4", RECURSION, "the default of langgraph 0.5.4: 25 super-steps; read in requirements.txt:2"),
    ("langgraph==1.0.7", RECURSION, "the default of langgraph 1.0.7: 10,000 super-steps, no limit in effect; read in requirements.txt:1"),
    ("langgraph>=1", RECURSION, "the default of langgraph depends on its version: 25 super-steps before 1.0.6; "
     "10,000 super-steps, no limit in effect before 1.1.4; 10,007 super-steps, no limit in effect from 1.1.4; read in requirements.txt:1"),
    ("", "redis.retries", "the default of redis depends on its version: 0 retries before 6.0.0; 3 retries before 8.0.0; "
     "10 retries from 8.0.0; no manifest names redis"),
    ("", "autogen.mcp.timeout", "the default of autogen-ext depends on its version: no timeout before 0.4.9.3; 5 seconds from 0.4.9.3; "
     "no manifest names autogen-ext"),
    ("", "openai_agents.max_turns", "the default of openai-agents: 10 turns; no manifest names openai-agents, all versions read agree"),
    ("requests>=2", "requests.timeout", "the default of requests >=2: no timeout; read in requirements.txt:1"),
    ("tenacity", "tenacity.stop", "the default of tenacity (any version): tried again without limit; read in requirements.txt:1"),
    ("", "n8n.agent.max_iterations", "the default of n8n: 10 iterations"),
    ("langgraph==2.1", RECURSION, "the default of langgraph 2.1: 10,007 super-steps, no limit in effect; read in requirements.txt:1; "
     "not certain for this version"),
])
def test_notes(tmp_path: Path, requirements: str, key: str, note: str) -> None:
    found = read(tmp_path, requirements, key)
    assert found is not None
    assert found.note == note


def test_admitted_versions_may_differ_and_still_all_be_without_limit(tmp_path: Path) -> None:
    found = read(tmp_path, "langgraph>=1.0.6")
    assert found is not None
    assert (found.value, found.values, found.certain, found.bounded, found.given) == (None, (10_000, 10_007), False, "none", True)


def test_two_packages_that_hold_one_default_are_told_apart() -> None:
    found = default("llama_index.workflow.timeout", None)
    assert found is not None
    assert found.values == (10, 45)
    assert "45 seconds from 1.0.0 of llama-index-workflows" in found.note


def test_a_lock_makes_certain_what_the_manifest_leaves_open(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "langgraph"\nversion = "0.6.1"\n')
    found = read(tmp_path, '[project]\ndependencies = ["langgraph>=0.2"]\n', name="pyproject.toml")
    assert found is not None
    assert (found.value, found.certain, str(found.place)) == (25, True, "uv.lock:3")


# The table.

ENTRIES = [e for entries in table().values() for e in entries]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: f"{e.key} ({e.package})")
def test_every_row_is_whole(entry: Entry) -> None:
    assert entry.limits in LIMITS
    assert entry.meaning.endswith(".")
    assert entry.rows
    assert (entry.package is None) == (entry.newest is None)
    assert all(p == canonicalize_name(p) for p in (entry.package or "x", *entry.also))
    for row in entry.rows:
        assert len(row.source) > 5
        assert row.verified in ("read", "documented", "believed")
        assert isinstance(row.value, bool | int | float | str)
        assert not isinstance(row.value, str) or row.value.strip()
        assert row.released is None or time.strptime(row.released, "%Y-%m-%d")
        if isinstance(row.value, int | float) and not isinstance(row.value, bool):
            assert entry.unit
            assert row.value >= 0


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: f"{e.key} ({e.package})")
def test_ranges_neither_overlap_nor_leave_a_hole(entry: Entry) -> None:
    for first, second in pairwise(entry.rows):
        assert first.below is not None
        assert first.below == second.start
        assert first.value != second.value or first.verified != second.verified, "one row would do"
    for row in entry.rows:
        assert not (row.start and row.below) or Number(row.start) < Number(row.below)
    assert entry.package is None or entry.rows[0].start, "the oldest version that was read"
    last = entry.rows[-1]
    if entry.newest and last.below is None and last.start:
        assert Number(last.start) <= Number(entry.newest)


def test_a_key_means_the_same_in_every_package() -> None:
    for entries in table().values():
        assert len({(e.limits, e.unit) for e in entries}) == 1
        assert len({e.package for e in entries}) == len(entries)


def test_no_key_stands_twice_in_a_group() -> None:
    def keys(node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            names = [k.value for k, _ in node.value]
            assert len(names) == len(set(names))
            for _, value in node.value:
                keys(value)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                keys(value)
    keys(yaml.compose(TABLE.read_text("utf-8"), yaml.SafeLoader))


def test_known_values() -> None:
    assert {r.value for e in table()["claude_agent_sdk.max_turns"] for r in e.rows} == {NONE}
    assert len(ENTRIES) >= 150
    assert sum(r.verified == "read" for e in ENTRIES for r in e.rows) >= 0.9 * sum(len(e.rows) for e in ENTRIES)
