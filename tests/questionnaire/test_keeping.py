"""What is kept on disk, and what happens when somebody else touches the file: nothing is lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditkit.errors import InputError
from auditkit.model.facts import Ref
from auditkit.sources.questionnaire.keeping import Keeper, evidence_of
from auditkit.sources.questionnaire.replies import Reply
from auditkit.sources.questionnaire.sitting import Rules
from auditkit.sources.stack_file.saving import NotSaved

SMALL = """version: 1
stack: {name: Desk}
steps:
  - {id: read, name: Read, decider: model, kind: classify}   # the first
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "desk.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_looking_and_skipping_write_nothing(file: Path, rules: Rules) -> None:
    keeper = Keeper(file, rules)
    keeper.skip("MAP-01")
    keeper.refresh()
    assert file.read_text(encoding="utf-8") == SMALL


def test_an_answer_is_on_disk_when_the_call_returns(file: Path, rules: Rules) -> None:
    Keeper(file, rules).answer(Reply("GRD-07", choice=0))
    assert Keeper(file, rules).sitting.declared.value(Ref("step", "read"), "untrusted_input") is True


def test_what_somebody_else_wrote_meanwhile_stays(file: Path, rules: Rules) -> None:
    keeper, other = Keeper(file, rules), Keeper(file, rules)
    other.answer(Reply("GRD-02", choice=0))
    saved = keeper.answer(Reply("GRD-07", choice=0))
    assert saved.others
    assert keeper.sitting.declared.value(Ref("step", "read"), "tools") is not None
    assert keeper.sitting.declared.value(Ref("step", "read"), "untrusted_input") is True


def test_two_words_on_one_key_clash_and_nothing_is_saved_until_one_wins(file: Path, rules: Rules) -> None:
    keeper, other = Keeper(file, rules), Keeper(file, rules)
    other.answer(Reply("GRD-07", choice=1, who="Lee Okafor"))
    saved = keeper.answer(Reply("GRD-07", choice=0))
    assert [(c.key, c.theirs, c.yours, c.who) for c in saved.clashes] == [("untrusted_input", False, True, "Lee Okafor")]
    assert keeper.sitting.declared.value(Ref("step", "read"), "untrusted_input") is False
    keeper.answer(Reply("GRD-07", choice=0), win=True)
    assert Keeper(file, rules).sitting.declared.value(Ref("step", "read"), "untrusted_input") is True


def test_an_answer_that_is_given_again_does_not_overwrite_what_somebody_else_said_since(file: Path, rules: Rules) -> None:
    keeper, other = Keeper(file, rules), Keeper(file, rules)
    keeper.answer(Reply("GRD-07", choice=0))
    other.refresh()
    other.answer(Reply("GRD-07", choice=1, who="Lee Okafor"))
    saved = keeper.answer(Reply("GRD-07", choice=0))
    assert [(c.key, c.theirs, c.yours) for c in saved.clashes] == [("untrusted_input", False, True)]
    assert Keeper(file, rules).sitting.declared.value(Ref("step", "read"), "untrusted_input") is False


def test_a_file_that_has_gone_is_told_and_then_written_whole(file: Path, rules: Rules) -> None:
    keeper = Keeper(file, rules)
    file.unlink()
    with pytest.raises(NotSaved, match="is gone"):
        keeper.answer(Reply("GRD-07", choice=0))
    assert not file.exists()
    keeper.answer(Reply("GRD-07", choice=0))
    assert "# the first" in file.read_text(encoding="utf-8")
    assert "untrusted_input" in file.read_text(encoding="utf-8")


def test_a_file_that_was_broken_meanwhile_is_named_and_left_alone(file: Path, rules: Rules) -> None:
    keeper = Keeper(file, rules)
    file.write_text("steps: [{id: a,, }]\n", encoding="utf-8")
    with pytest.raises(NotSaved, match=r"desk\.yaml:1: the file was changed and has a mistake"):
        keeper.answer(Reply("GRD-07", choice=0))
    assert file.read_text(encoding="utf-8") == "steps: [{id: a,, }]\n"


def test_a_folder_is_no_stack_file(tmp_path: Path, rules: Rules) -> None:
    with pytest.raises(InputError, match="is no file"):
        Keeper(tmp_path, rules)


def test_undo_takes_back_the_last_answer_and_not_what_others_wrote(file: Path, rules: Rules) -> None:
    keeper, other = Keeper(file, rules), Keeper(file, rules)
    keeper.answer(Reply("GRD-07", choice=0))
    assert keeper.undo() is not None
    assert file.read_text(encoding="utf-8") == SMALL
    keeper.answer(Reply("GRD-07", choice=0))
    other.refresh()
    other.answer(Reply("GRD-02", choice=0))
    with pytest.raises(InputError, match="somebody else"):
        keeper.undo()


def test_evidence_lies_in_the_folder_of_the_stack_file(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("a\n", encoding="utf-8")
    assert evidence_of("calls.csv", tmp_path).sha256 == "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7"
    assert evidence_of("https://example.org/x", tmp_path).kind == "link"
    with pytest.raises(InputError, match="outside the folder"):
        evidence_of("../secret", tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        evidence_of("nothing.csv", tmp_path)
