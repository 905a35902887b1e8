"""A folder with a sample in it, and a way to run the command line there as a user does."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditkit import shipped
from auditkit.cli import run


@dataclass(frozen=True)
class Ran:
    """What a command line did."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def auditkit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line in an empty folder that holds `voice.yaml`."""
    shutil.copy(shipped.folder("sample_stacks") / "voice_agent.yaml", tmp_path / "voice.yaml")
    monkeypatch.chdir(tmp_path)

    def command(*args: str) -> Ran:
        capsys.readouterr()
        code = run(list(args))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return command
