"""Reports made by hand: a voice agent like that of the design, and variants that are hard to print."""

from __future__ import annotations

from datetime import date
from typing import Any

from auditkit.model.facts import Asked, Component, Engagement, Evidence, Fact, Gap, Stack, Waiver
from auditkit.model.receipts import Declared, Inspected, Measured, Receipt
from auditkit.model.report import (
    Assurance,
    ChecklistUsed,
    CheckResult,
    CheckText,
    ComponentVerdict,
    Conflict,
    Convention,
    Coverage,
    CurvePoint,
    Estimate,
    Finding,
    Fix,
    Issue,
    Problem,
    Proof,
    Reliability,
    Report,
    Said,
    Scenario,
    Score,
    Stage,
    StepReliability,
    Tool,
    Verdict,
    WaiverStatus,
    Works,
)
from auditkit.model.vocabulary import Branch, Edge, Rate

DAY = date(2026, 11, 20)
FILE = "voice.yaml"

CHECKS = """
# Fit and workflow
FIT-01|Judgement needed, not a rule|critical|partial|I
FIT-02|A person decides what weighs|critical|not_applicable|
FIT-03|Outcome, target and baseline set|high|partial|D
WFL-01|Every step written down|high|pass|M
WFL-02|Success end to end meets target|high|fail|D
WFL-03|Silent failures under the limit|critical|fail|D
WFL-04|No step that code could do|medium|fail|I
WFL-05|Success rates measured here|high|fail|D
WFL-06|Few model steps between checks|medium|fail|I
# State and context
STA-01|Call state outlives the prompt|critical|fail|I
STA-02|Later steps see earlier facts|high|fail|I
STA-03|A crash resumes without repeats|high|unknown|
STA-04|Overflow of the window planned|medium|partial|I
STA-05|One true place per fact|medium|pass|I
STA-06|Long-term memory kept apart|high|not_applicable|
# Failure branches
BRN-01|A way out at every decision|critical|fail|M
BRN-02|Branch triggers are code|high|pass|I
BRN-03|Asks again, and stops asking|medium|fail|M
BRN-04|Known edge cases have scripts|high|fail|M
BRN-05|Hand-off with full context|high|not_applicable|
BRN-06|Something always answers|medium|pass|M
BRN-07|Existing branches tested|high|pass|I
# Integrations
INT-01|Time limits on outside calls|high|pass|I
INT-02|Retries limited and spaced|medium|pass|I
INT-03|Sent twice, written once|critical|pass|M
INT-04|Expiring keys noticed in time|medium|unknown|
INT-05|Rate limits respected|medium|pass|D
INT-06|API changes noticed|medium|unknown|
INT-07|Says so when a service is down|high|partial|I
# Knowledge
KNW-01|Short list of owned sources|high|pass|D
KNW-02|Age of each source limited|high|partial|I
KNW-03|Yesterday’s version known|medium|unknown|
KNW-04|Answers carry their source|medium|unknown|
KNW-05|No match, or two that disagree|high|unknown|
KNW-06|Outsiders cannot edit sources|high|pass|I
# Actions, gates, autonomy
ACT-01|All actions listed and graded|high|pass|I
ACT-02|Person approves what is final|critical|not_applicable|
ACT-03|Gate cannot be skipped|critical|not_applicable|
ACT-04|Rules, not the model, write data|critical|fail|M
ACT-05|Approver can judge in seconds|high|not_applicable|
ACT-06|Ceiling per run, hour and day|medium|unknown|
ACT-07|Wrong action can be undone|medium|pass|D
# Guardrails and loops
GRD-01|Every “must never” is code|high|pass|I
GRD-02|No tool beyond the task|high|pass|I
GRD-03|Output checked before use|high|fail|I
GRD-04|No loop can run for ever|critical|pass|I
GRD-05|Time and cost limit per call|medium|pass|M
GRD-06|Notices it is getting nowhere|low|unknown|
GRD-07|Outside text cannot cause acts|critical|partial|I
GRD-08|Code runs in a sandbox|high|not_applicable|
# Evals and change
EVL-01|Eval set with known outcomes|critical|partial|I
EVL-02|Evals can stop a release|high|fail|I
EVL-03|Cases come from real calls|medium|pass|D
EVL-04|Graded on checkable outcomes|high|pass|I
EVL-05|Set large enough for the claim|medium|fail|I
EVL-06|Branches and refusals covered|high|fail|I
EVL-07|Versions pinned and recorded|medium|pass|I
EVL-08|Changes approved, in stages|high|pass|D
# Monitoring and incidents
MON-01|Any call replayable by step|critical|pass|M
MON-02|Monitoring on before launch|high|pass|M
MON-03|Outcomes measured, not uptime|high|fail|M
MON-04|Someone told when rates slip|high|fail|D
MON-05|Target in operation, with a stop|medium|unknown|
MON-06|Can be stopped at once|high|pass|M
MON-07|Owner, objections, incidents|medium|pass|D
# Coordination
COO-01|Several agents beat one|medium|not_applicable|
COO-02|Hand-over contents guaranteed|medium|not_applicable|
COO-03|Own identity, fewer rights|high|not_applicable|
COO-04|One owner of the task|medium|not_applicable|
COO-05|Checker independent of maker|medium|not_applicable|
"""

STEPS = (
    ("greet", "Greet", "kill"),
    ("identify_intent", "Identify intent", "harden"),
    ("qualify", "Run the questions", "harden"),
    ("handle_tangent", "Handle a tangent", "harden"),
    ("hold_facts", "Hold the facts", "harden"),
    ("route", "Choose the route", "harden"),
    ("write_crm", "Write to CRM and calendar", "kill"),
    ("close", "Close", "kill"),
)
FIVE = ("identify_intent", "qualify", "handle_tangent", "hold_facts", "route")

ISSUES = (
    (
        "BRN-01",
        FIVE,
        "When unsure it answers anyway, at five decisions of five",
        "Let each decision ask, follow a script, hand over or call back",
        "high",
        "DIM",
        "R1",
    ),
    (
        "ACT-04",
        ("write_crm",),
        "The model itself writes the patient record",
        "Return a typed intent; let a rule in code decide and write",
        "high",
        "DIM",
        "R2",
    ),
    (
        "STA-01",
        ("state",),
        "The call lives in the prompt window and nowhere else",
        "Keep a typed call state and save it after every turn",
        "high",
        "DI",
        "R3",
    ),
    (
        "WFL-03",
        ("system",),
        "73 % of calls go wrong and nothing shows it",
        "Read the booking back to the caller before the write",
        "medium",
        "D",
        "R4",
    ),
    (
        "FIT-01",
        ("greet", "close", "write_crm"),
        "Three of eight steps are rules that a model is guessing",
        "Replace greet, close and the write with code",
        "high",
        "I",
        "R2",
    ),
    (
        "GRD-07",
        ("write_crm",),
        "A caller’s words reach the write with one type check",
        "Treat caller text as data; the policy sees fields only",
        "high",
        "I",
        "R2",
    ),
    (
        "EVL-01",
        ("evals",),
        "24 eval cases, all of them the happy path",
        "Build 100 cases with known outcomes from pilot calls",
        "high",
        "I",
        "R7",
    ),
    ("WFL-02", ("system",), "27 % of calls end right; the target is 80 %", "Land R1 to R3, then measure", "medium", "D", "R3"),
    (
        "WFL-05",
        tuple(s[0] for s in STEPS),
        "Every success rate is declared; none was measured",
        "Label 100 calls per sensitive step",
        "medium",
        "D",
        "R6",
    ),
    (
        "STA-02",
        ("route",),
        "Routing reads facts that were said and never stored",
        "Write each fact at the step that hears it",
        "high",
        "I",
        "R3",
    ),
    (
        "BRN-04",
        ("handle_tangent",),
        "Off script in 29 % of calls, and no script for that",
        "Cluster the 61 off-script calls and script the top ten",
        "high",
        "IM",
        "R1",
    ),
    (
        "GRD-03",
        FIVE,
        "Step output is used as it comes",
        "Validate fields against each other; send failures to a branch",
        "high",
        "DI",
        "R3",
    ),
    (
        "EVL-02",
        ("evals",),
        "Evals run by hand and cannot stop a release",
        "Run them in CI on each change of code, prompt or model",
        "high",
        "I",
        "R7",
    ),
    ("EVL-06", ("evals",), "No eval reaches a refusal, branch or bad answer", "Add three cases per branch", "high", "I", "R7"),
    ("MON-03", ("dashboard",), "The dashboard counts calls, not right outcomes", "Log one outcome per call", "high", "IM", "R6"),
    (
        "MON-04",
        ("dashboard",),
        "Nobody is told when the rate slips",
        "Alert on a five-point drop; name who is called",
        "medium",
        "D",
        "R6",
    ),
    (
        "FIT-03",
        ("system",),
        "A target, but no measure of today’s front desk",
        "Score 50 calls taken by people",
        "medium",
        "D",
        "R6",
    ),
    (
        "INT-07",
        ("calendar",),
        "When the calendar is down the agent promises a slot",
        "Surface the error; offer a call-back",
        "high",
        "I",
        "R5",
    ),
    (
        "KNW-02",
        ("price_list",),
        "The price list is 14 months old and has no age limit",
        "Owner, 90-day limit, refuse when overdue",
        "high",
        "I",
        "R5",
    ),
    (
        "WFL-04",
        ("greet", "close"),
        "Greet and close spend model calls on fixed sentences",
        "Play two recorded lines",
        "high",
        "I",
        "R2",
    ),
    (
        "WFL-06",
        ("system",),
        "Eight model steps in a row, nothing checks the work",
        "Check after the questions and before the write",
        "high",
        "I",
        "R4",
    ),
    ("BRN-03", FIVE, "It never asks again", "Ask at most twice, then move to the next branch", "high", "IM", "R1"),
    ("EVL-05", ("evals",), "24 cases, one run each, for a claim of 80 %", "100 cases, four runs each", "high", "I", "R7"),
    (
        "STA-04",
        ("state",),
        "Long calls drop their oldest facts by default",
        "Summarise into the call state; test at twice the length",
        "high",
        "I",
        "R3",
    ),
)

FIXES = (
    (
        "R1",
        "A branch at each of five decisions",
        "M",
        "redesign",
        "branches",
        True,
        0.270,
        -0.321,
        "Dana Ruiz",
        date(2026, 12, 4),
    ),
    ("R2", "Code for greet, close and the write", "M", "remove", "map", True, 0.139, -0.124, "Dana Ruiz", date(2026, 12, 18)),
    (
        "R3",
        "Call state in a store; output validated",
        "M",
        "redesign",
        "state",
        True,
        0.212,
        -0.198,
        "Lee Okafor",
        date(2027, 1, 15),
    ),
    (
        "R4",
        "Read-back to the caller before the write",
        "S",
        "quick win",
        "gates",
        False,
        0.0,
        -0.059,
        "Dana Ruiz",
        date(2027, 1, 22),
    ),
    (
        "R5",
        "Age limit on prices; calendar errors spoken",
        "S",
        "configuration",
        "knowledge",
        False,
        None,
        None,
        "Mia Tran",
        date(2027, 1, 22),
    ),
    (
        "R6",
        "One outcome per call, baseline, alert",
        "M",
        "configuration",
        "monitoring",
        False,
        None,
        None,
        "Lee Okafor",
        date(2027, 1, 29),
    ),
    (
        "R7",
        "100 eval cases, four runs each, in CI",
        "M",
        "redesign",
        "monitoring",
        False,
        None,
        None,
        "Dana Ruiz",
        date(2027, 2, 12),
    ),
)

BASES = {"D": "declared", "I": "inspected", "M": "measured", "": None}


def declared(line: int = 12, who: str | None = "Dana Ruiz") -> Declared:
    return Declared(path=FILE, line=line, who=who, when=date(2026, 11, 12) if who else None)


def inspected(path: str = "src/flow/turn.py", line: int = 113) -> Inspected:
    return Inspected(path=path, line=line, commit="4f1c9e2a77", rule="score_never_tested")


def measured(successes: int = 0, n: int = 61) -> Measured:
    return Measured(source="call traces", n=n, successes=successes, window="12 Oct to 8 Nov 2026", path="traces.jsonl", line=1)


def receipts(letters: str) -> tuple[Receipt, ...]:
    made = {"D": declared(), "I": inspected(), "M": measured()}
    return tuple(made[x] for x in letters)


def rows() -> list[tuple[str, str, str, str, str, str]]:
    """Pillar, id, short, severity, outcome, letter."""
    found, pillar = [], ""
    for line in CHECKS.strip().splitlines():
        if line.startswith("# "):
            pillar = line[2:]
        else:
            id, short, severity, outcome, letter = line.split("|")
            found.append((pillar, id, short, severity, outcome, letter))
    return found


def check_text(pillar: str, id: str, short: str, severity: Any) -> CheckText:
    fix = next((i[3] for i in ISSUES if i[0] == id), f"Make sure that this holds: {short.lower()}")
    return CheckText(
        id=id,
        name=id.lower(),
        short=short,
        pillar=pillar,
        about="step",
        severity=severity,
        proof=id.startswith("EVL"),
        question=f"Does this hold: {short.lower()}?",
        why="A decision with no way out is a guess. The caller hears the guess as an answer, and nobody notices.",
        asked_of="every decision",
        passes="Each decision has another way to end, and code takes it.",
        partial="Some decisions have another way to end; others have none.",
        fails="A decision on the way to the record has no other way to end. A sentence in the prompt counts as none.",
        fix_title=fix,
        fix=(
            "Add a field for “cannot go on” to the output of the step.",
            "Route it: ask twice, then follow a script, then hand over with the facts.",
            "Out of hours, use the call-back list. It works.",
        ),
        kind_of_work="redesign",
        topic="branches",
        done_when="A test drives three calls into each branch, and all end in a question, a script, a person or a call-back.",
        effort="M",
        relates_to=("OWASP ASI08, LLM09", "NIST MEASURE 2.6, MANAGE 2.3", "EU AI Act 14, 15(4)"),
        references=("Google SRE Workbook, chapter 5",),
        origin=("S2: put a person before what cannot be undone",),
    )


def estimate(point: float, low: float, high: float) -> Estimate:
    return Estimate(point=point, low=low, high=high, basis="declared")


def scenario(
    success: tuple[float, float, float], caught: tuple[float, float, float], silent: tuple[float, float, float]
) -> Scenario:
    return Scenario(success=estimate(*success), caught=estimate(*caught), silent=estimate(*silent), expected_steps=8)


AS_IS = scenario((0.2725, 0.124, 0.452), (0, 0, 0), (0.7275, 0.548, 0.876))
R1 = scenario((0.543, 0.33, 0.72), (0.0504, 0.02, 0.1), (0.4066, 0.25, 0.58))
R2 = scenario((0.6824, 0.46, 0.83), (0.035, 0.01, 0.08), (0.2826, 0.16, 0.44))
R3 = scenario((0.8944, 0.72, 0.97), (0.0213, 0.01, 0.05), (0.0843, 0.02, 0.19))
R4 = scenario((0.8944, 0.72, 0.97), (0.0800, 0.03, 0.16), (0.0256, 0.01, 0.07))


def reliability(**changes: Any) -> Reliability:
    kept = {"identify_intent": (0.972, 0.006, 0.022), "handle_tangent": (0.972, 0.006, 0.022)}
    steps = []
    for id, name, decision in STEPS:
        ok, caught, silent = kept.get(id, (0.982, 0.003, 0.015)) if decision == "harden" else (0.995, 0.0, 0.005)
        steps.append(
            StepReliability(
                id=id,
                name=name,
                decider="model",
                point=0.85,
                low=0.62,
                high=0.97,
                basis="declared",
                n=None,
                detect=0,
                checkpoint=0,
                retries=0,
                ok=0.85,
                caught=0,
                silent=0.15,
                hardened_ok=ok,
                hardened_caught=caught,
                hardened_silent=silent,
                becomes="code" if decision == "kill" else "same",
                visits=1,
                gain_if_removed=0.048,
                gain_if_fixed=0.04,
                required=0.9725,
            )
        )
    now, hard, curve = 1.0, 1.0, []
    for i, step in enumerate(steps, start=1):
        now, hard = now * 0.85, hard * step.hardened_ok
        curve.append(
            CurvePoint(
                step=step.id,
                now=now,
                low=now * (1 - 0.07 * i),
                high=min(1, now * (1 + 0.085 * i)),
                hardened=1 - (1 - 0.8944) * i / 8,
            )
        )
    values: dict[str, Any] = {
        "stated": True,
        "as_is": AS_IS,
        "hardened": R4,
        "stages": (
            Stage(fix=None, title="Today", scenario=AS_IS),
            Stage(fix="R1", title="Branches", scenario=R1),
            Stage(fix="R2", title="Code for three steps", scenario=R2),
            Stage(fix="R3", title="State and validation", scenario=R3),
            Stage(fix="R4", title="Read-back", scenario=R4),
        ),
        "steps": tuple(steps),
        "curve": tuple(curve),
        "required_per_step": 0.9725,
        "step_budget": 1,
        "target_success": 0.8,
        "max_silent": 0.1,
        "targets_basis": "stated",
        "draws": 20000,
        "seed": 20261120,
        "shared": 0.5,
        "loss_now": 43651,
        "loss_hardened": 1855,
        "currency": "$",
        "assumptions": (
            "Steps fail independently. Real ones do not: hard calls fail several steps together.",
            "A branch detects 60 % of errors, validation 80 %, a read-back 70 %.",
            "A caught call is safe only where somebody picks it up.",
            "Model, prompt and traffic stay as they were in the window.",
        ),
        "conventions": (
            Convention(name="a branch detects", value="60 % of errors"),
            Convention(name="a read-back catches", value="70 %"),
            Convention(name="not used", value="1", used=False),
        ),
    }
    return Reliability(**{**values, **changes})


def fact(kind: str, id: str, key: str, value: Any, line: int = 12) -> Fact:
    return Fact(kind=kind, id=id, key=key, value=value, receipt=Declared(path=FILE, line=line, who="Dana Ruiz"))


def stack() -> Stack:
    components = [Component(kind="system", id="system")]
    facts = [
        fact("system", "system", "name", "Front-desk voice agent"),
        fact("system", "system", "stage", "pilot"),
        fact("system", "system", "impact", "moderate"),
        fact("system", "system", "run.noun", "calls"),
        fact("system", "system", "run.per_week", 400),
        fact("system", "system", "costs.currency", "$"),
        fact("system", "system", "costs.silent", 60),
        fact("system", "system", "costs.caught", 4),
    ]
    for i, (id, name, decision) in enumerate(STEPS):
        components.append(Component(kind="step", id=id, receipts=(declared(20 + 5 * i),)))
        facts += [
            fact("step", id, "name", name),
            fact("step", id, "decider", "model"),
            fact("step", id, "success", Rate(rate=0.85, known_by="watched")),
        ]
        if decision == "harden":
            facts.append(fact("step", id, "failure_branches", "[]"))
    for kind, id, name in (
        ("integration", "calendar", "Calendar connection"),
        ("integration", "telephone", "Telephone connection"),
        ("integration", "crm", "CRM connection"),
        ("knowledge", "price_list", "Price list"),
        ("knowledge", "practice_facts", "Practice facts"),
        ("monitor", "dashboard", "Call dashboard"),
    ):
        components.append(Component(kind=kind, id=id))
        facts.append(fact(kind, id, "name", name))
    return Stack(
        name="voice",
        components=tuple(components),
        facts=tuple(facts),
        sources=(("voice.yaml", "5eff8ca33ec14880a690f26fcd44deb0"),),
    )


def voice(**changes: Any) -> Report:
    """The voice agent of the design: HARDEN, 24 findings."""
    texts = tuple(check_text(p, id, short, severity) for p, id, short, severity, _, _ in rows())
    severity = {id: s for _, id, _, s, _, _ in rows()}
    outcome = {id: o for _, id, _, _, o, _ in rows()}
    issues, findings = [], []
    for id, places, title, _fix, confidence, letters, fix in ISSUES:
        issues.append(
            Issue(
                check=id,
                outcome=outcome[id],
                severity=severity[id],
                confidence=confidence,
                title=title,
                components=places,
                of=max(1, len(places)),
                fix=fix,
                receipts=receipts(letters),
                bases=tuple(BASES[x] for x in letters),
            )
        )
        for c in places:
            saw = tuple(
                Said(kind="step", component=c, key="failure_branches", value="none", receipt=r) for r in receipts(letters)
            )
            findings.append(
                Finding(
                    check=id,
                    kind="step",
                    component=c,
                    outcome=outcome[id],
                    severity=severity[id],
                    base_severity=severity[id],
                    confidence=confidence,
                    title=title,
                    saw=saw,
                    receipts=receipts(letters),
                )
            )
    results = tuple(
        CheckResult(
            check=id,
            pillar=p,
            outcome=o,
            severity=s,
            basis=BASES[letter],
            reason="nothing in this workflow calls for it" if o == "not_applicable" else None,
        )
        for p, id, _, s, o, letter in rows()
    )
    works = tuple(
        Works(check=id, title=short, components=("system",), basis=BASES[letter] or "declared", receipts=receipts(letter or "D"))
        for _, id, short, _, o, letter in rows()
        if o == "pass"
    )
    values: dict[str, Any] = {
        "tool": Tool(version="0.1.0"),
        "date": DAY,
        "again_by": date(2027, 2, 19),
        "title": "Front-desk voice agent",
        "noun": "calls",
        "status": "final",
        "stack": stack(),
        "findings": tuple(findings),
        "issues": tuple(issues),
        "engagement": Engagement(
            id="HD-2026-014",
            client="Harbor Dental",
            consultant="Northbeam Reliability",
            lead="Tomas Adeyemi",
            partner="Ingrid Solheim",
            version="1.0",
            status="final",
            classification="Client confidential",
            scope_in="The voice agent of the Elm Street practice from pick-up to hang-up: code, prompts and configuration.",
            scope_out="Speech recognition as a product, the CRM itself, the eight other practices.",
            window="12 October to 8 November 2026",
            repository="harbor/voice",
            commit="4f1c9e2a77d0",
            asked=(
                Asked(who="Dana Ruiz", role="engineering lead", when=date(2026, 11, 12)),
                Asked(who="Mia Tran", role="front-desk manager", when=date(2026, 11, 13)),
            ),
        ),
        "checklist": ChecklistUsed(
            name="reliability",
            version="1.0.0",
            hash="1c8439c78b70e2df" * 4,
            title="Reliability",
            pillars=tuple(dict.fromkeys(p for p, *_ in rows())),
            checks=texts,
        ),
        "verdict": Verdict(
            decision="harden",
            rule="O6",
            because=("ACT-04@write_crm", "BRN-01@route", "STA-01@state", "WFL-03@system"),
            reason="Four critical checks fail.",
        ),
        "components": components(),
        "results": results,
        "reliability": reliability(),
        "conflicts": (
            Conflict(
                id="CNF-BRN-01",
                kind="step",
                component="route",
                key="failure_branches",
                check="BRN-01",
                severity="critical",
                title="The team says that the route hands over when unsure; the code does not",
                statements=(
                    Said(kind="step", component="route", key="failure_branches", value="hands over", receipt=declared()),
                    Said(kind="step", component="route", key="failure_branches", value="none", receipt=inspected()),
                ),
                wins="inspected",
                why="What the code does outranks what is said of it.",
            ),
        ),
        "score": Score(shown=49, raw=50, high=61, cap=49, capped_by=("ACT-04", "BRN-01", "STA-01", "WFL-03"), band="weak"),
        "assurance": Assurance(
            letter="A4",
            measured=0.23,
            inspected=0.47,
            declared=0.18,
            unknown=0.12,
            because="fewer than half of the results are inspected",
        ),
        "coverage": Coverage(checks=70, decided=49, unknown=9, not_applicable=12, provisional=True),
        "roadmap": fixes(),
        "works": works,
        "waivers": (
            WaiverStatus(
                waiver=Waiver(
                    check="MON-05",
                    component="dashboard",
                    reason="Pilot only, one practice.",
                    control="The manager listens to ten calls a week.",
                    owner="Mia Tran",
                    approver="Ingrid Solheim",
                    expires=date(2027, 1, 20),
                ),
                status="active",
                days_left=61,
                reason="in force",
            ),
        ),
        "problems": (Problem(group="Evidence", level="warning", path=FILE, line=88, text="KNW-01 passes on a word alone"),),
        "gaps": (Gap(path="telephony/", reason="the vendor's logs were not given"),),
        "evidence": tuple(
            Evidence(
                id=f"E-{i:02}",
                kind="measured",
                source=f"Call traces, part {i}, 212 of 212 calls",
                date=date(2026, 11, 9),
                by="Lee Okafor",
                sha256=f"{i:064x}",
                redacted="names",
            )
            for i in range(1, 13)
        ),
    }
    return Report(**{**values, **changes})


def components() -> tuple[ComponentVerdict, ...]:
    said = {
        "greet": "A fixed sentence needs no model. Play a recorded line.",
        "close": "The same: a recorded line, by the route.",
        "write_crm": "A misheard name becomes the record. Code decides and writes.",
    }
    made = [
        ComponentVerdict(
            kind="step",
            id=id,
            name=name,
            decision=decision,
            rule="S2" if decision == "kill" else "S5",
            act="replace by code" if decision == "kill" else None,
            reason=said.get(id, "Answers when unsure: asks nobody, hands to nobody."),
            gain_success=0.048,
        )
        for id, name, decision in STEPS
    ]
    for kind, id, name, decision, rule, reason in (
        ("integration", "calendar", "Calendar connection", "harden", "I3", "Promises a slot when the calendar is down."),
        ("knowledge", "price_list", "Price list", "harden", "K3", "14 months old, no age limit; quoted as current."),
        ("monitor", "dashboard", "Call dashboard", "harden", "M2", "Counts calls. Cannot see a wrong booking."),
        ("integration", "telephone", "Telephone connection", "keep", "I4", "Lost lines reached the call-back list 9 of 9 times."),
        ("integration", "crm", "CRM connection", "keep", "I4", "A write sent twice lands once; 148 of 148 carried a key."),
        ("knowledge", "practice_facts", "Practice facts", "keep", "K4", "Owned, reviewed 2 November 2026, versioned."),
    ):
        made.append(ComponentVerdict(kind=kind, id=id, name=name, decision=decision, rule=rule, reason=reason))
    return tuple(made)


def fixes() -> tuple[Fix, ...]:
    return tuple(
        Fix(
            id=id,
            title=title,
            closes=tuple(f"{i[0]}@{c}" for i in ISSUES if i[6] == id for c in i[1]),
            effort=effort,
            kind_of_work=kind,
            topic=topic,
            order=n,
            before_launch=first,
            gain_success=up,
            gain_silent=down,
            owner=owner,
            due=due,
        )
        for n, (id, title, effort, kind, topic, first, up, down, owner, due) in enumerate(FIXES, start=1)
    )


# Variants --------------------------------------------------------------------------------------------------


def kill() -> Report:
    """A rule does the job: KILL, with what replaces it and what to switch off."""
    return voice(
        title="Invoice router",
        noun="invoices",
        verdict=Verdict(
            decision="kill",
            rule="O1",
            act="replace by code",
            because=("FIT-01@system",),
            reason="FIT-01 fails: the rule stands in the prompt already.",
            instead=(
                "One function from invoice to account, with tests for each of the 41 rows.",
                "An unknown supplier goes to a person, as today.",
            ),
            switch_off=("The API key of the router", "The webhook /route", "Its prompt store"),
        ),
    )


def keep() -> Report:
    """Nothing is open: KEEP, with no finding, no fix, no cost, no owner, no evidence."""
    results = tuple(
        r.model_copy(update={"outcome": "unknown" if r.check == "STA-03" else "pass", "basis": "measured", "reason": None})
        for r in voice().results
    )
    good = scenario((0.97, 0.95, 0.99), (0.02, 0.01, 0.03), (0.01, 0.004, 0.02))
    kept = tuple(
        c.model_copy(update={"decision": "keep", "act": None, "rule": "S7", "reason": "Counted and in order."})
        for c in components()
    )
    steps = tuple(
        s.model_copy(
            update={
                "becomes": "same",
                "gain_if_removed": 0.002,
                "gain_if_fixed": 0.0,
                "basis": "measured",
                "point": 0.9962,
                "ok": 0.9962,
                "silent": 0.0013,
                "caught": 0.0025,
                "hardened_ok": 0.9962,
                "hardened_silent": 0.0013,
                "hardened_caught": 0.0025,
            }
        )
        for s in reliability().steps
    )
    return voice(
        title="Research summariser",
        noun="answers",
        engagement=Engagement(),
        status="draft",
        findings=(),
        issues=(),
        roadmap=(),
        conflicts=(),
        waivers=(),
        problems=(),
        gaps=(),
        evidence=(),
        results=results,
        components=kept,
        verdict=Verdict(decision="keep", rule="O8", reason="No rule asks for more."),
        reliability=reliability(
            as_is=good,
            hardened=good,
            stages=(),
            loss_now=None,
            loss_hardened=None,
            steps=steps,
            curve=tuple(
                CurvePoint(step=s.id, now=0.9962**i, low=0.994**i, high=0.9987**i, hardened=0.9962**i)
                for i, s in enumerate(steps, start=1)
            ),
        ),
        score=Score(shown=96, raw=96, high=98, band="keep-grade"),
        assurance=Assurance(
            letter="A1", measured=0.9, inspected=0.08, declared=0, unknown=0.02, because="most results are measured"
        ),
        coverage=Coverage(checks=70, decided=69, unknown=1, not_applicable=0, provisional=False),
    )


def prove_it() -> Report:
    """KEEP on words alone, with two proofs asked for."""
    return keep().model_copy(
        update={
            "verdict": Verdict(
                decision="keep", act="prove it", rule="O7", reason="Nothing critical is open, but nothing is measured."
            ),
            "proofs": (
                Proof(title="50 real questions with known answers, run on every change", check="EVL-01"),
                Proof(title="100 runs of summarise counted right or wrong", check="WFL-05", detail="299 would show 99 %"),
            ),
        }
    )


def unstated() -> Report:
    """Nobody stated a rate: no percentage anywhere."""
    return voice(
        reliability=reliability(stated=False, stages=(), curve=(), steps=(), loss_now=None, loss_hardened=None), status="draft"
    )


def no_steps() -> Report:
    """A stack of which hardly anything is known."""
    bare = Stack(name="thing", components=(Component(kind="system", id="system"),))
    return voice(
        stack=bare,
        components=(),
        conflicts=(),
        waivers=(),
        works=(),
        roadmap=(),
        evidence=(),
        gaps=(),
        problems=(),
        title="thing",
        noun="runs",
        engagement=Engagement(),
        reliability=reliability(stated=False, stages=(), curve=(), steps=(), loss_now=None, loss_hardened=None),
    )


def large(n: int = 30, *, keep_every: bool = False, name: str = "Step number {i}") -> Report:
    """A graph of many steps with branches and loops, and 60 findings with long titles."""
    ids = [f"step_{i}" for i in range(1, n + 1)]
    facts, parts, verdicts, steps, curve = [], [Component(kind="system", id="system")], [], [], []
    now = 1.0
    for i, id in enumerate(ids, start=1):
        parts.append(Component(kind="step", id=id))
        facts += [fact("step", id, "name", name.format(i=i)[:120]), fact("step", id, "decider", "model" if i % 3 else "code")]
        if i % 4 == 0:
            facts.append(fact("step", id, "failure_branches", Branch(type="handoff")))
            facts.append(fact("step", id, "failure_branches", Branch(type="clarify")))
        elif i % 4 == 1:
            facts.append(fact("step", id, "failure_branches", "[]"))
        follow = [(ids[i], None)] if i < n else [("end", None)]
        if not keep_every and i % 7 == 2 and i + 4 <= n:
            follow = [(ids[i], 0.7), (ids[i + 3], 0.3)]
        if not keep_every and i % 11 == 5:
            follow = [(ids[i - 4], 0.1), *[(t, None) for t, _ in follow[:1]]]
        if follow != [(ids[i], None)] if i < n else True:
            facts += [fact("step", id, "next", Edge(to=to, share=share)) for to, share in follow]
        decision = "keep" if keep_every and i % 9 else ("kill" if i % 10 == 0 else "harden" if i % 2 else "keep")
        verdicts.append(
            ComponentVerdict(
                kind="step",
                id=id,
                name=name.format(i=i)[:120],
                decision=decision,
                rule="S5",
                act="remove" if decision == "kill" else None,
                gain_success=i / 1000,
                reason="Answers when unsure: asks nobody, hands to nobody.",
            )
        )
        steps.append(
            reliability()
            .steps[i % 8]
            .model_copy(update={"id": id, "name": name.format(i=i)[:120], "becomes": "gone" if decision == "kill" else "same"})
        )
        now *= 0.97
        curve.append(CurvePoint(step=id, now=now, low=now * 0.8, high=min(1, now * 1.1), hardened=1 - i / 400))
    base = voice()
    made = [
        base.issues[i % 24].model_copy(
            update={
                "check": rows()[i % 70][1],
                "severity": ("critical", "high", "medium", "low")[min(3, i // 12)],
                "title": f"{base.issues[i % 24].title}, and this is how it looks when a title runs on for quite a while"[:140],
            }
        )
        for i in range(60)
    ]
    return voice(
        stack=Stack(name="large", components=tuple(parts), facts=tuple(facts)),
        components=tuple(verdicts),
        issues=tuple(made),
        reliability=reliability(steps=tuple(steps), curve=tuple(curve)),
    )


def long_names() -> Report:
    """120 characters wherever a name may stand, without a space and with."""
    solid, loose = "x" * 120, ("a name of many words that goes on " * 4)[:120]
    report = large(12, name="Step {i} " + "which has a very long name indeed " * 4)
    return report.model_copy(
        update={
            "title": loose,
            "engagement": report.engagement.model_copy(
                update={
                    "client": loose,
                    "consultant": loose,
                    "lead": loose,
                    "partner": solid,
                    "id": solid,
                    "classification": loose,
                }
            ),
            "components": tuple(
                c.model_copy(update={"name": solid if i % 2 else loose, "reason": loose + loose})
                for i, c in enumerate(report.components)
            ),
            "issues": tuple(i.model_copy(update={"title": loose, "components": (solid,)}) for i in report.issues[:12]),
            "roadmap": tuple(f.model_copy(update={"title": solid, "owner": loose}) for f in report.roadmap),
            "evidence": tuple(e.model_copy(update={"source": solid, "by": loose}) for e in report.evidence),
        }
    )


EVIL = (
    '<img src="http://evil.test/a.png" onerror=alert(1)>',
    "</style><script>alert(1)</script>",
    "{{7*7}}{% raw %}",
    "javascript:alert(1)",
    "file:///etc/passwd",
    '=HYPERLINK("http://evil.test")',
    "]]> --> \" ' ` | [a](http://evil.test)",
    "@everyone <!-- x --> #1 **b** ![i](http://evil.test/i.png)",
    "url(http://evil.test/b.css) @import 'x'",
    "bell\x07 null\x00 back\x08 esc\x1b[31m \u202egnirts",
    "\ttab first",
    "-1+1",
    "&lt;b&gt; &amp; &#x41;",
)


def hostile() -> Report:
    """Every text of the report replaced by something that wants out."""
    turn = iter(range(10**9))

    def poison(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: poison(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [poison(v, key) for v in value]
        if isinstance(value, str) and key in POISONED:
            return EVIL[next(turn) % len(EVIL)]
        return value

    raw = poison(voice().model_dump(mode="json"))
    raw["stack"] = voice().model_dump(mode="json")["stack"]
    for part in raw["stack"]["components"]:
        for receipt in part["facts"].get("name", {}).get("receipts", ()):
            receipt |= {"value": EVIL[next(turn) % len(EVIL)], "path": EVIL[4], "who": EVIL[0]}
    raw["title"], raw["noun"] = EVIL[0], "<b>calls"
    return Report.model_validate(raw)


POISONED = {
    "title",
    "reason",
    "name",
    "note",
    "client",
    "consultant",
    "lead",
    "partner",
    "id_",
    "scope_in",
    "scope_out",
    "window",
    "repository",
    "who",
    "role",
    "path",
    "source",
    "why",
    "fails",
    "partial",
    "passes",
    "fix_title",
    "done_when",
    "references",
    "relates_to",
    "owner",
    "by",
    "redacted",
    "text",
    "control",
    "approver",
    "value",
    "assumptions",
    "short",
    "classification",
    "because_",
    "instead",
    "currency",
}

VARIANTS = {
    "voice": voice,
    "kill": kill,
    "keep": keep,
    "prove_it": prove_it,
    "unstated": unstated,
    "no_steps": no_steps,
    "large": large,
    "folded": lambda: large(45, keep_every=True),
    "long_names": long_names,
    "hostile": hostile,
}
