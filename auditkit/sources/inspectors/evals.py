"""Evals: sets of cases that are run against the workflow, and whether CI runs them on a model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from auditkit.sources.inspection.clusters import imports_of
from auditkit.sources.inspection.folder import File
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Home, Item, Place, Sketch
from auditkit.syntax.patterns import later

NAME = "evals"
PACKAGES = ()
CONSTRUCTORS = ()

_LIBRARIES: dict[str, tuple[str, ...]] = {
    "deepeval": ("assert_test", "evaluate", "LLMTestCase"),
    "ragas": ("evaluate", "aevaluate", "experiment"),
    "inspect_ai": ("Task", "eval"),
    "braintrust": ("Eval", "EvalAsync"),
    "langsmith": ("evaluate", "aevaluate", "run_on_dataset"),
    "openevals": ("create_llm_as_judge",),
    "agentevals": ("create_trajectory_match_evaluator", "create_trajectory_llm_as_judge"),
    "pydantic_evals": ("Dataset",),
    "autoevals": (),
    "trulens": ("Tru", "TruSession", "TruApp"),
    "giskard": ("scan",),
    "langfuse": ("run_experiment",),
    "weave": ("Evaluation",),
    "mlflow": ("evaluate",),
    "evaluate": (),
    "google": (),
    "mcp_evals": (),
    "phoenix": ("run_experiment", "llm_classify", "run_evals"),
    "dspy": ("Evaluate",),
    "vertexai": ("EvalTask",),
    "strands_evals": (),
    "opik": ("evaluate",),
    "scorable": (),
    "arksim": (),
    "uptrain": ("EvalLLM",),
    "rogue": (),
}
_MARKED = later(r"(?m)^[ \t]*@(?:(?P<alias>\w+)\.)?(?P<mark>unit|test|(?P<pytest>mark)\.langsmith)\b")
"""LangSmith's pytest plugin: a test so marked is a case of an experiment."""
_CALL = later(r"(?m)^(?!\s*#).*?\b(?:\w+\.)*(\w+)\s*\(")
_FOLDER = later(r"(?:^|/)(?:evals?|evaluations?|benchmarks?)(?:/|$)")
_SCRIPT = later(
    r"(?:^|/)(?:(?:run_|test_)?evals?(?:uate|uation|s)?|.*_evals?|run_gaia.*|(?:test_)?eval_.*|run_benchmark.*|"
    r".*benchmark.*)\.py$"
)
_CONFIGS = later(
    r"(?:^|/)(?:promptfooconfig(?:\.\w+)?\.(?:ya?ml|json)|[^/]+\.evalset\.json|[^/]+\.eval\.ya?ml|"
    r"evals?\.ya?ml)$"
)
_CI = later(
    r"^(?:\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.circleci/config\.yml|azure-pipelines\.yml|"
    r"bitbucket-pipelines\.yml|Jenkinsfile|cloudbuild\.ya?ml)$"
)
_KEY = later(
    r"(?i)(?:OPENAI|ANTHROPIC|GEMINI|GOOGLE|AZURE_OPENAI|MISTRAL|GROQ|COHERE|OPENROUTER|LITELLM|BEDROCK|AWS)_?\w*(?:KEY|TOKEN|ROLE)"
)
_MODEL = later(
    r"\b(?:openai|anthropic|litellm|langchain\w*|langgraph|agents|pydantic_ai|crewai|genai|Runner|invoke|ainvoke|"
    r"completion|agent|model)\b"
)
MOST_FILES = 400


@dataclass(frozen=True)
class _Workflow:
    """A CI definition: its path and text."""

    path: str
    text: str

    @cached_property
    def keyed(self) -> bool:
        """Whether it has a model's key in reach."""
        return _KEY.search(self.text) is not None

    @cached_property
    def rows(self) -> list[tuple[int, str]]:
        """Its lines with their numbers, without comments."""
        return [(n, row) for n, row in enumerate(self.text.split("\n"), 1) if not row.lstrip().startswith("#")]


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws an eval for each set of cases that is run on the workflow; unit tests are none."""
    ci = [_Workflow(f.path, text) for f in project.folder.files if _CI.match(f.path) and (text := project.text(f))]
    drawn: list[Item] = []
    for file in project.folder.files:
        if len(drawn) >= MOST_FILES:
            break
        if _CONFIGS.search(file.path):
            drawn.append(_config(project, sketch, file))
        elif file.kind in ("Python", "notebook"):
            drawn += _script(project, sketch, file)
    for item in drawn:
        words, folder = _told_by(item)
        place = next((found for w in ci if w.keyed and (found := _named(w, words, folder)) is not None), None)
        if place is not None:
            item.say("in_ci", True, place)
        elif ci or any(f.path.startswith(".git") for f in project.folder.files):
            item.say("in_ci", False, how="resolved", note="no CI definition in the folder runs it with a model's key")


def _config(project: Project, sketch: Sketch, file: File) -> Item:
    name = file.path.rpartition("/")[2]
    item = sketch.add("eval", name, Place(file.path, 1), "evals.config", _base(project, file.path))
    return item.say("path", file.path[:120]).say("expected_outcomes", True if "assert" in (project.text(file) or "") else None)


def _script(project: Project, sketch: Sketch, file: File) -> list[Item]:
    named = _SCRIPT.search(file.path) is not None
    own = named and (file.role != "test" or _FOLDER.search(file.path) is not None)
    if file.kind == "Python" and not named:       # most files: what they import is known without reading them again
        imports = project.imports(file)
        if imports is None or _LIBRARIES.keys().isdisjoint(imports.packages):
            return []
    text = project.text(file)
    if text is None:
        return []
    packages = set(imports_of(text).packages)
    found: list[Item] = []
    for library in sorted(packages & _LIBRARIES.keys()):
        calls = _LIBRARIES[library]
        for call in _CALL.finditer(text):
            if call[0].rstrip(" (").endswith("AgentEvaluator.evaluate") or (
                call[1] in calls and _imported(text, library, call[1])
            ):
                line = text.count("\n", 0, call.start(1)) + 1
                found.append(_item(project, sketch, file, line, f"evals.{library}"))
    if not found and "langsmith" in packages:
        found += _marked(project, sketch, file, text)
    if not found and own and _own(text):
        found.append(_item(project, sketch, file, 1, "evals.own"))
    elif not found and named and not own and (first := _live(text)) is not None:
        found.append(_item(project, sketch, file, first, "evals.own"))
    return found[:6]


def _marked(project: Project, sketch: Sketch, file: File, text: str) -> list[Item]:
    """The first test of a file that LangSmith records as an experiment."""
    for mark in _MARKED.finditer(text):
        alias, name = mark["alias"], mark["mark"]
        if mark["pytest"]:
            told = alias == "pytest"
        elif alias:
            told = (
                re.search(
                    rf"(?m)^\s*(?:import langsmith as {alias}\b|from langsmith import [^\n]*\btesting as {alias}\b)", text
                )
                is not None
                or alias == "langsmith"
            )
        else:
            told = _imported(text, "langsmith", name)
        if told:
            return [_item(project, sketch, file, text.count("\n", 0, mark.start("mark")) + 1, "evals.langsmith")]
    return []


def _imported(text: str, library: str, name: str) -> bool:
    """Whether a called name can come from the library: imported from it, or called on something of it."""
    imports = imports_of(text)
    taken = {n for module, names in imports.modules if module.partition(".")[0] == library for n in names}
    return (
        name in taken
        or re.search(rf"\b(?:{library}|client|ls_client|langsmith_client|session|langfuse|dataset)\.{name}\s*\(", text)
        is not None
    )


def _own(text: str) -> bool:
    """A script of one's own that runs the workflow over cases and scores what comes out."""
    return _MODEL.search(text) is not None and _scores_cases(text)


def _scores_cases(text: str) -> bool:
    """Whether a script goes over cases and says how well each went."""
    return bool(
        re.search(r"(?i)\b(?:accuracy|score|correct|passed|expected|ground.?truth|judge|metric)", text)
        and re.search(r"(?i)\bfor\b[^\n]*\bin\b|dataset|load_dataset|\bparametrize\b", text)
    )


def _live(text: str) -> int | None:
    """The first test of a file that is skipped where there is no key of a model, and else runs the workflow over cases:
    what needs a key asks a model. None for a file of plain unit tests."""
    key = _KEY.pattern.removeprefix("(?i)")
    read = re.search(rf"(?:environ\.get|getenv)\(\s*[\"']{key}|[\"']{key}[\"'] (?:not )?in os\.environ", text)
    if read is None or re.search(r"\bskip(?:if|unless)?\b", text, re.IGNORECASE) is None or not _scores_cases(text):
        return None
    first = re.search(r"(?m)^(?:async )?def (test_\w+)", text)
    return text.count("\n", 0, first.start(1)) + 1 if first is not None else None


def _item(project: Project, sketch: Sketch, file: File, line: int, rule: str) -> Item:
    name = file.path.rpartition("/")[2].rpartition(".")[0]
    item = sketch.add("eval", name, Place(file.path, line), rule, _base(project, file.path))
    return item.say("path", file.path[:120]).say("symbol", f"{file.path}:{line}"[:120])


def _base(project: Project, path: str) -> Home | None:
    """The part of the folder that an eval speaks for: the nearest folder above it that has a manifest."""
    folder = path.rpartition("/")[0]
    while folder:
        if any(
            f"{folder}/{name}" in project.paths for name in ("pyproject.toml", "setup.py", "requirements.txt", "package.json")
        ):
            return Home(folder)
        folder = folder.rpartition("/")[0]
    return None


def _told_by(item: Item) -> tuple[tuple[str, ...], str]:
    """How a line of a CI definition names an eval: one of some words, or a run of the folder it stands in ("" for none)."""
    path = item.at.path
    folder, _, name = path.rpartition("/")
    tool = {
        "evals.config": "promptfoo",
        "evals.deepeval": "deepeval",
        "evals.braintrust": "braintrust eval",
        "evals.inspect_ai": "inspect eval",
    }.get(item.rule)
    words = (path, f"{name.rpartition('.')[0]}.py", *([tool] if tool else []))
    runs_folders = folder and (_FOLDER.search(f"{folder}/") or item.rule == "evals.langsmith")
    return words, folder.rpartition("/")[2] if runs_folders else ""


def _named(workflow: _Workflow, words: tuple[str, ...], folder: str) -> Place | None:
    """The line of a CI definition that runs an eval."""
    known = [w for w in words if w in workflow.text]
    ran = None
    if folder and folder in workflow.text:
        ran = re.compile(rf"(?:pytest|python|make)\b.*\b{re.escape(folder)}\b")
    if not known and ran is None:       # most evals are named in no definition, and most definitions name none
        return None
    for n, row in workflow.rows:
        if any(w in row for w in known) or (ran is not None and ran.search(row)):
            return Place(workflow.path, n)
    return None
