"""Saving a file whole or not at all, and taking turns at it."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from auditkit.errors import InputError, Problem

try:
    import fcntl
except ImportError:     # a system without advisory locks
    fcntl = None        # type: ignore[assignment]



class NotSaved(InputError, OSError):
    """A file could not be saved; the old one is as it was. An OSError to those who wait for one."""


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def save(path: Path, text: str) -> None:
    """Saves a stack file: its mode stays, and a link leads where it led. Raises NotSaved, and the old file is as it was."""
    try:
        target = path.resolve() if path.is_symlink() else path
        mode = target.stat().st_mode & 0o7777 if target.exists() else None
        if mode is not None and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
        replace_file(target, text.encode(), mode)
    except UnicodeEncodeError:
        raise NotSaved(Problem(str(path), 0, "cannot be saved: a character in it is none",
                               "delete the text that was pasted last")) from None
    except (OSError, RuntimeError) as error:    # RuntimeError: links in a circle
        raise NotSaved(Problem(str(path), 0, *_why(error))) from None


def _why(error: Exception) -> tuple[str, str]:
    code = getattr(error, "errno", None)
    if code in _FULL:
        return "cannot be saved: the disk is full", "make room and try again; the file is as it was"
    if code in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "cannot be saved: no permission", "check the owner and mode of the file and its folder"
    if code in (errno.ENOENT, errno.ENOTDIR):
        return "cannot be saved: there is no such folder", "make the folder first"
    if code == errno.EISDIR:
        return "is a folder, not a file", "name the file inside it"
    return f"cannot be saved: {os.strerror(code).lower() if code else 'the path leads nowhere'}", "the file is as it was"


def replace_file(path: Path, data: bytes, mode: int | None = None) -> None:
    """Writes a file whole or not at all: beside it first, then moved into its place. Raises OSError.

    Without a mode the file gets the one that new files get.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:80]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is None:
            mask = os.umask(0)
            os.umask(mask)
            mode = 0o666 & ~mask
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    _keep(path.parent)


def _keep(folder: Path) -> None:
    """Makes the new name last through a power cut, on systems that can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Others who lock the same file wait until this one is done; where there are no locks, nobody waits.

    Not to be nested: the inner one would wait for the outer one.
    """
    place: Path | None = None
    handle: int | None = None
    with contextlib.suppress(OSError, RuntimeError):
        target = path.resolve()
        place = target.parent / f".{target.name}.lock"
        handle = _taken(place)
    try:
        yield
    finally:
        if handle is not None and place is not None:
            with contextlib.suppress(OSError):      # who waits sees that it is gone and makes a new one
                place.unlink()
            os.close(handle)


def _taken(place: Path) -> int | None:
    """The open lock file, once it is ours; None where there are no locks. Raises OSError."""
    if fcntl is None:
        return None
    while True:
        handle = os.open(place, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(handle), os.stat(place)):
                return handle
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(handle)
            with contextlib.suppress(OSError):
                place.unlink()
            raise
        os.close(handle)
