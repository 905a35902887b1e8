"""The pages of one sitting: addresses, forms, what is saved, and what is shown when saving fails."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from auditkit.assessment import assess
from auditkit.errors import AuditKitError, InputError, MissingLibrary, Problem
from auditkit.formats import render
from auditkit.formats.numbers import day
from auditkit.formats.pages import visible
from auditkit.formats.pdf import FONTS
from auditkit.formats.sitting import verdict_word
from auditkit.model.facts import Ref
from auditkit.model.report import Report
from auditkit.sources.questionnaire.disputes import is_dispute, sides
from auditkit.sources.questionnaire.keeping import Clash, Keeper, Saved
from auditkit.sources.questionnaire.questions import Question
from auditkit.sources.questionnaire.replies import Reply
from auditkit.sources.questionnaire.sitting import Figures, Option, Sitting
from auditkit.sources.questionnaire.starred import starred
from auditkit.sources.questionnaire.turning import turning, turning_sentence
from auditkit.sources.questionnaire.whatif import Outcome, Try, merged, outcome, to_plan, tries
from auditkit.sources.stack_file.editing import Change, Move, Put, Remove
from auditkit.web import asking, mapping, pages, steps
from auditkit.web.answers import reply_of
from auditkit.web.posted import Posted, read_form
from auditkit.web.security import Guard, Refusal, csrf_of, refused, same

_HERE = Path(__file__).parent
_FONTS = ("CharisSIL-Regular.ttf", "CharisSIL-Bold.ttf", "CharisSIL-Italic.ttf", "FiraCode-Regular.ttf", "FiraCode-SemiBold.ttf")
STATIC: dict[str, tuple[Path, str]] = {
    "sitting.css": (_HERE / "static", "text/css"),
    "sitting.js": (_HERE / "static", "text/javascript"),
    "htmx.min.js": (_HERE / "static", "text/javascript"),
    **dict.fromkeys(_FONTS, (FONTS, "font/ttf")),
}
"""Every file that is handed out, by name; there is no other way to one."""

MOST_CACHED = 40
STARRED = "What looks like a password or a key in it is starred in the file."
_SAID = {"plan": "Added to the plan.", "planned": "That is in the plan already, or it mends nothing.",
         "undone": "Taken back.", "starred": f"Saved. {STARRED}",
         "nothing": "There is nothing to take back.", "theirs": "Their answer stays. Nothing was saved."}
_UNKNOWN_PAGE = Refusal(404, "There is no such page", "It may have fallen away with an answer. Start from the first page.")


def environment() -> ImmutableSandboxedEnvironment:
    """Jinja with escaping everywhere, in its sandbox; an unknown name is an error."""
    env = ImmutableSandboxedEnvironment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
                                        finalize=visible, trim_blocks=True, lstrip_blocks=True)
    env.filters["url"] = pages.url_of
    env.globals["starred"] = STARRED
    return env


@dataclass
class Desk:
    """One sitting and what the pages remember of it between two requests; everything else is in the file."""

    keeper: Keeper
    token: str
    on: date
    who: str | None
    clock: Callable[[], datetime]
    env: ImmutableSandboxedEnvironment = field(default_factory=environment)
    lock: threading.Lock = field(default_factory=threading.Lock)
    last: pages.Last | None = None
    dealt: list[str] = field(default_factory=list)
    """The questions that were answered in this sitting, or passed, in that order: their places in the talk. The sitting's own
    `done`, which says how long the talk is, has no order and nothing that was only passed, but what was answered anew."""
    trail: list[str] = field(default_factory=list)
    """The question (or page) of each change that can be taken back."""
    found: dict[tuple[str, str], Any] = field(default_factory=dict)
    """What was computed for a text of the file."""
    posted: tuple[str, str, tuple[tuple[str, str], ...]] | None = None
    """What was saved last: sent again unchanged, it is not saved again."""

    @property
    def file(self) -> str:
        """The name of the stack file, without its place."""
        return self.keeper.path.name

    @property
    def csrf(self) -> str:
        """What every form carries."""
        return csrf_of(self.token)

    def sitting(self) -> Sitting:
        """The sitting as the file is now: another window, or another person, may have changed it."""
        with self.lock:
            if self.keeper.refresh():
                self.last = None
            return self.now()

    def now(self) -> Sitting:
        """The sitting as it was last read, its questions called by their place in the talk."""
        return pages.in_places(self.keeper.sitting, self.dealt)

    def deal(self, id: str, *, later: bool = False) -> None:
        """Remembers that a question was dealt with, or put off to `later`."""
        if later:
            self.dealt = [x for x in self.dealt if x != id]
        elif id not in self.dealt:
            self.dealt = [*self.dealt, id]

    def remembered(self, sitting: Sitting, name: str, make: Callable[[], Any]) -> Any:
        """Something that costs several judgements, once for each text of the file."""
        key = (sitting.text, name)
        if key not in self.found:
            made = make()
            if len(self.found) >= MOST_CACHED:
                self.found = {k: v for k, v in self.found.items() if k[0] == sitting.text}
            self.found[key] = made
        return self.found[key]

    def options(self, sitting: Sitting, question: Question) -> tuple[Option, ...]:
        """What each choice would do."""
        make = _sided if is_dispute(question) else Sitting.options
        return cast("tuple[Option, ...]", self.remembered(sitting, question.id, lambda: make(sitting, question)))

    def answers(self, sitting: Sitting, question: Question) -> tuple[Option, ...]:
        """What each choice would do, of a dispute too: there `options` are the two sides."""
        if not is_dispute(question):
            return self.options(sitting, question)
        return cast("tuple[Option, ...]", self.remembered(sitting, f"answers:{question.id}", lambda: sitting.options(question)))

    def known_options(self, sitting: Sitting, question: Question) -> tuple[Option, ...]:
        """The same, where it is known already: no page waits for it."""
        return cast("tuple[Option, ...]", self.found.get((sitting.text, question.id), ()))

    def tries(self, sitting: Sitting) -> tuple[Try, ...]:
        """What can be tried."""
        return cast("tuple[Try, ...]", self.remembered(sitting, "tries", lambda: tries(sitting)))

    def known_tries(self, sitting: Sitting) -> tuple[Try, ...] | None:
        """The same, where it is known already."""
        return cast("tuple[Try, ...] | None", self.found.get((sitting.text, "tries")))

    def report(self, sitting: Sitting) -> Report:
        """The full report, as paper wants it."""
        rules = sitting.rules
        return cast(Report, self.remembered(sitting, "report", lambda: assess(
            sitting.stack, rules.checklist, on=self.on, inspection=rules.coverage)))

    # Changing

    def change(self, name: str, step: Callable[[], Saved], about: str = "", *, posted: Posted | None = None,
               out: Ref | None = None) -> Saved:
        """Makes a change that `step` saves, and remembers what it moved, not what others changed meanwhile. `name` is where
        undo leads, `posted` what was typed, `out` what is taken out."""
        with self.lock:
            saved = step()
            before, after = saved.on, self.keeper.sitting
            if saved.others:
                self.last = None        # of a file that is no more
            if saved.moved is not None and before is not None and after.text != before.text:
                self.trail = [*self.trail[-200:], name]
                possible = self.found.get((before.text, name), ())
                self.last = pages.last_of(before, after, about or name, saved.moved, f"{self.clock():%H:%M}", possible)
                self.last = replace(self.last, gone=pages.gone(before, after, out) if out is not None else None,
                                    starred=posted is not None and starred(posted.typed, before.text, after.text))
            return saved

    def undo(self) -> str | None:
        """Takes back the last change; where it was made, or None where there is none."""
        with self.lock:
            if self.keeper.undo() is None:
                return None
            self.last, self.posted = None, None
            return self.trail.pop() if self.trail else "/"


def create_app(keeper: Keeper, *, token: str, port: int, on: date, who: str | None = None,
               clock: Callable[[], datetime] = datetime.now) -> Starlette:
    """The application for one sitting. `token` opens it, `port` is where it listens, `on` is today, `who` answers."""
    desk = Desk(keeper, token, on, who, clock)
    shown = _Pages(desk)

    def page(path: str, view: Callable[[Request], Response], *methods: str) -> Route:
        async def answer(request: Request) -> Response:
            try:
                return await run_in_threadpool(view, request)
            except (InputError, OSError) as error:
                return await run_in_threadpool(shown.unreadable, error)
        return Route(path, answer, methods=list(methods) or ["GET"])

    def form(path: str, view: Callable[[Request, Posted], Response]) -> Route:
        async def answer(request: Request) -> Response:
            posted = read_form(await request.body(), request.headers.get("content-type", ""))
            if not same(posted.one("csrf"), desk.csrf):
                raise Refusal(403, "This form is not one of ours", "Load the page again. Nothing was changed.")
            return await run_in_threadpool(view, request, posted)
        return Route(path, answer, methods=["POST"])

    routes = [
        page("/", shown.start), page("/q", shown.every), page("/end", shown.end), page("/end/can", shown.end_can),
        page("/map", shown.edit), page("/report.pdf", shown.pdf),
        page("/q/{id}/can", shown.can), page("/q/{id}/tries", shown.what_if), page("/q/{id}", shown.question),
        page("/static/{name}", shown.static),
        form("/undo", shown.undo), form("/plan", shown.plan), form("/map", shown.change_map), form("/q/{id}", shown.answer),
    ]

    async def missing(_: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        return refused(_UNKNOWN_PAGE if status == 404 else Refusal(status, "That cannot be done here", "Nothing was changed."))

    return Starlette(routes=routes, middleware=[Middleware(Guard, token=token, port=port)],
                     exception_handlers={HTTPException: missing})


@dataclass
class _Pages:
    """One method an address."""

    desk: Desk

    # Reading

    def start(self, _: Request) -> Response:
        """Where the sitting goes on."""
        nxt = self.desk.sitting().plan.next
        return RedirectResponse(pages.url_of(nxt.id) if nxt is not None else "/end", 303)

    def question(self, request: Request) -> Response:
        """One question in whatever state it is; with `if`, what the ticked changes would do."""
        sitting = self.desk.sitting()
        found = self._find(sitting, request)
        if isinstance(found, Response):
            return found
        return self._question(sitting, found, request)

    def _find(self, sitting: Sitting, request: Request) -> Question | Response:
        try:
            return sitting.question(unquote(request.path_params["id"]))
        except InputError:
            return refused(_UNKNOWN_PAGE)

    def _question(self, sitting: Sitting, question: Question, request: Request, *, typed: Posted | None = None,
                  alert: str = "", status: int = 200) -> Response:
        query = request.query_params
        asked = asking.asked(sitting, question, pages.url_of(question.id), typed)
        options = self.desk.options(sitting, question) if "can" in query else self.desk.known_options(sitting, question)
        values = self._around(sitting, question, options, query.getlist("if"), _title(asked, sitting), alert,
                              _SAID.get(query.get("said", ""), ""), query.get("from", ""))
        values |= {"q": with_levels(asked, options), "focus": query.get("focus", ""), "can_url": f"{asked.url}?can=1"}
        values["can_load"] = bool(asked.choices) and not options
        return self._render("question.html", values, status)

    def _around(self, sitting: Sitting, question: Question | None, options: Sequence[Option], ticked: Sequence[str], title: str,
                alert: str = "", said: str = "", came: str = "") -> dict[str, Any]:
        """What stands around a question: the topics, the map, the decision."""
        desk = self.desk
        last = desk.last if desk.last is not None and question is not None and desk.last.question == question.id else None
        outcome_, tried = self._tried(sitting, ticked)
        url = pages.url_of(question.id) if question is not None else "/map"
        nxt = pages.following(sitting, question.id) if question is not None else sitting.plan.next
        noun = "call" if sitting.report.noun == "calls" else sitting.report.noun
        then = sitting.supposed(_changes(tried, ticked)).report if outcome_ is not None and tried else None
        return {
            "f": self._frame(sitting, title, url, alert, said, last),
            "topics": pages.topics(sitting, question, last.moved.fell if last else ()),
            "map": steps.drawn(sitting.report, question.refs if question is not None else (),
                               before=last.before if last else None, then=then),
            "d": pages.decision(sitting, question, options), "noun": noun, "last": last,
            "moves": () if last else pages.can_move(sitting, options),
            "t": pages.tried(sitting, tried, ticked, outcome_, url),
            "next": pages.url_of(nxt.id) if nxt is not None else "/end",
            "back": pages.back_of(sitting, question, came) if question is not None else "",
            "waits": pages.waiting(sitting, question) if question is not None and question.state == "waiting" else (),
            "can_load": False, "foretell": False, "foretold": pages.foretold(sitting, question, options),
            "empty": not sitting.declared.by_kind["step"], "oob": False,
        }

    def _frame(self, sitting: Sitting, title: str, here: str, alert: str = "", said: str = "",
               last: pages.Last | None = None) -> pages.Frame:
        status = f"Saved. {_with(last)}{last.spoken}" if last is not None else said
        return pages.frame(sitting, title=title, csrf=self.desk.csrf, file=self.desk.file,
                           can_undo=self.desk.keeper.can_undo, here=here, alert=alert, status=status, said=said)

    def _tried(self, sitting: Sitting, ticked: Sequence[str]) -> tuple[Outcome | None, tuple[Try, ...] | None]:
        if not ticked:
            return None, self.desk.known_tries(sitting)
        every = self.desk.tries(sitting)
        chosen = [t for t in every if t.id in ticked]
        if not chosen:
            return None, every
        name = "if:" + "|".join(sorted(t.id for t in chosen))
        return self.desk.remembered(sitting, name, lambda: outcome(sitting, chosen)), every

    def can(self, request: Request) -> Response:
        """What the answers can move, and the level of each: loaded once the page is shown."""
        sitting = self.desk.sitting()
        question = self._find(sitting, request)
        if isinstance(question, Response):
            return question
        options = self.desk.options(sitting, question)
        asked = with_levels(asking.asked(sitting, question, pages.url_of(question.id)), options)
        values = self._around(sitting, question, options, (), "") | {"q": asked, "oob": True}
        return self._render("can.html", values)

    def what_if(self, request: Request) -> Response:
        """What can be tried: loaded once the page is shown."""
        sitting = self.desk.sitting()
        id = unquote(request.path_params["id"])
        url = pages.url_of(id) if id != "map" else "/map"
        values = {"t": pages.tried(sitting, self.desk.tries(sitting), (), None, url), "f": self._frame(sitting, "", url)}
        return self._render("tries.html", values)

    def every(self, request: Request) -> Response:
        """All questions, or those of one step."""
        sitting, step = self.desk.sitting(), request.query_params.get("step", "")
        known = Ref("step", step) in sitting.stack.receipts_of
        title = f"About {sitting.stack.title(Ref('step', step))}" if known else "All questions"
        values = self._around(sitting, None, (), (), title)
        values["map"] = steps.drawn(sitting.report, (Ref("step", step),) if known else ())
        values |= {"list": pages.everything(sitting, step if known else ""), "heading": title, "step": known}
        return self._render("every.html", values)

    def edit(self, request: Request, typed: Posted | None = None, alert: str = "", status: int = 200) -> Response:
        """The map, to be changed."""
        sitting = self.desk.sitting()
        values = self._around(sitting, None, (), request.query_params.getlist("if"), "Change the steps", alert,
                              _SAID.get(request.query_params.get("said", ""), ""))
        last = self.desk.last if self.desk.last is not None and self.desk.last.question == "/map" else None
        values |= {"e": mapping.editor(sitting, typed), "last": last, "focus": request.query_params.get("focus", "")}
        if last is not None:
            values["map"] = steps.drawn(sitting.report, (), before=last.before)
            values["f"] = replace(values["f"], status=f"Saved. {_with(last)}{last.spoken}" if not values["f"].said else
                                  values["f"].status)
        return self._render("map.html", values, status)

    def end(self, request: Request) -> Response:
        """The cover of the report, and what is open."""
        sitting = self.desk.sitting()
        said = ""
        if "can" in request.query_params:
            said = self._can_change(sitting)
        values = {"f": self._frame(sitting, f"{sitting.figures.decision.upper()}: the end of the sitting", "/end"),
                  "e": pages.end(sitting, self.desk.report(sitting)), "can": said, "file": self.desk.file}
        return self._render("end.html", values)

    def end_can(self, _: Request) -> Response:
        """Whether an open answer can still change the decision: loaded once the page is shown."""
        return self._render("end_can.html", {"can": self._can_change(self.desk.sitting())})

    def _can_change(self, sitting: Sitting) -> str:
        return turning_sentence(sitting, turning(sitting, verdict_word, lambda question: self.desk.answers(sitting, question)))

    def pdf(self, _: Request) -> Response:
        """The report on paper."""
        sitting = self.desk.sitting()
        try:
            data = render(self.desk.report(sitting), "pdf")
        except MissingLibrary as error:
            return self._sentence(f"The PDF cannot be made here: {error}", 503)
        except (AuditKitError, OSError):
            return self._sentence("The PDF cannot be made. The answers are safe in the file; try 'auditkit audit' there.", 503)
        name = f"{Path(self.desk.file).stem}-audit.pdf".encode("ascii", "replace").decode().replace('"', "")
        return Response(data, media_type="application/pdf", headers={"content-disposition": f'attachment; filename="{name}"'})

    def static(self, request: Request) -> Response:
        """A style sheet, a script or a font."""
        known = STATIC.get(request.path_params["name"])
        if known is None:
            return refused(_UNKNOWN_PAGE)
        folder, kind = known
        return FileResponse(folder / request.path_params["name"], media_type=kind)

    # Changing

    def answer(self, request: Request, posted: Posted) -> Response:
        """Saves an answer, and shows what it moved or the next question."""
        desk = self.desk
        with desk.lock:
            sitting = desk.keeper.sitting
        try:
            question = sitting.question(unquote(request.path_params["id"]))
        except InputError:
            return refused(_UNKNOWN_PAGE)
        then = posted.one("then")
        if then == "skip":
            with desk.lock:
                desk.keeper.skip(question.id)
                desk.deal(question.id, later=True)
            return self._go(self._after(question.id))
        if then == "theirs":
            return self._go(pages.url_of(question.id, said="theirs"))
        try:
            clashed = self._save(question, posted, sitting)
        except InputError as error:
            return self._failed(request, question, posted, error)
        except OSError:
            return self._failed(request, question, posted, InputError(Problem("", 0, "cannot be saved", "try again")))
        if clashed is not None:
            return self._clash(question, posted, clashed)
        if question.state == "open":        # what was known before keeps its place
            desk.deal(question.id)
        if _in_place(request):
            return self._saved(question.id)
        if then.startswith("out/"):
            return self._go(pages.url_of(question.id, focus="undo-here"))
        goes = {"save": pages.url_of(question.id), "next": self._after(question.id)}
        return self._go(goes.get(then, then if then.startswith("/q/") else pages.url_of(question.id)))

    def _save(self, question: Question, posted: Posted, sitting: Sitting) -> tuple[Clash, ...] | None:
        """Saves what was posted; the clashes where somebody else meanwhile said otherwise. Raises InputError, OSError."""
        desk = self.desk
        fields = posted.without("then", "csrf", "win")
        op = posted.one("then")
        with desk.lock:
            again = desk.posted == (question.id, desk.keeper.sitting.text, fields) and desk.keeper.current
        if not again:
            reply = reply_of(question, posted, sitting.declared, desk.keeper.path.parent, who=desk.who, on=desk.on)
            if reply is not None:
                if stale := self._stale(question, posted, reply):
                    return stale
                saved = desk.change(question.id, lambda: desk.keeper.answer(reply, win=bool(posted.one("win"))),
                                    posted=posted)
                if saved.clashes:
                    return saved.clashes
                desk.posted = (question.id, desk.keeper.sitting.text, fields)
        changes = _row_changes(op, question, desk.keeper.sitting)
        if changes:
            out = next((c.ref for c in changes if isinstance(c, Remove)), None)
            desk.change(question.id, lambda: desk.keeper.change(changes, who=desk.who, when=desk.on), out=out)
        return None

    def _stale(self, question: Question, posted: Posted, reply: Reply) -> tuple[Clash, ...]:
        """What another window has answered since this page was shown, where this answer would overwrite it."""
        now = self.desk.keeper.sitting
        if posted.one("win") or posted.one("state") in ("", asking.state_of(question, now.declared)):
            return ()
        return asking.differing(question, now.declared, now.after(reply).declared)

    def _after(self, id: str) -> str:
        desk = self.desk
        nxt = pages.following(desk.keeper.sitting, id)
        said = {"said": "starred"} if desk.last is not None and desk.last.question == id and desk.last.starred else {}
        return pages.url_of(nxt.id, **{"from": id, **said}) if nxt is not None else "/end"

    def _saved(self, id: str) -> Response:
        """The parts of the page that an answer changes; the question itself stays, somebody may be typing in it."""
        sitting = self.desk.now()
        question = sitting.question(id)
        values = self._around(sitting, question, (), (), "")
        mark = asking.state_of(question, sitting.declared)
        about = asking.place_of(sitting, question)
        values |= {"q": {"mark": mark, "kind": "", "url": pages.url_of(id), "place": about}, "oob": True,    # no more is shown
                   "foretell": bool(question.form.choices) and not is_dispute(question)}
        return self._render("saved.html", values)

    def _failed(self, request: Request, question: Question, posted: Posted, error: InputError) -> Response:
        """The same page with what was typed and why it is not saved."""
        full = isinstance(error, OSError)
        said = _sentence_of(error)
        status = 507 if full else 422
        if _in_place(request):
            return self._render("alert.html", {"alert": said}, status)
        sitting = self.desk.now()
        return self._question(sitting, sitting.question(question.id), request, typed=posted, alert=said, status=status)

    def _clash(self, question: Question | None, posted: Posted, clashes: Iterable[Clash]) -> Response:
        sitting = self.desk.now()
        rows = [(sitting.stack.title(c.ref), c.key.replace("_", " ").replace(".", ", "), asking.value_words(c.theirs),
                 asking.value_words(c.yours), c.who or "somebody else", day(c.when) if c.when else "") for c in clashes]
        current = sitting.question(question.id) if question is not None else None
        title = "Somebody else has answered meanwhile"
        values = self._around(sitting, current, (), (), title)
        values |= {"clashes": rows, "who": self.desk.who or "You", "again": posted.without("csrf", "win"),
                   "action": pages.url_of(current.id) if current is not None else "/map"}
        answer = self._render("clash.html", values, 409)
        answer.headers.update({"HX-Retarget": "#page", "HX-Reswap": "outerHTML", "HX-Reselect": "#page"})
        return answer

    def undo(self, _: Request, posted: Posted) -> Response:
        """Takes back the last change, and shows where it was made; where there is none, the page stays."""
        try:
            where = self.desk.undo()
        except InputError as error:
            return self._sentence(_sentence_of(error), 409)
        if where is None:
            here, nxt = posted.one("here"), self.desk.keeper.sitting.plan.next
            if not (here == "/map" or _is_question(here)):
                here = pages.url_of(nxt.id) if nxt is not None else "/end"
            return self._go(f"{here}?said=nothing")
        back = pages.url_of(where, said="undone", focus="answer")
        return self._go("/map?said=undone" if where.startswith("/") else back)

    def plan(self, _: Request, posted: Posted) -> Response:
        """Writes what was tried down as work to do."""
        sitting = self.desk.sitting()
        chosen = [t for t in self.desk.tries(sitting) if t.id in posted.all("if")]
        changes = to_plan(sitting, chosen) if chosen else ()
        here = posted.one("here")
        url = here if _is_question(here) else "/map"
        if not changes:
            return self._go(f"{url}?said=planned")
        try:
            self.desk.change(unquote(url[3:]) if url != "/map" else url,
                             lambda: self.desk.keeper.change(changes, who=self.desk.who, when=self.desk.on), "plan")
        except (InputError, OSError) as error:
            return self._sentence(_sentence_of(error), 507 if isinstance(error, OSError) else 422)
        return self._go(f"{url}?said=plan")

    def change_map(self, request: Request, posted: Posted) -> Response:
        """Adds, names, moves or takes out a step, or says where it leads."""
        if posted.one("then") == "theirs":
            return self._go("/map?said=theirs")
        sitting = self.desk.sitting()
        try:
            changes, focus = mapping.changes_of(sitting, posted)
            saved = self.desk.change("/map", lambda: self.desk.keeper.change(
                changes, who=self.desk.who, when=self.desk.on, win=bool(posted.one("win"))), posted=posted,
                out=next((c.ref for c in changes if isinstance(c, Remove)), None)) if changes else None
        except (InputError, OSError) as error:
            return self.edit(request, posted, _sentence_of(error), 507 if isinstance(error, OSError) else 422)
        if saved is not None and saved.clashes:
            return self._clash(None, posted, saved.clashes)
        if posted.one("from") == "first":
            return self._go("/")
        return self._go(f"/map?focus={focus}" if focus else "/map")

    # Answering

    def unreadable(self, error: Exception) -> Response:
        """Somebody's editor left the file with a mistake: said, and nothing is overwritten."""
        why = "; ".join(f"line {p.line}: {p.text}" if p.line else p.text for p in error.problems[:3]) if isinstance(
            error, InputError) else "it is locked, or gone"
        return self._sentence(f"{self.desk.file} cannot be read as it is now: {why}. Mend it, then go on here. "
                              "Nothing is overwritten meanwhile.", 409)

    def _render(self, name: str, values: Mapping[str, Any], status: int = 200) -> Response:
        return HTMLResponse(self.desk.env.get_template(name).render(**values), status)

    def _sentence(self, text: str, status: int) -> Response:
        """A page that only says something."""
        sitting = self.desk.keeper.sitting
        return self._render("sentence.html", {"f": self._frame(sitting, "Not done", "/", text), "text": text}, status)

    def _go(self, url: str) -> Response:
        return RedirectResponse(url, 303)


def with_levels(asked: asking.Asked, options: Sequence[Option]) -> asking.Asked:
    """The question with the level that each choice gives, where it is computed."""
    if len(options) != len(asked.choices) or asked.kind == "dispute":
        return asked
    return replace(asked, choices=tuple(replace(c, level=o.level or "") for c, o in zip(asked.choices, options)))


def _sided(sitting: Sitting, question: Question) -> tuple[Option, ...]:
    """What a dispute hangs on: the figures as they are, and as they would be by what was said."""
    ref, key = question.refs[0], question.form.fields[0]
    said, _ = sides(sitting.stack, question)
    by_word = Figures.of(sitting.supposed([Put(ref, key, said[0].value)]).report)
    return Option("seen", "", None, sitting.figures), Option("said", "", None, by_word)


def _changes(every: Sequence[Try], ticked: Sequence[str]) -> tuple[Change, ...]:
    return merged([t for t in every if t.id in ticked])


def _row_changes(op: str, question: Question, sitting: Sitting) -> tuple[Change, ...]:
    """A line of a list that is taken out or moved: `out/ID`, `up/ID`, `down/ID`."""
    verb, _, id = op.partition("/")
    kind = question.form.lists
    if kind is None or verb not in ("out", "up", "down"):
        return ()
    refs = sitting.declared.by_kind[kind]
    ref = Ref(kind, id)
    if ref not in refs:
        return ()
    if verb == "out":
        return (Remove(ref),)
    after = mapping.place_after(refs, ref, -1 if verb == "up" else 1)
    return () if after is None else (Move(ref, after),)


def _sentence_of(error: Exception) -> str:
    """Why something is not saved, in one line without a place on this machine."""
    if not isinstance(error, InputError):
        return "Not saved: the disk refused it. Your answer is still on this page."
    first = error.problems[0]
    if isinstance(error, OSError):
        return f"Not saved: {first.text.removeprefix('cannot be saved: ')}. Your answer is still on this page."
    return f"Not saved: {first.text}{f'; {first.hint}' if first.hint else ''}."


def _title(asked: asking.Asked, sitting: Sitting) -> str:
    return f"{asked.number}: {asked.ask}" if asked.id in sitting.numbers else asked.ask


def _with(last: pages.Last) -> str:
    """What is said of a change beside what it moved."""
    return "".join(f"{words} " for words in (last.gone.words if last.gone else "", STARRED if last.starred else "") if words)


def _is_question(address: str) -> bool:
    """Whether an address that came back with a form is that of a question, and nothing more."""
    return re.fullmatch(r"/q/[\w.%~-]{1,300}", address, re.ASCII) is not None


def _in_place(request: Request) -> bool:
    """Whether only the parts of the page that changed are wanted."""
    return request.headers.get("x-in-place") == "1"
