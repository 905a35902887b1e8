"""Manifests and lock files: which packages a project names, in which versions, on which line.

Each reader takes the text of one file and never raises: what it cannot read, it leaves out. Nothing is run;
setup.py is parsed, and only what stands in it literally is read.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from auditkit.sources.inspection.ranges import ANY, Range, conda, pep440, poetry, version
from auditkit.syntax.patterns import later

MOST_MANIFEST = 400_000
MOST_LINE = 5_000
"""A TOML file with a longer line is not read: its keys can be built to take minutes."""
MOST_REQUIREMENT = 1_000


@dataclass(frozen=True, slots=True)
class Named:
    """A package that a manifest names, by its normal name."""

    package: str
    admitted: Range
    line: int
    locked: bool = False
    bound: bool = False
    """Not asked for here, only held within these versions if something else asks for it."""


@dataclass
class Manifest:
    """What one file names, and the requirement files it points to: (path as written, only as bounds)."""

    named: list[Named] = field(default_factory=list)
    points: list[tuple[str, bool]] = field(default_factory=list)


def rank(name: str) -> int | None:
    """How much a file's word counts beside others of its folder (0 most), by its name; None for other files."""
    if name in READERS:
        return READERS[name][0]
    if REQUIREMENTS.fullmatch(name):
        return 2 if name == "requirements.txt" else 4 if SIDELINE.search(name) else 3
    return 0 if re.fullmatch(r"pylock\.[^/]*\.toml", name) else None


def read(name: str, text: str) -> Manifest:
    """What a manifest says. `name` is the file's own name, without folders."""
    if name.endswith(".ipynb"):
        return _notebook(text)
    if name.endswith(".py") and name != "setup.py":
        return _script(text)
    reader = READERS[name][1] if name in READERS else _lock if name.startswith("pylock.") else requirements
    if reader is not _lock and len(text) > MOST_MANIFEST:
        return Manifest()
    return reader(text)


def requirements(text: str) -> Manifest:
    """A requirements or constraints file of pip."""
    found = Manifest()
    line, start = "", 1
    for n, part in enumerate(text.splitlines(), 1):
        start = start if line else n
        line += part
        if line.endswith("\\"):
            line = line[:-1] + " "
            continue
        _requirement_line(line, start, found)
        line = ""
    _requirement_line(line, start, found)
    return found


def _requirement_line(line: str, n: int, found: Manifest) -> None:
    line = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
    pointed = re.match(r"(?:-r|--requirement|(-c|--constraint))[=\s]*(\S+)", line[:MOST_REQUIREMENT])
    if pointed:
        found.points.append((pointed[2], pointed[1] is not None))
        return
    egg = re.search(r"#egg=([\w.-]+)", line[:MOST_REQUIREMENT])
    if egg:
        found.named.append(Named(canonicalize_name(egg[1]), ANY, n))
    elif not line.startswith("-"):
        found.named += _pep508(line.split(" --")[0], n)


def _pep508(text: Any, n: int, *, bound: bool = False) -> Iterator[Named]:
    if not isinstance(text, str) or not text.strip() or len(text) > MOST_REQUIREMENT:
        return
    try:
        wanted = Requirement(text.strip())
    except (InvalidRequirement, ValueError, RecursionError):
        return
    yield Named(canonicalize_name(wanted.name), pep440(str(wanted.specifier)), n, bound=bound)


def _lock(text: str) -> Manifest:
    """poetry.lock, uv.lock, pdm.lock and pylock.toml: tables that begin with a name and a version."""
    found, line, at = Manifest(), 1, 0
    for match in re.finditer(r'^\[\[packages?\]\]\r?\nname = "([^"\n]{1,200})"\r?\nversion = "([^"\n]{1,200})"', text, re.M):
        line, at = line + text.count("\n", at, match.start()), match.start()
        found.named += _pinned(match[1], match[2], line + 2)
    return found


def _pinned(name: str, number: str, line: int) -> Iterator[Named]:
    if version(number):
        yield Named(canonicalize_name(name), pep440(f"=={number}"), line, locked=True)


def _pipfile_lock(text: str) -> Manifest:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return Manifest()
    found, lines = Manifest(), _Lines(text)
    for group in ("default", "develop"):
        for name, entry in _pairs(_at(content, group)):
            number = entry.get("version") if isinstance(entry, dict) else None
            if isinstance(number, str):
                found.named += _pinned(name, number.lstrip("="), lines.of(f'"{name}"'))
    return found


def _pyproject(text: str) -> Manifest:
    content, lines, found = _toml(text), _Lines(text), Manifest()
    for wanted in _strings(_at(content, "project", "dependencies")):
        found.named += _pep508(wanted, lines.of(wanted))
    groups = (("project", "optional-dependencies"), ("dependency-groups",), ("tool", "pdm", "dev-dependencies"))
    for group in groups:
        for _, group_list in _pairs(_at(content, *group)):
            for wanted in _strings(group_list):
                found.named += _pep508(wanted, lines.of(wanted))
    for wanted in _strings(_at(content, "tool", "uv", "dev-dependencies")):
        found.named += _pep508(wanted, lines.of(wanted))
    for key in ("override-dependencies", "constraint-dependencies"):
        for wanted in _strings(_at(content, "tool", "uv", key)):
            found.named += _pep508(wanted, lines.of(wanted), bound=True)
    _poetry(_at(content, "tool", "poetry"), lines, found)
    return found


def _poetry(section: Any, lines: _Lines, found: Manifest) -> None:
    tables = [_at(section, "dependencies"), _at(section, "dev-dependencies")]
    tables += [_at(group, "dependencies") for _, group in _pairs(_at(section, "group"))]
    for table in tables:
        for name, wanted in _pairs(table):
            for one in wanted if isinstance(wanted, list) else [wanted]:
                text = one.get("version", "*") if isinstance(one, dict) else one
                if isinstance(text, str) and name != "python":
                    found.named.append(Named(canonicalize_name(name), poetry(text), lines.key(name)))


def _pipfile(text: str) -> Manifest:
    content, lines, found = _toml(text), _Lines(text), Manifest()
    for group in ("packages", "dev-packages"):
        for name, wanted in _pairs(_at(content, group)):
            spec = wanted.get("version", "*") if isinstance(wanted, dict) else wanted
            if isinstance(spec, str):
                found.named.append(Named(canonicalize_name(name), pep440("" if spec == "*" else spec), lines.key(name)))
    return found


def _setup_cfg(text: str) -> Manifest:
    found, section, key = Manifest(), "", ""
    for n, line in enumerate(text.splitlines(), 1):
        if line.startswith("["):
            section, key = line.strip().strip("[]"), ""
        elif line[:1] not in ("", " ", "\t", "#", ";"):
            key, _, line = line.partition("=")
            key = key.strip()
        if (section, key) == ("options", "install_requires") or (section == "options.extras_require" and key):
            for part in re.split(r"\s#|;(?=\s*[\w-]+\s*[<>=!~])", line)[0].split("\n"):
                found.named += _pep508(part, n)
    return found


def _setup_py(text: str) -> Manifest:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Manifest()
    named = {t.id: s.value for s in tree.body if isinstance(s, ast.Assign) for t in s.targets if isinstance(t, ast.Name)}
    found = Manifest()
    for call in _setup_calls(tree):
        for keyword in call.keywords:
            value = named.get(keyword.value.id) if isinstance(keyword.value, ast.Name) else keyword.value
            lists = [value] if keyword.arg == "install_requires" else []
            if keyword.arg == "extras_require" and isinstance(value, ast.Dict):
                lists = list(value.values)
            for item in (e for one in lists if isinstance(one, ast.List | ast.Tuple) for e in one.elts):
                if isinstance(item, ast.Constant):
                    found.named += _pep508(item.value, item.lineno)
    return found


def _setup_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name == "setup":
                yield node


def _environment(text: str) -> Manifest:
    """environment.yml of conda, line by line: `- name=1.2` under dependencies, requirements of pip under `- pip:`."""
    found, within, pip = Manifest(), False, -1
    for n, line in enumerate(text.splitlines(), 1):
        if line[:1] not in ("", " ", "-", "#", "\t"):
            within, pip = line.startswith("dependencies:"), -1
        item = re.match(r"(\s*)-\s+(.*)", line[:MOST_REQUIREMENT])
        if not within or not item:
            continue
        indent, wanted = len(item[1]), item[2].strip()
        if re.fullmatch(r"pip:\s*(?:#.*)?", wanted):
            pip = indent
        elif 0 <= pip < indent:
            _requirement_line(wanted.strip("'\""), n, found)
        else:
            pip = -1
            spec = re.match(r"(?:[\w./-]+::)?([A-Za-z][\w.-]*)\s*(.*)", re.split(r"\s#", wanted)[0].strip("'\" "))
            if spec:
                found.named.append(Named(canonicalize_name(spec[1]), conda(spec[2]), n))
    return found


def _notebook(text: str) -> Manifest:
    """What a notebook's cells install: `%pip install x==1`."""
    found = Manifest()
    commands = r'[%!]\s*(?:[\w{}./]+ -m )?(?:uv )?pip3?(?: -q)? install ((?:[^"\\\n]|\\"){1,2000})'
    for match in re.finditer(commands, text[:MOST_MANIFEST * 10]):
        line = text.count("\n", 0, match.start()) + 1
        for token in match[1].replace('\\"', "").replace("'", "").split():
            if not token.startswith("-"):
                found.named += _pep508(token, line)
    return found


def _script(text: str) -> Manifest:
    """The block of metadata at the top of a script (PEP 723)."""
    block = re.search(r"^# /// script\r?\n((?:#[^\n]*\n){1,500}?)# ///", text, re.M)
    if not block:
        return Manifest()
    first = text.count("\n", 0, block.start(1))
    inner = "\n".join(line[2:] for line in block[1].splitlines())
    lines, found = _Lines(inner), Manifest()
    for wanted in _strings(_toml(inner).get("dependencies")):
        found.named += _pep508(wanted, first + lines.of(wanted))
    return found


REQUIREMENTS = later(r"[\w.-]*requirements?[\w.-]*\.txt", re.I)
SIDELINE = later(r"dev|test|doc|lint|build|optional|extra|example|old|ci\b", re.I)
READERS: dict[str, tuple[int, Callable[[str], Manifest]]] = {
    "uv.lock": (0, _lock), "poetry.lock": (0, _lock), "pdm.lock": (0, _lock), "pylock.toml": (0, _lock),
    "Pipfile.lock": (0, _pipfile_lock), "pyproject.toml": (1, _pyproject), "setup.cfg": (1, _setup_cfg),
    "setup.py": (1, _setup_py), "Pipfile": (1, _pipfile), "environment.yml": (3, _environment),
    "environment.yaml": (3, _environment),
}


class _Lines:
    """Where something stands in a text, as a line number; 1 when it is not found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.breaks = [m.start() for m in re.finditer("\n", text)]

    def of(self, words: str) -> int:
        at = self.text.find(words)
        return bisect_right(self.breaks, at) + 1 if at >= 0 else 1

    def key(self, name: str) -> int:
        match = re.search(rf"^[ \t]*[\"']?{re.escape(name)}[\"']?[ \t]*=", self.text, re.M)
        return bisect_right(self.breaks, match.start()) + 1 if match else self.of(name)


def _toml(text: str) -> dict[str, Any]:
    if max(map(len, text.splitlines()), default=0) > MOST_LINE:
        return {}
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError):
        return {}


def _at(content: Any, *keys: str) -> Any:
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def _pairs(content: Any) -> Iterable[tuple[str, Any]]:
    return content.items() if isinstance(content, dict) else ()


def _strings(content: Any) -> Iterator[str]:
    return (s for s in content if isinstance(s, str)) if isinstance(content, list) else iter(())
