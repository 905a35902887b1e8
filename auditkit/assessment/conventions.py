"""Our conventions: numbers that stand in where nothing is stated or measured. Printed as conventions, always.

They are choices, not findings; docs/method.md says where each comes from. A stated or measured value replaces
any of them.
"""

from __future__ import annotations

TARGETS = {"low": (0.80, 0.10), "moderate": (0.90, 0.05), "high": (0.95, 0.01), "critical": (0.99, 0.001)}
"""By impact: the share that must end right, the share that may fail unnoticed."""
IMPACT_IF_UNKNOWN = "moderate"

KIND_RATE = {"extract": (0.93, 10), "classify": (0.93, 10), "write_text": (0.93, 10), "verify": (0.93, 10),
             "decide": (0.85, 10), "converse": (0.80, 10), "agent_loop": (0.70, 10)}
"""A model step of unknown rate, by its kind: mean, and how many runs that guess is worth."""
MODEL_RATE = (0.85, 10)
CODE_RATE = (0.995, 100)
CODE_IO_RATE = {"read": (0.98, 20), "write": (0.97, 20)}
HUMAN_RATE = (0.97, 20)

STRENGTH = {"guess": 5.0, "watched": 10.0, "dashboard": 20.0}
"""How many runs a share without counts is worth, by what it rests on."""
OLD_DATA_WEIGHT = 0.5
OLD_AFTER_DAYS = 90

DETECTS = {"judge": 0.30, "schema": 0.30, "rule": 0.50, "verifier": 0.50}
"""The share of wrong outputs that a check notices."""
VALIDATION_PARTS = {"schema_and_rule": ("schema", "rule")}
BRANCH_DETECTS = {"code": 0.60, "score": 0.30, "prompt": 0.0}
"""The share of wrong outputs on which a way out fires, by what triggers it."""
CODE_DETECTS = 0.90
"""An error in plain code shows itself."""
CODE_RETRIES = 2
GATE_CATCHES = {"human": 0.60, "read_back": 0.60, "policy": 0.50, "limit": 0.0}
"""The share of wrong proposals that a checkpoint stops."""
HUMAN_STEP_CATCHES = 0.60
SOURCE_CHECK = 0.30
"""The share of errors from stale, missing or disagreeing sources that a check of sources notices."""
VERIFIER_CATCHES = 0.50
SELF_CHECK_CATCHES = 0.30
FRESH_STEP = 0.93
"""The rate of a step that sees the facts it needs: a fresh extraction."""
DETECTION_STRENGTH = 10.0
"""How many runs a detection share is worth when it is a convention."""

SHARED = 0.5
"""Correlation of what is not known about steps on one model."""
DRAWS = 20_000
DRAWS_UNSTATED = 500
"""Draws where nobody stated a rate: no percentage is printed then, they only order the fixes."""
DRAWS_LIVE = 5_000
"""Draws while somebody answers and waits; where they leave a decision open, all of them are made."""
SEED = 20261120
CELLS = 5_000_000
"""Draws times steps at most; beyond, fewer draws are made and the report says how many."""
END_TO_END_RUNS = 100
"""From this many scored runs on, the counted rate decides and the chain explains."""
