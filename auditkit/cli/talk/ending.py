"""Whether what is open at the end can still change the decision."""

from __future__ import annotations

from auditkit.formats.sitting import verdict_word
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.sitting import Sitting
from auditkit.syntax.words import listed

MOST_TURNING = 8
"""Of so many open questions the end says whether they can still change the decision."""


def turning(sitting: Sitting) -> tuple[tuple[Question, str], ...] | None:
    """The open questions of which one answer would change the decision, with what it could become.

    None where there are too many to try, or some have no choices to try.
    """
    open_ = [q for q in sitting.plan.questions if q.state in ("open", "unknown", "waiting")]
    tried = [q for q in open_ if q.form.choices and q.state != "waiting"]
    if len(open_) > MOST_TURNING or len(tried) < len(open_):
        return None
    now = (sitting.figures.decision, sitting.figures.act)
    found = []
    for question in tried:
        other = [o.figures for o in sitting.options(question) if (o.figures.decision, o.figures.act) != now]
        if other:
            found.append((question, listed(list(dict.fromkeys(verdict_word(f) for f in other)))))
    return tuple(found)
