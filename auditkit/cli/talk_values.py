"""What a fact asks and what its values mean, in plain words, where the vocabulary is too terse for who first meets it."""

from __future__ import annotations

from auditkit.model.keys import Key

ASKS: dict[tuple[str, str], str] = {
    ("system", "purpose"): "What it is for, in one sentence",
    ("system", "fit.scope_in"): "What it does, item by item",
    ("system", "fit.scope_out"): "What people might ask of it that it must not do",
    ("system", "owner"): "The person or firm that owns it",
    ("system", "platform"): "What it is built on: a platform, a framework, your own code",
    ("system", "impact"): "What the worst run could do to somebody",
    ("system", "fit.domain_weight"): "What a wrong outcome touches: one, several with commas, or none",
    ("system", "fit.outcome_checkable"): "Whether anybody can look up afterwards that a run ended right, such as a booking "
                                         "in the calendar",
    ("system", "targets.success"): "How many runs must end right for you to be content",
    ("system", "targets.max_silent"): "How many runs may go wrong with nobody noticing",
    ("system", "fit.baseline"): "How often today's way of doing the job, without the agent, ends right",
    ("system", "run.noun"): "What you call a run, in the plural",
    ("system", "run.timeout_s"): "After how many seconds a run is cut off",
    ("system", "run.max_cost"): "How much money one run may use up before it is cut off",
    ("system", "run.typical_s"): "How many seconds a run takes as a rule",
    ("system", "run.window_share"): "How much of what the model can read at once the longest runs fill",
    ("system", "outcomes.success"): "Of the runs that somebody checked, how many ended right",
    ("system", "outcomes.silent"): "Of the runs that somebody checked, how many went wrong unnoticed",
    ("system", "outcomes.repeats"): "Where tasks were tried several times: how often each came out right",
    ("system", "traffic.happy_share"): "How many runs go just as planned",
    ("system", "traffic.offpath_covered"): "Of the runs that do not go as planned, how many end in a case that you listed",
    ("system", "ops.user_report"): "Whether users can say that an outcome is wrong",
    ("step", "kind"): "What sort of work it is",
    ("step", "decider"): "Who or what decides in it",
    ("step", "success"): "How often it is right at the first attempt",
    ("step", "detect"): "Of the times that it was wrong, how often it noticed",
    ("step", "retries.max"): "How many more times it tries where it failed",
    ("step", "after_fix"): "How often it could be right at best, as you believe",
    ("step", "catch_rate"): "Of errors that were put in on purpose, how many it caught",
    ("action", "effect"): "What it does to the world",
    ("action", "consequential"): "Whether it changes something that matters outside the run",
    ("gate", "seeded_catch_rate"): "Of errors that were put in on purpose, how many the approver caught",
    ("gate", "median_seconds"): "How many seconds an approval takes as a rule",
    ("store", "kind"): "What it is, technically",
    ("store", "durable"): "Whether it is still there after a restart",
    ("store", "holds"): "What it remembers, with commas",
    ("integration", "scope"): "How much its password or key may do",
    ("edge_case", "branch"): "What is done when it happens",
    ("eval", "size"): "How many cases there are",
    ("eval", "expected_outcomes"): "Whether each case says what the right outcome is",
    ("eval", "from_real_traffic"): "How many of the cases come from real runs",
    ("eval", "offpath_share"): "How many of the cases do not go as planned",
    ("eval", "checkable_share"): "How many of the cases have an outcome that code can check",
    ("eval", "judge_labels"): "Where a model grades: how many grades of people it was compared with",
    ("eval", "incident_cases"): "Whether everything that went wrong becomes a case",
}
"""What a fact asks, by kind and key, where the vocabulary's own sentence takes knowledge of the field."""

MEANS: dict[tuple[str, str], dict[str, str]] = {
    ("system", "stage"): {
        "prototype": "being built; nobody relies on it", "pilot": "a few real users, watched closely",
        "production": "real users, day by day"},
    ("system", "users"): {
        "public": "anybody, known to you or not", "customers": "people you do business with",
        "staff": "only people who work for you", "none": "nobody; it works in the background"},
    ("system", "channel"): {
        "voice": "somebody calls, or is called", "chat": "somebody writes in a chat", "email": "a mail comes in",
        "form": "somebody fills in a form", "api": "another program calls it", "schedule": "the clock starts it"},
    ("system", "impact"): {
        "low": "a nuisance, soon put right", "moderate": "costs somebody time, money or a customer",
        "high": "costs a lot, or hurts somebody", "critical": "endangers people, or the firm itself"},
    ("system", "fit.domain_weight"): {
        "legal": "contracts, rights, duties", "financial": "somebody's money or credit", "safety": "life and limb",
        "employment": "who is hired, paid or let go", "health": "treatment and medical advice", "none": "none of these"},
    ("system", "ops.incident_process"): {
        "none": "nothing is written down", "log": "somebody notes it", "case_per_incident": "each becomes a test case"},
    ("step", "kind"): {
        "extract": "picks facts out of text or speech", "classify": "puts it into one of a few boxes",
        "decide": "chooses what happens next", "converse": "talks with somebody, back and forth",
        "agent_loop": "a model picks tools again and again", "write_text": "writes a text or an answer",
        "read": "looks something up", "write": "changes a record, sends, pays", "verify": "checks the work of another step",
        "rule": "fixed code or a table", "approve": "somebody says yes or no"},
    ("step", "decider"): {
        "model": "a language model", "code": "fixed code, the same each time", "human": "a person"},
    ("agent", "identity"): {
        "shared": "one login for all of them", "own": "a login of its own"},
    ("agent", "permissions"): {
        "unrestricted": "it may do everything", "shared": "as much as who calls it", "subset": "less than who calls it"},
    ("action", "effect"): {
        "none": "nothing", "read": "only looks something up", "write": "changes a record", "message": "sends somebody a message",
        "money": "pays, charges or refunds", "delete": "removes something", "deploy": "puts software live",
        "execute": "runs code or commands", "access": "gives somebody access", "legal": "binds somebody in law"},
    ("guardrail", "guards"): {
        "money": "what is paid or promised", "data": "what must not get out", "access": "who may do what", "other": "the rest"},
    ("guardrail", "enforced_in"): {
        "prompt": "a sentence in the prompt asks for it", "code": "code makes it so"},
    ("gate", "context_shown"): {
        "change": "what would change", "evidence": "what speaks for it", "source": "where that comes from",
        "risk": "what could go wrong"},
    ("store", "kind"): {
        "window": "the conversation itself", "memory": "variables of the program", "cache": "a cache such as Redis",
        "file": "a file", "database": "a database", "checkpointer": "the framework saves each step",
        "vector": "a vector index", "queue": "a queue of jobs", "session": "the login session of a user",
        "platform": "the platform keeps it"},
    ("integration", "kind"): {
        "api": "a service over the web", "database": "a database", "queue": "a queue of jobs", "mcp": "an MCP server",
        "telephony": "the telephone", "email": "a mailbox", "files": "files or a drive", "model": "a language model",
        "web": "pages of the web", "other": "something else"},
    ("integration", "direction"): {
        "read": "only looked up", "write": "only written to", "both": "looked up and written to"},
    ("integration", "scope"): {
        "admin": "everything", "broad": "more than the agent needs", "minimum": "only what the agent needs"},
    ("edge_case", "branch"): {
        "none": "nothing is planned", "clarify": "it asks again", "script": "it says a fixed sentence",
        "handoff": "a person takes over", "fallback": "something simpler takes over"},
    ("knowledge", "kind"): {
        "documents": "files such as PDFs", "wiki": "a wiki or handbook", "web": "pages of the web", "database": "a database",
        "vector": "a vector index made from texts", "api": "another service", "prompt": "it stands in the prompt"},
    ("knowledge", "version"): {
        "live": "always the newest, unnumbered", "versioned": "each state has a version",
        "recorded": "the version is noted with each run"},
    ("knowledge", "on_stale"): {
        "use": "it is used all the same", "flag": "it is used, and somebody is told", "block": "it is not used"},
    ("eval", "run_on"): {
        "code": "other code", "prompt": "another prompt", "model": "another model", "tool": "another tool",
        "knowledge": "other sources"},
    ("eval", "tags"): {
        "edge": "odd cases", "refusal": "what it must refuse", "branch": "each way out",
        "fault": "an outside system is down", "injection": "a stranger's text gives it orders",
        "no_answer": "there is no right answer"},
    ("monitor", "granularity"): {
        "none": "nothing can be replayed", "run": "a run as a whole", "step": "each step of a run"},
    ("monitor", "records"): {
        "inputs": "what went in", "outputs": "what came out", "versions": "model, prompt and tool versions",
        "outcome": "how it ended", "run_id": "the number of the run"},
}
"""What each value of a choice means, by kind and key: of the facts that no numbered answer of a question explains."""


def asks(key: Key) -> str:
    """What a fact asks, without a full stop."""
    return ASKS.get((key.kind, key.name)) or key.doc.rstrip(".")


def means(key: Key) -> dict[str, str]:
    """Each value of a choice with its words; empty where the values speak for themselves, or are none."""
    return MEANS.get((key.kind, key.name), {})
