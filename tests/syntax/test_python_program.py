"""What names and expressions of a program stand for, and above all what they do not."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditkit.syntax.python.program import MOST_ITEMS, MOST_TEXT, matches
from auditkit.syntax.python.values import Const, Many, Table, Text
from tests.syntax.programs import REST, UNKNOWN, plain, program, sites
from tests.syntax.programs import given as arguments

L = "from lib import Agent\n"


# What must not match -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("claim", "source"), [
    ("a parameter of the same name", L + "def f(Agent): Agent(1)"),
    ("a lambda's parameter", "from lib import Agent as a\nf = lambda a: a.run(1)"),
    ("a lambda's keyword parameter", "import lib\nf = lambda *, lib=None: lib.run(1)"),
    ("a comprehension's variable", "import lib\nx = [lib.run(1) for lib in others]"),
    ("an exception's name", "def f():\n    import lib\ndef g():\n    try: pass\n    except E as lib: lib.run(1)"),
    ("a pattern's name", "import lib\ndef f(x):\n    match x:\n        case [lib]: lib.run(1)"),
    ("a nested target", "import lib\ndef f(x):\n    (a, (lib, c)) = x\n    lib.run(1)"),
    ("a name starred in a target", "import lib\ndef f(x):\n    a, *lib = x\n    lib.run(1)"),
    ("a text", "x = 'from lib import Agent; Agent(1)'"),
    ("a class that has the library's name", "class lib:\n    def Agent(self): pass\nlib.Agent(1)"),
    ("another library's class of that name", "from other import Agent\nAgent(1)"),
    ("a library whose name only starts alike", "from library import Agent\nAgent(1)"),
    ("a class attribute that a method does not see", "class K:\n    from lib import Agent\n    def f(self): Agent(1)"),
    ("a method of an object of which nothing is known", L + "def f(x): x.Agent(1)"),
    ("a name of another function", "def f():\n    from lib import Agent\ndef g(): Agent(1)"),
    ("a relative import", "from .lib import Agent\nAgent(1)"),
    ("a name that is not bound at all", "Agent(1)"),
    ("another class's method of that name", "import lib\nclass K:\n    def f(self): self.make().run()\nclass J:\n"
     "    def make(self): return lib.Agent"),
    ("what a class below does otherwise", "import lib\nclass K:\n    def make(self): return own\n    def f(self): self.make().run()\n"
     "class J(K):\n    def make(self): return lib.Agent"),
    ("what a class below has, of an object of the class above", "import lib\nclass K: pass\nclass J(K):\n"
     "    def make(self): return lib.Agent\nK().make().run()"),
])
def test_a_call_is_not_taken_for_a_librarys_when_it_is_of(claim: str, source: str) -> None:
    assert sites(source) == []


@pytest.mark.parametrize("files", [
    {"app.py": L + "Agent(1)", "lib.py": "class Agent: pass"},
    {"app.py": L + "Agent(1)", "lib/__init__.py": "from .core import Agent", "lib/core.py": "class Agent: pass"},
    {"app.py": L + "Agent(1)", "lib/__init__.py": "from .core import *", "lib/core.py": "class Agent: pass"},
    {"app.py": L + "Agent(1)", "lib/__init__.py": "from lib.core import Agent", "lib/core.py": "def Agent(x): pass"},
    {"src/app.py": L + "Agent(1)", "src/lib/__init__.py": "class Agent: pass"},
    {"app.py": L + "Agent(1)", "lib/Agent.py": "x = 1"},
    {"app.py": L + "Agent.go(1)", "lib/__init__.py": "", "lib/Agent.py": "def go(x): pass"},
    {"app.py": "import lib.core\nlib.core.Agent(1)", "lib/__init__.py": "", "lib/core.py": "class Agent: pass"},
    {"app.py": "import lib.core as c\nc.Agent(1)", "lib/__init__.py": "", "lib/core.py": "class Agent: pass"},
    {"app.py": L + "Agent(1)", "lib/__init__.py": "def __getattr__(name):\n    from .core import Agent\n    return Agent",
     "lib/core.py": "class Agent: pass"},
    {"app.py": L + "Agent(1)", "lib/__init__.py": "def __getattr__(name):\n    return load(name)"},
    {"pkg/app.py": "from ..lib import Agent\nAgent(1)", "lib/__init__.py": "class Agent: pass"},
])
def test_a_local_package_named_like_a_library_is_local(files: dict[str, str]) -> None:
    assert sites(files) == []


def test_a_file_that_is_named_like_the_library_it_uses_still_uses_it() -> None:
    assert sites({"lib.py": L + "Agent(1)"}) == [(2, "lib.Agent")]


def test_a_local_package_without_the_name_leaves_it_to_the_library() -> None:
    assert sites({"app.py": L + "Agent(1)", "src/lib/other.py": "x = 1"}) == [(2, "lib.Agent")]


def test_partial_knowledge_is_never_called_whole() -> None:
    here = program(L + "\n".join((
        "a = [1]", "a.extend(unseen())", "b = [1]", "b += unseen()", "c = [1, *unseen()]", "d = [1] + unseen()",
        "e = {'k': 1}", "e.update(unseen())", "f = {'k': 1, **unseen()}", "g = dict(unseen(), k=1)", "h = [x for x in unseen()]",
        "i = [1]", "i.extend([x for x in (1, 2)])", "j = {'k': 1}", "j |= unseen()", "k = [1]", "k += [x for x in (1, 2)]",
        "m = ([1] if z else unseen()) + [2]")))
    top = here.modules["app.py"].top
    for name in "abcdefghijkm":
        value = here.name(name, top)
        assert isinstance(value, Many | Table), name
        assert not value.whole, name


def test_a_call_with_unknown_arguments_is_not_closed() -> None:
    here = program(L + "from functools import partial\nAgent(*x)\nAgent(**x)\nP = partial(Agent, **x)\nP(1)\nAgent(**{'a': 1})\nAgent(b=1)\n")
    assert [here.closed(s) for s in here.sites("lib.Agent")] == [False, False, False, True, True]


def test_a_required_field_has_no_default() -> None:
    source = L + "from pydantic import BaseModel, Field\nclass C(BaseModel):\n    m: str = Field(...)\nAgent(C().m)"
    assert arguments(source) == [[UNKNOWN]]


def test_annotations_in_texts_are_not_mixed_up() -> None:
    rows = ["from lib import " + ", ".join(f"K{n}" for n in range(60))]
    rows += [f"def f{n}(x: 'K{n}'): x.run()" for n in range(60)]
    assert sites("\n".join(rows)) == [(n + 2, f"lib.K{n}.run") for n in range(60)]


# Names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "line"), [
    (L + "Agent(1)", 2),
    ("from lib import Agent as B\nB(1)", 2),
    ("import lib\nlib.Agent(1)", 2),
    ("import lib as l\nl.Agent(1)", 2),
    ("from lib import Agent as B\nC = B\nD = C\nD(1)", 4),
    ("import lib\nC = lib.Agent\nC(1)", 3),
    ("try:\n    from lib import Agent\nexcept ImportError:\n    Agent = None\nAgent(1)", 5),
    ("def f():\n    from lib import Agent\n    return Agent(1)", 3),
    ("from lib import *\nAgent(1)", 2),
    (L + "Agent[int, str](1)", 2),
    (L + "from functools import partial\nP = partial(Agent, 2)\nP(1)", 4),
    (L + "C = Agent if x else None\nC(1)", 3),
    (L + "C = None or Agent\nC(1)", 3),
    (L + "T = {'a': Agent}\nT['a'](1)", 3),
    (L + "T = {'a': Agent}\nC = T.get(k)\nC(1)", 4),
    (L + "for C in (Agent, None): C(1)", 2),
    (L + "for n, C in [('x', Agent)]: C(1)", 2),
    (L + "for i, (n, C) in enumerate([('x', Agent)]): C(1)", 2),
    (L + "C, d = Agent, 2\nC(1)", 3),
    (L + "if (C := Agent): C(1)", 2),
])
def test_a_class_is_known_under_every_name_it_gets(source: str, line: int) -> None:
    assert sites(source, "lib.Agent") == [(line, "lib.Agent")]


@pytest.mark.parametrize("files", [
    {"app.py": "from core import B\nB(1)", "core.py": "from lib import Agent as B"},
    {"app.py": "from core import *\nB(1)", "core.py": "from lib import Agent as B"},
    {"pkg/app.py": "from . import B\nB(1)", "pkg/__init__.py": "from .core import B", "pkg/core.py": "import lib\nB = lib.Agent"},
    {"pkg/sub/app.py": "from ..core import B\nB(1)", "pkg/core.py": "from lib import Agent as B"},
    {"app.py": "from core import one\none.B(1)", "core/one.py": "from lib import Agent as B"},
    {"app.py": "import core.one\ncore.one.B(1)", "core/__init__.py": "", "core/one.py": "from lib import Agent as B"},
    {"app.py": "from core import B\nB(1)", "core/__init__.py": "def __getattr__(name):\n    if name == 'B':\n        "
     "from .one import B\n        return B", "core/one.py": "from lib import Agent as B"},
    {"app.py": "from core import B\nB(1)", "core.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from lib import Agent as B"},
    {"src/app.py": "from core import B\nB(1)", "src/core.py": "from lib import Agent as B"},
    {"main.py": "from app.core import B\nB(1)", "app/core.py": "from lib import Agent as B"},
])
def test_names_are_followed_across_files(files: dict[str, str]) -> None:
    found = [(s.path, s.line, s.name) for s in program(files).sites("lib.Agent")]
    assert found == [(next(iter(files)), 2, "lib.Agent")]


def test_modules_that_import_from_each_other_end() -> None:
    files = {"a.py": "from b import *\nfrom b import y\nx = y", "b.py": "from a import *\nfrom a import x\ny = x\nx.run(y)"}
    here = program(files)
    assert here.sites("lib.**.*") == ()
    assert plain(here.name("x", here.modules["a.py"].top)) == UNKNOWN


# Objects -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [
    L + "a = Agent(1)\na.run()",
    L + "with Agent(1) as a: a.run()",
    L + "async def f():\n    async with Agent(1) as a: a.run()",
    L + "async def f():\n    a = await Agent(1)\n    a.run()",
    L + "if (a := Agent(1)): a.run()",
    L + "def make(): return Agent(1)\nmake().run()",
    L + "def make():\n    a = Agent(1)\n    return a\ndef more(): return make()\ndef most(): return more()\nmost().run()",
    L + "from functools import lru_cache\n@lru_cache\ndef make(): return Agent(1)\nmake().run()",
    L + "class K:\n    a = Agent(1)\n    def f(self): self.a.run()",
    L + "class K:\n    def __init__(self): self.a = Agent(1)\n    def f(self): self.a.run()",
    L + "class K:\n    def __init__(self): self.a, self.b = Agent(1), 2\n    def f(self): self.a.run()",
    L + "class K:\n    @property\n    def a(self): return Agent(1)\n    def f(self): self.a.run()",
    L + "class K:\n    @classmethod\n    def make(cls): return cls()\n    def __init__(self): self.a = Agent(1)\nK.make().a.run()",
    L + "class K:\n    def make(self): return Agent(1)\nclass J(K):\n    def f(self): super().make().run()",
    L + "class K(Agent): pass\nK().run()",
    L + "class K(Agent): pass\nclass J(K):\n    def f(self): self.run()",
    L + "def f(a: Agent): a.run()",
    L + "def f(a: 'Agent'): a.run()",
    L + "def f(a: 'Agent | None' = None): a.run()",
    L + "from typing import Optional\ndef f(a: Optional[Agent]): a.run()",
    L + "from typing import Annotated\ndef f(a: Annotated[Agent, 1]): a.run()",
    "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from lib import Agent\n"
    "def f(a: Agent): a.run()",
    L + "def make() -> Agent: return unseen()\nmake().run()",
    L + "from dataclasses import dataclass\n@dataclass\nclass C:\n    a: Agent\ndef f(c: C): c.a.run()",
    L + "a = None\ndef start():\n    global a\n    a = Agent(1)\ndef go(): a.run()",
    L + "def f():\n    a = None\n    def start():\n        nonlocal a\n        a = Agent(1)\n    a.run()",
    L + "d = {}\nd['k'] = Agent(1)\nd['k'].run()",
    L + "d = {n: Agent(n) for n in names}\nd['k'].run()",
    L + "for a in [Agent(n) for n in names]: a.run()",
    L + "for n, a in {'k': Agent(1)}.items(): a.run()",
    L + "a = Agent(1)\nb = a\nc = [b]\nc[0].run()",
    L + "class K:\n    def f(self): self.make().run()\nclass J(K):\n    def make(self): return Agent(1)",
    L + "class K:\n    def f(self): self.make().run()\nclass H(K): pass\nclass J(H):\n    def make(self): return Agent(1)",
    L + "from abc import abstractmethod\nclass K:\n    @abstractmethod\n    def make(self): return None\n    def f(self): self.make().run()\n"
    "class J(K):\n    def make(self): return Agent(1)",
    L + "class K:\n    def make(self):\n        'Gives one.'\n        raise NotImplementedError()\n"
    "class J(K):\n    def make(self): return Agent(1)\ndef f(k: K): k.make().run()",
    L + "class K:\n    def __init__(self, a): self.a = a\n    def f(self): self.a.run()\nK(Agent(1))",
    L + "from contextlib import contextmanager\n@contextmanager\ndef make():\n    a = Agent(1)\n    yield a\nwith make() as b: b.run()",
])
def test_a_method_is_known_of_an_object_that_was_made_or_annotated(source: str) -> None:
    assert [name for _, name in sites(source, "lib.**.run")] == ["lib.Agent.run"]


def test_a_chain_of_calls_is_met_in_the_order_in_which_it_is_read() -> None:
    assert sites(L + "g = (Agent(1)\n  .b(2)\n  .c(3))\ng.d(4)") == [
        (2, "lib.Agent"), (3, "lib.Agent.b"), (4, "lib.Agent.b.c"), (5, "lib.Agent.b.c.d")]


def test_decorators_are_known_with_and_without_a_call() -> None:
    here = program("from lib import Agent, tool as t\na = Agent()\n@t\ndef f(): pass\n@t('x')\ndef g(): pass\n"
                   "@a.on\ndef h(): pass\n@other\ndef i(): pass\nclass K:\n    @t\n    def m(self): pass")
    found = [(scope.name, name, site is not None) for scope, name, site, _ in here.decorated("lib.tool", "lib.**.on")]
    assert found == [("f", "lib.tool", False), ("g", "lib.tool", True), ("h", "lib.Agent.on", False), ("K.m", "lib.tool", False)]


# Values --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "written", "value"), [
    ("", "'a' 'b'", "ab"),
    ("", "-3", -3),
    ("", "not True", False),
    ("v = '4o'", "f'gpt-{v}'", "gpt-4o"),
    ("", "f'{x}-y'", "~{}-y"),
    ("v = 'b'", "'a' + v", "ab"),
    ("", "'a%s' % x", "~a{}"),
    ("", "2 * 3 + 1", 7),
    ("", "'a' if x else 'b'", {"a", "b"}),
    ("", "x or 'c'", "c"),
    ("if x: m = 'a'\nelse: m = 'b'", "m", {"a", "b"}),
    ("t = [1]\nt.append(2)\nt.extend([3])\nt += [4]\nt.insert(0, 5)", "t", [1, 2, 3, 4, 5]),
    ("t = [1]", "[*t, 2]", [1, 2]),
    ("t = [1]", "t + [2]", [1, 2]),
    ("t = []\nfor n in ('a', 'b'): t.append(n)", "t", [{"a", "b"}, REST]),
    ("class K:\n    def __init__(self):\n        self.t = [1]\n        self.t.append(2)\n        self.t.extend([3])\nk = K()", "k.t", [1, 2, 3]),
    ("d = {'a': 1}\nd['b'] = 2\nd.update(c=3)\nd.update({'e': 4})\nd |= {'f': 5}", "d", {"a": 1, "b": 2, "c": 3, "e": 4, "f": 5}),
    ("d = {'a': 1, 'b': 2}", "d['b']", 2),
    ("d = {'a': 1, 'b': 2}", "d[k]", {1, 2}),
    ("d = {'a': 1}", "d.get('a', 9)", 1),
    ("d = {'a': 1}", "d.get('z', 9)", 9),
    ("d = {'a': 1}", "d.get(k, 9)", {1, 9}),
    ("d = {'a': 1}", "d.keys()", ["a"]),
    ("d = {'a': 1}", "list(d.values())", [1]),
    ("d = {'a': 1}", "d.items()", [["a", 1]]),
    ("", "dict(a=1, b=2)", {"a": 1, "b": 2}),
    ("", "list()", []),
    ("", "config.get('model', 'm')", ("env", "model", "m")),
    ("import os", "os.getenv('M', 'd')", ("env", "M", "d")),
    ("import os", "os.environ['M']", ("env", "M", None)),
    ("from os import environ as e", "e.get('M', 'd')", ("env", "M", "d")),
    ("import os", "os.getenv('M') or 'd'", {("env", "M", None), "d"}),
    ("import argparse\np = argparse.ArgumentParser()\np.add_argument('-m', '--the-model', default='d')\na = p.parse_args()", "a.the_model",
     ("env", "-m", "d")),
    ("from enum import Enum\nclass E(str, Enum):\n    X = 'x'", "E.X", "x"),
    ("from enum import Enum\nclass E(Enum):\n    X = 'x'", "E.X.value", "x"),
    ("from enum import StrEnum\nclass E(StrEnum):\n    X = 'x'", "E['X']", "x"),
    ("(c, (d, e)), f = (1, (2, 3)), 4", "[c, d, e, f]", [1, 2, 3, 4]),
    ("h, *i = [1, 2]", "[h, i]", [1, UNKNOWN]),
    ("class K:\n    m = 'x'", "K.m", "x"),
    ("class K:\n    m = 'x'\nclass J(K): pass", "J().m", "x"),
    ("class K:\n    def __init__(self, m='d'): self.m = m", "K('x').m", "x"),
    ("class K:\n    def __init__(self, m='d'): self.m = m", "K().m", "d"),
    ("class K:\n    def __init__(self, m): self.m = m\nclass J(K): pass", "J(m='x').m", "x"),
    ("from dataclasses import dataclass\n@dataclass\nclass C:\n    m: str = 'd'\n    n: int = 3", "[C().m, C('x', 4).m, C('x', 4).n, C(n=5).n]",
     ["d", "x", 4, 5]),
    ("from dataclasses import dataclass, field\n@dataclass\nclass C:\n    t: list = field(default_factory=list)", "C().t", []),
    ("from pydantic import BaseModel, Field\nclass C(BaseModel):\n    m: str = Field('d', description='x')", "C().m", "d"),
    ("from pydantic import BaseModel, Field\nclass C(BaseModel):\n    t: list = Field(default_factory=lambda: ['a'])", "C().t", ["a"]),
    ("from pydantic import BaseModel\nclass C(BaseModel):\n    m: str = 'd'", "C(**{'m': 'x'}).m", "x"),
    ("def f(a, *rest, **more): return [a, rest, more]", "f(1, 2, b=3)", [1, [2], {"b": 3}]),
    ("xs = [(a, b) for a, b in zip(['x'], ['y'])]", "xs", [["x", "y"], REST]),
    ("a = 'outer'\nxs = [a for a in ('in',)]", "[a, xs]", ["outer", ["in", REST]]),
    ("x = x", "x", UNKNOWN),
    ("def f(n): return f(n)", "f(1)", UNKNOWN),
])
def test_an_expression_stands_for(before: str, written: str, value: Any) -> None:
    assert arguments(f"{L}{before}\nAgent({written})") == [[value]]


@pytest.mark.parametrize(("source", "found"), [
    ("def a(n): return Agent(n)\na('x')\na('y')", [["x"], ["y"]]),
    ("def a(n): return Agent(name=n)\na(n='x')", [[("name", "x")]]),
    ("def a(n='d'): return Agent(n)\na()\na('x')", [["d"], ["x"]]),
    ("def a(n): return Agent(n)\ndef b(n): return a(n + '!')\nb('x')\nb('y')\na('z')", [["x!"], ["y!"], ["z"]]),
    ("def a(n): return Agent(n)\ndef b(n): return a(n)\ndef c(n): return b(n)\nc('x')\nc('y')", [["x"], ["y"]]),
    ("def a(n):\n    m = n\n    k = m\n    return Agent(k)\na('x')\na('y')", [["x"], ["y"]]),
    ("def a(n):\n    def b(): return Agent(n)\n    return b()\na('x')\na('y')", [["x"], ["y"]]),
    ("class K:\n    def a(self, n): return Agent(n)\nK().a('x')\nK().a('y')", [["x"], ["y"]]),
    ("class K:\n    def __init__(self, n): Agent(n)\nclass J(K):\n    def __init__(self): super().__init__('x')\nclass I(K): pass\nI('y')",
     [["x"], ["y"]]),
    ("def a(**more): return Agent(more['m'])\na(m='x')", [["x"]]),
    ("def a(n): return Agent(n)", [["<param n>"]]),
    ("def a(n): return Agent(1)\na('x')\na('y')", [[1]]),
    ("def a(n): return a(Agent(n))", [["<param n>"]]),
    ("def a(n): b(n)\ndef b(n):\n    a(n)\n    Agent(n)\na('x')", [["x"]]),
])
def test_a_factory_gives_one_site_for_each_caller_with_its_own_arguments(source: str, found: list[Any]) -> None:
    got = arguments(L + source)
    assert [[UNKNOWN if str(a).startswith("<param") and len(found) > 1 else a for a in row] for row in got] == found


def test_what_a_partial_was_given_counts_as_given() -> None:
    here = program(L + "from functools import partial\nP = partial(Agent, 'a', model='m')\nP('b', tools=[])\nP(model='n')")
    first, second = here.sites("lib.Agent")
    assert [plain(here.arg(first, 0)), plain(here.arg(first, 1)), plain(here.arg(first, None, "model")), plain(here.arg(first, 2))] == [
        "a", "b", "m", None]
    assert [plain(here.arg(second, 0)), plain(here.arg(second, 1)), plain(here.arg(second, None, "model"))] == ["a", None, "n"]


def test_what_is_put_into_an_objects_attribute_is_found() -> None:
    here = program(L + "a = Agent()\na.tools = [1]\na.tools.append(2)\nb = Agent()\nb.tools = [3]\nc = a\nc.tools.extend([4])")
    made = here.name("a", here.modules["app.py"].top)
    assert [(plain(v), line) for v, line, _ in here.assigned(made, "tools")] == [([1], 3), ([2, REST], 4), ([4], 8)]


@pytest.mark.parametrize(("pattern", "name", "fits"), [
    ("lib.**.Agent", "lib.Agent", True), ("lib.**.Agent", "lib.a.b.Agent", True), ("lib.**.Agent", "xlib.Agent", False),
    ("lib.**.Agent", "lib.MyAgent", False), ("lib.*.Agent", "lib.a.b.Agent", False), ("lib.**.*Chat", "lib.x.GroupChat", True),
    ("lib.**.*", "lib.a.b", True), ("lib.a+b", "lib.aab", False), ("lib.Agent", "lib.Agent.run", False),
])
def test_a_pattern_fits(pattern: str, name: str, fits: bool) -> None:
    assert matches(pattern, name) is fits


# Budgets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [
    ["s0 = 'ab'", *(f"s{n + 1} = s{n} + s{n}" for n in range(80)), "Agent(s80)"],
    ["s0 = 'ab'", *(f"s{n + 1} = f'{{s{n}}}{{s{n}}}'" for n in range(80)), "Agent(s80)"],
    ["s0 = [1]", *(f"s{n + 1} = s{n} + s{n}" for n in range(80)), "Agent(s80)"],
    ["s0 = [1]", *(f"s{n + 1} = [*s{n}, *s{n}]" for n in range(80)), "Agent(s80)"],
    ["s0 = {'a': 1}", *(f"s{n + 1} = {{**s{n}, **s{n}}}" for n in range(80)), "Agent(s80)"],
    ["s0 = a | b", *(f"s{n + 1} = s{n} | s{n}" for n in range(80)), "Agent(s80)"],
    ["x = [1]", *(["x = x + x", "x += x", "x.extend(x)", "x.append(x)"] * 100), "Agent(x)"],
    ["d = {}", *(["d.update(d)", "d['k'] = d", "d = {**d}"] * 100), "Agent(d)"],
    [*(f"def f{n}(a): return f{n + 1}(f{n + 1}(a))" for n in range(60)), "def f60(a): return a", "Agent(f0(1))"],
    [*(f"def f{n}(a): return g{n}(a)\ndef g{n}(a): return f{(n + 1) % 30}(a)" for n in range(30)), "def h(a): Agent(f0(a), g3(a))",
     *("h(1)" for _ in range(30))],
    ["def f(a): Agent(a)", *(f"def f{n}(a): {'; '.join(f'f{m}(a)' for m in range(8))}; f(a)" for n in range(8))],
    [*(f"class C{n}(C{(n + 1) % 20}):\n    x = C{(n + 2) % 20}().x" for n in range(20)), "Agent(C0().x)"],
    ["x = " + "(" * 80 + "Agent(1)" + ")" * 80, "y = " + "[" * 80 + "x" + "]" * 80, "Agent(y)"],
    ["Agent(1)" + ".a()" * 400],
    ["x = (", *("lambda a:" for _ in range(900)), "Agent(a))"],
])
def test_a_hostile_program_ends_with_a_bounded_answer(rows: list[str]) -> None:
    here = program(L + "\n".join(rows))
    for site in here.sites("lib.**.*"):
        for node in site.node.args:
            for one in here.value(node, site.scope, site.frame).options():
                size = len(one.items) if isinstance(one, Many | Table) else len(str(one.value)) if isinstance(one, Const) else 0
                assert size <= max(MOST_ITEMS, MOST_TEXT)
                assert not isinstance(one, Text) or len(one.text) <= MOST_TEXT


# Laws ----------------------------------------------------------------------------------------------------------

_NAMES = st.sampled_from(["a", "b", "c", "f", "g", "K", "Agent", "lib", "self"])
_ATOMS = st.one_of(_NAMES, st.sampled_from(["1", "'t'", "None", "[]", "{}", "Agent()", "lib.Agent(a)", "self.a", "...", "b'x'", "1e9", "-1"]))


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(lambda t: f"[{t[0]}, *{t[1]}]"), two.map(lambda t: f"{{{t[0]}: {t[1]}, **{t[1]}}}"), two.map(lambda t: f"({t[0]} + {t[1]})"),
        two.map(lambda t: f"({t[0]} if {t[1]} else {t[0]})"), two.map(lambda t: f"({t[0]} or {t[1]})"), two.map(lambda t: f"({t[0]})[{t[1]}]"),
        two.map(lambda t: f"({t[0]})({t[1]})"), two.map(lambda t: f"({t[0]})(a={t[1]}, **{t[0]})"), inner.map(lambda x: f"({x}).a"),
        inner.map(lambda x: f"({x}).get({x}, 1)"), inner.map(lambda x: f"f'{{{x.replace(chr(39), chr(34))}}}'" if "{" not in x else x),
        two.map(lambda t: f"[{t[0]} for a in {t[1]}]"), inner.map(lambda x: f"(lambda a: {x})"), two.map(lambda t: f"({t[0]} % {t[1]})"),
        inner.map(lambda x: f"partial({x}, a)"), two.map(lambda t: f"({t[0]} * {t[1]})"), two.map(lambda t: f"zip({t[0]}, {t[1]})"))


_EXPRESSIONS = st.recursive(_ATOMS, _grown, max_leaves=6)
_STATEMENTS = st.one_of(
    st.tuples(_NAMES, _EXPRESSIONS).map(lambda t: f"{t[0]} = {t[1]}"), st.tuples(_NAMES, _EXPRESSIONS).map(lambda t: f"{t[0]} += {t[1]}"),
    st.tuples(_NAMES, _EXPRESSIONS).map(lambda t: f"{t[0]}.append({t[1]})"), st.tuples(_NAMES, _EXPRESSIONS).map(lambda t: f"{t[0]}['k'] = {t[1]}"),
    st.tuples(_NAMES, _EXPRESSIONS).map(lambda t: f"{t[0]}.a = {t[1]}"), st.tuples(_NAMES, _EXPRESSIONS).map(lambda t: f"for {t[0]}, (b, *c) in {t[1]}: pass"),
    st.tuples(_NAMES, _EXPRESSIONS).map(lambda t: f"with {t[1]} as {t[0]}: {t[0]}.run()"), _EXPRESSIONS,
    st.tuples(_NAMES, _EXPRESSIONS).map(lambda t: f"def {t[0]}(a, *b, c=1, **d): return {t[1]}"),
    st.tuples(_NAMES, _EXPRESSIONS).map(lambda t: f"class {t[0]}(K, Agent):\n    a = {t[1]}\n    def f(self, x: '{t[0]}' = a): self.a = {t[1]}"),
    st.tuples(_NAMES, _NAMES).map(lambda t: f"def {t[0]}():\n    global {t[1]}\n    {t[1]} = {t[0]}()"),
    _NAMES.map(lambda n: f"from other import {n}"), _NAMES.map(lambda n: f"import lib as {n}"), st.just("from other import *"))
_PROGRAMS = st.lists(_STATEMENTS, min_size=1, max_size=8).map(lambda rows: "from lib import Agent\nfrom functools import partial\n" + "\n".join(rows))
_QUICK = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@_QUICK
@given(_PROGRAMS, _PROGRAMS)
def test_no_program_raises_and_every_question_ends(one: str, two: str) -> None:
    here = program({"app.py": one, "other.py": two + "\nfrom app import *"})
    for module in here.modules.values():
        for call in module.calls:
            assert list(here.resolved(call).options())
            for node in (call.node, *call.node.args):
                plain(here.value(node, call.scope))
        for scope in module.scopes:
            here.refs(scope)
            if scope.kind == "function":
                here.callers(scope)
    for site in here.sites("lib.**.*"):
        here.closed(site)
        here.arg(site, 0, "a")


@_QUICK
@given(_PROGRAMS)
def test_the_line_of_a_site_is_the_line_of_the_called_name(text: str) -> None:
    rows = text.split("\n")
    for site in program(text).sites("lib.**.*"):
        func = site.node.func
        last = getattr(func, "attr", None) or getattr(func, "id", None)
        if last is not None:
            assert last in rows[site.line - 1]


@_QUICK
@given(st.lists(st.sampled_from(["Agent(1)", "x = Agent(name='n')", "x.run(2)", "def f(a): return Agent(a)", "f(3)", "class K(Agent): pass", "K()",
                                 "y = [Agent(4)]", "y[0].go()", "with Agent(5) as z: z.go()"]), max_size=10))
def test_a_renamed_import_gives_the_same_sites(rows: list[str]) -> None:
    body = "\n".join(rows)
    plainly = sites("from lib import Agent\n" + body)
    assert sites("from lib import Agent as Other\n" + body.replace("Agent", "Other")) == plainly
    assert sites("import lib as l\n" + body.replace("Agent", "l.Agent")) == plainly
    assert sites({"app.py": "from names import Other\n" + body.replace("Agent", "Other"), "names.py": "from lib import Agent as Other"}) == plainly


def test_the_answer_does_not_hang_on_the_seed_of_hashes() -> None:
    code = ("from tests.syntax.programs import program\n"
            "p = program('from lib import Agent, Agent as B, Agent as C\\ndef f(n): return Agent(n)\\ng = f\\nh = f\\nk = g\\n"
            "def z():\\n  k(1); h(2); g(3); f(4); B(5).a().b(); C(6)\\n')\n"
            "print([(s.line, s.name, s.frame and s.frame.call.node.col_offset) for s in p.sites('lib.**.*')])\n"
            "print([s.name for s in p.refs(p.modules['app.py'].scope('z'))])\n")
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    said = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root,
                           env={**os.environ, "PYTHONHASHSEED": seed}).stdout for seed in ("1", "2", "3")}
    assert len(said) == 1
