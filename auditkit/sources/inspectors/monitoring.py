"""What watches a workflow in operation: tracing libraries, error trackers, metrics. Plain logging is not enough to count."""

from __future__ import annotations

import ast
import re

from auditkit.sources.inspection.code import home_of, words_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Item, Place, Sketch
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Scope
from auditkit.syntax.python.values import Const, Many, Site

NAME = "monitoring"
ORDER = 150
PACKAGES = (
    "langsmith",
    "langfuse",
    "phoenix",
    "openinference",
    "opentelemetry",
    "logfire",
    "ddtrace",
    "datadog",
    "sentry_sdk",
    "agentops",
    "traceloop",
    "weave",
    "mlflow",
    "opik",
    "helicone",
    "arize",
    "newrelic",
    "prometheus_client",
    "agents",
    "openai",
    "langchain",
    "langchain_core",
    "langchain_openai",
    "langgraph",
    "wandb",
    "portkey_ai",
    "braintrust",
    "lunary",
    "galileo",
    "pydantic_ai",
    "crewai",
    "litellm",
    "honeyhive",
    "openlit",
    "azure",
    "vertexai",
)
CONSTRUCTORS = ()

_CALLS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        "langsmith",
        "traces",
        "step",
        (
            "langsmith.**.traceable",
            "langsmith.**.wrap_openai",
            "langsmith.**.wrap_anthropic",
            "langsmith.**.trace",
            "langchain.**.LangChainTracer",
            "langchain_core.**.LangChainTracer",
            "langchain_core.**.tracing_v2_enabled",
        ),
    ),
    (
        "langfuse",
        "traces",
        "step",
        ("langfuse.**.observe", "langfuse.**.Langfuse", "langfuse.**.CallbackHandler", "langfuse.**.get_client"),
    ),
    ("phoenix", "traces", "step", ("phoenix.**.register", "phoenix.**.launch_app")),
    ("openinference", "traces", "step", ("openinference.**.instrument",)),
    (
        "opentelemetry",
        "traces",
        "step",
        (
            "opentelemetry.**.TracerProvider",
            "opentelemetry.**.start_as_current_span",
            "opentelemetry.**.BatchSpanProcessor",
            "opentelemetry.**.SimpleSpanProcessor",
        ),
    ),
    (
        "logfire",
        "traces",
        "step",
        (
            "logfire.**.configure",
            "logfire.**.instrument*",
            "logfire.**.instrument_pydantic_ai",
            "logfire.**.instrument_openai",
            "logfire.**.instrument_openai_agents",
            "logfire.**.span",
        ),
    ),
    (
        "datadog",
        "traces",
        "run",
        ("ddtrace.**.patch_all", "ddtrace.**.LLMObs.enable", "datadog.**.initialize", "ddtrace.**.wrap"),
    ),
    ("sentry", "errors", "run", ("sentry_sdk.**.init",)),
    ("agentops", "traces", "step", ("agentops.**.init",)),
    ("traceloop", "traces", "step", ("traceloop.**.Traceloop.init",)),
    ("weave", "traces", "step", ("weave.**.init", "weave.**.op")),
    ("mlflow", "traces", "step", ("mlflow.**.autolog", "mlflow.**.trace")),
    ("opik", "traces", "step", ("opik.**.track", "opik.**.OpikTracer", "opik.**.configure")),
    (
        "openai tracing",
        "traces",
        "step",
        (
            "agents.trace",
            "agents.tracing.**.trace",
            "agents.add_trace_processor",
            "agents.set_trace_processors",
            "agents.custom_span",
        ),
    ),
    ("newrelic", "traces", "run", ("newrelic.**.initialize",)),
    (
        "prometheus",
        "dashboard",
        "run",
        ("prometheus_client.**.Counter", "prometheus_client.**.Histogram", "prometheus_client.**.start_http_server"),
    ),
    ("azure monitor", "traces", "step", ("azure.monitor.**.configure_azure_monitor",)),
    ("openlit", "traces", "step", ("openlit.**.init",)),
    ("lunary", "traces", "step", ("lunary.**.monitor", "lunary.**.LunaryCallbackHandler")),
    ("wandb", "dashboard", "run", ("wandb.**.init",)),
    ("helicone", "traces", "run", ("helicone.**.*",)),
)
_ON = later(r"(?i)^\s*os\.environ\[.(?:LANGCHAIN_TRACING_V2|LANGSMITH_TRACING(?:_V2)?).\]\s*=\s*.(?:true|1)\W")
_OFF = later(r"TRACING_DISABLED$|DISABLE_TRACING$|TELEMETRY_DISABLED$")


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws a monitor for each library that is switched on, at every place where it is."""
    program = project.program
    drawn: dict[str, Item] = {}
    for name, kind, granularity, patterns in _CALLS:
        if not any(p.partition(".")[0] in project.packages for p in patterns):
            continue
        for site in program.sites(*patterns):
            _draw(sketch, drawn, name, kind, granularity, Place(site.path, site.line), site.scope)
        for scope, _, _, _ in program.decorated(*patterns):
            node = scope.node.decorator_list[0]  # type: ignore[attr-defined]
            _draw(sketch, drawn, name, kind, granularity, Place(scope.module.path, scope.module.line(node)), scope)
    _proxied(project, sketch, drawn)
    _deployed(project, sketch, drawn)
    _switched_on(project, sketch, drawn)
    _by_default(project, sketch, drawn)
    _called_back(project, sketch, drawn)


_CALLBACKS = ("success_callback", "failure_callback", "callbacks")
_SEES_ALL = frozenset(
    (
        "langfuse",
        "langsmith",
        "helicone",
        "lunary",
        "arize",
        "arize_phoenix",
        "opik",
        "mlflow",
        "braintrust",
        "datadog",
        "otel",
        "logfire",
        "sentry",
        "traceloop",
        "wandb",
        "weave",
        "athina",
        "galileo",
        "humanloop",
    )
)
"""What LiteLLM knows by name as an observer of its calls."""


def _called_back(project: Project, sketch: Sketch, drawn: dict[str, Item]) -> None:
    """What LiteLLM tells of each call by a name: `litellm.success_callback = ["langfuse"]`."""
    for module in project.program.modules.values() if "litellm" in project.packages else ():
        for target, value, scope in module.attributes:
            if target.attr not in _CALLBACKS or ast.unparse(target.value) != "litellm":
                continue
            for one in project.program.value(value, scope).options():
                for item in one.items if isinstance(one, Many) else ():
                    if isinstance(item, Const) and item.value in _SEES_ALL:
                        _draw(sketch, drawn, str(item.value), "traces", "step", Place(module.path, module.line(target)), scope)


def _draw(sketch: Sketch, drawn: dict[str, Item], name: str, kind: str, granularity: str, at: Place, scope: Scope) -> Item:
    found = drawn.get(name)
    if found is None:
        found = drawn[name] = sketch.add("monitor", name, at, f"monitoring.{name}", home_of(scope))
        found.say("kind", kind).say("granularity", granularity)
    return found.also(at)


def _deployed(project: Project, sketch: Sketch, drawn: dict[str, Item]) -> None:
    """An ADK app on Agent Engine that sends its spans to Cloud Trace."""
    for site in project.program.sites("vertexai.**.AdkApp"):
        given = project.program.arg(site, None, "enable_tracing")
        if isinstance(given, Const) and given.value is True:
            _draw(sketch, drawn, "cloud trace", "traces", "step", Place(site.path, site.line), site.scope)


def _switched_on(project: Project, sketch: Sketch, drawn: dict[str, Item]) -> None:
    """LangSmith's tracing, switched on by a variable that the code itself sets."""
    for module in project.program.modules.values():
        if not module.lost and not any("tracing" in str(t.value).lower() for t in module.texts):
            continue
        for row, text in enumerate((project.read(module.path) or "").split("\n"), 1):
            if _ON.match(text):
                _draw(sketch, drawn, "langsmith", "traces", "step", Place(module.path, row), module.top)


def _proxied(project: Project, sketch: Sketch, drawn: dict[str, Item]) -> None:
    """A client that goes through an observing proxy, told by its address."""
    for site in project.program.sites(
        "openai.**.OpenAI", "openai.**.AsyncOpenAI", "anthropic.**.Anthropic", "langchain_openai.**.ChatOpenAI"
    ):
        address = project.program.arg(site, None, "base_url", "openai_api_base")
        for one in words_of(address):
            for proxy in ("helicone", "portkey", "langfuse"):
                if proxy in str(one.value):
                    _draw(sketch, drawn, proxy, "traces", "run", Place(site.path, site.line), site.scope)


def _by_default(project: Project, sketch: Sketch, drawn: dict[str, Item]) -> None:
    """OpenAI's Agents SDK sends traces unless it is told not to."""
    if "agents" not in project.packages or "openai tracing" in drawn:
        return
    runs = project.program.sites("agents.**.Runner.run", "agents.**.Runner.run_sync", "agents.**.Runner.run_streamed")
    if not runs or _switched_off(project, runs):
        return
    site = runs[0]
    item = _draw(sketch, drawn, "openai tracing", "traces", "step", Place(site.path, site.line), site.scope)
    for statement in item.said:
        statement.how = "default"
        statement.note = "the Agents SDK sends traces to OpenAI unless tracing is disabled"


def _switched_off(project: Project, runs: tuple[Site, ...]) -> bool:
    """Whether anything in the program turns the SDK's tracing off."""
    program = project.program
    for site in program.sites("agents.**.set_tracing_disabled"):
        given = program.arg(site, 0, "disabled")
        if not (isinstance(given, Const) and given.value is False):
            return True
    for site in runs:
        config = program.arg(site, None, "run_config")
        for one in config.options() if config is not None else ():
            made = getattr(one, "site", None)
            if made is not None and isinstance(given := program.arg(made, None, "tracing_disabled"), Const) and given.value:
                return True
    for module in program.modules.values():
        for call in (*module.by_tail.get("setdefault", ()), *module.by_tail.get("get", ()), *module.by_tail.get("getenv", ())):
            if call.node.args and _OFF.search(str(getattr(call.node.args[0], "value", ""))):
                return True
        text = project.read(module.path) or ""
        if re.search(r"environ\[[\"']\w*TRACING_DISABLED", text):
            return True
    return False
