"""The vocabulary: every kind of component and every key a fact about it may have.

One class a kind. A key left out is unknown. The stack file's schema, the reference in the docs, the
checklist's grammar and every "did you mean" are made from these classes. Values are neutral; `better="up"`
only says in which direction a value means more control (the later choice, the larger number, yes over no),
so that a checklist can be proved never to punish a better value.
"""

from datetime import date as Day
from typing import Annotated, Any, Literal

from pydantic import Field

from auditkit.model.base import Frozen

Direction = Literal["up", "down"]
NONE = "none"
"""Written where a reference could stand: there is none (`gate: none`). Left out, it is not known."""


class RefersTo:
    """Marks a text as the id of a component of `kind`."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


class Multiline:
    """Marks a text that may run over several lines."""


def key(doc: str, example: Any, *, better: Direction | None = None, derived: bool = False,
        means: dict[str, str] | None = None) -> Any:
    """One key of the vocabulary: what it says, an example, its direction, whether the tool fills it in.

    `means` says of each choice what it means, for somebody who fills in a form.
    """
    return Field(default=None, description=doc, examples=[example],
                 json_schema_extra={"better": better, "derived": derived, "means": dict(means or {})})


Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Name = Annotated[str, Field(max_length=120)]
Text = Annotated[str, Field(max_length=600)]
StepRef = Annotated[str, RefersTo("step")]
GateRef = Annotated[str, RefersTo("gate")]
IntegrationRef = Annotated[str, RefersTo("integration")]
KnowledgeRef = Annotated[str, RefersTo("knowledge")]
ModelRef = Annotated[str, RefersTo("model")]
AgentRef = Annotated[str, RefersTo("agent")]
ActionRef = Annotated[str, RefersTo("action")]
StoreRef = Annotated[str, RefersTo("store")]


# Records: values with parts ------------------------------------------------------------------------------

class Rate(Frozen):
    """How often something goes right: a share, or counts. `.85` for short."""

    rate: Share | None = key("The share, between 0 and 1; beside counts, the share that was claimed.", 0.85)
    successes: Count | None = key("How many of the runs.", 171)
    runs: Annotated[int, Field(ge=1)] | None = key("Out of how many.", 200)
    known_by: Literal["guess", "watched", "dashboard"] | None = key(
        "What a share without counts rests on; it decides how many runs the share is worth "
        "(convention: guess 5, watched 10, dashboard 20).", "watched",
        means={"guess": "nobody counted", "watched": "somebody watched runs", "dashboard": "a program counts them"})
    source: Name | None = key("Where the counts come from: an eval, a review, production.", "review of 300 runs")
    date: Day | None = key("When the counts were true.", "2026-10-30")

    @property
    def value(self) -> float | None:
        """The share, stated or computed from the counts."""
        if self.runs and self.successes is not None:
            return self.successes / self.runs
        return self.rate


class Repeats(Frozen):
    """How often each task ended right when it was tried several times."""

    trials: Annotated[int, Field(ge=2, le=100)] | None = key("How often each task was tried.", 4)
    tasks_by_successes: tuple[Count, ...] | None = key(
        "How many tasks ended right 0 times, once, twice, and so on.", [14, 12, 10, 4, 10])


class Edge(Frozen):
    """What comes after a step. `qualify` for short."""

    to: StepRef | None = key("The next step, or `end`.", "qualify")
    share: Share | None = key("The share of runs that go this way; left out, the rest is split evenly.", 0.7)


class Branch(Frozen):
    """A way out of a step for when it cannot go on with confidence."""

    type: Literal["clarify", "script", "handoff", "fallback", "retry", "abort"] | None = key(
        "What the branch does.", "clarify")
    trigger: Name | None = key("What makes it fire, in words.", "a required field is missing")
    trigger_in: Literal["prompt", "score", "code"] | None = key(
        "What decides that it fires: a sentence in the prompt, an uncalibrated score, or a test in code.",
        "code", better="up")
    carries: tuple[Literal["transcript", "state", "reason", "proposal"], ...] | None = key(
        "What the next hand receives.", ["transcript", "reason"])
    max_asks: Count | None = key("How often it may ask before the next branch.", 2)
    depends_on: tuple[Name, ...] | None = key("What it needs to work; `none` for nothing.", ["none"])
    tests: Count | None = key("How many test or eval cases reach it.", 3, better="up")


class Alert(Frozen):
    """Who is told when a number moves."""

    metric: Name | None = key("The number that is watched.", "outcome rate")
    threshold: Name | None = key("By how much it must move.", "5 points")
    window_n: Count | None = key("Over how many runs.", 200)
    owner: Name | None = key("Who is told.", "Lee Okafor")
    response: Name | None = key("Within what time.", "one working day")


class Handover(Frozen):
    """What one agent passes to another."""

    sender: AgentRef | None = key("The agent that hands over.", "triage")
    receiver: AgentRef | None = key("The agent that takes over.", "billing")
    content: Literal["free_text", "typed", "validated"] | None = key(
        "What is guaranteed to arrive.", "typed", better="up")


# Nested groups of the system's keys ------------------------------------------------------------------------

class Targets(Frozen):
    """What must hold in operation."""

    success: Annotated[float, Field(gt=0, le=1)] | None = key("The share of runs that must end right.", 0.8)
    max_silent: Share | None = key("The share of runs that may fail unnoticed.", 0.1)


class Fit(Frozen):
    """Whether an agent is the right tool."""

    input_variability: Literal["structured", "mixed", "varied"] | None = key(
        "How much the inputs differ in form and wording.", "varied", better="up")
    rules_expressible: Literal["all", "some", "none"] | None = key(
        "How much of the decision could be written as rules.", "some", better="up")
    rule_tried: bool | None = key("A rule baseline was tried, or ruled out in writing.", True, better="up")
    baseline: Rate | None = key("How well today's process, or a rule, does the job.", {"successes": 46, "runs": 50})
    domain_weight: tuple[Literal["legal", "financial", "safety", "employment", "health", "none"], ...] | None = key(
        "The weight that a wrong outcome carries for people.", ["financial"],
        means={"legal": "a right, a contract, a duty", "financial": "somebody's money, credit or insurance",
               "safety": "somebody can be hurt", "employment": "a job, a wage, a dismissal",
               "health": "a diagnosis, a treatment", "none": "none of these"})
    person_possible: bool | None = key(
        "A person could decide or approve in the flow (volume and latency allow it).", True, better="up")
    person_decides: Literal["never", "afterwards", "before"] | None = key(
        "When a person sees an outcome that carries weight.", "before", better="up")
    outcome_checkable: bool | None = key(
        "A program can check that a run ended right; a change of state can be queried.", True, better="up")
    scope_in: tuple[Name, ...] | None = key("What the agent is for.", ["booking", "opening hours"])
    scope_out: tuple[Name, ...] | None = key("What it is not for.", ["medical advice"])


class Run(Frozen):
    """One run of the workflow."""

    noun: Annotated[str, Field(max_length=24)] | None = key("What runs are called in the report, plural.", "calls")
    timeout_s: Positive | None = key("The time limit of a whole run, in seconds.", 300)
    max_cost: Positive | None = key("The money limit of a run.", 0.5)
    typical_s: Positive | None = key("How long a run takes, in seconds.", 240)
    window_share: Share | None = key("The share of the model's window that the longest runs fill (99th percentile).",
                                     0.35, better="down")
    per_week: Positive | None = key("How many runs a week.", 400)


class State(Frozen):
    """How the state of a run is kept."""

    checkpoint: Literal["none", "per_run", "per_step"] | None = key(
        "When the state of a run is saved.", "per_step", better="up")
    resume_tested: bool | None = key("A killed run was resumed in a test.", True, better="up")
    overflow_policy: Literal["none", "default", "coded"] | None = key(
        "What happens when a run outgrows the window: nothing known, the framework's default, or a rule in code.",
        "coded", better="up")
    overflow_tested: bool | None = key("A run of twice the usual length was tested.", True, better="up")


class Outcomes(Frozen):
    """End-to-end counts, where somebody scored whole runs."""

    success: Rate | None = key("Runs that ended right.", {"successes": 1940, "runs": 2000, "source": "production"})
    silent: Rate | None = key("Runs that failed and nobody noticed, among reviewed runs.",
                              {"successes": 9, "runs": 300, "source": "review of random runs"})
    repeats: Repeats | None = key("Tasks that were tried several times, for the chance that k tries all end right.",
                                  {"trials": 4, "tasks_by_successes": [14, 12, 10, 4, 10]})


class Costs(Frozen):
    """What runs are worth, in one currency."""

    currency: Annotated[str, Field(max_length=8)] | None = key("The currency.", "$")
    value: float | None = key("What a run that ends right is worth.", 12)
    caught: float | None = key("What a caught failure costs.", 4)
    silent: float | None = key("What an unnoticed failure costs.", 60)
    run: float | None = key("What a run costs.", 0.2)
    baseline_run: float | None = key("What a run of today's process costs.", 3)


class Sandbox(Frozen):
    """Where code, browsers and shells run."""

    kind: Literal["host", "container", "sandbox"] | None = key("What separates it from the host.", "sandbox", better="up")
    egress: Literal["open", "listed", "closed"] | None = key("What it may reach.", "listed", better="up")
    credentials: bool | None = key("Host credentials can be reached from inside.", False, better="down")


class Coordination(Frozen):
    """How several agents work together."""

    baseline: Literal["none", "reasoned", "measured"] | None = key(
        "What shows that several agents beat one.", "measured", better="up")
    handovers: tuple[Handover, ...] | None = key("What passes between agents.", [{"sender": "a", "receiver": "b",
                                                                                  "content": "typed"}])
    owner_rule: bool | None = key("One owner per task, kept by code.", True, better="up")
    termination: Literal["none", "prompt", "code"] | None = key("What makes the group stop.", "code", better="up")
    single_writer: bool | None = key("One writer per resource.", True, better="up")
    max_depth: Count | None = key("How deep delegation may go.", 2)
    peers_listed: bool | None = key("Only listed, authenticated peers are accepted.", True, better="up")


class Change(Frozen):
    """How a change to the agent reaches users."""

    review: Literal["none", "self", "second_person"] | None = key("Who looks at a change.", "second_person", better="up")
    ai_assisted_rule: bool | None = key("Changes made with AI need a senior's approval.", True, better="up")
    staged: bool | None = key("A change reaches a share of users first.", True, better="up")
    rollback: Literal["none", "manual", "one_command"] | None = key("How a change is taken back.", "one_command",
                                                                    better="up")


class HandoffQueue(Frozen):
    """Where people pick up what the agent hands over."""

    owner: Name | None = key("Who picks up; `none` if nobody.", "front desk")
    response_minutes: Positive | None = key("Within how many minutes.", 10)


class Ops(Frozen):
    """Who runs it, and how it is stopped."""

    owner: Name | None = key("The person who answers for it; `none` if nobody.", "Dana Ruiz")
    deputy: Name | None = key("The deputy; `none` if nobody.", "Lee Okafor")
    user_report: bool | None = key("Users can object to an outcome.", True, better="up")
    incident_process: Literal["none", "log", "case_per_incident"] | None = key(
        "What an incident leaves behind.", "case_per_incident", better="up",
        means={"none": "nothing", "log": "a line in a log", "case_per_incident": "a test case for each incident"})
    retention_days: Count | None = key("How long run logs are kept, in days.", 180, better="up")
    kill_switch: Literal["none", "redeploy", "switch"] | None = key("How it is stopped.", "switch", better="up")
    kill_minutes: Positive | None = key("How long stopping takes.", 2, better="down")
    kill_tested: bool | None = key("Stopping was drilled.", True, better="up")
    handoff_queue: HandoffQueue | None = Field(default=None, description=HandoffQueue.__doc__)


class Slo(Frozen):
    """The reliability target in operation."""

    outcome: Share | None = key("The target for right outcomes.", 0.9)
    silent: Share | None = key("The limit for silent failures.", 0.02)
    window_days: Count | None = key("Over how many days.", 28)
    policy: bool | None = key("A written rule says what stops when it is missed.", True, better="up")


class Traffic(Frozen):
    """What comes in."""

    happy_share: Rate | None = key("The share of runs that follow the script.", 0.65)
    offpath_covered: Share | None = key("The share of off-script runs that reach a listed branch.", 0.8, better="up")


class Prompts(Frozen):
    """How prompts are kept."""

    versioned: bool | None = key("Prompts are under version control.", True, better="up")
    versions_recorded: bool | None = key("Model, prompt and tool versions are recorded with every run.", True, better="up")


class Computed(Frozen):
    """What the tool computes about the whole workflow."""

    success_level: Literal["below", "point_only", "clear"] | None = key(
        "P(success) against its target: below, above on the point only, or clear with its lower bound.",
        "clear", better="up", derived=True)
    silent_level: Literal["above", "point_only", "clear"] | None = key(
        "P(silent) against its limit.", "clear", better="up", derived=True)
    # Annotated, since typing takes two unions of the same words in another order for one and keeps the first order.
    measured_steps: Annotated[Literal["none", "some", "all"], "in this order"] | None = key(
        "How much of the success numbers is counted on this system.", "some", better="up", derived=True)
    unchecked_run: int | None = key("The longest run of model steps with no check between them; 999 for no end.",
                                    3, better="down", derived=True)
    steps: int | None = key("How many steps there are.", 8, derived=True)
    agents: int | None = key("How many agents there are.", 2, derived=True)
    model_steps: int | None = key("How many steps a model decides.", 8, derived=True)
    code_steps_possible: int | None = key("How many model steps a rule could decide.", 2, better="down", derived=True)
    unlisted: int | None = key("How many steps or tools were found that the description does not list.", 0,
                               better="down", derived=True)
    volatile_facts: Literal["all", "some", "none"] | None = key(
        "How many of the facts that later steps read live only in the prompt window.", "none",
        better="up", derived=True)
    writes: bool | None = key("Some action changes something outside.", True, derived=True)
    weighty: bool | None = key("An outcome carries legal, financial or similar weight, or an action is consequential.",
                               True, derived=True)
    weighty_control: Literal["none", "afterwards", "before"] | None = key(
        "What stands between the agent and an outcome of weight.", "before", better="up", derived=True)
    replay_safe: bool | None = key("Every write can be repeated without a second effect.", True, better="up", derived=True)


# Kinds -----------------------------------------------------------------------------------------------------

class System(Frozen):
    """The workflow as a whole (section `stack`)."""

    name: Name | None = key("What it is called.", "Front-desk voice agent")
    purpose: Text | None = key("What it is for, in a sentence.", "Takes booking calls for a dental practice.")
    owner: Name | None = key("Who owns it.", "Harbor Dental")
    stage: Literal["prototype", "pilot", "production"] | None = key("How far it has come.", "pilot",
        means={"prototype": "tried out, no real user yet", "pilot": "a few real users, closely watched",
               "production": "real users rely on it"})
    impact: Literal["low", "moderate", "high", "critical"] | None = key("How bad a wrong run is.", "moderate",
        means={"low": "a nuisance that is soon put right", "moderate": "an order, an hour or a customer is lost",
               "high": "somebody loses money, data or a right", "critical": "health, life or the company is at stake"})
    channel: Literal["voice", "chat", "email", "form", "api", "schedule"] | None = key("How runs begin.", "voice",
        means={"voice": "somebody calls, or is called", "chat": "somebody types and it answers", "email": "a mail comes in",
               "form": "somebody sends a form", "api": "another program calls it", "schedule": "a clock starts it"})
    users: Literal["public", "customers", "staff", "none"] | None = key("Who meets the agent.", "customers",
        means={"public": "anybody, without an account", "customers": "people whom you know by contract or account",
               "staff": "your own people", "none": "nobody, it works in the background"})
    platform: Name | None = key("The platform it is built on, if any; repairs are then named in its own words.", "n8n")
    targets: Targets | None = Field(default=None, description=Targets.__doc__)
    fit: Fit | None = Field(default=None, description=Fit.__doc__)
    run: Run | None = Field(default=None, description=Run.__doc__)
    state: State | None = Field(default=None, description=State.__doc__)
    outcomes: Outcomes | None = Field(default=None, description=Outcomes.__doc__)
    costs: Costs | None = Field(default=None, description=Costs.__doc__)
    traffic: Traffic | None = Field(default=None, description=Traffic.__doc__)
    prompts: Prompts | None = Field(default=None, description=Prompts.__doc__)
    sandbox: Sandbox | None = Field(default=None, description=Sandbox.__doc__)
    coordination: Coordination | None = Field(default=None, description=Coordination.__doc__)
    change: Change | None = Field(default=None, description=Change.__doc__)
    ops: Ops | None = Field(default=None, description=Ops.__doc__)
    slo: Slo | None = Field(default=None, description=Slo.__doc__)
    computed: Computed | None = Field(default=None, description=Computed.__doc__)


class Retries(Frozen):
    """How failed attempts are repeated."""

    max: Count | None = key("How many times at most.", 2)
    backoff: Literal["none", "fixed", "exponential"] | None = key("How the attempts are spaced.", "exponential", better="up")
    jitter: bool | None = key("Attempts are spread at random.", True, better="up")
    classified: bool | None = key("Only errors worth repeating are repeated.", True, better="up")


class StepRetries(Frozen):
    """How a step repeats after an error it noticed."""

    max: Count | None = key("How often it tries again at most, after an error it noticed.", 1)


class Loop(Frozen):
    """How a loop ends."""

    max_iterations: Count | None = key("The most turns it may take.", 10)
    bound: Literal["none", "default", "coded"] | None = key(
        "What stops it: nothing, the framework's default, or a limit in code.", "coded", better="up")
    on_limit: Literal["hang", "error", "branch"] | None = key(
        "What happens at the limit: nothing planned, an exception, or a branch with the partial state.",
        "branch", better="up")
    no_progress_check: bool | None = key("Repeating itself is noticed.", True, better="up")


class Validation(Frozen):
    """How the output of a step is checked before anything uses it."""

    kind: Literal["none", "judge", "schema", "rule", "schema_and_rule", "verifier"] | None = key(
        "What checks it: nothing, the same model, its shape, a business rule, both, or an independent verifier.",
        "schema_and_rule", better="up")
    on_fail: Literal["ignore", "loop", "branch"] | None = key(
        "What a failed check leads to: nothing, another try without limit, or a branch.", "branch", better="up")


class Step(Frozen):
    """One step of the workflow: somebody or something decides, writes or says something."""

    name: Name | None = key("What it is called.", "Identify intent")
    kind: Literal["extract", "classify", "decide", "converse", "agent_loop", "write_text", "read", "write",
                  "verify", "rule", "approve"] | None = key(
        "What sort of work it is; it decides the prior where no rate is known.", "decide",
        means={"extract": "takes facts out of text or speech", "classify": "sorts into a few groups",
               "decide": "chooses what is done", "converse": "talks with a person, turn by turn",
               "agent_loop": "picks its tools until it thinks it is done", "write_text": "writes what somebody will read",
               "read": "looks something up, changes nothing", "write": "changes something outside, such as a record",
               "verify": "checks what another step made", "rule": "applies a fixed rule",
               "approve": "somebody says yes or no"})
    decider: Literal["model", "code", "human"] | None = key("Who or what decides in it.", "model",
        means={"model": "a language model", "code": "a program, the same every time", "human": "a person"})
    rule_known: bool | None = key("Its decision can be written as a rule.", False, better="down")
    rule: Name | None = key("The rule, or what code would do instead.", "a recorded greeting, chosen by the hour")
    required: bool | None = key("The outcome needs it.", True)
    output_read: bool | None = key("Something reads what it produces.", True)
    next: tuple[Edge, ...] | None = key("What comes after it; left out, the next one in the file.", ["qualify"])
    reads_state: tuple[Name, ...] | None = key("The facts it reads from earlier steps.", ["caller", "intent"])
    writes_state: tuple[Name, ...] | None = key("The facts it establishes.", ["intent"])
    untrusted_input: bool | None = key("Text from outsiders reaches it.", True, better="down")
    private_data: bool | None = key("Data that outsiders must not see reaches it.", False, better="down")
    executes: Literal["none", "code", "shell", "browser"] | None = key("What it runs for the model.", "none")
    cites: Literal["none", "text", "checked"] | None = key(
        "Whether it names its sources: not at all, in its text, or by ids that code checked.", "checked", better="up")
    verifies: StepRef | None = key("The step whose work it checks.", "draft")
    catch_rate: Rate | None = key("How many seeded errors it caught, as a checker.", {"successes": 46, "runs": 50})
    success: Rate | None = key("How often it is right on an attempt.", 0.85)
    detect: Rate | None = key("How often it notices that it was wrong.", {"successes": 30, "runs": 50})
    after_fix: Share | None = key("The best rate the team believes it can reach.", 0.95)
    absorbed: bool | None = key("A way out can absorb its failures.", True, better="up")
    retries: StepRetries | None = Field(default=None, description=StepRetries.__doc__)
    loop: Loop | None = Field(default=None, description=Loop.__doc__)
    validation: Validation | None = Field(default=None, description=Validation.__doc__)
    failure_branches: tuple[Branch, ...] | None = key("Its ways out when it is not sure; `[]` for none.",
                                                      [{"type": "clarify", "trigger_in": "code", "max_asks": 2}])
    max_cost: Positive | None = key("The money limit of the step.", 0.1)
    model: ModelRef | None = key("The model behind it.", "main_model")
    agent: AgentRef | None = key("The agent it belongs to.", "triage")
    integrations: tuple[IntegrationRef, ...] | None = key("The outside systems it calls.", ["calendar"])
    knowledge: tuple[KnowledgeRef, ...] | None = key("The sources it reads.", ["price_list"])
    tools: Literal["minimum", "broad", "all"] | None = key("Which tools it may use.", "minimum", better="down")
    symbol: Name | None = key("Where it is in the code.", "src/flow/turn.py:identify_intent")
    reach: Literal["none", "reversible", "irreversible"] | None = key(
        "The worst action that it can lead to.", "reversible", better="down", derived=True)
    leads_to_write: bool | None = key("It lies on a path to an action that changes something.", True, derived=True)
    needed: bool | None = key("Something reads its output, or the outcome needs it.", True, derived=True)
    state_ok: Literal["missing", "volatile", "durable"] | None = key(
        "Whether the facts it reads were written upstream to a store that lasts.", "durable", better="up", derived=True)
    cycle: Literal["none", "unbounded", "default", "bounded"] | None = key(
        "Whether it starts a loop, and what bounds it.", "bounded", derived=True)
    untrusted_path: Literal["none", "open", "filtered", "cut"] | None = key(
        "What stands between outsiders' text and an action that it can reach.", "cut", derived=True)
    decides_weight: bool | None = key("It is a model's decision on the way to an action.", True, derived=True)


class Limit(Frozen):
    """The ceiling on what an action can do."""

    scope: Literal["none", "per_call", "per_run", "per_period"] | None = key(
        "What the cap in code covers.", "per_period", better="up")
    value: Name | None = key("The cap, in words.", "$100 a refund, 20 a day")
    accepted_by: Name | None = key("Who accepted in writing the loss below the cap; `none` if nobody.", "Mia Tran")


class Action(Frozen):
    """Something done to the world outside the run; a tool is an action offered to a model."""

    name: Name | None = key("What it is called.", "Write the CRM record")
    step: StepRef | None = key("The step that does it.", "write_crm")
    integration: IntegrationRef | None = key("The system it acts on.", "crm")
    effect: Literal["none", "read", "write", "message", "money", "delete", "deploy", "execute", "access", "legal"] | None = key(
        "What it does.", "write",
        means={"none": "nothing outside", "read": "looks something up", "write": "changes a record",
               "message": "sends somebody a message", "money": "pays, charges or refunds", "delete": "removes something",
               "deploy": "puts code or settings live", "execute": "runs code or commands",
               "access": "grants or takes access", "legal": "promises or signs in your name"})
    consequential: bool | None = key("It changes something that matters outside the run.", True)
    reversible: Literal["no", "compensable", "yes"] | None = key("Whether it can be taken back.", "compensable", better="up")
    decided_by: Literal["model", "code", "human"] | None = key("Who decides that it happens.", "code", better="up")
    policy_check: Literal["none", "schema", "policy"] | None = key(
        "What code checks before it happens: nothing, the shape of the arguments, or a policy.", "policy", better="up")
    gate: GateRef | None = key("The gate before it; `none` if there is none.", "approval")
    gate_possible: bool | None = key("A gate could stand before it (volume and latency allow it).", True)
    autonomy: Literal["auto", "approve", "suggest"] | None = key("How far the agent goes alone.", "approve", better="up")
    limit: Limit | None = Field(default=None, description=Limit.__doc__)
    rate_limit: bool | None = key("Code caps how often it can happen in a period.", True, better="up")
    idempotent_key: Literal["none", "own_dedup", "stable_key", "upsert"] | None = key(
        "What makes a second send harmless.", "stable_key", better="up")
    undo: Literal["none", "manual", "compensation", "draft"] | None = key("How it is taken back.", "compensation", better="up")
    undo_tested: bool | None = key("Taking it back was tried in the last 90 days.", True, better="up")
    inputs: Literal["free_text", "typed", "fields_checked"] | None = key(
        "What of the model's words reaches it.", "fields_checked", better="up")
    symbol: Name | None = key("Where it is in the code.", "src/tools.py:save_lead")
    weighty: bool | None = key("It cannot be undone, or moves money, deletes, deploys, grants access or binds in law.",
                               True, derived=True)
    ungated: bool | None = key("It is weighty and no enforced gate or accepted limit stands before it.", True, derived=True)
    repeated: bool | None = key("It can be sent twice: by a retry, a resume or the model.", True, derived=True)


class Store(Frozen):
    """A place where state lives."""

    name: Name | None = key("What it is called.", "Call state")
    kind: Literal["window", "memory", "cache", "file", "database", "checkpointer", "vector", "queue", "session",
                  "platform"] | None = key("What it is.", "database",
        means={"window": "only in what the model reads now", "memory": "in the running program, gone when it stops",
               "cache": "for a while, may vanish at any time", "file": "a file on a disk", "database": "a database",
               "checkpointer": "the framework's saved state of a run", "vector": "an index of texts by meaning",
               "queue": "messages that wait for work", "session": "as long as a user is signed in",
               "platform": "inside the platform it is built on"})
    durable: bool | Literal["unknown"] | None = key("It survives a restart.", True, better="up")
    persists: bool | None = key("It is read by later runs.", False)
    scope: Literal["shared", "tenant", "user", "run"] | None = key("Who shares an entry.", "user", better="up")
    ttl_days: Count | None = key("How long an entry lives, in days; 0 for ever.", 30)
    holds: tuple[Name, ...] | None = key("The facts it holds.", ["caller", "intent"])
    source_of_truth: Literal["no", "precedence", "yes"] | None = key(
        "Whether it owns the facts it holds: no, by a written order, or yes.", "yes", better="up")
    write_validation: Literal["none", "schema", "rule"] | None = key("What checks a write to it.", "rule", better="up")
    written_by: Literal["model", "code", "human"] | None = key("Who writes to it.", "code", better="up")
    delete_path: bool | None = key("An entry can be deleted on request.", True, better="up")
    symbol: Name | None = key("Where it is in the code.", "src/state.py:CallState")
    duplicates: Literal["conflict", "precedence", "none"] | None = key(
        "Whether another writable store holds the same facts.", "none", better="up", derived=True)


class Auth(Frozen):
    """How access to an integration is kept."""

    refresh: Literal["none", "manual", "auto", "managed"] | None = key("How a token is renewed.", "auto", better="up")
    expiry_alert: bool | None = key("Somebody is told before it expires.", True, better="up")
    secret_store: Literal["code", "env", "manager"] | None = key("Where the secret lies.", "manager", better="up")
    tested: bool | None = key("An expired token was tried.", True, better="up")


class Integration(Frozen):
    """An outside system that the workflow calls."""

    name: Name | None = key("What it is called.", "Calendar")
    kind: Literal["api", "database", "queue", "mcp", "telephony", "email", "files", "model", "web", "other"] | None = key(
        "What it is.", "api",
        means={"api": "a service of the web", "database": "a database", "queue": "messages that wait for work",
               "mcp": "a server that offers tools (MCP)", "telephony": "telephone calls", "email": "mail",
               "files": "files and folders", "model": "a model behind a service", "web": "pages of the web",
               "other": "anything else"})
    direction: Literal["read", "write", "both"] | None = key("Which way data goes.", "both",
        means={"read": "data comes in", "write": "data goes out", "both": "in and out"})
    timeout: bool | Literal["default"] | None = key(
        "Every call has a time limit (yes), the library's finite default (default), or none (no).", True)
    timeout_s: Positive | None = key("The time limit of a call, in seconds.", 10)
    retry: bool | Literal["default"] | None = key("Failed calls are repeated: yes, by the library's default, or no.", True)
    retries: Retries | None = Field(default=None, description=Retries.__doc__)
    idempotency: Literal["none", "own_dedup", "key", "upsert"] | None = key("What makes a second write harmless.", "key",
                                                                            better="up")
    key_possible: bool | None = key("The vendor offers an idempotency key or a look-up.", True)
    resumed: bool | None = key("A resumed run may call it again.", False, better="down")
    auth: Auth | None = Field(default=None, description=Auth.__doc__)
    rate_limit: bool | None = key("A client-side limiter or queue keeps to the quota.", True, better="up")
    on_429: Literal["none", "retry", "retry_after", "queue"] | None = key("What happens at the vendor's limit.", "retry_after",
                                                                          better="up")
    load_tested: bool | None = key("Peak load was tried against the quota.", True, better="up")
    version_pinned: bool | None = key("The version of the API or server is pinned.", True, better="up")
    response_schema: bool | None = key("Answers are validated against a schema.", True, better="up")
    contract_test: bool | None = key("A scheduled test calls the real thing.", True, better="up")
    on_error: Literal["swallow", "default_value", "raise", "typed"] | None = key(
        "What an error becomes: nothing, a default, an exception, or a typed error the agent can act on.",
        "typed", better="up")
    breaker: bool | None = key("A breaker or fallback takes over when it is down.", True, better="up")
    fault_tested: bool | None = key("A test made it fail.", True, better="up")
    scope: Literal["admin", "broad", "minimum"] | None = key("How much the credential may do.", "minimum", better="up",
        means={"admin": "everything, settings too", "broad": "more than it needs", "minimum": "what it needs and no more"})
    third_party: bool | None = key("Somebody else runs it.", True)
    used: bool | None = key("Some step uses it.", True)
    duplicate_of: IntegrationRef | None = key("The integration that does the same.", "none")
    symbol: Name | None = key("Where it is in the code.", "src/crm/client.py:Client")
    repeats: bool | None = key("A write to it can be sent twice.", True, derived=True)
    time_limited: Literal["no", "default", "yes"] | None = key("Whether its calls end in time.", "yes", better="up", derived=True)


class Knowledge(Frozen):
    """A source that the agent may act on."""

    name: Name | None = key("What it is called.", "Price list")
    kind: Literal["documents", "wiki", "web", "database", "vector", "api", "prompt"] | None = key("What it is.", "documents",
        means={"documents": "files, such as PDFs", "wiki": "pages that your people write", "web": "pages of others",
               "database": "tables", "vector": "an index of texts by meaning", "api": "a service that answers",
               "prompt": "text inside the prompt"})
    owner: Name | None = key("Who keeps it right; `none` if nobody.", "Mia Tran")
    authoritative: bool | None = key("It is on the list of sources the agent may act on.", True, better="up")
    enforced: bool | None = key("Code keeps the agent to the list.", True, better="up")
    max_age_days: Count | None = key("How old it may be, in days; 0 for no limit.", 90)
    last_reviewed: Day | None = key("When it was last reviewed.", "2026-10-02")
    on_stale: Literal["use", "flag", "block"] | None = key("What happens when it is too old.", "block", better="up",
        means={"use": "it is used all the same", "flag": "it is used, and somebody is told", "block": "it is not used"})
    version: Literal["live", "versioned", "recorded"] | None = key(
        "Whether its version is known: a live source, a versioned one, or one recorded with every run.",
        "recorded", better="up",
        means={"live": "read as it is at that moment", "versioned": "each state of it has a number",
               "recorded": "each run notes which state it read"})
    write_access: Literal["anyone", "team", "owner"] | None = key("Who can write to it.", "owner", better="up")
    untrusted_handling: Literal["none", "prompt", "code"] | None = key(
        "What keeps its text from giving orders: nothing, a sentence in the prompt, or code that drops authority.",
        "code", better="up")
    min_score: bool | None = key("Code refuses a match below a floor.", True, better="up")
    on_empty: Literal["use", "prompt", "branch"] | None = key(
        "What happens when nothing matches: the best match is used, the prompt asks for care, or a branch.",
        "branch", better="up")
    on_conflict: Literal["use", "prompt", "branch"] | None = key("What happens when two sources disagree.", "branch",
                                                                 better="up")
    quality_measured: bool | None = key("Finding the right passage was measured.", True, better="up")
    retrieved_90d: bool | None = key("It was read in the last 90 days.", True)
    symbol: Name | None = key("Where it is in the code.", "src/rag/index.py:INDEX")
    age: Literal["overdue", "unlimited", "within"] | None = key("How its age stands to its limit.", "within",
                                                               better="up", derived=True)
    feeds: Literal["nothing", "answers", "actions", "irreversible"] | None = key(
        "What it can lead to.", "answers", better="down", derived=True)


class Gate(Frozen):
    """A point that stops an action until somebody or something has said yes."""

    name: Name | None = key("What it is called.", "Approval of refunds over 100")
    before: tuple[ActionRef, ...] | None = key("The actions it stands before.", ["refund"])
    type: Literal["human", "policy", "read_back", "limit"] | None = key("What says yes.", "human")
    enforced_in: Literal["prompt", "code", "credentials"] | None = key("What makes it hold.", "code", better="up")
    timeout_behaviour: Literal["allow", "escalate", "deny"] | None = key("What happens when nobody answers.", "deny",
                                                                        better="up")
    binds_args: bool | None = key("The approval covers exactly the arguments that are executed.", True, better="up")
    bypassable: bool | None = key("A model, a retry or an admin path can get past it.", False, better="down")
    context_shown: tuple[Literal["change", "evidence", "source", "risk"], ...] | None = key(
        "What the approver sees.", ["change", "evidence", "risk"],
        means={"change": "what exactly will happen", "evidence": "what it rests on", "source": "where the request came from",
               "risk": "what can go wrong"})
    approver_role: Name | None = key("Who approves.", "shift lead")
    approve_rate: Rate | None = key("How many proposals are approved.", {"successes": 188, "runs": 200})
    median_seconds: Positive | None = key("How long a review takes.", 40)
    seeded_catch_rate: Rate | None = key(
        "How many errors were caught that somebody had planted as a test.", {"successes": 46, "runs": 50})
    symbol: Name | None = key("Where it is in the code.", "src/gates.py:approve")
    rubber_stamp: Literal["yes", "unproved", "no"] | None = key(
        "Whether it ever says no: approves almost everything untested, not known to catch, or known to catch.",
        "no", better="up", derived=True)


class Monitor(Frozen):
    """Something that watches the workflow in operation."""

    name: Name | None = key("What it is called.", "Call dashboard")
    kind: Literal["traces", "logs", "dashboard", "review", "errors"] | None = key("What it is.", "traces")
    granularity: Literal["none", "run", "step"] | None = key("What can be replayed.", "step", better="up",
        means={"none": "nothing", "run": "a run as a whole", "step": "each step of a run"})
    sampling: Share | None = key("The share of runs that are kept.", 1.0, better="up")
    records: tuple[Literal["inputs", "outputs", "versions", "outcome", "run_id"], ...] | None = key(
        "What is kept with a step.", ["inputs", "outputs", "outcome"],
        means={"inputs": "what went in", "outputs": "what came out", "versions": "which model, prompt and tools",
               "outcome": "whether it ended right", "run_id": "a number that joins the steps of a run"})
    before_launch: Literal["no", "partly", "yes"] | None = key("Whether it was on before the first user.", "yes", better="up")
    baseline_saved: bool | None = key("A baseline window was saved.", True, better="up")
    outcome_metric: Literal["none", "proxy", "review", "ground_truth"] | None = key(
        "How right outcomes are counted.", "review", better="up")
    review_sample_n: Count | None = key("How many random runs are reviewed a week.", 50, better="up")
    segments: bool | None = key("Numbers are split by segment.", True, better="up")
    alerts: tuple[Alert, ...] | None = key("Who is told when a number moves; `[]` for nobody.",
                                           [{"metric": "outcome rate", "threshold": "5 points", "window_n": 200,
                                             "owner": "Lee Okafor"}])
    drift_test: Literal["none", "threshold", "tested"] | None = key(
        "How a slow fall is noticed: not, by a threshold, or by a test proved on past data.", "tested", better="up")
    owner: Name | None = key("Who looks at it; `none` if nobody.", "Lee Okafor")
    alerted_90d: bool | None = key("It has alerted in the last 90 days.", True)
    used_for_decision: bool | None = key("Some decision uses it.", True)
    weekly_runs: Count | None = key("How many runs a week it scores.", 50)
    symbol: Name | None = key("Where it is in the code.", "src/telemetry.py:setup")


class Eval(Frozen):
    """A set of cases with known-good outcomes."""

    name: Name | None = key("What it is called.", "Booking cases")
    path: Name | None = key("Where it lies.", "evals/booking.yaml")
    size: Count | None = key("How many cases.", 120, better="up")
    last_run: Day | None = key("When it last ran.", "2026-11-02")
    expected_outcomes: bool | None = key("Each case has a known-good outcome.", True, better="up")
    versioned: bool | None = key("It is under version control.", True, better="up")
    run_on: tuple[Literal["code", "prompt", "model", "tool", "knowledge"], ...] | None = key(
        "The changes that run it.", ["code", "prompt", "model"],
        means={"code": "other code", "prompt": "another prompt", "model": "another model", "tool": "another tool",
               "knowledge": "other sources"})
    in_ci: bool | None = key("CI runs it on a model.", True, better="up")
    blocks_merge: bool | None = key("A drop stops the release.", True, better="up")
    from_real_traffic: Share | None = key("The share of cases from real runs.", 0.6, better="up")
    refreshed: Day | None = key("When cases were last added.", "2026-10-01")
    incident_cases: bool | None = key("Every incident becomes a case.", True, better="up")
    checkable_share: Share | None = key("The share of cases graded on a checkable outcome.", 0.9, better="up")
    judge_labels: Count | None = key("How many cases a person graded too, to check the model that grades.", 60, better="up")
    trials_per_case: Count | None = key("How often each case runs.", 4, better="up")
    pass_rate: Rate | None = key("How many runs pass.", {"successes": 171, "runs": 200})
    tags: tuple[Literal["edge", "refusal", "branch", "fault", "injection", "no_answer"], ...] | None = key(
        "What the cases cover beside the happy path.", ["edge", "refusal"],
        means={"edge": "odd cases that do happen", "refusal": "what it must decline", "branch": "its ways out",
               "fault": "an outside system fails", "injection": "somebody tries to trick it",
               "no_answer": "the sources do not say"})
    offpath_share: Share | None = key("The share of cases off the happy path.", 0.35, better="up")
    symbol: Name | None = key("Where it is in the code.", "evals/run.py:main")
    age: Literal["old", "ageing", "fresh"] | None = key("How long ago it ran: over 90 days, 31 to 90, up to 30.", "fresh",
                                                       better="up", derived=True)
    supports_claim: Literal["no", "close", "yes"] | None = key(
        "Whether its size supports the target that is claimed.", "yes", better="up", derived=True)


class Model(Frozen):
    """A model that some step uses."""

    name: Name | None = key("Its id as written.", "gpt-4o-2024-08-06")
    provider: Name | None = key("Who serves it.", "openai")
    pinned: bool | None = key("The id names a dated snapshot.", True, better="up")
    window: Count | None = key("Its window, in tokens.", 128000)
    quota: Name | None = key("Its quota.", "500 requests a minute")


class Agent(Frozen):
    """One agent among several."""

    name: Name | None = key("What it is called.", "Triage agent")
    tools: tuple[Name, ...] | None = key("The tools it may use.", ["lookup"])
    identity: Literal["shared", "own"] | None = key("Whose credential it uses.", "own", better="up",
        means={"shared": "several agents use the same one", "own": "it has its own"})
    permissions: Literal["unrestricted", "shared", "subset"] | None = key(
        "Its rights beside its caller's.", "subset", better="up",
        means={"unrestricted": "it may do anything", "shared": "the same as its caller", "subset": "less than its caller"})
    can_delegate_to: tuple[AgentRef, ...] | None = key("The agents it can call.", ["billing"])
    symbol: Name | None = key("Where it is in the code.", "src/agents.py:triage")


class EdgeCase(Frozen):
    """A known kind of run that leaves the script."""

    name: Name | None = key("What happens.", "caller changes the date twice")
    step: StepRef | None = key("The step that meets it.", "qualify")
    branch: Literal["none", "clarify", "script", "handoff", "fallback"] | None = key("What is done then.", "script", better="up",
        means={"none": "nothing, it goes on as usual", "clarify": "it asks again", "script": "it follows fixed steps",
               "handoff": "a person takes over", "fallback": "something simpler takes over"})
    share: Share | None = key("The share of runs.", 0.06)
    from_real_traffic: bool | None = key("It was seen in real runs.", True, better="up")


class Guardrail(Frozen):
    """A rule that must always hold."""

    text: Text | None = key("The rule, as it is written.", "Never promise a price.")
    step: StepRef | None = key("The step it binds.", "qualify")
    enforced_in: Literal["prompt", "code"] | None = key("What makes it hold.", "code", better="up",
        means={"prompt": "a sentence in the prompt", "code": "a test in code"})
    guards: Literal["money", "data", "access", "other"] | None = key("What it protects.", "money",
        means={"money": "prices and payments", "data": "what must not get out", "access": "who may do what",
               "other": "anything else"})
    tested: bool | None = key("A test tries to break it.", True, better="up")
    symbol: Name | None = key("Where it is in the code.", "src/guards.py:no_prices")


KINDS: dict[str, type[Frozen]] = {
    "system": System, "step": Step, "action": Action, "store": Store, "integration": Integration,
    "knowledge": Knowledge, "gate": Gate, "monitor": Monitor, "eval": Eval, "model": Model, "agent": Agent,
    "edge_case": EdgeCase, "guardrail": Guardrail,
}
"""Every kind of component, in the order of a report."""

SECTIONS: dict[str, str] = {
    "steps": "step", "actions": "action", "stores": "store", "integrations": "integration",
    "knowledge": "knowledge", "gates": "gate", "monitoring": "monitor", "evals": "eval", "models": "model",
    "agents": "agent", "edge_cases": "edge_case", "guardrails": "guardrail",
}
"""The sections of a stack file that list components, with the kind they list."""

SECTION_OF: dict[str, str] = {kind: section for section, kind in SECTIONS.items()}
