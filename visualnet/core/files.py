"""Writing a file so that what stood there before is lost only to a complete successor."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from visualnet.core.errors import DataError


def replace_file(path: Path, content: bytes) -> None:
    """Write the content beside the file, then put it in its place.

    Raises:
        DataError: when the file cannot be written; then it is as it was.
    """
    unfinished = path.with_name(path.name + ".part")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        raise DataError(path, f"cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            unfinished.unlink()
