"""How long AuditKit takes, beside the floor that its libraries set: medians of five runs, on this machine, now.

    python benchmarks/run.py [--runs 5] [--json FILE]

Floor and subject are measured in turns, so that a machine that is busy is busy for both. Whole processes are
measured from outside (CPU and peak memory by the kernel's account of the child); what happens inside a process is
measured in a process of its own, without its imports. Standard library only; never part of the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
MAC = sys.platform == "darwin"

STACK = '''
def stack_text(n, each=5):
    """A workflow of n steps in a row; every fifth is code, one in `each` acts on the world, every tenth reads a source."""
    lines = ["version: 1", "stack: {name: Made for the benchmark, stage: pilot, impact: moderate, users: customers,",
             "  targets: {success: 0.8, max_silent: 0.1}}", "models:", "  - {id: main, name: some-model-2026-01-01, pinned: yes}",
             "knowledge:", "  - {id: handbook, owner: Dana Ruiz, max_age_days: 90, last_reviewed: 2026-10-01}",
             "stores:", "  - {id: runs, kind: database, durable: yes, holds: [fact_0]}", "gates: []", "steps:"]
    for i in range(n):
        kind, decider, model = ("write", "code", "none") if i % 5 == 4 else ("decide", "model", "main")
        lines.append(f"  - {{id: step_{i}, kind: {kind}, decider: {decider}, model: {model}, rule_known: no, required: yes, "
                     f"success: 0.999, knowledge: {'[handbook]' if i % 10 == 0 else '[]'}, reads_state: [fact_0], writes_state: "
                     f"[fact_{i}], validation: {{kind: schema, on_fail: branch}}, failure_branches: "
                     f"[{{type: clarify, trigger_in: code, max_asks: 1}}]}}")
    lines.append("actions:")
    lines += [f"  - {{id: act_{i}, step: step_{i}, effect: write, reversible: compensable, decided_by: code, gate: none}}"
              for i in range(each - 1, n, each)]
    return "\\n".join(lines) + "\\n"
'''
ASSESS = STACK + '''
from datetime import date
from auditkit import assess, load_checklist, stack_from_text
checklist, on = load_checklist(), date(2026, 11, 20)
assess(stack_from_text(stack_text(10), "warm.yaml"), checklist, on=on)
text = stack_text({n}, {each})
stack = stack_from_text(text, "made.yaml")
def work():
    return assess({stack}, checklist, on=on)
'''
CHAIN = '''
import numpy as np
from auditkit.reliability import Rates, Step, absorb, matrices
n = {n}
graph = tuple(Step(f"s{{i}}", ((f"s{{i + 1}}", 1.0),) if i < n - 1 else ()) for i in range(n))
rates = Rates(p=0.999, c=0.6, m=1)
q, r = matrices(graph, rates)
rows = np.random.default_rng(1).uniform(0.99, 1.0, ({rows}, n))
def inverse():
    return np.linalg.inv(np.eye(len(q)) - q) @ r
def forward():
    return absorb(graph, rates)
def many():
    return absorb(graph, Rates(p=rows, c=0.6, m=1))
work = {work}
'''
LAY_OUT = '''
from datetime import date
import weasyprint
from auditkit import assess, load_checklist, read_stack
from auditkit.formats import pdf
from auditkit.shipped import folder
report = assess(read_stack(folder("sample_stacks") / "voice_agent.yaml"), load_checklist(), on=date(2026, 11, 20))
asked, html = {{}}, weasyprint.HTML
class Listening(html):
    def __init__(self, **options):
        asked.update(options)
        super().__init__(**options)
weasyprint.HTML = Listening
pdf.render(report)
weasyprint.HTML = html
def floor():
    return html(**asked).render().write_pdf(pdf_variant="pdf/ua-1", pdf_tags=True)
def whole():
    return pdf.render(report)
work = {work}
'''
TIMED = '''
import gc, resource, time
gc.collect()
wall, cpu = time.perf_counter(), time.process_time()
work()
print(time.process_time() - cpu, time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
'''


@dataclass(frozen=True)
class Case:
    """One thing to measure: a command line, or Python code that defines `work`; `of` names its floor."""

    name: str
    command: tuple[str, ...] = ()
    code: str = ""
    of: str = ""
    most: int = 1000
    """How often at most, for what takes minutes."""


@dataclass(frozen=True)
class Measured:
    """Medians over the runs: seconds, seconds, megabytes; and the fastest and slowest wall time."""

    name: str
    cpu: float
    wall: float
    fastest: float
    slowest: float
    memory: float
    runs: int
    floor: str = ""


def cases(folder: Path) -> list[Case]:
    """What is measured; a floor stands before what is held against it."""
    python, kit = sys.executable, ("-m", "auditkit")
    voice = str(TOP / "sample_stacks" / "voice_agent.yaml")
    on = ("--on", "2026-11-20")
    libraries, bare = "floor: import numpy, pydantic, click, yaml", "floor: python -c pass"
    page, inverse = "floor: WeasyPrint on the HTML of that PDF", "floor: dense inverse, 1 row, 500 steps"
    return [
        Case(bare, (python, "-c", "pass")),
        Case("auditkit --version", (python, *kit, "--version"), of=bare),
        Case(libraries, (python, "-c", "import numpy, pydantic, click, yaml")),
        Case("audit voice_agent --print", (python, *kit, "audit", voice, *on, "--print"), of=libraries),
        Case("checks lint", (python, *kit, "checks", "lint"), of=libraries),
        Case("audit voice_agent -o x.pdf", (python, *kit, "audit", voice, *on, "-o", str(folder / "x.pdf")), of=libraries),
        Case(page, code=LAY_OUT.format(work="floor")),
        Case("formats.pdf.render, voice_agent", code=LAY_OUT.format(work="whole"), of=page),
        Case("assess, 200 steps, 40 actions (goal: 1 s)", code=made(200, 5, loaded=False)),
        Case("load and assess, 5,000 steps, 100 actions (one run)", code=made(5000, 50, loaded=True), most=1),
        Case(inverse, code=CHAIN.format(n=500, rows=1, work="inverse")),
        Case("chain, 1 row, 500 steps", code=CHAIN.format(n=500, rows=1, work="forward"), of=inverse),
        Case("chain, 1,000 rows, 500 steps", code=CHAIN.format(n=500, rows=1000, work="many")),
    ]


def made(n: int, each: int, *, loaded: bool) -> str:
    """Code that assesses a made workflow, one step in `each` acting; `loaded`: reading its text is part of the work."""
    return (ASSESS.replace("{n}", str(n)).replace("{each}", str(each))
            .replace("{stack}", 'stack_from_text(text, "made.yaml")' if loaded else "stack"))


def measure(every: Sequence[Case], runs: int, folder: Path) -> list[Measured]:
    """Each case `runs` times, all in turns; whole processes once before, to fill the caches of the disk."""
    rows: dict[str, list[tuple[float, float, float]]] = {case.name: [] for case in every}
    for i in range(runs + 1):
        for case in (c for c in every if i <= c.most and (i or c.command)):
            print(f"\r{f'run {i} of {runs}: {case.name}':<78}", end="", file=sys.stderr, flush=True)
            row = outside(case.command, folder) if case.command else inside(case.code, folder)
            if i:
                rows[case.name].append(row)
    print("\r" + " " * 78 + "\r", end="", file=sys.stderr)
    return [summed(case, rows[case.name]) for case in every]


def summed(case: Case, rows: Sequence[tuple[float, float, float]]) -> Measured:
    """The medians of some runs."""
    cpu, wall, memory = zip(*rows)
    return Measured(case.name, statistics.median(cpu), statistics.median(wall), min(wall), max(wall),
                    statistics.median(memory), len(rows), case.of)


def outside(command: Sequence[str], folder: Path) -> tuple[float, float, float]:
    """CPU and wall seconds and peak megabytes of a whole process."""
    with tempfile.TemporaryFile(dir=folder) as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{output.read().decode()}")
    return usage.ru_utime + usage.ru_stime, wall, megabytes(usage.ru_maxrss)


def inside(code: str, folder: Path) -> tuple[float, float, float]:
    """CPU and wall seconds of `work()` in a process of its own, and that process's peak megabytes."""
    done = subprocess.run([sys.executable, "-c", code + TIMED], capture_output=True, text=True, cwd=folder, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    cpu, wall, peak = (float(x) for x in done.stdout.split()[-3:])
    return cpu, wall, megabytes(peak)


def megabytes(peak: float) -> float:
    """Peak memory in megabytes: the kernel counts in kilobytes, on a Mac in bytes."""
    return peak / (1 << 20 if MAC else 1 << 10)


def table(found: Sequence[Measured]) -> str:
    """The medians as a Markdown table; `x floor` is CPU against the floor that the case names."""
    by_name = {row.name: row for row in found}
    lines = ["| what | CPU s | wall s | wall, fastest to slowest | peak MB | x floor |", "|---|---|---|---|---|---|"]
    for row in found:
        times = f"{row.cpu / by_name[row.floor].cpu:.1f}" if row.floor and by_name[row.floor].cpu else ""
        lines.append(f"| {row.name} | {row.cpu:.3f} | {row.wall:.3f} | {row.fastest:.3f} to {row.slowest:.3f} | "
                     f"{row.memory:.0f} | {times} |")
    return "\n".join(lines)


def main() -> int:
    """Measures, prints the table, writes the JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="how often each case counts (5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = measure(cases(Path(name)), max(1, asked.runs), Path(name))
    where = {"python": platform.python_version(), "system": platform.system(), "cores": os.cpu_count(),
             "load": [round(x, 2) for x in os.getloadavg()]}
    print(table(found))
    print(f"\nMedians of {found[0].runs} runs; Python {where['python']}, {where['system']}, {where['cores']} cores, "
          f"load over the last minute {where['load'][0]}.")
    if asked.json:
        asked.json.write_text(json.dumps({"where": where, "rows": [asdict(row) for row in found]}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
