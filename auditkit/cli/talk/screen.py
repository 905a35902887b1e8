"""What a sitting prints: questions, what answers moved, the map, the end. Lines of 80 columns; no input, no files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditkit.cli.talk.facts import fact_lines, fact_now, only_facts, row_lines, short_wants
from auditkit.cli.talk.look import PAD, Look
from auditkit.cli.talk.words import COMMANDS
from auditkit.formats.numbers import PLAIN, first_up, short_day
from auditkit.formats.sitting import can_move, decided, fell_and_came, headline, progress, shifts, verdict_word
from auditkit.formats.terminal import HANG, label, safe
from auditkit.model.facts import SYSTEM, THE_SYSTEM, Ref, Stack
from auditkit.model.receipts import Declared
from auditkit.sources.questionnaire.asks import spoken
from auditkit.sources.questionnaire.disputes import is_dispute, sides
from auditkit.sources.questionnaire.forms import key_of
from auditkit.sources.questionnaire.keeping import Clash
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.sheet import given, stated
from auditkit.sources.questionnaire.sitting import Moved, Option, Sitting
from auditkit.sources.questionnaire.turning import Turning, turning_sentence
from auditkit.sources.questionnaire.whatif import Outcome, Try

MOST_NAMED = 14
MOST_MOVED = 5
MOST_TRIES = 9


# A question ------------------------------------------------------------------------------------------------

def bar(sitting: Sitting, look: Look) -> Iterator[str]:
    """Progress at the left, the decision at the right, never one number for both; and a rule below."""
    plan, figures = sitting.plan, sitting.figures
    left = progress(plan.answered, plan.total, plan.minutes)
    right = "Provisional: " if look.provisional else "Decision so far: "
    length = len(right) + len(verdict_word(figures)) + (2 if look.screen.unicode else 0)
    if len(left) + 2 + length <= look.width:
        yield left + " " * (look.width - len(left) - length) + right + look.word(figures)
    else:
        yield left
        yield " " * max(0, look.width - length) + right + look.word(figures)
    yield "-" * look.width


def head(sitting: Sitting, question: Question, look: Look) -> Iterator[str]:
    """Topic, number and question."""
    topic = next((t.title for t in sitting.rules.catalogue.topics if t.id == question.form.topic), question.form.topic)
    number = f"{sitting.number(question)}"
    text = look.wrap(question.form.ask, HANG + len(number) + 2)
    first = f"{look.screen.bold(number)}  {look.screen.bold(text[0])}"
    if len(topic) < HANG:
        yield look.screen.bold(safe(topic)) + " " * (HANG - len(safe(topic))) + first
    else:
        yield look.screen.bold(safe(topic))
        yield PAD + first
    yield from (PAD + " " * (len(number) + 2) + line for line in text[1:])


def question_lines(sitting: Sitting, question: Question, options: Sequence[Option], look: Look,
                   *, brief: bool = False) -> Iterator[str]:
    """A question in full: why, about what, what was looked at, what it can move, and its answers."""
    yield from head(sitting, question, look)
    yield ""
    if not brief:
        yield from look.rows("Why", question.form.why)
    yield from _about(sitting, question, look)
    if question.state == "waiting":
        yield from _waits(sitting, question, look)
        return
    yield from _said(sitting, question, look)
    if question.state == "open" and not is_dispute(question) and sitting.rules.coverage is not None:
        yield from look.rows("Looked at", " ".join(sitting.looked(question)))
    moves = can_move([o.figures for o in options], question.checks, question.severity, PLAIN)
    if moves:
        yield from look.rows("Can move", moves)
    yield ""
    yield from _answers(question, options, look)


def _about(sitting: Sitting, question: Question, look: Look) -> Iterator[str]:
    refs = [r for r in question.refs if r.kind != SYSTEM]
    if refs:
        yield from look.rows("So far" if question.form.lists else "About", names(refs, sitting.stack, numbered=len(refs) > 1))


def names(refs: Sequence[Ref], stack: Stack, *, numbered: bool = False) -> str:
    """Components by name, with the numbers by which an answer can address them."""
    shown = [f"{i} {safe(stack.title(r))}" if numbered else safe(stack.title(r)) for i, r in enumerate(refs, 1)]
    if len(shown) > MOST_NAMED and not numbered:
        shown = [*shown[:MOST_NAMED], f"and {len(shown) - MOST_NAMED} more"]
    return ", ".join(shown)


def _waits(sitting: Sitting, question: Question, look: Look) -> Iterator[str]:
    for id in question.waits_for:
        parent = sitting.question(id)
        who = f" {safe(parent.answer.ask)} was asked." if parent.answer is not None and parent.answer.ask else ""
        yield from look.rows("Waits for", f"question {sitting.number(parent)}: {parent.form.ask}{who}")
    if question.checks:
        yield from look.rows("Until then", f"{', '.join(question.checks[:3])} counts as not known, never as fine.")


def _said(sitting: Sitting, question: Question, look: Look) -> Iterator[str]:
    """What was answered before, or is on record."""
    stack, answer = sitting.stack, question.answer
    if is_dispute(question):
        said, seen = sides(stack, question)
        yield from look.rows("Said", "; ".join(f"{_value(f.value)}{_voice(f.receipt)}" for f in said))
        yield from look.rows("Seen", "; ".join(f"{_value(f.value)}, {f.receipt.path}:{f.receipt.line}" for f in seen))
    if answer is not None and answer.outcome != "stated":
        words = {"unknown": "not known", "not_applicable": "does not apply"}.get(answer.outcome, answer.outcome)
        parts = [words, f"asked of {answer.ask}" if answer.ask else None, answer.reason, answer.note, answer.who,
                 short_day(answer.when) if answer.when else None]
        yield from look.rows("On record", ", ".join(p for p in parts if p))
    elif question.state in ("answered", "known") and not question.form.lists:
        yield from look.rows("Answer now", "; ".join(_present(sitting, question)))


def _present(sitting: Sitting, question: Question) -> Iterator[str]:
    found, stack = given(question, sitting.stack), sitting.stack
    several = len(question.refs) > 1
    for number in dict.fromkeys(n for n in found.values() if n is not None):
        own = [r for r in question.refs if found[r.id] == number]
        of = f" ({names(own, stack)})" if several and len(own) < len(question.refs) else ""
        yield f"{number + 1} {question.form.choices[number].says}{of}"
    for (id, name), value in stated(question, stack).items():
        if found.get(id) is None:
            yield f"{f'{id} ' if several else ''}{name}: {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(_value(v) for v in value) or "none"
    if hasattr(value, "model_dump"):
        return ", ".join(f"{k} {_value(v)}" for k, v in value.model_dump(exclude_none=True).items())
    return str(value).replace("_", " ") if isinstance(value, str) else str(value)


def _voice(receipt: object) -> str:
    if not isinstance(receipt, Declared) or not receipt.who:
        return ""
    return f", {receipt.who}" + (f" on {short_day(receipt.when)}" if receipt.when else "")


def _answers(question: Question, options: Sequence[Option], look: Look) -> Iterator[str]:
    form = question.form
    for number, choice in enumerate(form.choices, 1):
        level = options[number - 1].level if number <= len(options) else None
        text = look.wrap(choice.says, HANG + 10)
        yield f"{look.screen.bold(f'{number:>10}')}  {text[0]:<{look.width - HANG - 8}}{level or '':>8}".rstrip()
        yield from (PAD + line for line in text[1:])
        yield from (PAD + look.screen.grey(line) for line in look.wrap(choice.means))
    if form.lists:
        yield from _list_help(question, look)
    elif not form.choices:
        yield from row_lines(question, look)
    if form.choices and form.fields and not is_dispute(question):
        yield f"{'x':>10}  Exact facts"
    parts = ["d  I don't know", *([] if is_dispute(question) or form.lists else ["n  Does not apply"])]
    if len(question.refs) > 1 and form.choices:
        parts.append("e  Each on its own")
    line = f"{'':9}{'      '.join(parts)}"
    yield from (line,) if len(line) <= look.width else (f"{'':9}{part}" for part in parts)


def _list_help(question: Question, look: Look) -> Iterator[str]:
    form = question.form
    columns = "".join(f", {spoken(c).upper()}" for c in form.columns)
    more = "; what you leave out is asked afterwards" if columns else ""
    yield from look.below(f"One a line: NAME{columns}{more}.")
    for column in form.columns:
        key = key_of(column, form.lists or "")
        wanted = f"{spoken(column)}: {short_wants(key)}" if key is not None else ""
        yield from (PAD + look.screen.grey(line) for line in look.wrap(wanted))
    yield PAD + "An empty line ends the list."
    if form.none and not question.refs:
        yield f"{'0':>10}  {safe(form.none)}"


FOOT = ("next  back  skip  jump  why  note  undo  show  if  quit", "? for help")


def foot(look: Look) -> Iterator[str]:
    """The commands, on one line where they fit."""
    left, right = FOOT
    room = look.width - len(left) - len(right)
    yield from (f"{left}{' ' * room}{right}",) if room > 1 else (*look.wrap(left, 0), right)


def short_form(sitting: Sitting, question: Question) -> str:
    """What an empty line is answered with: the question in one line."""
    form = question.form
    numbers = f"1 to {len(form.choices)}, " if len(form.choices) > 1 else "1, " if form.choices else ""
    lists = "one item a line, " if form.lists else ""
    each = "e, " if len(question.refs) > 1 and form.choices else ""
    exact = "x, " if form.fields and form.choices and not is_dispute(question) else ""
    no = "" if is_dispute(question) or form.lists else "n, "
    return f"{sitting.number(question)}  {safe(form.short)}: {numbers}{lists}{each}{exact}d, {no}or ? for help"


def help_lines(question: Question, look: Look) -> Iterator[str]:
    """What can be typed here."""
    for name, what in (*_own_help(question), *COMMANDS.items()):
        yield from (f"{name if i == 0 else '':>10}  {line}" for i, line in enumerate(look.wrap(what)))


def _own_help(question: Question) -> Iterator[tuple[str, str]]:
    """What answers the question at hand."""
    form, several = question.form, len(question.refs) > 1
    if form.choices:
        yield "1 2 3", "the choice of that number" + (", for all of them" if several else "")
    if several and form.choices:
        yield "e", "each on its own: 'e 1 3 3 2 -' at once, or 'e' and one after the other"
    if form.lists:
        yield "NAME", "one more item; 'remove 3', 'rename 3 NAME', 'move 3 after 1' (0: first) change the list"
    if only_facts(question):
        yield "VALUE", f"the fact that is asked; another one by its name, as in '{spoken(form.fields[-1])}: VALUE'"
        yield ".", "ends the facts; an empty line leaves one open"
    elif form.fields:
        yield "x", f"exact facts, one after the other; or one at once, as in '{spoken(form.fields[0])}: VALUE'"
    yield "d", "nobody here knows the rest; it stays unknown" if only_facts(question) else "nobody here knows; it stays unknown"
    if not form.lists:
        yield "n", "does not apply; asks for the reason"
    elif form.none and not question.refs:
        yield "0", safe(form.none)


def fact_of(question: Question, name: str, stack: Stack, look: Look, word: str = "") -> Iterator[str]:
    """One fact of a question, as it is asked."""
    now = fact_now(question, name, stack)
    yield from fact_lines(word, key_of(name, question.form.about), look, optional=name not in question.form.needs,
                          numbered=len(question.refs) == 1, now="" if now is None else _value(now))


def several_lines(question: Question, stack: Stack, look: Look, *, first: bool) -> Iterator[str]:
    """How one line answers for several things."""
    if len(question.refs) > 1:
        yield from ("",) if first else ()
        how = "One value for all, one each with commas, or 1-3: VALUE, 4: VALUE. Lists: 1: a, b; 2: c."
        yield from look.rows("Several", f"{names(question.refs, stack, numbered=True)}. {how}")


def why_lines(sitting: Sitting, question: Question, look: Look) -> Iterator[str]:
    """Why a question is asked: the risk, the checks that wait for it, what was looked at."""
    yield from look.rows("Why", question.form.why)
    texts = {c.id: c for c in sitting.report.checklist.checks}
    for i, id in enumerate(question.checks or question.form.settles):
        if id in texts:
            yield from look.rows("Decides" if i == 0 else "", f"{id} ({texts[id].severity}): {texts[id].question}")
    yield from look.rows("Looked at", " ".join(sitting.looked(question)))


# After an answer -------------------------------------------------------------------------------------------

def moved_lines(sitting: Sitting, moved: Moved, options: Sequence[Option], look: Look, own: str = "") -> Iterator[str]:
    """What an answer moved, at most five lines; shares first, then the decision, then questions other than its own."""
    arrow = look.screen.arrow
    lines = _beside([s.text(arrow) for s in shifts(moved.before, moved.after, [o.figures for o in options], PLAIN)], look)
    said = decided(moved.before, moved.after, look.plain)
    nothing = not lines and not (moved.fell or moved.came) and said == f"Still {look.plain(moved.after)}."
    lines += look.dressed(look.wrap(f"Nothing. {said}" if nothing else said), moved.after)
    fell, came = ([(sitting.number(q), q.form.short) for q in found if q.id != own] for found in (moved.fell, moved.came))
    for sentence in fell_and_came(fell, came):
        lines += look.wrap(sentence)
    yield from label("Moved", lines[:MOST_MOVED], look.screen)


def _beside(parts: Sequence[str], look: Look) -> list[str]:
    """Two on a line where they fit."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) < 38 and 38 + len(part) <= look.width - HANG:
            lines[-1] = f"{lines[-1]:<38}{part}"
        else:
            lines.append(part)
    return lines


def clash_lines(clashes: Sequence[Clash], look: Look) -> Iterator[str]:
    """Both sides of what two people said at once."""
    yield from look.rows("Not saved", "Somebody else has meanwhile answered the same.")
    for clash in clashes[:6]:
        who = f" ({clash.who}{f', {short_day(clash.when)}' if clash.when else ''})" if clash.who else ""
        yield from look.rows("", f"{clash.ref.id} {clash.key}")
        yield from look.rows("  theirs", f"{_value(clash.theirs)}{who}")
        yield from look.rows("  yours", _value(clash.yours))


def final_lines(sitting: Sitting, look: Look, then: str) -> Iterator[str]:
    """That a KILL stands, and how to end; `then` is the command that comes after the sitting."""
    text = (f"KILL rests on what you said (rule {sitting.figures.rule}); no question that is left can lift it, only undo. "
            "What is left refines the report and no more. To end here type quit: everything is saved. Then:")
    yield from look.rows("It stands", text)
    yield PAD + then


# What if ---------------------------------------------------------------------------------------------------

def tries_lines(found: Sequence[Try], look: Look) -> Iterator[str]:
    """What can be tried, by what it gains."""
    if not found:
        yield from look.rows("What if", "Nothing that could be tried would move the decision now.")
        return
    lines: list[str] = []
    for number, one in enumerate(found[:MOST_TRIES], 1):
        first, *rest = look.wrap(first_up(one.says), HANG + 3)
        lines += [f"{number}  {first}", *(f"   {line}" for line in rest)]
    yield from label("What if", lines, look.screen)


def outcome_lines(sitting: Sitting, chosen: Sequence[Try], then: Outcome, look: Look) -> Iterator[str]:
    """What some tries would do together; nothing is saved."""
    now, after = sitting.figures, then.figures
    same = (now.decision, now.act) == (after.decision, after.act)
    word = f"{'Still' if same else 'Then'} {look.plain(after)}"
    noun = str(sitting.stack.value(THE_SYSTEM, "run.noun") or "runs")
    text = f"{word}: {headline(after, noun, PLAIN)}" if after.stated else f"{word}."
    yield from label("If so", look.dressed(look.wrap(text), after), look.screen)
    if after.stated and now.stated:
        for line in _beside([s.text(look.screen.arrow) for s in shifts(now, after, (), PLAIN) if s.label != "ends right"], look):
            yield PAD + line
    if then.mends:
        checks = list(dict.fromkeys(m.partition("@")[0] for m in then.mends))
        more = f" and {len(checks) - 8} more" if len(checks) > 8 else ""
        yield from look.below(f"It would mend {', '.join(checks[:8])}{more}.")
    for assumption in dict.fromkeys(t.assumes for t in chosen if t.assumes):
        yield from look.below(assumption)


# The map and the end ---------------------------------------------------------------------------------------

def map_lines(sitting: Sitting, look: Look) -> Iterator[str]:
    """The steps with who decides in each, and its verdict."""
    stack = sitting.stack
    verdicts = {Ref(c.kind, c.id): c.decision for c in sitting.report.components}
    steps = stack.by_kind["step"]
    if not steps:
        yield from look.rows("Map", "No step is named yet.")
        return
    lines, room = [], min(34, look.width - HANG - 24)
    for number, ref in enumerate(steps, 1):
        decider = stack.value(ref, "decider") or "?"
        nexts = stack.value(ref, "next")
        goes = ", ".join(str(e.to) for e in nexts) if isinstance(nexts, tuple) and nexts else ""
        name = safe(stack.title(ref))
        word = verdicts[ref].upper() if ref in verdicts else ""
        text = f"{number:>2}  {name[:room]:<{room + 2}}{decider:<8}{word:<8}"
        lines.append((text + (f"{look.screen.arrow} {goes}" if goes else "")).rstrip()[:look.width - HANG])
    yield from label("Map", lines, look.screen)


def end_lines(sitting: Sitting, look: Look, turning: Turning | None) -> Iterator[str]:
    """The end: the decision, what is open and with whom, and whether that can still change it."""
    figures, report = sitting.figures, sitting.report
    noun = str(sitting.stack.value(THE_SYSTEM, "run.noun") or "runs")
    shape = 2 if look.screen.unicode else 0
    words = verdict_word(figures)
    start = look.word(figures) + " " * max(2, HANG - len(words) - shape)
    room = max(HANG, len(words) + shape + 2)
    short = ", provisional: only what is most urgent was asked" if look.provisional else ""
    title, *rest = look.wrap(report.title + short, room)
    yield start + title
    yield from (" " * room + line for line in rest)
    yield from look.below(headline(figures, noun, PLAIN))
    yield from look.below(f"Rule {figures.rule}: {figures.reason}")
    open_ = [q for q in sitting.plan.questions if q.state in ("open", "waiting", "unknown")]
    aside = sum(q.state in ("open", "waiting", "unknown") for q in sitting.plan.aside)
    many = f"{aside} question{'s' * (aside != 1)}"
    if not open_:
        quick = f"{many} that a quick sitting does not ask; go on without --quick."
        yield from look.rows("Open", quick if aside and look.provisional
                             else f"Nothing that can decide. {many} would only refine the result; --all asks them." if aside
                             else "Nothing: every question is answered.")
        return
    yield ""
    lines = []
    for question in open_[:8]:
        who = f", with {question.answer.ask}" if question.answer is not None and question.answer.ask else ""
        state = {"unknown": "not known", "waiting": "waits", "open": "not asked yet"}[question.state]
        lines += look.wrap(f"{sitting.number(question)}  {question.form.short}: {state}{who}")
    if len(open_) > 8:
        lines.append(f"and {len(open_) - 8} more")
    if aside and look.provisional:
        lines.append(f"and {many} that a quick sitting does not ask")
    yield from label("Open", lines, look.screen)
    if turning is not None:
        yield from look.below(turning_sentence(sitting, turning))
