"""Downloads of an image data set's four files: limited in size, verified, and put in place only when complete."""

from __future__ import annotations

import hashlib
import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

from visualnet.core.datasets.dataset import Progress, no_progress
from visualnet.core.datasets.mnist import FILES, load_mnist
from visualnet.core.errors import DataError, reason_of
from visualnet.core.files import open_file, replace_file, unfinished_folder

TIMEOUT_SECONDS = 20.0
MAXIMUM_BYTES = 1 << 26
PIECE = 1 << 16
SLOWEST = 1024
"""Bytes a second that a server must send after the first seconds; a slower one would keep a person waiting for ever."""

ORIGIN = "downloaded-from.txt"
LONGEST_ADDRESS = 10_000


def download_mnist(
    base_url: str,
    directory: Path,
    progress: Progress = no_progress,
    timeout: float = TIMEOUT_SECONDS,
    md5: Mapping[str, str] | None = None,
) -> Mapping[str, str]:
    """Fetch the four ``.gz`` files into a folder, unless sound ones lie there already.

    All four are read and checked as data before the first is put in place; nothing half-done stays.

    Args:
        base_url: an http or https address under which the four names lie.
        directory: where to put them; made where it does not exist.
        progress: told how far it is; may raise Cancelled.
        timeout: seconds without a byte after which the mirror counts as stalled.
        md5: what is known of each file, by its name; a file that differs is not put in place.

    Returns:
        SHA-256 of each file by its name.

    Raises:
        DataError: names the address or file and the fault.
    """
    if urlsplit(base_url).scheme not in ("http", "https"):
        raise DataError(base_url, "is not an http or https address")
    names = [f"{name}.gz" for name in FILES]
    base_url = base_url.rstrip("/")
    if not _is_sound(directory):
        _fetch_all(base_url, names, directory, progress, timeout, md5 or {})
    elif _origin(directory) != base_url:
        raise DataError(
            directory, f"holds data already that did not come from {base_url}; name another folder"
        )
    return {name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in names}


def _is_sound(directory: Path) -> bool:
    try:
        load_mnist(directory)
    except DataError:
        return False
    return all((directory / f"{name}.gz").is_file() for name in FILES)


def _origin(directory: Path) -> str | None:
    """The address that the files of a folder were fetched from; None where it is not known."""
    try:
        with open_file(directory / ORIGIN) as file:
            return file.read(LONGEST_ADDRESS).decode().strip()
    except (OSError, UnicodeDecodeError):
        return None


def _fetch_all(
    base_url: str,
    names: list[str],
    directory: Path,
    progress: Progress,
    timeout: float,
    md5: Mapping[str, str],
) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with unfinished_folder(directory) as unfinished:
            for place, name in enumerate(names):
                _fetch(f"{base_url}/{name}", unfinished / name, _part(progress, place, len(names)), timeout)
            for name, wanted in md5.items():
                _check(f"{base_url}/{name}", unfinished / name, wanted)
            load_mnist(unfinished)
            for name in names:
                replace_file(directory / name, (unfinished / name).read_bytes())
            replace_file(directory / ORIGIN, f"{base_url}\n".encode())
    except OSError as error:
        raise DataError(directory, f"cannot be written ({reason_of(error)})") from None


def _words(reason: str | BaseException) -> str:
    return reason if isinstance(reason, str) else reason_of(reason)


def _check(url: str, path: Path, md5: str) -> None:
    if hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() != md5:
        raise DataError(url, "is not the published file (its MD5 checksum differs)")


def _part(progress: Progress, place: int, places: int) -> Progress:
    """The progress of one file as a part of the progress of all."""
    return lambda fraction, activity: progress((place + fraction) / places, activity)


def _fetch(url: str, target: Path, progress: Progress, timeout: float) -> None:
    """One file, never longer than declared nor than MAXIMUM_BYTES."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            _copy(url, response, target, progress, timeout)
    except urllib.error.HTTPError as error:
        raise DataError(url, f"the server answers {error.code} ({error.reason})") from None
    except TimeoutError:
        raise DataError(url, f"the server sent nothing for {timeout:g} seconds") from None
    except urllib.error.URLError as error:
        timed_out = isinstance(error.reason, TimeoutError)
        fault = f"the server did not answer within {timeout:g} seconds" if timed_out else _words(error.reason)
        raise DataError(url, f"cannot be reached: {fault}") from None
    except (http.client.HTTPException, ConnectionError, ssl.SSLError, ValueError) as error:
        raise DataError(url, f"the connection broke ({type(error).__name__})") from None


def _copy(
    url: str, response: http.client.HTTPResponse, target: Path, progress: Progress, patience: float
) -> None:
    declared = response.headers.get("Content-Length")
    size = int(declared) if declared is not None and declared.isdecimal() else None
    if size is not None and size > MAXIMUM_BYTES:
        raise DataError(url, f"declares {size:,} bytes, more than any such file has")
    done, started = 0, monotonic()
    with target.open("wb") as file:
        while piece := response.read1(PIECE):
            done += len(piece)
            if done < (monotonic() - started - patience) * SLOWEST:
                raise DataError(url, f"the server sends less than {SLOWEST:,} bytes a second")
            if done > MAXIMUM_BYTES:
                raise DataError(url, f"sends more than {MAXIMUM_BYTES:,} bytes")
            file.write(piece)
            progress(min(1.0, done / (size or MAXIMUM_BYTES)), f"Downloading {target.name}")
    if size is not None and done != size:
        raise DataError(url, f"is truncated: {size:,} bytes were declared, {done:,} came")
