"""What a fact asks in plain words, where the vocabulary is too terse for who meets it in a talk; and what it is called."""

from __future__ import annotations

from auditkit.model.keys import Key

SHORT = 3
"""A name of so few letters does not stand alone."""
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


def asks(key: Key) -> str:
    """What a fact asks, without a full stop."""
    return ASKS.get((key.kind, key.name)) or key.doc.rstrip(".").replace("`", "")


def spoken(name: str) -> str:
    """A fact in short words: `timeout in seconds`; with its group where the last one is too short to stand alone."""
    words = name.rpartition(".")[2].replace("_", " ")
    if len(words) <= SHORT:
        words = " ".join(name.replace("_", " ").split(".")[-2:])
    return f"{words.removesuffix(' s')} in seconds" if words.endswith(" s") else words
