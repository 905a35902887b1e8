"""A real browser for the tests of the page: Debian's Chromium, driven by playwright.

Without it the tests are skipped, unless CI_BROWSER is set: then they fail.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.web.conftest import TOKEN, Room

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
WAIT = 30_000
"""Milliseconds."""

if CHROMIUM is None and "CI_BROWSER" not in os.environ:
    pytest.skip("there is no Chromium here, or no playwright", allow_module_level=True)


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """The browser."""
    assert CHROMIUM is not None, "CI_BROWSER is set, and there is no Chromium"
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if root else [])
        yield made
        made.close()


@contextlib.contextmanager
def served(sitting: Room) -> Iterator[str]:
    """A server for a sitting; the address with the token."""
    import uvicorn

    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        place.listen(16)
        port = place.getsockname()[1]
        config = uvicorn.Config(sitting.app(port), log_config=None, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(10)


@contextlib.contextmanager
def opened(browser: Browser, home: str, path: str = "/", *, width: int = 1280, height: int = 800, scheme: str = "light",
           script: bool = True) -> Iterator[Page]:
    """A page of its own on an address; whatever a script complains about is an error."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme,    # type: ignore[arg-type]
                                  java_script_enabled=script, reduced_motion="reduce")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    page.set_default_timeout(WAIT)
    page.goto(f"{home}/?token={TOKEN}")
    if path != "/":
        page.goto(home + path)
    yield page
    context.close()
    assert not complaints
