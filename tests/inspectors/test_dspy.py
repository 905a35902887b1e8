"""DSPy: what is no program, modules in the order of their use, loops with tools."""

from pathlib import Path

from tests.inspectors.workflows import drawn

PROGRAM = '''
import dspy

dspy.configure(lm=dspy.LM("openai/gpt-4o-mini"))

class Answer(dspy.Module):
    def __init__(self):
        super().__init__()
        self.write = dspy.ChainOfThought("notes -> answer")
        self.plan = dspy.Predict("question -> notes")

    def forward(self, question):
        notes = self.plan(question=question)
        return self.write(notes=notes)
'''


def test_a_signature_alone_is_no_program(tmp_path: Path) -> None:
    assert drawn(tmp_path, {"a.py": "import dspy\n\nclass Sort(dspy.Signature):\n    text = dspy.InputField()\n"}) == []


def test_modules_come_in_the_order_of_forward(tmp_path: Path) -> None:
    (answer,) = drawn(tmp_path, {"a.py": PROGRAM})
    assert answer.ids("step") == ["plan", "write"]
    assert answer.all("step", "plan", "next") == ["write"]
    assert answer.ids("model") == ["openai_gpt_4o_mini"]


def test_an_agent_with_tools_is_bounded_by_the_library(tmp_path: Path) -> None:
    source = '''
    import dspy

    def cancel_booking(id: str) -> str:
        return id

    agent = dspy.ReAct("request -> reply", tools=[cancel_booking])
    counted = dspy.ReAct("request -> reply", tools=[], max_iters=4)
    '''
    (bot,) = drawn(tmp_path, {"bot.py": source})
    assert bot.fact("step", "agent", "loop.bound") == "default"
    assert bot.fact("step", "counted", "loop.max_iterations") == 4
    assert bot.fact("action", "cancel_booking", "consequential") is True


def test_a_refined_answer_is_checked_and_tried_again(tmp_path: Path) -> None:
    source = '''
    import dspy

    def short(args, pred):
        return 1.0

    guess = dspy.Predict("q -> a")
    refined = dspy.Refine(module=guess, N=3, reward_fn=short, threshold=1.0)
    '''
    (bot,) = drawn(tmp_path, {"bot.py": source})
    assert bot.fact("step", "guess", "retries.max") == 3
    assert bot.fact("step", "guess", "validation.kind") == "rule"
