"""Serves a sitting on this machine until Ctrl+C: loopback only, one line with the address, nothing logged."""

from __future__ import annotations

import contextlib
import gc
import secrets
import socket
import webbrowser
from collections.abc import Callable
from datetime import date

from auditkit.errors import InputError, MissingLibrary, Problem
from auditkit.sources.questionnaire.keeping import Keeper

INSTALL = "pip install 'auditkit[web]'"
HOST = "127.0.0.1"


def serve(keeper: Keeper, *, on: date, who: str | None = None, port: int = 0, open_browser: bool = True,
          say: Callable[[str], None] = print) -> None:
    """Serves until it is stopped. Port 0 is any free one. Raises MissingLibrary without the web libraries.

    `say` gets one line: the address with its key. The key opens the sitting, so the line goes to the terminal only.
    """
    try:
        import uvicorn

        from auditkit.web.app import create_app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn", "anyio", "h11"):
            raise
        raise MissingLibrary("The browser needs Starlette and uvicorn", INSTALL) from None
    token = secrets.token_urlsafe(24)
    with _listening(port) as place:
        free = place.getsockname()[1]
        app = create_app(keeper, token=token, port=free, on=on, who=who)
        address = f"http://{HOST}:{free}/?token={token}"
        config = uvicorn.Config(app, log_config=None, access_log=False, log_level="critical", server_header=False,
                                date_header=False, lifespan="off", timeout_graceful_shutdown=2,
                                h11_max_incomplete_event_size=32_768)
        say(f"Open {address}   (Ctrl+C stops; every answer is saved at once)")
        if open_browser:
            with contextlib.suppress(webbrowser.Error):
                webbrowser.open(address)
        gc.freeze()     # what is loaded by now stays to the end: looking through it at every answer is time that people wait
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[place])


def _listening(port: int) -> socket.socket:
    """A socket that this machine alone can reach. Raises InputError where the port is taken."""
    place = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind((HOST, port))
        place.listen(64)
    except OSError:
        place.close()
        raise InputError(Problem(f"port {port}", 0, "is taken, or may not be used", "leave --port out for a free one")) from None
    return place
