"""Who is let in, from where and with what: first of all, since the page can change a file."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from auditkit.web.app import STATIC
from auditkit.web.posted import MOST_FIELDS
from auditkit.web.security import MOST_BYTES, POLICY, csrf_of
from tests.web.conftest import HOME, PORT, TOKEN, WAYS_OUT, Client, Room

PAGES = ("/", "/q", "/end", "/map", f"/q/{WAYS_OUT}", f"/q/{WAYS_OUT}/can", f"/q/{WAYS_OUT}/tries", f"/q/{WAYS_OUT}?can=1&if=rules",
         "/q/MAP-03", "/q/FIT-03", "/q/nothing", "/nowhere", "/static/sitting.css", "/static/nothing")
FORMS = (f"/q/{WAYS_OUT}", "/undo", "/plan", "/map")
ANSWER = {"choice": "4", "about": "route", "then": "save"}


def test_nothing_is_shown_without_the_token(voice: Room) -> None:
    """Neither page nor file."""
    stranger = Client(voice.app())
    for path in (*PAGES, "/?token=", "/?token=wrong", f"/?token={TOKEN[:-1]}", f"/?tokens={TOKEN}"):
        found = stranger.get(path)
        assert found.status_code == 403, path
        assert "Front-desk" not in found.text


def test_nothing_is_changed_without_the_token(voice: Room) -> None:
    """A form alone opens nothing, even with the right CSRF token."""
    before = voice.text
    for path in FORMS:
        assert Client(voice.app()).post(path, ANSWER).status_code == 403
    assert Client(voice.app()).post(f"/q/{WAYS_OUT}?token={TOKEN}", ANSWER).status_code == 403
    assert voice.text == before


@pytest.mark.parametrize("cookie", ["", "wrong", TOKEN + "x", TOKEN.upper(), "ü", '"'])
def test_a_wrong_cookie_opens_nothing(voice: Room, cookie: str) -> None:
    """Whatever stands in it."""
    stranger = Client(voice.app())
    header = f"auditkit-{PORT}={quote(cookie)}"
    assert stranger.get("/q", headers={"cookie": header}).status_code == 403


def test_the_address_loses_the_token_and_the_cookie_is_for_this_page_only(voice: Room) -> None:
    """After the first load the token is in a cookie that no script and no other site can use."""
    found = Client(voice.app()).get(f"/q?token={TOKEN}&step=greet", follow=False)
    assert found.status_code == 303
    assert found.headers["location"] == "/q?step=greet"
    cookie = found.headers["set-cookie"].lower()
    assert cookie.startswith(f"auditkit-{PORT}=")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_the_token_leads_to_no_other_site(voice: Room) -> None:
    """Two slashes at the front would be an address of somebody else."""
    found = Client(voice.app()).get(f"{HOME}//evil.example/?token={TOKEN}", follow=False)
    assert found.status_code == 303
    assert found.headers["location"] == "/"


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT + 1}", "", f"127.0.0.2:{PORT}",
                                  f"localhost.evil.example:{PORT}", f"127.0.0.1:{PORT}.evil.example", f"[::1]:{PORT}"])
def test_a_foreign_host_is_refused(voice: Room, host: str) -> None:
    """A name that somebody made to point here is not ours."""
    for method, path in (("GET", "/q"), ("POST", f"/q/{WAYS_OUT}")):
        found = voice.client.send(method, path, headers={"host": host, "origin": f"http://{host}"})
        assert found.status_code == 421, (method, host)
        assert "set-cookie" not in found.headers


def test_localhost_is_a_host_of_ours(voice: Room) -> None:
    """Both names of this machine."""
    other = Client(voice.app(), base=f"http://localhost:{PORT}").opened()
    assert other.get("/q").status_code == 200


@pytest.mark.parametrize("headers", [
    {"origin": "http://evil.example"}, {"origin": f"http://127.0.0.1:{PORT + 1}"}, {"origin": f"https://127.0.0.1:{PORT}"},
    {"origin": ""}, {"origin": "null", "sec-fetch-site": ""}, {"origin": f"http://localhost:{PORT}"},
    {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "none"},
    {"origin": "null", "sec-fetch-site": "cross-site"}])
def test_a_form_from_elsewhere_is_refused(voice: Room, headers: dict[str, str]) -> None:
    """Even with the cookie and the CSRF token."""
    before = voice.text
    found = voice.client.post(f"/q/{WAYS_OUT}", ANSWER, headers=headers)
    assert found.status_code == 403
    assert voice.text == before


def test_a_form_without_an_origin_is_refused(voice: Room) -> None:
    """Browsers send one with every form."""
    body = f"csrf={csrf_of(TOKEN)}&choice=4&about=route".encode()
    found = voice.client.send("POST", f"/q/{WAYS_OUT}", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert found.status_code == 403


def test_a_plain_form_of_a_page_without_referrers_is_let_in(voice: Room) -> None:
    """Such a form is sent with `Origin: null`; then the browser's own word says that it is ours."""
    found = voice.client.post(f"/q/{WAYS_OUT}", ANSWER, headers={"origin": "null", "sec-fetch-site": "same-origin"})
    assert found.status_code == 200
    assert "failure_branches: []" in voice.text


@pytest.mark.parametrize(("site", "mode", "status"), [
    ("cross-site", "no-cors", 403), ("same-site", "cors", 403), ("cross-site", "navigate", 200), ("same-origin", "cors", 200),
    ("none", "navigate", 200)])
def test_pages_are_not_for_scripts_of_other_sites(voice: Room, site: str, mode: str, status: int) -> None:
    """A link may lead here; nothing may be loaded from here."""
    found = voice.client.get("/q", headers={"sec-fetch-site": site, "sec-fetch-mode": mode})
    assert found.status_code == status


@pytest.mark.parametrize("csrf", ["", "wrong", TOKEN])
def test_a_form_needs_its_own_token(voice: Room, csrf: str) -> None:
    """The cookie alone is not enough."""
    before = voice.text
    for path in FORMS:
        assert voice.client.post(path, ANSWER, csrf=csrf).status_code == 403
    assert voice.text == before


def test_reading_changes_nothing(voice: Room) -> None:
    """Every address that can be read, with every parameter that a form would send."""
    before = voice.text
    for path in PAGES:
        voice.client.get(path)
        joint = "&" if "?" in path else "?"
        voice.client.get(f"{path}{joint}choice=4&about=route&csrf={csrf_of(TOKEN)}&do=out&id=greet&then=save&if=rules")
    for path in FORMS:
        assert voice.client.send("HEAD", path).status_code in (200, 303, 405)
    assert voice.text == before
    assert not voice.keeper.can_undo


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(voice: Room, method: str) -> None:
    """Nothing here needs one."""
    assert voice.client.send(method, "/q").status_code == 405


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "..%5capp.py", "/etc/passwd", "%2fetc%2fpasswd",
                                  "....//app.py", "sitting.css/../../app.py", "sitting.css%00", "../../formats/fonts/OFL-CharisSIL.txt",
                                  "htmx.LICENSE", "__init__.py", ""])
def test_files_are_handed_out_by_name_only(voice: Room, name: str) -> None:
    """There is a table of them, and no way beside it."""
    found = voice.client.get(f"/static/{name}")
    assert found.status_code == 404
    assert "import" not in found.text
    assert "root:" not in found.text


def test_every_file_of_the_table_is_there(voice: Room) -> None:
    """With its kind, so that nothing has to be guessed."""
    for name, (_, kind) in STATIC.items():
        found = voice.client.get(f"/static/{name}")
        assert found.status_code == 200
        assert found.headers["content-type"].startswith(kind)


@pytest.mark.parametrize("id", ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "<script>alert(1)</script>", "MAP-03/../../x", "é" * 500])
def test_a_question_that_is_none_is_no_page(voice: Room, id: str) -> None:
    """Whatever is asked for is not said back."""
    found = voice.client.get(f"/q/{id}")
    assert found.status_code in (200, 404)
    assert "<script>alert" not in found.text
    assert voice.client.post(f"/q/{quote(id)}", ANSWER).status_code in (404, 403)


def test_an_oversized_body_is_refused(voice: Room) -> None:
    """By its length, before it is read."""
    before = voice.text
    found = voice.client.post(f"/q/{WAYS_OUT}", {**ANSWER, "note": "x" * (MOST_BYTES + 1)})
    assert found.status_code == 413
    assert voice.text == before


def test_an_oversized_body_in_chunks_is_refused(voice: Room) -> None:
    """Where no length was promised, or a wrong one."""
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        yield f"csrf={csrf_of(TOKEN)}&choice=4&about=route&note=".encode()
        for _ in range(100):
            read += 100_000
            yield b"x" * 100_000

    before = voice.text
    headers = {"origin": HOME, "content-type": "application/x-www-form-urlencoded", "transfer-encoding": "chunked"}
    found = voice.client.send("POST", f"/q/{WAYS_OUT}", content=chunks(), headers=headers)
    assert found.status_code == 413
    assert read < 2 * MOST_BYTES
    assert voice.text == before


def test_too_many_fields_are_refused(voice: Room) -> None:
    """No page of ours has so many."""
    found = voice.client.post(f"/q/{WAYS_OUT}", [("x", "1")] * (MOST_FIELDS + 1))
    assert found.status_code == 413


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json", "text/plain", ""])
def test_other_kinds_of_bodies_are_refused(voice: Room, kind: str) -> None:
    """Only forms."""
    assert voice.client.post(f"/q/{WAYS_OUT}", ANSWER, headers={"content-type": kind}).status_code == 415


def test_a_body_that_is_no_text_is_refused(voice: Room) -> None:
    """In words."""
    headers = {"origin": HOME, "content-type": "application/x-www-form-urlencoded"}
    assert voice.client.send("POST", "/undo", content=b"csrf=\xff\xfe", headers=headers).status_code == 400


SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def test_script_in_every_field_comes_back_as_text(voice: Room) -> None:
    """Notes, names, reasons, evidence, steps: wherever somebody can type."""
    typed = ["note", "ask", "reason", "reason_text", "evidence", "evidence_on", "choice", "whole", "state", "about", "name", "id",
             "decider", "after", "each/greet", "f/greet/failure_branches/0/trigger", "i/0/name", "i/9/name", "next/0/to",
             "then", "do", "here", "if"]
    data = [(name, SCRIPT) for name in typed]
    for path in (f"/q/{WAYS_OUT}", "/q/MAP-03", "/q/FIT-03", "/q/MAP-01", "/map", "/plan"):
        for base in ({}, {"choice": "unknown"}, {"choice": "na", "reason": "other"}, {"do": "add"}, {"do": "save", "id": "greet"}, {"whole": "more"}):
            sent = [(k, v) for k, v in data if k not in base] + list(base.items())
            found = voice.client.post(path, sent)
            assert found.status_code in (200, 404, 409, 413, 422, 507), (path, base, found.status_code)
            assert "<script>alert" not in found.text
            assert "<img src=x" not in found.text
    for path in PAGES:
        found = voice.client.get(path)
        assert "<script>alert" not in found.text
        assert "<img src=x" not in found.text


def test_script_in_the_file_comes_back_as_text(voice: Room) -> None:
    """A stack file may come from anybody."""
    bad = "'><script>alert(1)</script>"
    voice.path.write_text(voice.text.replace("Identify intent", bad).replace("Front-desk voice agent", bad).replace("Harbor Dental", bad))
    for path in PAGES:
        assert "<script>alert" not in voice.client.get(path).text


def test_every_answer_is_dressed(voice: Room) -> None:
    """Pages, files, refusals and errors: no inline script, nothing kept, nothing framed, nothing told."""
    for path in (*PAGES, "/?token=wrong"):
        found = voice.client.get(path)
        headers = found.headers
        assert headers["content-security-policy"] == POLICY
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in headers
    assert "unsafe" not in POLICY
    assert "http" not in POLICY


def test_no_page_has_inline_script_or_style(voice: Room) -> None:
    """Neither blocks nor attributes: the policy would stop them, and the page would not be whole."""
    for path in PAGES[:-2]:
        text = voice.client.get(path).text
        assert not re.search(r"\sstyle\s*=", text), path
        assert not re.search(r"<style|\son[a-z]+\s*=|javascript:", text), path
        for script in re.findall(r"<script[^>]*>[^<]*", text):
            assert re.fullmatch(r'<script src="/static/[a-z.]+" defer>', script)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', text)


def test_no_answer_names_a_place_on_this_machine(voice: Room) -> None:
    """Also where something went wrong."""
    place = str(voice.path.parent)
    tried = [voice.client.get(p).text for p in PAGES]
    tried.append(voice.client.post(f"/q/{WAYS_OUT}", {**ANSWER, "evidence": "no-such-file.csv"}).text)
    tried.append(voice.client.post(f"/q/{WAYS_OUT}", {**ANSWER, "evidence": "../../../etc/passwd"}).text)
    voice.path.chmod(0o400)
    tried.append(voice.client.post(f"/q/{WAYS_OUT}", ANSWER).text)
    assert all(place not in text and "/auditkit/" not in text for text in tried)


def test_evidence_outside_the_folder_is_not_read(voice: Room) -> None:
    """Nor through a link that leads out."""
    (voice.path.parent / "out").symlink_to("/etc")
    for source in ("../secret", "/etc/passwd", "out/passwd"):
        found = voice.client.post(f"/q/{WAYS_OUT}", {**ANSWER, "evidence": source})
        assert found.status_code == 422
        assert source not in voice.text


def test_a_bug_is_a_page_with_words(voice: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Never a traceback; one line in the terminal says what failed, without a value."""
    from auditkit.web import pages

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret value")

    monkeypatch.setattr(pages, "topics", broken)
    found = voice.client.get(f"/q/{WAYS_OUT}")
    assert found.status_code == 500
    assert "Nothing was lost" in found.text
    assert "secret" not in found.text
    assert "Traceback" not in found.text
    said = capsys.readouterr().err
    assert "RuntimeError" in said
    assert "secret" not in said


def test_a_websocket_is_closed(voice: Room) -> None:
    """Nothing here speaks that way."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor
    from typing import Any

    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    def speak() -> None:
        asyncio.run(voice.app()({"type": "websocket", "path": "/", "headers": [], "query_string": b""}, receive, send))

    with ThreadPoolExecutor(1) as thread:      # beside the browser's own loop, where there is one
        thread.submit(speak).result()
    assert sent == [{"type": "websocket.close", "code": 1008}]
