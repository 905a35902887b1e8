"""What people type in a sitting, taken apart: commands, choices for several things, values, items of a list. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from auditkit.errors import Problem
from auditkit.formats.terminal import CONTROL, safe
from auditkit.model.facts import Ref, Stack
from auditkit.sources.questionnaire.forms import Form
from auditkit.sources.questionnaire.sheet import split
from auditkit.syntax.words import did_you_mean, shown

COMMANDS = {
    "next": "go on; this one stays open", "back": "the question before", "skip": "put it off to the end",
    "jump": "jump 22, jump BRN-01, or a topic", "why": "why it is asked, and what waits for it",
    "note": "words to keep with the answer", "evidence": "evidence FILE or link [day]: what shows it",
    "ask": "ask NAME: not known here; NAME finds out", "undo": "take the last answer back",
    "show": "the map and the decision so far", "if": "what a change would do", "quit": "stop; everything is saved",
}
"""What can be typed at every question, beside its answers."""
PLAIN_ANSWERS = {"d": "unknown", "n": "not applicable", "e": "each on its own", "x": "exact facts"}
STARRED = "That looks like a secret: it is stored as ****. Take the secret out of use if it was real."
NOTHING = "-"
"""Typed for a thing that gets no answer now."""
STOP = "."
"""Typed to end a row of facts."""
MOST_TYPED = 4_000

_RANGE = re.compile(r"([0-9]{1,3})(?:\s*(?:-|to)\s*([0-9]{1,3}))?")
_ADDRESS = re.compile(r"([0-9]{1,3}(?:\s*(?:-|to)\s*[0-9]{1,3})?)\s*(?:[:=]\s*|\s+)(.+)")
_NAMED = re.compile(r"([^:=]+?)\s*[:=]\s+(.+)|([\w.\-]+)=(.+)")
_COUNTS = re.compile(r"[0-9_,]+\s*(?:/|of|out of)\s*[0-9_,]+")
_NUMBER = re.compile(r"[+-]?[0-9_]*\.?[0-9_]+%?")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})*\s*(?:/|of|out of)\s*[0-9]{1,3}(?:,[0-9]{3})*(?![0-9])")
_WITH_REST = ("jump", "note", "evidence", "ask", "if")
_SENTENCE = ("the", "a", "an", "for", "if", "whether", "that", "this", "these", "those", "to", "of", "with", "when", "how",
             "what", "which", "who", "my", "our", "your", "their", "its", "his", "her")
"""What follows a word in a sentence and never a command."""
_NO_ITEMS = ("none", "no", "nothing", "there is none", "there are none", "-")
_NOT_KNOWN = ("unknown", "i don't know", "i don\u2019t know", "don't know", "dont know", "i dont know",
              "not known", "not sure", "idk")


class Wrong(Exception):
    """What was typed does not fit; the text says in one line what was wrong and what fits."""


def one_line(problem: Problem) -> str:
    """A problem in one line: what was wrong, and what fits."""
    return safe(problem.text + (f"; {problem.hint}" if problem.hint else ""))


def clean(text: str) -> str:
    """A typed line without its ends. Raises Wrong for what no person types."""
    if CONTROL.search(text.replace("\t", " ")) or any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise Wrong("that holds a control character; type it again")
    if len(text) > MOST_TYPED:
        raise Wrong(f"that is longer than {MOST_TYPED:,} characters; put it into a file and name that with 'evidence FILE'")
    return text.replace("\t", " ").strip()


@dataclass(frozen=True)
class Typed:
    """A line at a question: a command with what follows it, or an answer (`command` is empty)."""

    command: str
    rest: str


def typed(line: str, *, listing: bool = False, topics: Iterable[str] = ()) -> Typed:
    """A line as a command or an answer; a command may be shortened to its first letters where that is clear.

    Where a list is asked for (`listing`), a sentence that begins with the word of a command is an item; `jump` with one of
    the `topics` is none.
    """
    word, _, rest = line.partition(" ")
    low = word.lower()
    if low in ("?", "h", "help"):
        return Typed("?", rest.strip())
    if low in ("q", "exit", "bye"):
        return Typed("quit", "")
    if line.lower() in ("n/a", "na", "does not apply"):
        return Typed("n/a", "")
    if listing and rest and (low in ("e", "x") or (low in _WITH_REST and _sentence(low, rest, topics))):
        return Typed("", line)
    if low in COMMANDS and (not rest or low in _WITH_REST):
        return Typed(low, rest.strip())
    if low in PLAIN_ANSWERS and (not rest or low in ("d", "n", "e")):
        return Typed(low, rest.strip())
    begins = [c for c in COMMANDS if not rest and len(low) > 1 and low != "no" and c.startswith(low)]
    return Typed(begins[0], "") if len(begins) == 1 else Typed("", line)


def _sentence(word: str, rest: str, topics: Iterable[str]) -> bool:
    """Whether what follows the word of a command makes it the begin of an item of a list."""
    if word == "if":
        return not re.fullmatch(r"[0-9\s,]+", rest)
    if word == "jump" and topic_of(rest, topics) is not None:
        return False
    return "," in rest or rest.split()[:1] == [] or rest.split()[0].casefold() in _SENTENCE


def topic_of(text: str, topics: Iterable[str]) -> str | None:
    """The topic whose title begins with that text."""
    begin = text.strip().casefold()
    return next((t for t in topics if t.casefold().startswith(begin)), None) if begin else None


def unknown_word(line: str) -> bool:
    """Whether a line says that the thing is not known."""
    return line.casefold().rstrip(".") in _NOT_KNOWN


def choice(form: Form, text: str) -> int | None:
    """The choice that a number or its words name, from 0; None when it is none. Raises Wrong for a wrong number."""
    if text.isascii() and text.isdigit():
        if 1 <= int(text[:6]) <= len(form.choices):
            return int(text) - 1
        raise Wrong(f"there is no {text[:6]}; {fits(form)}")
    says = [c.says.casefold().rstrip(".") for c in form.choices]
    plain = text.casefold().rstrip(".")
    return says.index(plain) if says.count(plain) == 1 else None


def fits(form: Form) -> str:
    """What answers a question takes, in a few words."""
    if form.lists:
        return "type a NAME, d or ? for help"
    numbers = f"1 to {len(form.choices)}" if len(form.choices) > 1 else "1"
    return f"type {numbers}, d, n or ? for help" if form.choices else "type what is asked, d, n or ? for help"


def meant(text: str) -> str:
    """The command that was probably meant, as a hint."""
    guess = did_you_mean(text.split(" ")[0], COMMANDS)
    return f"did you mean '{guess}'?" if guess else ""


# Several things at once ------------------------------------------------------------------------------------

def addressed(text: str, refs: Sequence[Ref], stack: Stack, *, numeric: bool = False, words: bool = False,
              many: bool = False) -> dict[Ref, str]:
    """One typed line for several things: one word for all, one each in order, or `1-5 model, 6 code`.

    `numeric` values and free `words` need a colon behind the address (`1-5: 8`), for a number may be an answer as well.
    Of a key that holds `many` a line with commas is one value for all; `1: a, b; 2: c` or brackets tell things apart.
    Raises Wrong.
    """
    if numeric:
        text = _THOUSANDS.sub(lambda m: m[0].replace(",", ""), text)
    if many and len(refs) > 1:
        return _lists_of(text.strip(), refs, stack, colon=numeric or words)
    parts = [p for p in split(text) if p]
    if not parts:
        raise Wrong("that is empty; type one word for all, one each, or 1-5 WORD, 6 WORD")
    colon = numeric or words
    if len(refs) == 1 and not (_address(parts[0], refs, stack, colon) and len(parts) == 1):
        return {refs[0]: text.strip()} if text.strip() != NOTHING else {}
    found = [_address(p, refs, stack, colon) for p in parts]
    if all(found):
        return {ref: value for one in found if one for ref, value in one.items() if value != NOTHING}
    if any(found):
        bad = parts[next(i for i, f in enumerate(found) if not f)]
        raise Wrong(f"{shown(bad)} names nothing of 1 to {len(refs)}; type 1-5 WORD, 6 WORD")
    single = text.split()
    plain = all(w == NOTHING or _NUMBER.fullmatch(w) for w in single)
    if not words and len(parts) == 1 and 1 < len(single) == len(refs) and plain:
        parts = single
    if len(parts) == 1:
        return dict.fromkeys(refs, parts[0]) if parts[0] != NOTHING else {}
    if len(parts) != len(refs):
        raise Wrong(f"{len(parts)} answers for {len(refs)} things; type one for all, one each, or 1-5 WORD, 6 WORD")
    return {ref: value for ref, value in zip(refs, parts) if value != NOTHING}


def _lists_of(text: str, refs: Sequence[Ref], stack: Stack, colon: bool) -> dict[Ref, str]:
    """`a, b` for all, `1: a, b; 2: c`, or `[a, b], [c], -` in order. Raises Wrong."""
    if not text.strip(", "):
        raise Wrong("that is empty; type one list for all, or 1: a, b; 2: c")
    groups = [g for g in split(text, ";") if g]
    made: dict[Ref, str] = {}
    for group in groups:
        parts = [p for p in split(group) if p]
        found = [_address(p, refs, stack, colon) for p in parts]
        if not any(found):
            if len(groups) > 1:
                raise Wrong(f"{shown(group)} names nothing of 1 to {len(refs)}; type 1: a, b; 2: c")
            if len(parts) > 1 and all(p[0] == "[" or p == NOTHING for p in parts):
                if len(parts) != len(refs):
                    raise Wrong(f"{len(parts)} lists for {len(refs)} things; type one for all, one each, or 1: a, b; 2: c")
                return {ref: value for ref, value in zip(refs, parts) if value != NOTHING}
            return dict.fromkeys(refs, text) if text != NOTHING else {}
        whole = _address(group, refs, stack, colon)
        if all(found):
            made |= {ref: value for one in found if one for ref, value in one.items()}
        elif whole and not any(found[1:]):
            made |= whole
        else:
            raise Wrong("it is not clear where one list ends; type 1: a, b; 2: c")
    return {ref: value for ref, value in made.items() if value != NOTHING}


def _address(part: str, refs: Sequence[Ref], stack: Stack, numeric: bool) -> dict[Ref, str] | None:
    """The things that one part names, with what it says of them; None when it names none."""
    if _COUNTS.fullmatch(part):
        return None
    if match := _ADDRESS.fullmatch(part):
        colon = ":" in part[match.end(1):match.start(2)] or "=" in part[match.end(1):match.start(2)]
        if colon or not numeric:
            chosen = ranged(match[1], refs)
            return dict.fromkeys(chosen, match[2].strip()) if chosen else None
    if match := _NAMED.fullmatch(part):
        name, value = (match[1], match[2]) if match[1] else (match[3], match[4])
        ref = named(name, refs, stack)
        return {ref: value.strip()} if ref else None
    return None


def ranged(text: str, refs: Sequence[Ref]) -> list[Ref]:
    """The things of `3` or `1-5`; none where the numbers run over."""
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        return []
    low, high = int(match[1]), int(match[2] or match[1])
    return list(refs[low - 1:high]) if 1 <= low <= high <= len(refs) else []


def named(text: str, refs: Sequence[Ref], stack: Stack) -> Ref | None:
    """The thing of that id or name."""
    plain = re.sub(r"[\s_\-]+", " ", text).strip().casefold()
    return next((r for r in refs if plain in (re.sub(r"[\s_\-]+", " ", n).strip().casefold() for n in (r.id, stack.title(r)))),
                None)


def choices_each(text: str, form: Form, refs: Sequence[Ref], stack: Stack) -> dict[str, int]:
    """`1 3 3 2 -`, `1-3: 2, 4: 1` or `route: 1`, as choices from 0 by id. Raises Wrong."""
    words = text.split()
    if "," not in text and ":" not in text and "=" not in text:
        if len(words) != len(refs):
            raise Wrong(f"{len(words)} answers for {len(refs)} things; type one number each, - for none, or 1-3: 2, 4: 1")
        pairs = {ref: word for ref, word in zip(refs, words) if word != NOTHING}
    else:
        pairs = addressed(text, refs, stack, numeric=True)
    found = {}
    for ref, word in pairs.items():
        number = choice(form, word)
        if number is None:
            raise Wrong(f"{shown(word)} is no choice; type 1 to {len(form.choices)}, or - for none")
        found[ref.id] = number
    if not found:
        raise Wrong("that answers nothing; type one number each, or an empty line to go back")
    return found


# Lists -----------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Line:
    """One item of a list as typed: its name, and words for the first columns."""

    name: str
    values: tuple[str, ...]


def item(text: str, columns: Sequence[str]) -> Line:
    """`Greet, write text, model`; a name with a comma stands in quotes. Raises Wrong."""
    parts = split(text)
    name = parts[0][1:-1] if len(parts[0]) > 1 and parts[0][0] == parts[0][-1] == '"' else parts[0]
    if not name.strip():
        raise Wrong("that has no name; type a short one")
    if len(name) > 120:
        raise Wrong(f"a name has at most 120 characters, not {len(name)}")
    if len(parts) > 1 + len(columns):
        wants = f"NAME, {', '.join(c.upper() for c in columns)}" if columns else "a name"
        raise Wrong(f"that has {len(parts)} parts; type {wants}, or put a name with a comma in quotes")
    return Line(name.strip(), tuple(parts[1:]))


def no_item(form: Form, line: str, *, some: bool) -> None:
    """Refuses what is no name of an item, and says what to type instead; in quotes it is a name. Raises Wrong."""
    name = split(line)[0]
    plain = " ".join(name.casefold().rstrip(".!").split())
    none = f"type 0 ({form.none.rstrip('.')})" if form.none and not some else "an empty line ends the list"
    if plain in _NO_ITEMS or (form.none and line.casefold().rstrip(".") == form.none.casefold().rstrip(".")):
        raise Wrong(f"{shown(name)} is no item; {none if form.none or some else 'type a NAME, or d when nobody knows'}")
    if plain in _NOT_KNOWN:
        raise Wrong(f"{shown(name)} is no item; type d when nobody knows")
    if plain in ("y", "yes") and form.none and not some:
        raise Wrong(f"name what there is, one a line; {none}")
    if line == ".":
        raise Wrong(f"'.' is no item; {none if form.none or some else 'type a NAME'}")
    if name.isdigit():
        raise Wrong(f"{shown(name)} is no item; type a NAME, or in quotes if it is called so")
    if line.endswith("?"):
        raise Wrong("that is a question, not an item; type a NAME, why, or ? for help")


def yes_no(text: str) -> bool | None:
    """Whether somebody said yes or no; None for anything else."""
    low = text.lower()
    return True if low in ("y", "yes") else False if low in ("n", "no") else None


def numbers(text: str, most: int) -> list[int]:
    """`1 3` or `1, 3`, from 0. Raises Wrong."""
    words = [w for w in re.split(r"[\s,]+", text.strip()) if w]
    if not words or not all(w.isascii() and w.isdigit() and 1 <= int(w[:6]) <= most for w in words):
        raise Wrong(f"type numbers from 1 to {most}, such as 1")
    return list(dict.fromkeys(int(w) - 1 for w in words))
