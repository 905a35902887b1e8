"""Saving: what must not happen first. The old file is whole until the new one is, and nothing is left beside it."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from auditkit.errors import InputError
from auditkit.sources.stack_file import saving
from auditkit.sources.stack_file.saving import locked, save


def full(*_args: Any, **_more: Any) -> Any:
    """What a call says on a full disk."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("stage", ["mkstemp", "write", "flush", "fsync", "chmod", "replace"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text("old", encoding="utf-8")
    if stage == "mkstemp":
        monkeypatch.setattr(saving.tempfile, "mkstemp", full)
    elif stage == "fsync":
        monkeypatch.setattr(saving.os, "fsync", full)
    elif stage in ("chmod", "replace"):
        monkeypatch.setattr(Path, stage, full)
    else:
        opened = os.fdopen

        def fails(*args: Any, **more: Any) -> Any:
            class Full:
                def __enter__(self) -> Any:
                    self.file = opened(*args, **more)
                    return self

                def __exit__(self, *_error: Any) -> None:
                    self.file.close()

                def fileno(self) -> int:
                    return int(self.file.fileno())

                write = full if stage == "write" else lambda self, data: self.file.write(data[:1])
                flush = full
            return Full()
        monkeypatch.setattr(saving.os, "fdopen", fails)
    with pytest.raises(InputError, match="the disk is full") as caught:
        save(file, "new")
    assert isinstance(caught.value, OSError)
    assert file.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["stack.yaml"]


def test_a_folder_that_cannot_be_synced_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = os.fsync
    monkeypatch.setattr(saving.os, "fsync", lambda h: full() if stat.S_ISDIR(os.fstat(h).st_mode) else synced(h))
    save(tmp_path / "stack.yaml", "new\r\n")
    assert (tmp_path / "stack.yaml").read_bytes() == b"new\r\n"


def test_an_interrupt_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_args: Any) -> None:
        raise KeyboardInterrupt
    file = tmp_path / "stack.yaml"
    file.write_text("old", encoding="utf-8")
    monkeypatch.setattr(saving.os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        save(file, "new")
    assert [p.read_text(encoding="utf-8") for p in tmp_path.iterdir()] == ["old"]


def test_what_cannot_be_saved_says_why(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "no" / "x.yaml", "there is no such folder"), (tmp_path, "is a folder")):
        with pytest.raises(InputError, match=said):
            save(path, "x")
    with pytest.raises(InputError, match="a character in it is none"):
        save(tmp_path / "x.yaml", "\ud800")
    (tmp_path / "round").symlink_to(tmp_path / "round")
    with pytest.raises(InputError, match="cannot be saved"):
        save(tmp_path / "round", "x")
    assert [p.name for p in tmp_path.iterdir()] == ["round"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_is_read_only_stays(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o444)
    with pytest.raises(InputError, match="no permission"):
        save(file, "new")


def test_the_mode_stays_and_a_link_leads_on(tmp_path: Path) -> None:
    file, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o640)
    link.symlink_to("real.yaml")
    save(link, "\ufeffnew")
    assert file.read_bytes() == "\ufeffnew".encode()
    assert link.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    dangling = tmp_path / "dangling.yaml"
    dangling.symlink_to("made.yaml")
    save(dangling, "x")
    assert (tmp_path / "made.yaml").read_text(encoding="utf-8") == "x"


COUNT = """
import sys
from pathlib import Path
from auditkit.sources.stack_file.saving import locked, save
file = Path(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with locked(file):
        save(file, str(int(file.read_text()) + 1))
"""


def test_two_processes_take_turns(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text("0", encoding="utf-8")
    several = [subprocess.Popen([sys.executable, "-c", COUNT, str(file), "40"]) for _ in range(3)]
    assert [p.wait() for p in several] == [0, 0, 0]
    assert file.read_text(encoding="utf-8") == "120"
    assert [p.name for p in tmp_path.iterdir()] == ["stack.yaml"]


def test_who_waits_goes_on_when_the_other_is_done(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text("0", encoding="utf-8")
    with locked(file):
        other = subprocess.Popen([sys.executable, "-c", "print('up', flush=True)\n" + COUNT, str(file), "1"], stdout=subprocess.PIPE)
        assert other.stdout is not None
        assert other.stdout.readline() == b"up\n"
        save(file, "10")
    assert other.wait() == 0
    other.stdout.close()
    assert file.read_text(encoding="utf-8") == "11"


def test_a_lock_survives_an_error_and_a_place_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "stack.yaml"
    with pytest.raises(ZeroDivisionError), locked(file):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with locked(tmp_path / "no" / "such" / "x.yaml"):
        pass
    monkeypatch.setattr(saving.fcntl, "flock", full)
    with locked(file):
        assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(saving, "fcntl", None)
    with locked(file):
        assert list(tmp_path.iterdir()) == []
