"""What of the inspected files can be quoted: nothing outside the folder, no secret, nothing that steers a screen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditkit.sources.inspection.folder import MOST_BYTES
from auditkit.sources.inspection.sources import LONGEST, Sources


def written(root: Path, name: str, data: str | bytes) -> Sources:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return Sources(root)


# What must not be read -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["../secret.py", "app/../../secret.py", "/etc/passwd", "", ".", "..", "app", "none.py", "a\0b",
                                  "app\\x.py", "x" * 5000, "\udc80.py", "link.py", "linked/secret.py", "pipe", ".env", "key.pem"])
def test_nothing_but_plain_files_below_the_folder_is_opened(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    (tmp_path / "out").mkdir()
    (tmp_path / "secret.py").write_text("outside")
    (tmp_path / "out/secret.py").write_text("outside")
    sources = written(root, "app/x.py", "inside")
    (root / ".env").write_text("DB_PASS=hunter2")
    (root / "key.pem").write_text("hunter2")
    (root / "link.py").symlink_to(tmp_path / "secret.py")
    (root / "linked").symlink_to(tmp_path / "out")
    os.mkfifo(root / "pipe")
    assert sources.line("app/x.py", 1) == "inside"
    assert sources.line(path, 1) is None


def test_a_link_within_the_folder_is_not_followed_either(tmp_path: Path) -> None:
    sources = written(tmp_path, "a.py", "x = 1")
    (tmp_path / "b.py").symlink_to(tmp_path / "a.py")
    assert sources.line("b.py", 1) is None


def test_the_folder_itself_may_be_reached_by_a_link(tmp_path: Path) -> None:
    written(tmp_path / "real", "a.py", "x = 1")
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    assert Sources(tmp_path / "linked").line("a.py", 1) == "x = 1"


def test_of_a_file_alone_its_neighbours_are_not_read(tmp_path: Path) -> None:
    written(tmp_path, "flow.json", '{\n "name": "x"\n}')
    written(tmp_path, "other.json", "{}")
    sources = Sources(tmp_path / "flow.json")
    assert sources.line("flow.json", 2) == ' "name": "x"'
    assert sources.line("other.json", 1) is None


@pytest.mark.parametrize("data", [b"", b"x\0y", b"\xff\xfe\x00", b"x" * (MOST_BYTES + 1), b"y" * 2001])
def test_what_is_no_text_or_too_large_has_no_lines(tmp_path: Path, data: bytes) -> None:
    assert not written(tmp_path, "a.py", data).line("a.py", 1)


@pytest.mark.parametrize("n", [-1, 0, 3, 10**12])
def test_a_line_that_is_not_there_is_none(tmp_path: Path, n: int) -> None:
    assert written(tmp_path, "a.py", "one\ntwo").line("a.py", n) is None


# What is shown ---------------------------------------------------------------------------------------------


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    sources = written(tmp_path, "a.py", "one\r\ntwo\x0cstill\u2028still\rthree\n")
    assert [sources.line("a.py", n) for n in (1, 2, 3)] == ["one", "twostillstill", "three"]


def test_tabs_are_four_blanks_and_long_lines_are_cut(tmp_path: Path) -> None:
    sources = written(tmp_path, "a.py", f"\tx = '{'a ' * 200}'")
    shown = sources.line("a.py", 1)
    assert shown is not None
    assert shown.startswith("    x = 'a a ")
    assert len(shown) == LONGEST
    assert shown.endswith("…")


def test_nothing_steers_the_screen_or_the_reading_direction(tmp_path: Path) -> None:
    sources = written(tmp_path, "a.py", "if \x1b[31mx\x07 \u202e\u2066y\u200b\ufeff: <b>{{7*7}}</b>\x9b2J")
    assert sources.line("a.py", 1) == "if [31mx y: <b>{{7*7}}</b>2J"


@pytest.mark.parametrize(("encoding", "text"), [("utf-8", "grüße = 1"), ("latin-1", "grüße = 1"), ("utf-16", "grüße = 1")])
def test_encodings_are_read_as_they_are_inspected(tmp_path: Path, encoding: str, text: str) -> None:
    assert written(tmp_path, "a.py", text.encode(encoding)).line("a.py", 1) == text


def test_a_line_of_a_notebook_is_the_code_in_it(tmp_path: Path) -> None:
    sources = written(tmp_path, "a.ipynb", '[\n    "    post(\\"x\\")  \\n",\n    "y = 1"\n]')
    assert [sources.line("a.ipynb", n) for n in (1, 2, 3)] == ["[", '    post("x")', "y = 1"]


@pytest.mark.parametrize("code", [
    'API_KEY = "HUSHHUSH"', "openai.api_key='HUSHHUSH'", 'SECRET_KEY: str = "HUSHHUSH"', 'password: str = "HUSHHUSH"',
    'os.environ["DB_PASSWORD"] = "HUSHHUSH"', 'config = {"client_secret": "HUSHHUSH"}', "connect(pwd='HUSHHUSH')",
    'TOKEN = (\n    "HUSHHUSH"\n)', 'x = "postgres://me:HUSHHUSH@db/x"', 'h = {"Authorization": "Bearer HUSHHUSH1"}',
    'os.getenv("API_TOKEN", "HUSHHUSH")', "password=HUSHHUSH", 'authorization = "HUSHHUSH"',
    'K = """-----BEGIN PRIVATE KEY-----\nHUSHHUSH\n-----END PRIVATE KEY-----"""', '{"private_key": "HUSHHUSH"}',
])
def test_secrets_are_starred(tmp_path: Path, code: str) -> None:
    sources = written(tmp_path, "a.py", code)
    shown = [sources.line("a.py", n) or "" for n in range(1, code.count("\n") + 2)]
    assert "HUSHHUSH" not in "\n".join(shown)
    assert "****" in "\n".join(shown)
    assert len(shown) == code.count("\n") + 1


@pytest.mark.parametrize("code", ['tokenizer = "gpt2"', "requests.post(url, json=body)", "key=lambda x: x", 'name = "secretary of state"'])
def test_plain_code_is_shown_as_it_stands(tmp_path: Path, code: str) -> None:
    assert written(tmp_path, "a.py", code).line("a.py", 1) == code


@pytest.mark.parametrize("text", ["token" * 400_000, "-----BEGIN " * 200_000, "secret = (" * 200_000, '"' * 2_000_000,
                                  "secret:" + " " * 2_000_000, "api_key" + "]" * 2_000_000])
def test_hostile_files_cost_little(tmp_path: Path, text: str) -> None:
    import time

    start = time.process_time()
    written(tmp_path, "a.py", text).line("a.py", 1)
    assert time.process_time() - start < 3
