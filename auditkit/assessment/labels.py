"""What stands under a marked line of code. At most 60 characters, and true of every place it can stand under.

What happens (`EFFECT`) goes by check and else by kind of component. Why (`CAUSE`) goes by the fact that decided, since
one check fails for several reasons; a fact without words of its own is printed as it was stated.
"""

from __future__ import annotations

from auditkit.model.excerpts import LONGEST_LABEL
from auditkit.model.report import Said

EFFECT: dict[str, str] = {
    "WFL-04": "a model decides here",
    "STA-02": "this step needs facts from before",
    "STA-05": "one of two places for the same facts",
    "STA-06": "what is kept here is read by later runs",
    "BRN-01": "the decision is made here",
    "BRN-02": "the way out is taken from here",
    "BRN-03": "this step talks to a person",
    "BRN-05": "this step hands over",
    "INT-01": "the call goes out here",
    "INT-02": "the call goes out here",
    "INT-03": "the write goes out here",
    "INT-04": "access is asked for here",
    "INT-05": "the call goes out here",
    "INT-06": "its answers come in here",
    "INT-07": "the call goes out here",
    "ACT-02": "the final action is here",
    "ACT-04": "data is changed here",
    "ACT-06": "the action is here, as often as it is asked for",
    "ACT-07": "the action takes effect here",
    "GRD-03": "the output comes from here",
    "GRD-04": "the loop goes through here",
    "GRD-05": "the model is called here",
    "GRD-06": "the loop goes through here",
    "GRD-07": "this step can lead to an action",
    "GRD-08": "what the model writes is run here",
    "COO-05": "the check is made here",
}

OF_KIND: dict[str, str] = {
    "step": "this is the step",
    "action": "this is the action",
    "store": "state is kept here",
    "integration": "the outside system is called here",
    "knowledge": "the source is read here",
    "gate": "this is the gate",
    "monitor": "this is what watches",
    "eval": "these are the cases",
    "model": "the model is named here",
    "agent": "this is the agent",
    "edge_case": "this is the edge case",
    "guardrail": "the rule stands here",
}

OTHERWISE = "seen here"

CAUSE: dict[tuple[str, str], str] = {
    ("on_error", "swallow"): "the error is swallowed here",
    ("on_error", "default value"): "a default takes the place of the error",
    ("on_error", "raise"): "the error ends the run",
    ("breaker", "no"): "nothing takes over when it is down",
    ("timeout", "no"): "no time limit is set",
    ("time_limited", "no"): "no time limit is set",
    ("timeout", "default"): "only the library's own time limit holds",
    ("time_limited", "default"): "only the library's own time limit holds",
    ("retry", "no"): "a failed call is not repeated",
    ("retry", "default"): "repeated only as the library does",
    ("retries.backoff", "none"): "repeated without a pause",
    ("idempotency", "none"): "nothing makes a second write harmless",
    ("idempotent_key", "none"): "nothing makes a second send harmless",
    ("rate_limit", "no"): "nothing limits how often",
    ("response_schema", "no"): "the answer is not validated",
    ("version_pinned", "no"): "the version is not pinned",
    ("auth.secret_store", "code"): "a secret stands in the code",
    ("gate", "none"): "no gate stands before it",
    ("ungated", "yes"): "no gate that holds stands before it",
    ("enforced_in", "prompt"): "only the prompt asks for it",
    ("timeout_behaviour", "allow"): "silence counts as a yes",
    ("binds_args", "no"): "the yes is not bound to the arguments",
    ("bypassable", "yes"): "there is a way past it",
    ("decided_by", "model"): "the model decides that it happens",
    ("policy_check", "none"): "no policy is checked before it",
    ("policy_check", "schema"): "only the shape of the arguments is checked",
    ("limit.scope", "none"): "no cap in code",
    ("undo", "none"): "no way to take it back",
    ("inputs", "free text"): "the model's words go in as they are",
    ("decider", "model"): "a model decides here",
    ("rule_known", "yes"): "a rule could decide this",
    ("cycle", "unbounded"): "nothing bounds the loop",
    ("cycle", "default"): "only the library's own limit bounds the loop",
    ("loop.no_progress_check", "no"): "getting nowhere is not noticed",
    ("failure_branches", "none"): "there is no way out from here",
    ("validation.kind", "none"): "nothing checks the output",
    ("validation.on_fail", "none"): "a failed check leads nowhere",
    ("state_ok", "missing"): "what it reads is stored nowhere",
    ("state_ok", "volatile"): "what it reads is lost at a restart",
    ("durable", "no"): "lost at a restart",
    ("scope", "shared"): "everybody shares an entry",
    ("write_validation", "none"): "nothing checks what is written",
    ("untrusted_path", "open"): "nothing stands between strangers' text and the action",
    ("untrusted_handling", "none"): "nothing keeps its text from giving orders",
    ("write_access", "anyone"): "anyone can write to it",
    ("min_score", "no"): "any match is good enough",
    ("on_empty", "use"): "the best match is used, however poor",
    ("cites", "none"): "no source is named",
    ("pinned", "no"): "this id can change overnight",
    ("tools", "all"): "every tool is at hand",
    ("executes", "code"): "code of the model is run",
    ("executes", "shell"): "commands of the model are run",
    ("identity", "shared"): "it borrows an identity",
    ("tested", "no"): "no test tries it",
}


def effect_label(check: str, kind: str) -> str:
    """What happens at the place of a component that a check is about."""
    return EFFECT.get(check) or OF_KIND.get(kind, OTHERWISE)


def cause_label(said: Said) -> str:
    """Why: the fact that decided, in a few words."""
    own = CAUSE.get((said.key, said.value))
    if own is not None:
        return own
    text = f"{said.key.replace('_', ' ').replace('.', ', ')}: {said.value}" if said.value else OTHERWISE
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"
