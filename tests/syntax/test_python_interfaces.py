"""Calls through what only says what others do: abstract methods, Protocols, parameters. What is not meant comes first."""

from __future__ import annotations

from typing import Any

import pytest

from tests.syntax.programs import plain, program

PROTOCOL = "from typing import Protocol\nclass Model(Protocol):\n    name: str\n    def ask(self, text, *, high=False): ...\n"
FITS = "class Real:\n    def __init__(self): self.name = 'r'\n    def ask(self, text, *, high=True): return lib.ask(text)\n"


def called(source: str, name: str) -> Any:
    """What the only call of a name calls."""
    here = program(source)
    return plain(here.resolved(here.modules["app.py"].by_tail[name][-1]))


USES = "def use(model: Model):\n    return model.ask('x')\n"


@pytest.mark.parametrize("other", [
    "class Real:\n    name = 'r'\n    def ask(self, question): return 1\n",            # another parameter
    "class Real:\n    def ask(self, text): return 1\n",                                 # the attribute is missing
    "class Real:\n    name = 'r'\n    def ask(self, text): ...\n",                      # says no more than the Protocol
    "class Real:\n    name = 'r'\n    def answer(self, text): return 1\n",
])
def test_a_class_of_another_shape_fills_in_no_protocol(other: str) -> None:
    assert called(PROTOCOL + other + USES, "ask") == "<Model.ask>"


def test_a_protocol_of_one_plain_method_fits_too_much_to_mean_anything() -> None:
    source = ("from typing import Protocol\nclass Job(Protocol):\n    def run(self): ...\n"
              "class Other:\n    def run(self): return 1\ndef use(job: Job):\n    return job.run()\n")
    assert called(source, "run") == "<Job.run>"


def test_a_method_with_a_body_is_what_is_called() -> None:
    source = ("class Base:\n    def ask(self): return 1\nclass Heir(Base):\n    def ask(self): return 2\n"
              "def use(base: Base):\n    return base.ask()\n")
    assert called(source, "ask") == "<Base.ask>"


@pytest.mark.parametrize("body", ["...", "pass", "'''Says what heirs do.'''", "raise NotImplementedError",
                                  "raise NotImplementedError('to do')"])
def test_an_abstract_method_is_what_the_heirs_make_of_it(body: str) -> None:
    source = (f"class Base:\n    def ask(self): {body}\nclass One(Base):\n    def ask(self): return 1\n"
              "class Two(One):\n    def ask(self): return 2\nclass Stranger:\n    def ask(self): return 3\n"
              "def use(base: Base):\n    return base.ask()\n")
    assert called(source, "ask") == {"<One.ask>", "<Two.ask>"}


def test_a_decorator_says_abstract_too() -> None:
    source = ("from abc import ABC, abstractmethod\nclass Base(ABC):\n    @abstractmethod\n    def ask(self): return self.other()\n"
              "class One(Base):\n    def ask(self): return 1\ndef use(base: Base):\n    return base.ask()\n")
    assert called(source, "ask") == "<One.ask>"


def test_a_protocol_is_what_classes_of_its_shape_do() -> None:
    heir = "class Heir(Real):\n    def ask(self, text): return 2\n"
    assert called("import lib\n" + PROTOCOL + FITS + heir + USES, "ask") == {"<Real.ask>", "<Heir.ask>"}


def test_in_the_class_itself_self_is_one_of_the_heirs() -> None:
    source = ("class Base:\n    def run(self): return self.ask()\n    def ask(self): raise NotImplementedError\n"
              "class One(Base):\n    def ask(self): return 1\n")
    assert called(source, "ask") == "<One.ask>"


def test_an_attribute_of_a_parameter_is_that_of_what_callers_hand_in() -> None:
    source = ("import lib\nclass Talk:\n    def __init__(self, chat): self.chat = chat\n"
              "    def say(self): return self.chat.invoke('x')\n"
              "def make(big):\n    chat = lib.Big() if big else lib.Small()\n    return Talk(chat)\n")
    assert called(source, "invoke") == {"<lib.Big.invoke>", "<lib.Small.invoke>"}


def test_a_parameter_that_nobody_hands_in_stays_unknown() -> None:
    assert called("def say(chat):\n    return chat.invoke('x')\n", "invoke") == "?"


def test_a_parameter_that_is_handed_on_to_itself_ends() -> None:
    assert called("def say(chat):\n    say(chat.inner)\n    return chat.invoke('x')\n", "invoke") == "?"


OVER = ("class Base:\n    def run(self): return self.ask()\n    def ask(self): return 1\n"
        "class Heir(Base):\n    def ask(self): return super().ask()\n")


def test_who_calls_a_method_on_any_object_calls_what_stands_in_for_it() -> None:
    here = program(OVER)
    module = here.modules["app.py"]
    assert [s.call.scope.name for s in here.callers(module.scope("Heir.ask"))] == ["Base.run"]
    assert [s.call.scope.name for s in here.callers(module.scope("Base.ask"))] == ["Base.run", "Heir.ask"]


def test_who_calls_it_on_an_object_that_was_made_there_means_that_class() -> None:
    here = program(OVER + "def main():\n    return Base().ask()\n")
    assert "main" not in [s.call.scope.name for s in here.callers(here.modules["app.py"].scope("Heir.ask"))]


def test_classes_that_name_each_other_as_bases_end() -> None:
    here = program("class A(B):\n    def ask(self): pass\nclass B(A):\n    def ask(self): return 1\n"
                   "def use(a: A):\n    return a.ask()\n")
    module = here.modules["app.py"]
    for scope in module.scopes:
        if scope.kind == "function":
            here.callers(scope)
            here.overridden(scope)
    here.resolved(module.by_tail["ask"][-1])


LAZY = ("import importlib\nclass Lazy:\n    _module = None\n    def __getattr__(self, name):\n"
        "        self._module = importlib.import_module(%s)\n        return getattr(self._module, name)\n"
        "lib = Lazy()\ndef use():\n    return lib.completion('x')\n")


@pytest.mark.parametrize(("module", "found"), [("name", "?"), ("'litellm'", "<litellm.completion>")])
def test_a_module_that_is_imported_when_it_is_first_used(module: str, found: str) -> None:
    assert called(LAZY % module, "completion") == found


def test_a_module_that_a_method_imports_is_not_what_the_object_stands_for() -> None:
    assert called(LAZY.replace("__getattr__", "load") % "'litellm'", "completion") == "?"
