"""What drawing workflows from code costs, beside the floor and beside others who read the same folders.

    python benchmarks/inspection.py FOLDER... [--runs 3] [--parts 4] [--radar COMMAND] [--wiz COMMAND]
                                    [--framework NAME] [--json FILE]

`auditkit inspect FOLDER --format json`, the floor (a fresh process that reads and parses the same files and does nothing
else) and, when their commands are given, agentic-radar and Agent-Wiz, all in turns, so that a machine that is busy is busy
for all of them. Nothing is fetched: the folders are yours, and the others' programs are installed by you, in environments
of their own, and run as they are. Of the first folder growing parts are read as well, which shows whether the cost grows
as the lines do. Standard library only; never part of the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from run import megabytes

SKIPPED = frozenset((".git", ".venv", "venv", "node_modules", "site-packages", "__pycache__"))
FLOOR = '''
import ast, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
for name in Path(sys.argv[1]).read_text().split("\\n"):
    try:
        ast.parse(Path(name).read_bytes())
    except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):
        pass
'''
OURS, LEAST = "auditkit inspect --format json", "floor: read and ast.parse each file"
RADAR, WIZ = "agentic-radar scan", "agent-wiz extract"
GIVEN_UP = 900
"""Seconds after which a program is stopped, and said to have been."""


@dataclass(frozen=True)
class Subject:
    """One folder: its name in the table, its Python files, and how many lines they have."""

    name: str
    path: Path
    files: tuple[Path, ...]
    lines: int


@dataclass(frozen=True)
class Run:
    """One process: CPU seconds (user and system), wall seconds, peak megabytes, and how it ended."""

    cpu: float
    wall: float
    memory: float
    ended: str


@dataclass(frozen=True)
class Row:
    """The medians of one program on one folder."""

    folder: str
    lines: int
    program: str
    cpu: float
    wall: float
    memory: float
    ended: str
    runs: int


def python_files(folder: Path) -> list[Path]:
    """The Python files below a folder, without what is vendored, in order."""
    found: list[Path] = []
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in SKIPPED)
        found += [Path(here) / name for name in sorted(names) if name.endswith(".py")]
    return found


def lines_in(files: Sequence[Path]) -> int:
    """How many lines some files have."""
    return sum(file.read_bytes().count(b"\n") for file in files)


def subject(folder: Path) -> Subject:
    """A folder as it is."""
    files = tuple(python_files(folder))
    return Subject(folder.resolve().name, folder.resolve(), files, lines_in(files))


def parts(whole: Subject, n: int, into: Path) -> list[Subject]:
    """Growing parts of a folder, copied: its first n-th of lines, two n-ths and so on, file by file in order of path."""
    found: list[Subject] = []
    for part in range(1, n):
        target = into / f"part_{part}_of_{n}"
        taken, lines = [], 0
        for file in whole.files:
            if lines >= whole.lines * part / n:
                break
            copy = target / file.relative_to(whole.path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
            taken.append(copy)
            lines += lines_in([copy])
        found.append(Subject(f"{whole.name}, {part} of {n} parts", target, tuple(taken), lines))
    return found


def commands(one: Subject, asked: argparse.Namespace, folder: Path) -> dict[str, list[str]]:
    """What is run on a folder: the floor, ours, and those of the others whose command was given."""
    names = folder / "files.txt"
    names.write_text("\n".join(map(str, one.files)))
    found = {LEAST: [sys.executable, "-c", FLOOR, str(names)],
             OURS: [*shlex.split(asked.ours), "inspect", str(one.path), "--format", "json"]}
    if asked.radar:
        found[RADAR] = [*shlex.split(asked.radar), "scan", "-i", str(one.path), "-o", str(folder / "radar.html"), asked.framework]
    if asked.wiz:
        wizard = asked.framework.replace("-", "_")
        found[WIZ] = [*shlex.split(asked.wiz), "extract", "-f", wizard, "-d", str(one.path), "-o", str(folder / "wiz.json")]
    return found


def run(command: Sequence[str], folder: Path) -> Run:
    """One process, measured from outside; a program that fails is a result too. No keys are handed on."""
    clean = {k: v for k, v in os.environ.items() if not k.endswith(("_KEY", "_TOKEN"))}
    start = time.perf_counter()
    with tempfile.TemporaryFile(dir=folder) as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=folder, env=clean)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.perf_counter() - start > GIVEN_UP:
                process.kill()
            time.sleep(0.01)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(max(0, output.seek(0, os.SEEK_END) - 4000))
        said = output.read()
    ended = "stopped" if process.returncode < 0 else f"exit {process.returncode}"
    if b"Traceback" in said:
        ended += ", traceback"
    return Run(usage.ru_utime + usage.ru_stime, time.perf_counter() - start, megabytes(usage.ru_maxrss), ended)


def measure(subjects: Sequence[Subject], asked: argparse.Namespace, folder: Path) -> list[Row]:
    """Every program on every folder, in turns; one turn before that counts for nothing and fills the disk's caches."""
    rows: list[Row] = []
    for one in subjects:
        runs: dict[str, list[Run]] = {}
        for turn in range(asked.runs + 1):
            for program, command in commands(one, asked, folder).items():
                print(f"\r{f'{one.name}: run {turn} of {asked.runs}: {program}':<110}", end="", file=sys.stderr, flush=True)
                done = run(command, folder)
                if turn:
                    runs.setdefault(program, []).append(done)
        rows += [summed(one, program, done) for program, done in runs.items()]
    print("\r" + " " * 110 + "\r", end="", file=sys.stderr)
    return rows


def summed(one: Subject, program: str, runs: Sequence[Run]) -> Row:
    """The medians of some runs."""
    cpu, wall, memory = (statistics.median(x) for x in zip(*((r.cpu, r.wall, r.memory) for r in runs)))
    return Row(one.name, one.lines, program, cpu, wall, memory, runs[-1].ended, len(runs))


def table(rows: Sequence[Row]) -> str:
    """The medians as a Markdown table; `x floor` is CPU against parsing alone, on the same folder."""
    floor = {row.folder: row.cpu for row in rows if row.program == LEAST}
    found = ["| folder | lines | program | CPU s | lines a CPU s | peak MB | x floor | ended |",
             "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        times = f"{row.cpu / floor[row.folder]:.1f}" if row.program != LEAST else ""
        found.append(f"| {row.folder} | {row.lines:,} | {row.program} | {row.cpu:.2f} | {row.lines / row.cpu:,.0f} | "
                     f"{row.memory:.0f} | {times} | {row.ended} |")
    return "\n".join(found)


def main() -> int:
    """Measures, prints the table, writes the JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="folders of Python code")
    parser.add_argument("--runs", type=int, default=3, help="how often each counts (3)")
    parser.add_argument("--parts", type=int, default=4, help="the first folder is also read in so many growing parts (4)")
    parser.add_argument("--ours", default=f"{shlex.quote(sys.executable)} -m auditkit", metavar="COMMAND", help="our program")
    parser.add_argument("--radar", metavar="COMMAND", help="agentic-radar, such as /elsewhere/bin/agentic-radar")
    parser.add_argument("--wiz", metavar="COMMAND", help="Agent-Wiz, such as /elsewhere/bin/agent-wiz")
    parser.add_argument("--framework", default="openai-agents", help="what the others are told to look for (openai-agents)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        whole = [subject(folder) for folder in asked.folders]
        rows = measure([*parts(whole[0], asked.parts, Path(name)), *whole], asked, Path(name))
    where = {"python": platform.python_version(), "system": platform.system(), "cores": os.cpu_count(),
             "load": [round(x, 2) for x in os.getloadavg()]}
    print(table(rows))
    absent = [program for program, given in ((RADAR, asked.radar), (WIZ, asked.wiz)) if not given]
    print(f"\nMedians of {asked.runs} runs; Python {where['python']}, {where['system']}, {where['cores']} cores, load over the "
          f"last minute {where['load'][0]}." + (f" Absent, since no command was given: {', '.join(absent)}." if absent else ""))
    if asked.json:
        asked.json.write_text(json.dumps({"where": where, "rows": [asdict(row) for row in rows]}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
