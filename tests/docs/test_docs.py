"""The docs say what the code does: generated pages are fresh, links lead somewhere, examples load."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import click
import pytest

from auditkit.checklist.load import load_checklist
from auditkit.cli import COMMANDS, auditkit
from auditkit.model.keys import keys, record_keys
from auditkit.model.vocabulary import KINDS, SECTIONS
from auditkit.shipped import folder
from auditkit.sources.stack_file import stack_from_text
from auditkit.sources.stack_file.paperwork import SECTIONS as PAPERS
from auditkit.sources.stack_file.paperwork import fields

TOP = Path(__file__).resolve().parents[2]
DOCS = TOP / "docs"
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```\s*$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)
RULES = [*(f"{letter}{n}" for letter, most in (("S", 7), ("I", 4), ("K", 4), ("G", 4), ("M", 3), ("O", 8))
           for n in range(1, most + 1))]


@cache
def build() -> ModuleType:
    """The generator, which is a script and not part of the package."""
    spec = importlib.util.spec_from_file_location("docs_build", DOCS / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def written_pages() -> Iterator[Path]:
    """Every page a reader may open."""
    yield from sorted(DOCS.rglob("*.md"))
    yield from (p for p in (TOP / "README.md", TOP / "CONTRIBUTING.md", TOP / "benchmarks" / "README.md") if p.exists())


PAGES = [str(p.relative_to(TOP)) for p in written_pages()]


def plain(path: Path) -> str:
    """A page without its code blocks."""
    return FENCE.sub("", path.read_text(encoding="utf-8"))


@cache
def anchors(path: Path) -> set[str]:
    """What a link into a page may name."""
    text = plain(path)
    words = [re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", h) for h in HEADING.findall(text)]
    return {build().anchor(w) for w in words} | set(re.findall(r'<a id="([^"]+)">', text))


# Generated pages -------------------------------------------------------------------------------------------


def test_generated_pages_are_up_to_date() -> None:
    assert build().stale() == [], "run: python docs/build.py"


def test_the_generator_gives_the_same_pages_twice() -> None:
    module = build()
    assert module.pages() == module.pages()


def test_a_changed_page_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = build()
    monkeypatch.setattr(module, "DOCS", tmp_path)
    assert module.main([]) == 0
    assert module.main(["--check"]) == 0
    (tmp_path / "reference" / "checks.md").write_text("old", encoding="utf-8")
    (tmp_path / "samples" / "gone.md").write_text("left over", encoding="utf-8")
    said: list[str] = []
    assert module.main(["--check"], said.append) == 1
    assert [line.split()[0] for line in said] == ["docs/samples/gone.md", "docs/reference/checks.md"]
    assert module.main([]) == 0
    assert not (tmp_path / "samples" / "gone.md").exists()
    assert module.main(["--check"]) == 0


def test_every_check_has_its_place() -> None:
    page = text_of("reference/checks.md")
    for check in load_checklist().checks:
        assert f'<a id="{check.id.lower()}"></a>' in page
        assert f"[{check.id}](#{check.id.lower()})" in page
        for part in (check.question, check.why, check.fix_title, check.done_when, *check.fix):
            assert part in page, f"{check.id} lacks: {part}"


def test_every_key_of_the_vocabulary_stands_in_its_section() -> None:
    sections = re.split(r"^## ", text_of("reference/stack-file.md"), flags=re.MULTILINE)
    by_name = {s.partition("\n")[0]: s for s in sections}
    names = {"system": "stack"} | {kind: section for section, kind in SECTIONS.items()}
    for kind in KINDS:
        for name, key in keys(kind).items():
            assert f"| `{name}` |" in by_name[names[kind]], f"{kind}.{name}"
            if key.record is not None:
                assert f"### {key.record.__name__}" in by_name["Records"]
                assert all(f"| `{part}` |" in by_name["Records"] for part in record_keys(key.record))


def test_every_field_of_the_paperwork_stands_there() -> None:
    page = text_of("reference/stack-file.md")
    for section in ("audit", "asked", *PAPERS):
        assert all(f"| `{name}` |" in page for name in fields(section))


def commands(group: click.Group, context: click.Context) -> Iterator[str]:
    """The path of every command below a group."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = click.Context(command, info_name=name, parent=context)
        yield inner.command_path
        if isinstance(command, click.Group):
            yield from commands(command, inner)


def test_every_command_and_option_is_documented() -> None:
    page = text_of("reference/commands.md")
    top = click.Context(auditkit, info_name="auditkit")
    found = list(commands(auditkit, top))
    assert len(found) > sum(len(names) for names in COMMANDS.values())
    for path in found:
        assert f"### {path}\n" in page
    for name in auditkit.list_commands(top):
        command = auditkit.get_command(top, name)
        block = page.partition(f"### auditkit {name}\n")[2].partition("\n### ")[0]
        for option in (o for p in command.params if isinstance(p, click.Option) for o in p.opts):
            assert option in block, f"auditkit {name} {option}"


def test_every_sample_has_a_page() -> None:
    stems = {p.stem for p in folder("sample_stacks").glob("*.yaml")}
    assert {p.stem for p in (DOCS / "samples").glob("*.md")} == stems
    index = text_of("index.md")
    assert all(f"(samples/{stem}.md)" in index for stem in stems)


# Written pages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_every_relative_link_resolves(name: str) -> None:
    path = TOP / name
    for target in LINK.findall(plain(path)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, fragment = target.partition("#")
        other = (path.parent / file).resolve() if file else path
        assert other.exists(), f"{name} links to {target}"
        if fragment and other.suffix == ".md":
            assert fragment in anchors(other), f"{name} links to {target}"


@pytest.mark.parametrize("name", PAGES)
def test_stack_examples_load(name: str) -> None:
    for block in FENCE.finditer((TOP / name).read_text(encoding="utf-8")):
        if block["info"].strip() == "yaml stack":
            assert stack_from_text(block["text"], f"{name} example.yaml").components


def test_some_stack_example_is_there() -> None:
    assert "```yaml stack\n" in text_of("reference/stack-file.md")


def test_the_method_names_every_rule() -> None:
    page = text_of("method.md")
    for rule in RULES:
        assert f"| {rule} |" in page, rule


def test_the_index_leads_to_every_page() -> None:
    index = text_of("index.md")
    for path in DOCS.rglob("*.md"):
        name = path.relative_to(DOCS).as_posix()
        assert name == "index.md" or f"({name})" in index, f"docs/index.md does not link to {name}"


@pytest.mark.parametrize("name", PAGES)
def test_no_page_names_a_place_of_this_machine(name: str) -> None:
    text = (TOP / name).read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(?:home|root|tmp|work|Users)/", text)
