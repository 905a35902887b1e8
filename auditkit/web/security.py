"""What stands before every page: who may ask, from where, how much, and what no answer may lack.

The page is for one person on this machine. A web site that the same browser visits must not reach it (Host, Origin,
Sec-Fetch-Site, a token), and no text in a stack file may become code in it (a content policy without inline parts).
"""

from __future__ import annotations

import hashlib
import hmac
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 1_000_000
"""The largest body that is read."""

POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"))
HEADERS = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_READING = ("GET", "HEAD")


class Refusal(Exception):
    """A request that is not answered, with the words that say why."""

    def __init__(self, status: int, title: str, text: str) -> None:
        super().__init__(title)
        self.status, self.title, self.text = status, title, text


_NO_KEY = Refusal(403, "This page needs its key",
                  "Open the address that was printed when the sitting was started; the key is in it. "
                  "After a restart there is a new one. Every answer is in the file.")
_ELSEWHERE = Refusal(403, "This did not come from the sitting's own page", "Nothing was read and nothing was changed.")
_HOST = Refusal(421, "There is no such host here", "Open the address that was printed when the sitting was started.")
_METHOD = Refusal(405, "That cannot be done here", "Nothing was changed.")
_LARGE = Refusal(413, "That is too much at once", "Nothing was saved. Shorten the text, or name a file as evidence instead.")
_BUG = Refusal(500, "Something went wrong in AuditKit",
               "Nothing was lost: every answer that was saved is in the file. Go back and load the page again.")


def csrf_of(token: str) -> str:
    """What every form carries; made from the token, and useless as one."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def same(given: str, wanted: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


@dataclass
class Guard:
    """Asks every request for its papers before the application sees it, and dresses every answer.

    `report` is told of a bug in one line without any value.
    """

    app: ASGIApp
    token: str
    port: int
    report: Callable[[str], None] = field(default=lambda line: print(line, file=sys.stderr))

    @property
    def cookie(self) -> str:
        """The cookie's name: cookies know no ports, and two sittings may be open."""
        return f"auditkit-{self.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        started = False

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                known = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(
                    (name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in known)]
            await send(message)

        try:
            answer = self._checked(scope)
            if answer is None:
                await self.app(scope, await _limited(scope, receive), dressed)
                return
        except Refusal as refusal:
            answer = refused(refusal)
        except Exception as error:  # noqa: BLE001  (a bug is told in words, on the page and in the terminal)
            self.report(_one_line(error))
            if started:
                return
            answer = refused(_BUG)
        await answer(scope, receive, dressed)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self.app(scope, receive, send)

    def _checked(self, scope: Scope) -> Response | None:
        """None where the request may pass, or the answer that puts the token where it belongs. Raises Refusal."""
        headers = _headers(scope)
        method = scope["method"]
        if headers.get("host", "") not in self._hosts:
            raise _HOST
        if method not in (*_READING, "POST"):
            raise _METHOD
        _from_here(method, headers)
        return self._known(scope, headers)

    @property
    def _hosts(self) -> tuple[str, str]:
        return f"127.0.0.1:{self.port}", f"localhost:{self.port}"

    def _known(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=1000)
        given = next((value for name, value in query if name == "token"), None)
        if given is not None and scope["method"] in _READING:
            if not same(given, self.token):
                raise _NO_KEY
            rest = urlencode([(n, v) for n, v in query if n != "token"])
            path = scope["path"] if not scope["path"].startswith("//") else "/"
            answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
            answer.set_cookie(self.cookie, self.token, httponly=True, samesite="strict", path="/")
            return answer
        if not same(_cookie(headers.get("cookie", ""), self.cookie), self.token):
            raise _NO_KEY
        return None


def _headers(scope: Scope) -> dict[str, str]:
    """The headers; one that came twice counts as neither, so that nothing is checked here and read elsewhere."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        found[key] = "" if key in found and key in ("host", "origin", "sec-fetch-site") else value.decode("latin-1")
    return found


def _from_here(method: str, headers: dict[str, str]) -> None:
    """Raises Refusal for what another site sent. Browsers name where a request comes from; pages cannot forge it."""
    site = headers.get("sec-fetch-site")
    if method in _READING:
        if site not in (None, "same-origin", "none") and headers.get("sec-fetch-mode") != "navigate":
            raise _ELSEWHERE
        return
    if site not in (None, "same-origin"):
        raise _ELSEWHERE
    origin = headers.get("origin", "")
    # A plain form on a page without referrers is sent with `Origin: null`; then only the browser's own word counts.
    if origin != f"http://{headers['host']}" and not (origin == "null" and site == "same-origin"):
        raise _ELSEWHERE


def _cookie(header: str, name: str) -> str:
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""


async def _limited(scope: Scope, receive: Receive) -> Receive:
    """The body, read before the application is called, so that nothing is done with half of one. Raises Refusal."""
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if length.isdigit() and int(length) > MOST_BYTES:
        raise _LARGE
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            raise _LARGE
        if not message.get("more_body"):
            break
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def refused(refusal: Refusal) -> Response:
    """A refusal as a page of words; it loads nothing, since who has no key gets no files either."""
    words = (f"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{escape(refusal.title)}</title>"
             f"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"></head>"
             f"<body><main><h1>{escape(refusal.title)}</h1><p>{escape(refusal.text)}</p></main></body></html>")
    return HTMLResponse(words, refusal.status)


def _one_line(error: Exception) -> str:
    """What failed and where in our own files, without a value and without a place on this machine."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "auditkit" in Path(f.filename).parts]
    where = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"auditkit: a bug: {type(error).__name__}{where}"
