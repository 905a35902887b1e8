"""Which files of a folder are read, which are not, and that each that is not has a reason."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from auditkit.sources.inspection.folder import MOST_BYTES, MOST_DEPTH, Folder, walk


def filled(root: Path, *names: str, ignore: str = "") -> Folder:
    """The folder with some small files."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x = 1\n")
    if ignore:
        (root / ".gitignore").write_text(ignore)
    return walk(root)


def paths(folder: Folder) -> list[str]:
    """The paths of the files that are read."""
    return [f.path for f in folder.files]


# What is not read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [
    "node_modules/a/x.py", ".venv/x.py", "venv/lib/x.py", "a/site-packages/x.py", ".git/hooks/x.py", "b/__pycache__/x.py", "vendor/x.py",
    "third_party/x.py", "x.egg-info/x.py", ".tox/x.py",
])
def test_vendored_folders_are_left_out_and_counted(tmp_path: Path, name: str) -> None:
    folder = filled(tmp_path, name, "app.py")
    assert paths(folder) == ["app.py"]
    assert dict(folder.skipped) == {"vendored folder": 1}


@pytest.mark.parametrize("name", ["a.png", "a.ts", "a.md", "a.csv", "a.html", "a.pdf", "a.so", "a", "a.PY.bak", "py"])
def test_kinds_that_are_not_read_are_counted_by_kind(tmp_path: Path, name: str) -> None:
    folder = filled(tmp_path, name)
    assert (paths(folder), folder.seen, sum(folder.others.values())) == ([], 1, 1)


def test_links_pipes_and_sockets_are_counted_and_not_opened(tmp_path: Path) -> None:
    filled(tmp_path, "app.py", "sub/b.py")
    (tmp_path / "link.py").symlink_to(tmp_path / "app.py")
    (tmp_path / "dir").symlink_to(tmp_path / "sub")
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "gone.py").symlink_to(tmp_path / "none.py")
    os.mkfifo(tmp_path / "pipe.py")
    folder = walk(tmp_path)
    assert paths(folder) == ["app.py", "sub/b.py"]
    assert dict(folder.skipped) == {"link": 4, "not a regular file": 1}
    assert folder.seen == 7


def test_a_file_that_became_a_link_after_the_walk_is_not_followed(tmp_path: Path) -> None:
    folder = filled(tmp_path, "app.py")
    (tmp_path / "app.py").unlink()
    (tmp_path / "app.py").symlink_to("/etc/passwd")
    with pytest.raises(OSError):
        folder.text(folder.files[0])


def test_a_large_file_is_named_and_an_export_may_be_larger(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"#" * (MOST_BYTES + 1))
    (tmp_path / "b.json").write_bytes(b" " * (MOST_BYTES + 1))
    folder = walk(tmp_path)
    assert paths(folder) == ["b.json"]
    assert folder.lost == [("a.py", "is larger than 3 MB")]


def test_a_file_that_grew_after_the_walk_is_cut(tmp_path: Path) -> None:
    folder = filled(tmp_path, "app.py")
    (tmp_path / "app.py").write_bytes(b"#" * (MOST_BYTES + 5000))
    assert len(folder.text(folder.files[0])) == MOST_BYTES + 1


def test_folders_nested_too_deep_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    folder = filled(tmp_path, "/".join(["d"] * (MOST_DEPTH + 2)) + "/x.py", "/".join(["d"] * MOST_DEPTH) + "/y.py")
    assert [p.rpartition("/")[2] for p in paths(folder)] == ["y.py"]
    assert [reason for _, reason in folder.lost] == [f"is nested more than {MOST_DEPTH} folders deep"]


def test_what_does_not_exist_raises(tmp_path: Path) -> None:
    assert walk(tmp_path / "none").lost or pytest.fail("nothing said")


# What is read --------------------------------------------------------------------------------------------------


def test_files_come_in_order_of_path_with_kind_and_role(tmp_path: Path) -> None:
    folder = filled(tmp_path, "z.py", "a/b.ipynb", "a.json", "tests/t.py", "test_x.py", "examples/e.py", ".env", "Dockerfile", "c.YML", "contests/y.py")
    assert [(f.path, f.kind, f.role) for f in folder.files] == [
        (".env", "configuration", ""), ("Dockerfile", "configuration", ""), ("a.json", "JSON", ""), ("a/b.ipynb", "notebook", ""),
        ("c.YML", "YAML", ""), ("contests/y.py", "Python", ""), ("examples/e.py", "Python", "example"), ("test_x.py", "Python", "test"),
        ("tests/t.py", "Python", "test"), ("z.py", "Python", "")]


def test_one_file_alone_is_read_whatever_its_name(tmp_path: Path) -> None:
    filled(tmp_path, "test_x.py", "other.py")
    folder = walk(tmp_path / "test_x.py")
    assert [(f.path, f.role) for f in folder.files] == [("test_x.py", "")]
    assert folder.seen == 1


# .gitignore ----------------------------------------------------------------------------------------------------

_RULES = [
    "*.gen.py", "build/", "/top.py", "a/b.py", "**/deep/x.py", "deep/**", "!keep.py", "*\n!keep.py\n!a/\n!a/**", "a/*\n!a/b.py", "\\!odd.py",
    "\\#odd.py", "# note", "t?p.py", "[kt]*.py", "[!k]*.py", "a/", "a", "*.py\n!/top.py", "**", "a/**/x.py", "**/build", "x.py  ", "x.py\\ ", "*/x.py",
    "", "/", "//", "[", "[]", "a[", "***", "**a", "/*\n!/a\n", "deep", "a/deep/", "!*.py", "[a-c]*.py", "[^k]eep.py", "*.p[xy]", "a/b.*",
]
_FILES = ("top.py", "keep.py", "x.gen.py", "a/b.py", "a/x.py", "a/deep/x.py", "a/deep/q/x.py", "build/x.py", "a/build/y.py", "!odd.py", "#odd.py", "deep/x.py",
          "a/top.py", "x.py")


@pytest.mark.skipif(shutil.which("git") is None, reason="git says what is right")
@pytest.mark.parametrize("rules", _RULES)
def test_gitignore_hides_what_git_hides(tmp_path: Path, rules: str) -> None:
    folder = filled(tmp_path, *_FILES, ignore=rules)
    quiet = {"cwd": tmp_path, "check": True, "capture_output": True, "env": {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}}
    subprocess.run(["git", "init", "-q"], **quiet)      # type: ignore[call-overload]
    listed = subprocess.run(["git", "-c", "core.quotepath=off", "ls-files", "-oc", "--exclude-per-directory=.gitignore"], **quiet)      # type: ignore[call-overload]
    assert paths(folder) == sorted(p for p in listed.stdout.decode().split("\n") if p.endswith(".py"))


def test_a_gitignore_below_counts_for_its_own_folder_only(tmp_path: Path) -> None:
    filled(tmp_path, "a/x.py", "a/b/x.py", "c/x.py", "x.py")
    (tmp_path / "a/.gitignore").write_text("/x.py\n")
    assert paths(walk(tmp_path)) == ["a/b/x.py", "c/x.py", "x.py"]


@pytest.mark.parametrize("rules", ["*a" * 90 + "b", "**/" * 60 + "x", "[" * 199, "?" * 199 + "*", "*?" * 90, "\n".join(f"*{n}*a*b" for n in range(1500))])
def test_a_hostile_gitignore_ends(tmp_path: Path, rules: str) -> None:
    folder = filled(tmp_path, "a" * 200 + ".py", "/".join(["a"] * 30) + "/x.py", ignore=rules)
    assert folder.seen >= 2
