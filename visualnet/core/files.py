"""Reading and writing a person's files: what is there is replaced only by a complete new file."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from select import select
from shutil import rmtree
from typing import BinaryIO

from visualnet.core.errors import DataError, reason_of
from visualnet.core.held_files import is_held, is_open

PATIENCE = 10.0
"""Seconds that whoever reads a pipe may take before the next piece."""

MAXIMUM_LINKS = 40

LEFT = re.compile(
    r"(\.visualnet-(?P<new>\d+)-[0-9a-f]{16}\.part|.+\.vnet\.(?P<old>\d+)\.new)(-journal|-wal|-shm)?"
)
"""What a process of that number has not finished, with what SQLite keeps beside it; ``old`` is of VisualNet 0.1."""


def expanded(path: str | Path) -> Path:
    """A path as a person writes it, with ``~`` in the place of a home folder.

    Raises:
        DataError: when that is of a person whom this computer does not know, or the name has a zero byte in it.
    """
    if "\0" in str(path):
        raise DataError(path, "has a zero byte in it, as no file's name has")
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise DataError(path, "begins with ~ and a name that this computer does not know") from None


def check_readable(path: Path) -> None:
    """Refuse what must not be opened: a file that this process writes, and what is no file, which may never end.

    Raises:
        OSError: says so, or that there is nothing; a folder is left to whoever opens it.
    """
    status = path.stat()
    if is_held((status.st_dev, status.st_ino)):
        raise OSError(errno.EBUSY, "it is the file of a run that is open here")
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EINVAL, "it is a pipe or a device, no ordinary file")


def open_file(path: Path) -> BinaryIO:
    """A person's file, open for reading. Whoever reads one uses this, see ``check_readable``.

    Raises:
        OSError: when it cannot or must not be opened.
    """
    check_readable(path)
    return path.open("rb")


def replace_file(path: Path, content: bytes) -> None:
    """Write a file whole, or leave what is there as it is. Whatever writes a person's file uses this.

    A link stays one and its target is written; the file's mode stays. What is no regular file, as a pipe or a
    device, is written to.

    Raises:
        DataError: when it cannot be written; then a file is as it was.
    """
    try:
        if isinstance(place := _place(path), int):
            _write_descriptor(place, content)
        elif place.exists() and not place.is_file():
            _write_directly(place, content)
        else:
            with replacing(place) as unfinished, unfinished.open("r+b") as file:
                file.write(content)
    except OSError as error:
        raise DataError(path, f"cannot be written: {reason_of(error)}") from None


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """An empty file in the same folder to write to; at the end it takes the place of this one, or is gone.

    Args:
        path: a regular file, or where one is to be; no link (see ``target_of``).

    Raises:
        OSError: when it cannot be written, or is not to be; then it is as it was.
    """
    _refuse_protected(path)
    remove_left(path.parent)
    unfinished = unfinished_beside(path)
    try:
        unfinished.open("xb").close()
        _take_over_owner_and_mode(unfinished, path)
        yield unfinished
        _sync(unfinished)
        unfinished.replace(path)
        with suppress(OSError):
            _sync(path.parent)
    finally:
        remove_unfinished(unfinished)


def unfinished_beside(path: Path) -> Path:
    """A free name beside a file for what this process is still writing; ``remove_left`` recognises it."""
    return path.with_name(f".visualnet-{os.getpid()}-{secrets.token_hex(8)}.part")


@contextmanager
def unfinished_folder(folder: Path) -> Iterator[Path]:
    """A folder in this one, for what is checked before it gets its name; gone at the end.

    Raises:
        OSError: when it cannot be made.
    """
    remove_left(folder)
    unfinished = unfinished_beside(folder / "any")
    unfinished.mkdir()
    try:
        yield unfinished
    finally:
        rmtree(unfinished, ignore_errors=True)


def remove_unfinished(unfinished: Path) -> None:
    """Remove what ``unfinished_beside`` named and SQLite's files beside it, unless it has got another name by now."""
    for suffix in ("", "-journal", "-wal"):
        with suppress(OSError):
            unfinished.with_name(f"{unfinished.name}{suffix}").unlink()


def remove_left(folder: Path) -> None:
    """Remove from a folder what processes left there that were killed before they had finished a file."""
    with suppress(OSError):
        for leftover in folder.iterdir():
            match = LEFT.fullmatch(leftover.name)
            if match and not _is_alive(int(match["new"] or match["old"])):
                if match["new"] and leftover.is_dir() and not leftover.is_symlink():
                    rmtree(leftover, ignore_errors=True)
                else:
                    with suppress(OSError):
                        leftover.unlink()


def _is_alive(process: int) -> bool:
    if os.name != "posix":
        return True  # There a question of this kind would end it.
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def check_writable(path: Path) -> None:
    """Find out before long work that ``replace_file`` can write after it.

    Raises:
        DataError: when it cannot.
    """
    try:
        place = _place(path)
        if isinstance(place, int) or (place.exists() and not place.is_file() and not place.is_dir()):
            return
        if place.is_dir():
            raise DataError(path, "is a folder; name a file in it")
        if not place.parent.is_dir():
            raise DataError(place.parent, "is not a folder, so nothing can be written there")
        _refuse_protected(place)
        if not os.access(place.parent, os.W_OK):
            raise DataError(place.parent, "cannot be written to; choose another place")
    except OSError as error:
        raise DataError(path, f"cannot be written: {reason_of(error)}") from None


def is_protected(path: Path) -> bool:
    """Whether a file may only be read. Its mode binds root too, who could write it all the same.

    Raises:
        OSError: when there is none.
    """
    return not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK)


def _refuse_protected(path: Path) -> None:
    """Raise OSError where something is there that is not to be replaced."""
    with suppress(FileNotFoundError):
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is a folder or a device, no file")
        if is_protected(path):
            raise OSError(errno.EACCES, "it may only be read")
        if os.access(path, os.R_OK) and is_open(path):
            raise OSError(errno.EBUSY, "it is the file of a run that is open")


def target_of(path: Path) -> Path:
    """The file that a path means, links followed; it need not exist.

    Raises:
        OSError: when links go in circles, or it stands for no file of a folder.
    """
    place = _place(path)
    if isinstance(place, int):
        raise OSError(errno.EINVAL, "it is no file of a folder")
    return place


def _place(path: Path) -> Path | int:
    """What a path means: a file, or (``/dev/stdout``) the number of an open descriptor of this process."""
    open_here = os.path.realpath("/proc/self/fd")
    for _ in range(MAXIMUM_LINKS):
        if path.name.isdecimal() and os.path.realpath(path.parent) == open_here:
            return int(path.name)
        if not path.is_symlink():
            return path
        path = path.parent / path.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _write_descriptor(number: int, content: bytes) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    with os.fdopen(os.dup(number), "wb") as file:
        file.write(content)


def _write_directly(path: Path, content: bytes) -> None:
    """Write to a pipe or device; raise OSError if its reader does not read for PATIENCE seconds."""
    try:
        descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise OSError(error.errno, "nobody reads it") if error.errno == errno.ENXIO else error from None
    try:
        rest = memoryview(content)
        while rest:
            if not select([], [descriptor], [], PATIENCE)[1]:
                raise OSError(errno.EAGAIN, "nobody reads it")
            with suppress(BlockingIOError):
                rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def _take_over_owner_and_mode(unfinished: Path, path: Path) -> None:
    """Those of the file that is there, as far as this process may."""
    with suppress(FileNotFoundError):
        status = path.stat()
        if hasattr(os, "chown"):
            with suppress(PermissionError):
                os.chown(unfinished, status.st_uid, status.st_gid)
        with suppress(PermissionError):
            unfinished.chmod(stat.S_IMODE(status.st_mode) | stat.S_IRUSR | stat.S_IWUSR)


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
