"""No code keeps an inspection busy for ever: what one group of files may ask is counted, and a gap says when it was too much."""

from pathlib import Path

import pytest

from auditkit.sources.inspection import inspect_code
from auditkit.syntax.python import program

CODE = '''from agents import Agent, Runner

name = "gpt-4o-2024-08-06"
helper = Agent(name="Helper", instructions="Help.", model=name)


async def main(text):
    return await Runner.run(helper, text)
'''


def test_usual_code_stays_far_below_the_limit(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CODE)
    assert not [g for g in inspect_code(tmp_path).gaps if "looks at" in g.reason]


def test_beyond_the_limit_values_are_unknown_and_a_gap_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app.py").write_text(CODE)
    monkeypatch.setattr(program, "LEAST_STEPS", 3)
    monkeypatch.setattr(program, "MOST_STEPS_A_LINE", 0)
    found = inspect_code(tmp_path)
    assert [g.path for g in found.gaps if "looks at" in g.reason] == ["app.py"]
    assert not any(f.key == "name" and f.value == "gpt-4o-2024-08-06" for s in found.stacks for f in s.facts if f.kind == "model")


def test_lists_that_double_end(tmp_path: Path) -> None:
    rows = ["from agents import Agent", "x0 = [1, 2, 3]"] + [f"x{n + 1} = x{n} + x{n}" for n in range(200)]
    (tmp_path / "app.py").write_text("\n".join([*rows, "a = Agent(name='A', tools=x200)", "d0 = {'a': 1}",
                                                *(f"d{n + 1} = {{**d{n}, **d{n}}}" for n in range(200)), "b = Agent(**d200)"]))
    assert inspect_code(tmp_path).stacks
